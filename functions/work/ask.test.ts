import { describe, expect, it } from "vitest";
import { instanceIdOf } from "../../shared/person/work.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { ask } from "./ask.ts";
import type { TaskHub } from "./task-hub.ts";

const at = "2026-06-15T12:00:00.000Z";
const done = { state: "done", at, message: "ready" } as const;

/** A store with this record, in which another writer may change it between the first read and the write. */
function world(
  record: PersonRecord | null,
  meanwhile: (record: PersonRecord | null) => PersonRecord | null = (as) => as,
) {
  let stored = record;
  const started: string[] = [];
  const records = {
    read: () => Promise.resolve(stored),
    update: (_: string, change: (current: PersonRecord | null) => PersonRecord | null) => {
      const current = meanwhile(stored);
      stored = change(current) ?? current;
      return Promise.resolve(stored);
    },
  };
  const hub = {
    startOnce: (_name: string, instanceId: string) => {
      started.push(instanceId);
      return Promise.resolve("accepted");
    },
  };
  const services = { records, now: () => new Date("2026-06-15T13:00:00Z") } as unknown as Services;
  return { services, hub: hub as unknown as TaskHub, started };
}

const recordOf = (id: string, ended: boolean): PersonRecord => ({
  request: { id, username: "alice", workspace: "a", requestedAt: at, claims: {} },
  outcomes: ended ? { [id]: done } : {},
});

describe("asking", () => {
  it("for what a finished request left as it was starts nothing", async () => {
    const { services, hub, started } = world(recordOf("r1", true));
    const { record } = await ask(services, hub, "alice", { workspace: "a" }, () => Promise.resolve(true));
    expect([record.request.id, started]).toEqual(["r1", []]);
  });

  it.each([
    ["is no longer as it ended", () => Promise.resolve(false)],
    ["cannot be checked", () => Promise.reject(new Error("the cluster is away"))],
  ])("for a desktop that %s is a new request, and wakes its person", async (_words, asItEnded) => {
    const { services, hub, started } = world(recordOf("r1", true));
    const { record } = await ask(services, hub, "alice", { workspace: "a" }, asItEnded);
    expect(record.request.id).not.toBe("r1");
    expect(started).toEqual([instanceIdOf("alice")]);
  });

  it("trusts the check only for the request that was checked", async () => {
    const { services, hub, started } = world(recordOf("r1", true), () => recordOf("r2", true));
    const { record } = await ask(services, hub, "alice", { workspace: "a" }, () => Promise.resolve(true));
    expect(["r1", "r2"]).not.toContain(record.request.id);
    expect(started).toEqual([instanceIdOf("alice")]);
  });

  it("again for what is being worked on wakes the person again, and stays the same request", async () => {
    const { services, hub, started } = world(recordOf("r1", false));
    const { record } = await ask(services, hub, "alice", { workspace: "a" }, () => Promise.resolve(false));
    expect([record.request.id, started]).toEqual(["r1", [instanceIdOf("alice")]]);
  });
});
