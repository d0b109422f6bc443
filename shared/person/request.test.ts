import { describe, expect, it } from "vitest";
import type { DesktopBefore } from "../desktop/state.ts";
import type { Outcome, PersonRecord } from "./record.ts";
import { finish, finishOthers, finishRollback } from "./finish.ts";
import { isBeingChanged, isDue, isUnfinished } from "./left-to-do.ts";
import { addOutcome, outcomeOf, outcomesKept } from "./outcomes.ts";
import { remember, supersede } from "./request.ts";

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

const setback = { code: "cluster-unavailable", reason: "away", step: "deployment" } as const;

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
    expect([isUnfinished(record), isBeingChanged(record, "b")]).toEqual([unfinished, changing]);
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
    expect(after.outcomes).toEqual({ r1: { ...outcome, workspace: "a" } });
    expect(after.before).toEqual(stays ? remembered.before : undefined);
  });
  it("is a goal while anything is left behind, which a newer request takes the place of", () => {
    const after = finish(remembered, "r1", failed(["service: away"]));
    expect(after.rollback).toMatchObject({ id: "r1", workspace: "a", trouble: { tries: 1, step: "readiness" } });
    expect(isUnfinished(after)).toBe(true);
    const again = finishRollback(after, "r1", setback, at);
    expect(again.rollback?.trouble.tries).toBe(2);
    expect(finishRollback(again, "r1", null, at)).toMatchObject({ rollback: undefined, before: undefined });
    const newer = { ...fresh.request, id: "r2" };
    expect(supersede(again, newer).rollback).toBeUndefined();
    expect(finishRollback(again, "r0", null, at)).toBe(again);
  });
});

describe("the desktops that a switch left active", () => {
  const before = { workspace: "a", desktop: { others: [] } as unknown as DesktopBefore };
  const switched = finish({ ...fresh, before }, "r1", done, { at, others: setback });

  it("are to be suspended, whatever is asked for meanwhile, until that works or another desktop is up", () => {
    expect(switched.others).toMatchObject({
      id: "r1",
      except: "a",
      trouble: { tries: 1, code: "cluster-unavailable" },
    });
    expect(finishOthers(switched, "r1", null, at).others).toBeUndefined();
    expect(finishOthers(switched, "r1", setback, at).others?.trouble.tries).toBe(2);

    const wantsB = supersede(switched, { ...fresh.request, id: "r2", workspace: "b" });
    expect(wantsB.others).toBe(switched.others);
    expect(finish(wantsB, "r2", failed([])).others).toBe(switched.others);
    expect(finish({ ...wantsB, before: { ...before, workspace: "b" } }, "r2", done).others).toBeUndefined();
  });

  it("are done when the person has none", () => {
    const none = supersede(switched, { ...fresh.request, id: "r2", workspace: null });
    expect(finish(none, "r2", { state: "done", at, message: "none runs" }).others).toBeUndefined();
  });

  it("change, and the one that came up does not", () => {
    expect([isBeingChanged(switched, "a"), isBeingChanged(switched, "b")]).toEqual([false, true]);
  });
});

describe("a wish for no desktop", () => {
  const none: PersonRecord = { ...fresh, request: { ...fresh.request, workspace: null } };
  const tried = finish(none, "r1", failed(["deployment"]));

  it("does not end by failing", () => {
    expect([outcomeOf(tried), tried.outcomes, isUnfinished(tried)]).toEqual([undefined, {}, true]);
  });
  it("rests until its next try, and no longer if the clock was put back", () => {
    // What no try cures by itself, such as cannot-start, rests for four minutes.
    expect(isDue(tried, new Date("2026-01-01T00:03:59Z"))).toBe(false);
    expect(isDue(tried, new Date("2026-01-01T00:04:00Z"))).toBe(true);
    expect(isDue(tried, new Date("2025-12-31T23:00:00Z"))).toBe(true);
  });
  it("that older releases gave up is still to be done", () => {
    const givenUp = { ...none, outcomes: { r1: failed(["deployment"]) } };
    expect([outcomeOf(givenUp), isDue(givenUp, new Date(at))]).toEqual([undefined, true]);
    expect(finish(givenUp, "r1", { state: "done", at, message: "" }).outcomes).toEqual({
      r1: { state: "done", workspace: null, at, message: "" },
    });
  });
  it("gives way to a newer one", () => {
    const wants = supersede(tried, { ...fresh.request, id: "r2" });
    expect([wants.request.trouble, wants.outcomes["r1"]?.state]).toEqual([undefined, "superseded"]);
  });
});
