import { type DurableClient, OrchestrationRuntimeStatus } from "durable-functions";
import { describe, expect, it } from "vitest";
import type { Outcome, PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { taskHubOf } from "./task-hub.ts";
import { describeStuck, keepRunning, keepWorking, restartNotices } from "./stuck.ts";

const now = new Date("2026-11-26T12:00:00Z");
const longAgo = new Date("2026-11-26T00:00:00Z");
const { Pending, Running, Suspended, Completed, Failed, Terminated, Canceled } = OrchestrationRuntimeStatus;

const unended = new Set<OrchestrationRuntimeStatus>([Pending, Running, Suspended]);

interface Instance {
  name: string;
  instanceId: string;
  runtimeStatus: OrchestrationRuntimeStatus;
  lastUpdatedTime: string;
  input: unknown;
}

/** A task hub with these instances, a store with this record, and the calls made to them, in order. */
function world(instances: readonly Instance[], record?: PersonRecord, startedAt = longAgo) {
  const done: unknown[] = [];
  let current = record;
  const client = {
    getStatusBy: () => Promise.resolve(instances),
    getStatus: (id: string) => {
      const found = instances.find(({ instanceId }) => instanceId === id);
      if (found?.input === "unreadable") return Promise.reject(new Error("HTTP 500 response"));
      return found ? Promise.resolve(found) : Promise.reject(new Error("HTTP 404 response"));
    },
    terminate: (id: string) =>
      instances.find(({ instanceId }) => instanceId === id)?.input === "stubborn" || id === "stubborn"
        ? Promise.reject(new Error("HTTP 500"))
        : Promise.resolve(void done.push(["terminate", id])),
    startNew: (name: string, { instanceId, input }: { instanceId: string; input: unknown }) => {
      const isRunning = instances.some((each) => each.instanceId === instanceId && unended.has(each.runtimeStatus));
      const isEnded = done.some((each) => JSON.stringify(each) === JSON.stringify(["terminate", instanceId]));
      if (isRunning && !isEnded) return Promise.reject(new Error("409"));
      return Promise.resolve(void done.push(["start", name, instanceId, input]));
    },
  } as unknown as DurableClient;
  const update = (_: string, decide: (current: PersonRecord | undefined) => PersonRecord | null) => {
    const written = decide(current);
    if (written && written !== current) {
      const { generation, notBefore, instance } = written.work ?? {};
      done.push(instance === undefined ? ["generation", generation, notBefore] : ["instance", instance]);
      current = written;
    }
    return Promise.resolve(written);
  };
  const services = {
    settings: { STUCK_AFTER_MINUTES: 10 },
    now: () => now,
    startedAt,
    records: { update },
  } as unknown as Services;
  return { services, hub: taskHubOf(() => client), done, last: () => current };
}

describe("a notice that makes no progress", () => {
  const input = { notice: {}, replayableUntil: "2026-11-26T11:00:00Z" };
  const stuck = {
    name: "followNotice",
    instanceId: "n1",
    runtimeStatus: Running,
    lastUpdatedTime: "2026-11-26T10:49:00Z",
    input,
  };

  it("beyond its longest pause is started again with its input, and that is reported", async () => {
    const { services, hub, done } = world([stuck]);
    const told: string[] = [];
    expect(await restartNotices(services, hub, (message) => told.push(message))).toBe(1);
    expect(done).toEqual([
      ["terminate", "n1"],
      ["start", "followNotice", "n1", input],
    ]);
    expect(told).toEqual([
      "replaced n1, a notice of the identity provider: Running without progress since 2026-11-26T10:49:00.000Z",
    ]);
  });

  it("that the task hub cannot end goes on in another instance, once, and does not stop the others", async () => {
    const stubborn = { ...stuck, instanceId: "stubborn" };
    const { services, hub, done } = world([stubborn, stuck]);
    const told: string[] = [];
    expect(await restartNotices(services, hub, (message) => told.push(message))).toBe(2);
    expect(done).toEqual([
      ["start", "followNotice", "stubborn-spare", input],
      ["terminate", "n1"],
      ["start", "followNotice", "n1", input],
    ]);
    const again = world([stubborn, { ...stuck, instanceId: "stubborn-spare", runtimeStatus: Completed }]);
    expect(await restartNotices(again.services, again.hub, () => undefined)).toBe(0);
    expect(again.done).toEqual([]);
  });

  it.each<[string, Partial<Instance>]>([
    ["may be in its longest pause", { lastUpdatedTime: "2026-11-26T10:51:00Z" }],
    ["waits until the same can no longer be sent", { input: { ...input, replayableUntil: "2026-11-26T12:00:00Z" } }],
    ["was suspended by hand", { runtimeStatus: Suspended }],
    ["has ended in the meantime", { runtimeStatus: Completed }],
    ["is not a notice", { name: "fulfilRequest" }],
  ])("is left alone if it %s", async (_, change) => {
    const { services, hub, done } = world([{ ...stuck, ...change }]);
    expect(await restartNotices(services, hub, () => undefined)).toBe(0);
    expect(done).toEqual([]);
  });
});

describe("the work on a person's record", () => {
  const request = { id: "r1", username: "alice", workspace: "a", requestedAt: "2026-11-26T11:00:00Z", claims: {} };
  const record: PersonRecord = { request, outcomes: {} };
  const instanceId = "person-89a3c33513445b29a48b957950054470";
  const stuck: Instance = {
    name: "fulfilRequest",
    instanceId,
    runtimeStatus: Running,
    lastUpdatedTime: "2026-11-26T11:49:59Z",
    input: { username: "alice" },
  };
  const work = (notBefore: string) => ({ generation: 1, notBefore });
  const ended: Outcome = { state: "done", at: "2026-11-26T11:59:00Z", message: "" };

  it("that is stuck gets the next generation before the old run is ended and the new one started", async () => {
    const { services, hub, done } = world([stuck], record);
    expect(await keepWorking(services, hub, record)).toBe("replaced");
    expect(done).toEqual([
      ["generation", 1, "2026-11-26T12:02:00.000Z"],
      ["terminate", instanceId],
      ["start", "fulfilRequest", instanceId, { username: "alice" }],
    ]);
  });

  it("that the task hub cannot end goes on in another instance, and no generation of the old one changes anything", async () => {
    const { services, hub, done } = world([{ ...stuck, input: "stubborn" }], record);
    expect(await keepWorking(services, hub, record)).toBe("replaced");
    expect(done).toEqual([
      ["generation", 1, "2026-11-26T12:02:00.000Z"],
      ["instance", `${instanceId}-1`],
      ["start", "fulfilRequest", `${instanceId}-1`, { username: "alice" }],
    ]);
  });

  it("that went on in another instance is looked for there", async () => {
    const moved = { ...record, work: { ...work("2026-11-26T11:00:00Z"), instance: `${instanceId}-1` } };
    const { services, hub, done } = world([stuck, { ...stuck, instanceId: `${instanceId}-1` }], moved);
    await keepWorking(services, hub, moved);
    expect(done).toEqual([
      ["instance", `${instanceId}-1`], // of generation 2
      ["terminate", `${instanceId}-1`],
      ["start", "fulfilRequest", `${instanceId}-1`, { username: "alice" }],
    ]);
  });

  it.each([Failed, Terminated, Canceled, Completed])("whose run is %s is started", async (runtimeStatus) => {
    const { services, hub, done } = world([{ ...stuck, runtimeStatus }], record);
    expect(await keepWorking(services, hub, record)).toBe("woken");
    expect(done).toEqual([["start", "fulfilRequest", instanceId, { username: "alice" }]]);
  });

  it("that waits for its turn, or starts, leaves it to others while it is suspended by hand, which is noted once", async () => {
    const since = request.requestedAt;
    const admission = { state: "waiting" as const, since, workspace: "a", returns: false };
    const waits = { ...record, admission };
    const held = { ...waits, admission: { ...admission, suspendedAt: now.toISOString() } };
    const fresh = { ...stuck, lastUpdatedTime: now.toISOString() };
    const written = async (of: PersonRecord, runtimeStatus: OrchestrationRuntimeStatus) => {
      const { services, hub, last } = world([{ ...fresh, runtimeStatus }], of);
      expect(await keepWorking(services, hub, of)).toBe("working");
      return last();
    };
    expect(await written(waits, Suspended)).toEqual(held);
    expect(await written(held, Suspended)).toBe(held);
    expect(await written(held, Running)).toEqual(waits);
    expect(await written(waits, Running)).toBe(waits);
    expect(await written(record, Suspended)).toBe(record);
  });

  it("that has not looked for longer than anybody waits between two looks leaves its turn to others until it goes on", async () => {
    const since = request.requestedAt;
    const admission = { state: "admitted" as const, since, workspace: "a", returns: false, admittedAt: since };
    const starts = { ...record, admission };
    const held = { ...starts, admission: { ...admission, suspendedAt: now.toISOString() } };
    const written = async (of: PersonRecord, lastUpdatedTime: string, startedAt = longAgo) => {
      const { services, hub, last } = world([{ ...stuck, lastUpdatedTime }], of, startedAt);
      expect(await keepWorking(services, hub, of)).toBe("working");
      return last();
    };
    expect(await written(starts, "2026-11-26T11:55:00Z")).toBe(starts);
    expect(await written(starts, "2026-11-26T11:54:59Z")).toEqual(held);
    expect(await written(held, "2026-11-26T11:54:59Z")).toBe(held);
    expect(await written(held, "2026-11-26T11:59:59Z")).toEqual(starts);
    // After an outage of the app everybody's work is late.
    expect(await written(starts, "2026-11-26T11:54:59Z", new Date("2026-11-26T11:58:00Z"))).toBe(starts);
  });

  it("that never began is replaced as well", async () => {
    const { services, hub } = world([{ ...stuck, runtimeStatus: Pending }], record);
    expect(await keepWorking(services, hub, record)).toBe("replaced");
  });

  it("that the task hub cannot read, though it reads others, goes on in another instance once it is long due", async () => {
    const unreadable = { ...stuck, input: "unreadable" };
    const asked = { ...record, request: { ...request, requestedAt: "2026-11-26T11:50:01Z" } };
    const lately = world([unreadable], asked);
    await expect(keepWorking(lately.services, lately.hub, asked)).rejects.toThrow("the task hub does not answer");
    const started = world([unreadable], record, new Date("2026-11-26T11:50:01Z"));
    await expect(keepWorking(started.services, started.hub, record)).rejects.toThrow("the task hub does not answer");
    const away = world([unreadable, { ...unreadable, instanceId: `${instanceId}-spare` }], record);
    await expect(keepWorking(away.services, away.hub, record)).rejects.toThrow("the task hub does not answer");
    const moved = { ...record, work: work("2026-11-26T11:50:01Z") };
    const again = world([unreadable], moved);
    await expect(keepWorking(again.services, again.hub, moved)).rejects.toThrow("the task hub does not answer");
    expect([...lately.done, ...started.done, ...away.done, ...again.done]).toEqual([]);

    const { services, hub, done } = world([unreadable], record);
    expect(await keepWorking(services, hub, record)).toBe("replaced");
    expect(done).toEqual([
      ["generation", 1, "2026-11-26T12:02:00.000Z"],
      ["instance", `${instanceId}-1`],
      ["start", "fulfilRequest", `${instanceId}-1`, { username: "alice" }],
    ]);
  });

  it("whose last sign of life a clock dated a year ahead is replaced, and not one of a clock that is a little ahead", async () => {
    const dated = (lastUpdatedTime: string, startedAt = longAgo) => {
      const { services, hub } = world([{ ...stuck, lastUpdatedTime }], record, startedAt);
      return keepWorking(services, hub, record);
    };
    expect(await dated("2027-11-26T12:00:00Z")).toBe("replaced");
    expect(await dated("2027-11-26T12:00:00Z", new Date("2026-11-26T11:50:00Z"))).toBe("working");
    expect(await dated("2026-11-26T12:10:00Z")).toBe("working");
  });

  it("that fails whenever it is started, or cannot be read, is told beside the others", async () => {
    const { services, hub } = world(
      [
        { ...stuck, runtimeStatus: Failed },
        { ...stuck, name: "reap", instanceId: "reap", input: "unreadable" },
        { ...stuck, name: "upkeep", instanceId: "upkeep" },
      ],
      record,
    );
    expect(await describeStuck(services, hub, [record], ["reap", "upkeep"])).toEqual([
      "reap: read work: the task hub does not answer (ask again)",
      "upkeep: Running without progress since 2026-11-26T11:49:59.000Z (replaced after 10 minutes)",
      `${instanceId}: failed at 2026-11-26T11:49:59.000Z before it could say why (the log has the error; it is started again)`,
    ]);
  });

  it("that is silent for long is replaced even if the app never runs for long", async () => {
    const justStarted = new Date("2026-11-26T11:59:00Z");
    const since = (lastUpdatedTime: string) => {
      const { services, hub } = world([{ ...stuck, lastUpdatedTime }], record, justStarted);
      return keepWorking(services, hub, record);
    };
    expect(await since("2026-11-26T11:30:00Z")).toBe("working");
    expect(await since("2026-11-26T11:29:59Z")).toBe("replaced");
  });

  it("is not waited for longer than a takeover takes if the clock was put back since", async () => {
    const takenOver = { ...record, work: work("2026-11-26T13:02:00Z") };
    const { services, hub } = world([stuck], takenOver, new Date("2026-11-26T13:00:00Z"));
    expect(await keepWorking(services, hub, takenOver)).toBe("replaced");
  });

  it("that rests until its next try is not started before", async () => {
    const trouble = {
      ...{ tries: 1, since: "2026-11-26T11:59:00Z", at: "2026-11-26T11:59:00Z", nextTry: "2026-11-26T12:00:01Z" },
      ...{ code: "cluster-unavailable" as const, reason: "away", step: "deployment" },
    };
    const resting = { ...record, request: { ...request, workspace: null, trouble } };
    const { services, hub, done } = world([{ ...stuck, runtimeStatus: Completed }], resting);
    expect(await keepWorking(services, hub, resting)).toBe("working");
    expect(done).toEqual([]);
  });

  it("that was suspended by hand is told, because nobody else resumes it", async () => {
    const { services, hub } = world([{ ...stuck, runtimeStatus: Suspended }], record);
    expect(await describeStuck(services, hub, [record], [])).toEqual([
      `${instanceId}: suspended by hand in the task hub (resume it, or terminate it: then it starts again)`,
    ]);
  });

  it("that ended during the check keeps its generation", async () => {
    const { services, hub, done } = world([stuck], { ...record, outcomes: { r1: ended } });
    await keepWorking(services, hub, record);
    expect(done).not.toContainEqual(expect.arrayContaining(["generation"]));
  });

  it.each<[string, Instance, PersonRecord, Date]>([
    ["made progress", { ...stuck, lastUpdatedTime: "2026-11-26T11:50:00Z" }, record, longAgo],
    ["was suspended by hand", { ...stuck, runtimeStatus: Suspended }, record, longAgo],
    ["is being taken over", stuck, { ...record, work: work("2026-11-26T12:00:01Z") }, longAgo],
    ["could not be done because the app was down", stuck, record, new Date("2026-11-26T11:50:00Z")],
  ])("is left alone if it %s", async (_, instance, current, startedAt) => {
    const { services, hub, done } = world([instance], current, startedAt);
    expect(await keepWorking(services, hub, current)).toBe("working");
    expect(done).toEqual([]);
  });
});

describe("a run that makes no progress and that the task hub cannot end", () => {
  const stuck: Instance = {
    name: "reap",
    instanceId: "reap",
    runtimeStatus: Running,
    lastUpdatedTime: "2026-11-26T11:49:59Z",
    input: "stubborn",
  };

  it("gets another instance", async () => {
    const { services, hub, done } = world([stuck]);
    expect(await keepRunning(services, hub, "reap")).toBe("replaced");
    expect(done).toEqual([["start", "reap", "reap-spare", {}]]);
  });
  it("waits for that one while it makes progress, and replaces it if it does not", async () => {
    const spare = { ...stuck, instanceId: "reap-spare", input: {} };
    const works = world([stuck, { ...spare, lastUpdatedTime: now.toISOString() }]);
    expect(await keepRunning(works.services, works.hub, "reap")).toBe("runs");
    expect(works.done).toEqual([]);
    const { services, hub, done } = world([stuck, spare]);
    expect(await keepRunning(services, hub, "reap")).toBe("replaced");
    expect(done).toEqual([
      ["terminate", "reap-spare"],
      ["start", "reap", "reap-spare", {}],
    ]);
  });
});

describe("a leave that does not end", () => {
  const left: PersonRecord = {
    request: { id: "r1", username: "alice", workspace: "a", requestedAt: "2026-11-26T08:00:00Z", claims: {} },
    outcomes: { r1: { state: "done", at: "2026-11-26T08:01:00Z", message: "" } },
    presence: {
      seenAt: "2026-11-26T08:00:00Z",
      sessions: [],
      leaving: { since: "2026-11-26T11:34:00Z", until: "2026-11-26T11:49:00Z" },
    },
  };
  const kept = { workspace: "a", until: "2026-11-26T11:59:00Z", by: "olga", at: "2026-11-26T08:00:00Z" };
  const described = (record: PersonRecord, startedAt = longAgo) => {
    const { services, hub } = world([], record, startedAt);
    return describeStuck(services, hub, [record], []);
  };

  it("is shown to monitoring, with why the desktop still runs", async () => {
    expect(await described(left)).toEqual([
      expect.stringMatching(/: logged out, and since 2026-11-26T11:49:00Z .* their desktop is kept/),
    ]);
  });

  it.each<[string, Partial<PersonRecord>, Date?]>([
    [
      "ended just now",
      {
        presence: {
          seenAt: longAgo.toISOString(),
          sessions: [],
          leaving: { since: "2026-11-26T11:40:00Z", until: "2026-11-26T11:55:00Z" },
        },
      },
    ],
    ["had no desktop", { request: { ...left.request, workspace: null } }],
    ["had to wait for an extension", { kept }],
    ["could not end while the app was down", {}, new Date("2026-11-26T11:55:00Z")],
  ])("is nothing if it %s", async (_, change, startedAt) => {
    expect(await described({ ...left, ...change }, startedAt)).toEqual([]);
  });
});
