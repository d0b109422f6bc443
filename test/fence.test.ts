import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callActivity, registeredDurable } from "@stand-in/functions-host/testing";
import type { ActivityName } from "../shared/desktop/activities.ts";
import { personId } from "../shared/desktop/names.ts";
import type { PersonRecord } from "../shared/person/record.ts";
import { clusterOf } from "../shared/kubernetes/cluster.ts";
import { type PersonRecords, personRecordsIn } from "../shared/kubernetes/person-records.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

/** Activities that a replaced orchestration still calls, with the generation in which it was started. */

const request = {
  id: "11111111-1111-4111-8111-111111111111",
  username: "alice",
  workspace: "asthma-cohort",
  requestedAt: "2026-11-26T12:00:00.000Z",
  claims: {},
};
const later = {
  id: "22222222-2222-4222-8222-222222222222",
  workspace: "asthma-cohort",
  requestedAt: request.requestedAt,
};
const record: PersonRecord = {
  request,
  outcomes: {},
  removals: [{ ...later, reason: "" }],
  reviews: [{ ...later, by: "reap" }],
  work: { generation: 1, notBefore: "2026-11-26T12:02:00.000Z" },
};
const fence = { username: "alice", generation: 0 };
const outcome = { state: "done", at: "2026-11-26T12:00:01.000Z", message: "" };

let estate: TestEstate;
let requests: PersonRecords;
let call: (name: string, input: object) => Promise<unknown>;
let names: string[];

beforeAll(async () => {
  estate = await startTestEstate();
  requests = personRecordsIn(clusterOf(estate.kubeconfig), namespace);
  const { app } = estate;
  names = registeredDurable(app).activities;
  call = (name, input) => callActivity(app, estate.host, name, JSON.stringify(input));
  await requests.update(personId("alice"), () => record);
});
afterAll(() => estate.close());

const looks: readonly string[] = [
  "readRequest",
  "checkEntitlement",
  "waitReady",
  "listDesktops",
  "listActiveDesktops",
  "inspectDesktop",
  "planRollback",
] satisfies ActivityName[];

/** Activities that check the generation in the write itself, with an input. */
const writes: Partial<Record<ActivityName, object>> = {
  recordOutcome: { username: "alice", requestId: request.id, outcome },
  recordRemoval: { username: "alice", id: later.id, outcome },
  recordOthers: { username: "alice", id: request.id, setback: null },
  recordRollback: { username: "alice", id: request.id, setback: null },
  recordReview: { username: "alice", review: { ...later, by: "reap" }, decision: null, suspended: false },
};

describe("an activity of a generation that was replaced", () => {
  it("changes nothing, whichever activity it is", async () => {
    const before = { world: await estate.world(), record: await requests.read(personId("alice")) };
    const apart = [...looks, ...Object.keys(writes), "observeDesktop", "awaitAdmission"];
    const changing = names.filter((name) => !apart.includes(name));
    expect(changing.length).toBeGreaterThan(20);
    for (const name of changing) await expect(call(name, { fence }), name).rejects.toThrow("[work-replaced]");
    for (const [name, input] of Object.entries(writes))
      await expect(call(name, { ...input, fence }), name).rejects.toThrow("[work-replaced]");
    expect({ world: await estate.world(), record: await requests.read(personId("alice")) }).toEqual(before);
  });

  it("is not admitted to a start", async () => {
    const { plan } = (await call("checkEntitlement", { request })) as { plan: object };
    await expect(call("awaitAdmission", { request, plan, fence })).rejects.toThrow("[work-replaced]");
    expect((await requests.read(personId("alice")))?.admission).toBeUndefined();
  });

  it("does not record what it saw as the state before the request", async () => {
    const { plan } = (await call("checkEntitlement", { request })) as { plan: object };
    await expect(call("observeDesktop", { request, plan, fence })).rejects.toThrow("[work-replaced]");
    expect((await requests.read(personId("alice")))?.before).toBeUndefined();
  });
});
