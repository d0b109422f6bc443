import type { DurableClient } from "durable-functions";
import { describe, expect, it } from "vitest";
import { taskHubOf } from "./task-hub.ts";

/** A task hub with these answers, in order; an Error is thrown. The texts are the real ones (DurableTask 3.19.0). */
function taskHub(script: { startNew?: (string | Error)[]; getStatus?: (string | Error)[] }) {
  const calls: string[] = [];
  const next = (name: "startNew" | "getStatus") => {
    calls.push(name);
    const answer = script[name]?.shift();
    if (answer === undefined) throw new Error(`the test has no more answers for ${name}`);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const client = {
    startNew: async () => Promise.resolve().then(() => next("startNew")),
    getStatus: async () =>
      Promise.resolve().then(() => {
        const time = new Date("2026-11-26T09:00:00Z");
        return { runtimeStatus: next("getStatus"), createdTime: time, lastUpdatedTime: time, output: null };
      }),
    terminate: async () => Promise.resolve(void calls.push("terminate")),
  } as unknown as DurableClient;
  return { hub: taskHubOf(() => client), calls };
}

const refused = new Error(
  'The operation failed with an unexpected status code: 409. Details: {"Message":"An Orchestration instance with the status Running already exists."}',
);
const unknown = new Error(
  "DurableClient error: Durable Functions extension replied with HTTP 404 response. This usually means we could not find any data associated with the instanceId provided: x.",
);
const away = new Error("connect ECONNREFUSED 127.0.0.1:7071");

describe("starting an orchestration", () => {
  it("waits while sixteen others are being started, and then goes in the order in which it was asked for", async () => {
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const client = {
      startNew: (_: string, { instanceId }: { instanceId: string }) => {
        begun.push(instanceId);
        return new Promise<void>((resolve) => ends.push(resolve));
      },
    } as unknown as DurableClient;
    // Each call of the API has a client of its own.
    const started = Array.from({ length: 40 }, (_, index) => taskHubOf(() => client).startOnce("work", `${index}`, {}));
    await expect.poll(() => begun.length).toBe(16);
    ends.shift()?.();
    await expect.poll(() => begun.length).toBe(17);
    while (begun.length < 40 || ends.length > 0) {
      ends.shift()?.();
      await Promise.resolve();
    }
    expect(new Set(await Promise.all(started))).toEqual(new Set(["accepted"]));
    expect(begun).toEqual(Array.from({ length: 40 }, (_, index) => `${index}`));
  });

  it("that is already running is a duplicate", async () => {
    const { hub } = taskHub({ startNew: [refused], getStatus: ["Running"] });
    expect(await hub.startOnce("work", "x", {})).toBe("duplicate");
  });

  it.each(["Completed", "Failed", "Terminated"])(
    "that was refused because of an instance that is %s a moment later is started again",
    async (status) => {
      const { hub, calls } = taskHub({ startNew: [refused, "x"], getStatus: [status] });
      expect(await hub.startOnce("work", "x", {})).toBe("accepted");
      expect(calls).toEqual(["startNew", "getStatus", "startNew"]);
    },
  );

  it("that was refused because of an instance whose history was purged a moment later is started again", async () => {
    const { hub } = taskHub({ startNew: [refused, "x"], getStatus: [unknown] });
    expect(await hub.startOnce("work", "x", {})).toBe("accepted");
  });

  it("fails as durable-unavailable if the hub does not answer at all", async () => {
    const { hub, calls } = taskHub({ startNew: [away], getStatus: [away] });
    await expect(hub.startOnce("work", "x", {})).rejects.toMatchObject({ code: "durable-unavailable" });
    expect(calls).toEqual(["startNew", "getStatus"]);
  });

  it("fails as durable-unavailable if it is refused every time although nothing runs", async () => {
    const { hub, calls } = taskHub({
      startNew: Array<Error>(9).fill(refused),
      getStatus: Array<string>(9).fill("Completed"),
    });
    await expect(hub.startOnce("work", "x", {})).rejects.toMatchObject({ code: "durable-unavailable" });
    expect(calls.filter((call) => call === "startNew")).toHaveLength(5);
  });
});

describe("an instance", () => {
  it("is null if there never was one", async () => {
    expect(await taskHub({ getStatus: [unknown] }).hub.find("x")).toBeNull();
  });

  it("that is restarted is terminated first, and started when the hub shows its end", async () => {
    const { hub, calls } = taskHub({ startNew: [refused, "x"], getStatus: ["Running"] });
    await hub.restart("work", "x", {}, "no progress");
    expect(calls).toEqual(["terminate", "startNew", "getStatus", "startNew"]);
  });
});
