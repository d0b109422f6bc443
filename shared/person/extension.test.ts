import { describe, expect, it } from "vitest";
import { extendOwn, ownExtensionLimit } from "./extension.ts";
import type { PersonRecord } from "./record.ts";

const now = new Date("2026-11-24T12:00:00.000Z");
const limits = { longestOwnExtensionMinutes: 240, longestSessionMinutes: 720 };
const kept = (until: string) => ({ workspace: "asthma-cohort", until, by: "olga" });

describe("people may keep their own desktop", () => {
  it.each([
    ["as far ahead as the policy says", limits, "2026-11-24T09:00:00.000Z", undefined, "2026-11-24T16:00:00.000Z"],
    ["never longer than it may run", limits, "2026-11-24T01:00:00.000Z", undefined, "2026-11-24T13:00:00.000Z"],
    ["as far as the policy says, if its start is not known", limits, null, undefined, "2026-11-24T16:00:00.000Z"],
    ["not if it has run as long as it may", limits, "2026-11-24T00:00:00.000Z", undefined, null],
    ["not where the policy says 0", { ...limits, longestOwnExtensionMinutes: 0 }, null, undefined, null],
    ["longer than it is kept", limits, null, kept("2026-11-24T14:00:00.000Z"), "2026-11-24T16:00:00.000Z"],
    ["not beyond what an administrator said", limits, null, kept("2026-11-25T12:00:00.000Z"), null],
    ["again after what was said is over", limits, null, kept("2026-11-24T11:00:00.000Z"), "2026-11-24T16:00:00.000Z"],
  ])("%s", (_words, policy, startedAt, extension, expected) => {
    expect(ownExtensionLimit(policy, { startedAt, entitledUntil: null }, extension, now)).toBe(expected);
  });

  it("never beyond the end of their entitlement", () => {
    const life = { startedAt: null, entitledUntil: "2026-11-24T13:30:00.000Z" };
    expect(ownExtensionLimit(limits, life, undefined, now)).toBe("2026-11-24T13:30:00.000Z");
    expect(ownExtensionLimit(limits, life, kept("2026-11-24T14:00:00.000Z"), now)).toBeNull();
  });
});

describe("a person's own extension", () => {
  const record = (workspace: string | null, until?: string): PersonRecord => ({
    request: { id: "r1", username: "alice", workspace, requestedAt: "2026-11-24T09:00:00.000Z", claims: {} },
    outcomes: { r1: { state: "done", at: "2026-11-24T09:01:00.000Z", message: "ready" } },
    ...(until !== undefined && { kept: kept(until) }),
  });
  const own = { workspace: "asthma-cohort", until: "2026-11-24T15:00:00.000Z", by: "alice" };

  it("is noted, also in the place of a shorter one", () => {
    expect(extendOwn(record("asthma-cohort"), own).kept).toBe(own);
    expect(extendOwn(record("asthma-cohort", "2026-11-24T14:00:00.000Z"), own).kept).toBe(own);
  });

  it.each([
    ["a longer one of an administrator", record("asthma-cohort", "2026-11-24T16:00:00.000Z")],
    ["a desktop that went down meanwhile", record(null)],
    ["a desktop that was left for another", record("cancer-registry")],
  ])("changes nothing about %s", (_words, before) => {
    expect(extendOwn(before, own)).toBe(before);
  });
});
