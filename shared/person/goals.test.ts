import { describe, expect, it } from "vitest";
import { describeGoal, endingOf, goalsOf, isInTrouble } from "./goals.ts";
import type { Outcome, PersonRecord } from "./record.ts";

const at = "2026-01-01T00:00:00.000Z";
const trouble = {
  ...{ tries: 2, since: at, at: "2026-01-01T00:00:44.000Z", nextTry: "2026-01-01T00:01:44.000Z" },
  ...{ code: "cluster-unavailable" as const, reason: "it does not answer", step: "deployment" },
};
const words = `failed 2 times since ${at}: it does not answer; tried again at 2026-01-01T00:01:44.000Z`;
const done: Outcome = { state: "done", at, message: "" };
const request = { id: "r1", username: "alice", workspace: "a" as string | null, requestedAt: at, claims: {} };
const settled: PersonRecord = { request, outcomes: { r1: done } };
const none = { ...request, workspace: null };

describe("the goals of a person", () => {
  it.each<[string, Partial<PersonRecord>, object[]]>([
    ["are none if a request is done", {}, []],
    ["are none if a start is under way, or failed", { outcomes: {} }, []],
    [
      "are that nothing of theirs runs",
      { request: { ...none, trouble }, outcomes: {} },
      [{ goal: "no desktop of this person runs", operation: "r1", trouble }],
    ],
    [
      "are that everything is removed",
      { request: { ...none, retire: true, reason: "gone" }, outcomes: {} },
      [{ goal: "everything of this person is removed", reason: "gone", trouble: undefined }],
    ],
    [
      "are that a desktop is removed",
      { removals: [{ id: "m1", workspace: "b", requestedAt: at, reason: "over", trouble }] },
      [{ goal: "this desktop is removed", workspace: "b", operation: "m1", trouble }],
    ],
    [
      "are that the previous desktop goes down",
      { others: { id: "r1", except: "a", requestedAt: at, trouble } },
      [{ goal: "no desktop of this person but the one in a runs", trouble }],
    ],
    [
      "are that a failed start is undone",
      { rollback: { id: "r1", workspace: "b", requestedAt: at, trouble } },
      [{ goal: "what a failed start left behind is undone", workspace: "b", trouble }],
    ],
    [
      "are no reviews that have not decided",
      { reviews: [{ id: "v1", workspace: "a", requestedAt: at, by: "reap" }] },
      [],
    ],
    [
      "are reviews that could not act",
      { reviews: [{ id: "v1", workspace: "a", requestedAt: at, by: "reap", trouble }] },
      [{ goal: "this desktop is suspended", workspace: "a", trouble }],
    ],
  ])("%s", (_, change, expected) => {
    expect(goalsOf({ ...settled, ...change })).toMatchObject(expected);
    expect(goalsOf({ ...settled, ...change })).toHaveLength(expected.length);
  });

  it("are told once a try has failed", () => {
    const [goal] = goalsOf({
      ...settled,
      removals: [{ id: "m1", workspace: "b", requestedAt: at, reason: "", trouble }],
    });
    expect(goal && describeGoal(goal, "somebody")).toBe(
      `somebody in b: it is to hold that this desktop is removed; ${words}`,
    );
    expect(goal && describeGoal({ ...goal, trouble: undefined }, "somebody")).toBeUndefined();
  });
});

describe("a desktop that is to end", () => {
  const ends = (change: Partial<PersonRecord>, workspace = "a") => {
    const { state, reason } = endingOf({ ...settled, ...change }, workspace) ?? {};
    return state && `${state}: ${reason ?? ""}`;
  };
  it("is suspended or retired with its person's wish, its own retirement, a switch, or a review", () => {
    expect(ends({})).toBeUndefined();
    expect(endingOf(undefined, "a")).toBeUndefined();
    expect(ends({ request: { ...none, trouble }, outcomes: {} })).toBe(`suspending: it is being suspended; ${words}`);
    expect(ends({ request: { ...none, retire: true, reason: "gone" }, outcomes: {} })).toBe("retiring: gone");
    const removals = [{ id: "m1", workspace: "a", requestedAt: at, reason: "over", trouble }];
    expect([ends({ removals }), ends({ removals }, "b")]).toEqual([`retiring: over; ${words}`, undefined]);
    const others = { id: "r1", except: "a", requestedAt: at, trouble };
    expect([ends({ others }), ends({ others }, "b")]).toEqual([
      undefined,
      `suspending: its person has the desktop in a now; ${words}`,
    ]);
    const reviews = [{ id: "v1", workspace: "a", requestedAt: at, by: "reap" }];
    expect(ends({ reviews })).toBeUndefined();
    expect(ends({ reviews: reviews.map((review) => ({ ...review, trouble })) })).toContain("suspending: ");
  });
});

describe("a desktop in trouble", () => {
  const inTrouble = (change: Partial<PersonRecord>) =>
    ["a", "b"].filter((workspace) => isInTrouble({ ...settled, ...change }, workspace));
  it("is one that a try in vain was about", () => {
    expect(inTrouble({})).toEqual([]);
    expect(inTrouble({ request: none, outcomes: {} })).toEqual([]);
    expect(inTrouble({ request: { ...none, trouble }, outcomes: {} })).toEqual(["a", "b"]);
    expect(inTrouble({ removals: [{ id: "m1", workspace: "a", requestedAt: at, reason: "over", trouble }] })).toEqual([
      "a",
    ]);
    expect(inTrouble({ others: { id: "r1", except: "a", requestedAt: at, trouble } })).toEqual(["b"]);
    expect(inTrouble({ reviews: [{ id: "v1", workspace: "b", requestedAt: at, by: "reap", trouble }] })).toEqual(["b"]);
  });
});
