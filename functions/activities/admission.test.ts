import { expect, it } from "vitest";
import { personId } from "../../shared/desktop/names.ts";
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

/** Looks once, with so many people ahead. Returns what was read, and the place that was told. */
async function look(ahead: number, { told = false, record = alice } = {}): Promise<string[]> {
  const read: string[] = [];
  const earlier = new Date(now.getTime() - 1_000).toISOString();
  const tickets = Array.from({ length: ahead }, (_, number) => ({
    ...admission,
    ...{ person: `p${number}`, since: earlier },
    ...(number < 2 && { state: "admitted" as const }),
  }));
  const queue: Queue = { tickets, records: [alice], running: null };
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
  return [...read, "seen" in sighting ? sighting.message.replace(/ in the queue.*/, "") : sighting.refused];
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
