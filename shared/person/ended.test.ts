import { describe, expect, it } from "vitest";
import { endedOf } from "./ended.ts";
import { operationIdOf } from "./operation.ts";
import type { Outcome, PersonRecord } from "./record.ts";
import { finishReview } from "./review.ts";

const at = "2026-11-24T12:00:00.000Z";
const later = "2026-11-24T12:00:05.000Z";
const done: Outcome = { state: "done", at: later, message: "no desktop of this person runs" };
const there = new Set(["asthma-cohort"]);

function wantsNone(change: Partial<PersonRecord["request"]> = {}, rest: Partial<PersonRecord> = {}): PersonRecord {
  const request = { id: "r2", username: "alice", workspace: null, requestedAt: at, claims: {}, ...change };
  return { request, outcomes: { r2: done }, lastDesktop: "asthma-cohort", ...rest };
}

describe("a desktop ended", () => {
  it("by a review, with its rule and the words of the decision", () => {
    const request = { ...wantsNone().request, id: "r1", workspace: "asthma-cohort" };
    const review = { id: "v1", workspace: "asthma-cohort", requestedAt: at, by: "reap" };
    const record = wantsNone({}, { request, outcomes: { r1: { ...done, url: "http://x" } }, reviews: [review] });
    const reason = "nobody has been connected for more than 60 minutes";
    const decision = { action: "suspend", rule: "idle", minutes: 60, reason } as const;
    const after = finishReview(record, review, { decision, suspended: true }, { id: "r2", at: later });
    const operation = operationIdOf(after.request);
    expect(endedOf(after, there)).toEqual({
      ...{ workspace: "asthma-cohort", at: later, action: "suspend", rule: "idle", reason, operation },
      explanation: "Nobody was connected to it for 60 minutes.",
    });
  });

  it.each([
    ["on request", wantsNone(), there, { action: "suspend", reason: "it was stopped on request" }],
    ["by somebody with a reason", wantsNone({ reason: "lunch" }), there, { action: "suspend", reason: "lunch" }],
    ["with its removal", wantsNone({ reason: "over" }), new Set(["other"]), { action: "retire", reason: "over" }],
    [
      "with everything of its person",
      wantsNone({ retire: true }),
      new Set<string>(),
      { action: "retire", reason: "everything that this person had was removed" },
    ],
  ])("%s", (_words, record, left, expected) => {
    expect(endedOf(record, left)).toMatchObject({ ...expected, workspace: "asthma-cohort", at: later });
    expect(endedOf(record, left)?.rule).toBeUndefined();
  });

  it("by an administrator, in their words", () => {
    const asked = {
      at,
      by: "olga",
      action: "suspend",
      workspace: "asthma-cohort",
      reason: "the registry moves",
      id: "r2",
    };
    const record = wantsNone(
      { reason: "the registry moves" },
      { interventions: [{ ...asked, id: "r1", at: later }, asked] },
    );
    expect(endedOf(record, there)?.explanation).toBe("An administrator stopped it: the registry moves.");
    const own = wantsNone({}, { interventions: [{ ...asked, id: "r1", at: later }] });
    expect(endedOf(own, there)?.explanation).toBe("You stopped it.");
  });

  it("by an older decision of which nothing is said", () => {
    const old = {
      workspace: "cancer-registry",
      at: "2026-11-20T12:00:00.000Z",
      action: "suspend",
      rule: "idle",
    } as const;
    const record = wantsNone({}, { decisions: [{ ...old, reason: "nobody" }] });
    expect(endedOf(record, there)).toMatchObject({ workspace: "asthma-cohort", reason: "it was stopped on request" });
  });
});

describe("no desktop ended", () => {
  it.each([
    ["while one is wanted", wantsNone({ workspace: "asthma-cohort" }), there],
    ["while it still goes down", wantsNone({}, { outcomes: {} }), there],
    ["if a record was deleted, and nobody asked", wantsNone({ nobodyAsked: true }), there],
    ["if there never was one", wantsNone({}, { lastDesktop: undefined }), new Set<string>()],
    ["for a person without a record", undefined, there],
  ])("%s", (_words, record, left) => {
    expect(endedOf(record, left)).toBeUndefined();
  });
});
