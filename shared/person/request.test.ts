import { describe, expect, it } from "vitest";
import type { DesktopBefore } from "../desktop/state.ts";
import type { Outcome, PersonRecord } from "./record.ts";
import { addOutcome, finish, isBeingChanged, isUnfinished, outcomesKept, remember } from "./request.ts";

const at = "2026-01-01T00:00:00Z";
const done: Outcome = { state: "done", at, message: "ready", url: "http://x" };
const failed = (leftBehind: string[]): Outcome => ({
  state: "failed",
  at,
  code: "cannot-start",
  reason: "no",
  step: "readiness",
  undone: [],
  leftBehind,
});
const fresh: PersonRecord = {
  request: { id: "r1", username: "alice", workspace: "a", requestedAt: at, claims: {} },
  outcomes: {},
};

describe("outcomes", () => {
  it("keep the first of a request: it has been told", () => {
    expect(addOutcome({ r1: done }, "r1", failed([]))).toEqual({ r1: done });
  });
  it("forget the oldest", () => {
    let outcomes: Record<string, Outcome> = {};
    for (let n = 0; n <= outcomesKept; n += 1) outcomes = addOutcome(outcomes, `request-${n}`, done);
    expect(Object.keys(outcomes)).toHaveLength(outcomesKept);
    expect(outcomes).not.toHaveProperty("request-0");
    expect(outcomes).toHaveProperty(`request-${outcomesKept}`);
  });
});

describe("a record", () => {
  const entry = { id: "x", workspace: "b", requestedAt: at };
  it.each<[string, PersonRecord, boolean, boolean]>([
    ["whose request has not ended", fresh, true, true],
    ["whose request has ended", { ...fresh, outcomes: { r1: done } }, false, false],
    [
      "with a desktop to retire",
      { ...fresh, outcomes: { r1: done }, removals: [{ ...entry, reason: "no more" }] },
      true,
      true,
    ],
    ["with a review", { ...fresh, outcomes: { r1: done }, reviews: [{ ...entry, by: "reap" }] }, true, false],
  ])("%s", (_words, record, unfinished, changing) => {
    expect([isUnfinished(record), isBeingChanged(record)]).toEqual([unfinished, changing]);
  });
});

describe("what was there before", () => {
  const first = { group: false, others: [] as DesktopBefore["others"] } as DesktopBefore;
  const later = { group: true } as DesktopBefore;
  const remembered = remember(fresh, "a", first);

  it("stays as it was remembered first", () => {
    expect(remembered.before).toEqual({ workspace: "a", desktop: first });
    expect(remember(remembered, "a", later)).toBe(remembered);
  });
  it("of another desktop takes its place", () => {
    expect(remember(remembered, "b", later).before).toEqual({ workspace: "b", desktop: later });
  });
  it.each<[string, Outcome, boolean]>([
    ["is kept if something was left behind", failed(["service: away"]), true],
    ["is forgotten if nothing was left behind", failed([]), false],
    ["is forgotten when the request is done", done, false],
  ])("%s", (_words, outcome, stays) => {
    const after = finish(remembered, "r1", outcome);
    expect(after.outcomes).toEqual({ r1: outcome });
    expect(after.before).toEqual(stays ? remembered.before : undefined);
  });
});
