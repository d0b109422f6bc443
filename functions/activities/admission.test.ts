import { expect, it } from "vitest";
import { personId } from "../../shared/desktop/names.ts";
import { portsOf } from "../../shared/desktop/plan.ts";
import { queueUp } from "../../shared/person/admission.ts";
import type { Admission, PersonRecord } from "../../shared/person/record.ts";
import { samplePlan } from "../../test/sample-plan.ts";
import type { Services } from "../services.ts";
import { lately } from "../work/lately.ts";
import type { Queue } from "../work/read-queue.ts";
import type { Surroundings } from "./activity.ts";
import { admissionActivities } from "./admission.ts";

const now = new Date("2026-06-15T09:00:00.000Z");
const plan = samplePlan({ username: "alice" });
const request = { id: "r1", username: "alice", workspace: plan.workspace, requestedAt: now.toISOString(), claims: {} };
const admission: Admission = {
  ...{ state: "waiting", since: now.toISOString(), workspace: plan.workspace, returns: false },
  ...{ image: plan.image, startsAtOnce: null, maxDesktops: null },
};
const alice: PersonRecord = { request, outcomes: {}, admission };

/** Looks once, with so many people ahead. Returns what was read, and what was seen. */
async function lookWith(ahead: number, { told = false, record = alice } = {}) {
  const read: string[] = [];
  const earlier = new Date(now.getTime() - 1_000).toISOString();
  const tickets = Array.from({ length: ahead }, (_, number) => ({
    ...admission,
    ...{ person: `p${number}`, since: earlier },
    ...(number < 2 && { state: "admitted" as const }),
  }));
  const queue: Queue = { at: now, tickets, records: [alice], running: null };
  const reading = (name: string) => () => {
    read.push(name);
    return Promise.resolve(queue);
  };
  const services = {
    ...{ now: () => now, settings: { STARTS_AT_ONCE: 2 } },
    records: { readRecent: () => Promise.resolve(record) },
    desktops: { observeDeployment: () => Promise.resolve(null) },
    starts: { known: () => Promise.resolve({}), noteWaiting: () => undefined },
    told: lately(5_000),
    ...{ queue: reading("a list some seconds old"), readQueue: reading("a new list") },
  } as unknown as Services;
  if (told) services.told.note(personId("alice"));
  const around = { info: () => undefined } as unknown as Surroundings;
  const sighting = await admissionActivities(services).awaitAdmission({ plan, request, looks: "once" }, around);
  return { read, sighting };
}

/** The same: what was read, and the place that was told. */
async function look(...given: Parameters<typeof lookWith>): Promise<string[]> {
  const { read, sighting } = await lookWith(...given);
  return [...read, "seen" in sighting ? sighting.message.replace(/ in the queue.*/, "") : sighting.refused];
}

/** In how many seconds somebody looks again who has so many people ahead. */
async function againAfter(ahead: number): Promise<number | undefined> {
  const { sighting } = await lookWith(ahead);
  return "againInSeconds" in sighting ? sighting.againInSeconds : undefined;
}

it("who is far behind is told their place from a list that others share", async () => {
  expect(await look(104)).toEqual(["a list some seconds old", "place 103 of 103"]);
});

it.each<[string, Promise<string[]>]>([
  ["is not so far behind", look(103)],
  ["was told that it is their turn", look(104, { told: true })],
  ["may want something else", look(104, { record: { ...alice, request: { ...request, id: "r2" } } })],
])("who %s is not admitted, or kept waiting, by an old list", async (_, looked) => {
  expect(await looked).toContain("a new list");
});

const failed = { at: new Date(now.getTime() - 1_000).toISOString(), seconds: 5, failed: "not found" };
const up = { replicas: 1, ready: 1, ports: portsOf(plan), ownPassword: false };

/** Looks for the first time, at a place where nobody waits. */
async function lookFirst({ runs = false, fails = false, newest = alice }) {
  const first: PersonRecord = { ...alice, admission: queueUp(null, request) };
  const queue: Queue = { at: now, tickets: [], records: [first], running: null };
  const written: (PersonRecord | null)[] = [];
  const services = {
    ...{ now: () => now, settings: { STARTS_AT_ONCE: 2 }, told: lately(5_000) },
    records: {
      readRecent: () => Promise.resolve(first),
      update: (_: string, change: (record: PersonRecord) => PersonRecord | null) => {
        written.push(change(newest));
        return Promise.resolve(written.at(-1));
      },
    },
    desktops: { observeDeployment: () => Promise.resolve(runs ? up : null) },
    starts: {
      known: () => Promise.resolve(fails ? { [plan.image]: [failed, failed, failed] } : {}),
      noteWaiting: () => undefined,
    },
    readQueue: () => Promise.resolve(queue),
  } as unknown as Services;
  const around = { info: () => undefined } as unknown as Surroundings;
  return admissionActivities(services).awaitAdmission({ plan, request, looks: "once" }, around);
}

it("an image that does not start keeps nobody from a desktop that is up", async () => {
  expect(await lookFirst({ fails: true })).toMatchObject({ refused: "cannot-start" });
  expect(await lookFirst({ fails: true, runs: true })).toMatchObject({ seen: "ready" });
});

it("who asked for something else while they were admitted is not started", async () => {
  expect(await lookFirst({})).toMatchObject({ seen: "ready" });
  const newest = { ...alice, request: { ...request, id: "r2" } };
  expect(await lookFirst({ newest })).toMatchObject({ refused: "request-changed" });
});

it("who is far behind looks again sooner than their work counts as stuck, at the least STUCK_AFTER_MINUTES", async () => {
  const leastMinutes = 5;
  expect(await againAfter(10_000)).toBeLessThan((leastMinutes - 0.5) * 60);
});
