import { type DurableClient, OrchestrationRuntimeStatus } from "durable-functions";
import { describe, expect, it } from "vitest";
import type { Services } from "../services.ts";
import { restartNotices } from "./stuck.ts";

const now = new Date("2026-11-26T12:00:00Z");
const services = { settings: { STUCK_AFTER_MINUTES: 10 }, now: () => now } as unknown as Services;

interface Row {
  name?: string;
  runtimeStatus?: OrchestrationRuntimeStatus;
  updated: string;
  replayableUntil: string;
}

/** A hub with one instance, and what was done to it. */
function hubOf({ name = "followNotice", runtimeStatus = OrchestrationRuntimeStatus.Running, ...row }: Row) {
  const done: unknown[] = [];
  const input = { notice: {}, replayableUntil: row.replayableUntil };
  const status = {
    name,
    instanceId: "n1",
    input,
    runtimeStatus,
    lastUpdatedTime: row.updated,
    createdTime: row.updated,
  };
  const client = {
    getStatusBy: () => Promise.resolve([status]),
    getStatus: () => Promise.resolve(status),
    terminate: (id: string) => Promise.resolve(void done.push(["terminate", id])),
    startNew: (orchestrator: string, options: object) => Promise.resolve(void done.push([orchestrator, options])),
  } as unknown as DurableClient;
  return { client, done, input };
}

const stuck: Row = { updated: "2026-11-26T10:49:00Z", replayableUntil: "2026-11-26T11:00:00Z" };

describe("a notice that makes no progress", () => {
  it("beyond its longest pause is started again with what it was told", async () => {
    const { client, done, input } = hubOf(stuck);
    expect(await restartNotices(services, client)).toBe(1);
    expect(done).toEqual([
      ["terminate", "n1"],
      ["followNotice", { instanceId: "n1", input }],
    ]);
  });

  it.each<[string, Partial<Row>]>([
    ["may be in its longest pause", { updated: "2026-11-26T10:51:00Z" }],
    ["waits until the same can be sent no more", { replayableUntil: "2026-11-26T12:00:00Z" }],
    ["was suspended by hand", { runtimeStatus: OrchestrationRuntimeStatus.Suspended }],
    ["has ended meanwhile", { runtimeStatus: OrchestrationRuntimeStatus.Completed }],
    ["is no notice", { name: "fulfilRequest" }],
  ])("is left alone if it %s", async (_, change) => {
    const { client, done } = hubOf({ ...stuck, ...change });
    expect(await restartNotices(services, client)).toBe(0);
    expect(done).toEqual([]);
  });
});
