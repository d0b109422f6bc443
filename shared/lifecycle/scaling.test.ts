import { describe, expect, it } from "vitest";
import type { Binding, Scale } from "../desktop/entitlement.ts";
import type { Outcome, PersonRecord } from "../person/record.ts";
import { correctionsOf, decideGiven, lastRefusalOf, mayNeedCorrection, scaledPeople } from "./scaling.ts";

function binding(workspace: string, replicas: number, seen: Scale["seen"], more: Partial<Binding> = {}): Binding {
  const name = `${workspace}-${more.username ?? "alice"}`;
  const scale = { replicas, seen };
  return { name, workspace, username: "alice", expires: "2099-12-31", claims: [], scale, ...more };
}
const second = { name: "a-second" };
const third = { name: "a-third" };
const shared: Binding = { name: "readers", workspace: "a", expires: "2099-12-31", claims: [] };

/** In words: `+` wants the desktop, `-` gives it up, `=` wants it as before. */
function scaled(bindings: Binding[], left: Record<string, number> = {}): string[] {
  const people = scaledPeople(
    bindings,
    ({ workspace, username }) => left[`${workspace}-${username}`] ?? 0,
    "2026-11-27",
  );
  return people.flatMap(({ username, chosen, given, unchanged }) =>
    Object.entries({ "+": chosen, "-": given, "=": unchanged }).flatMap(([sign, desktops]) =>
      desktops.map(
        ({ workspace, bindings: own }) =>
          `${username} ${sign} ${workspace} (${own.map(({ name }) => name).join(", ")})`,
      ),
    ),
  );
}

it.each<[string, Binding[], Record<string, number>, string[]]>([
  ["nothing changed", [binding("a", 1, 1), binding("b", 0, 0)], {}, []],
  ["scaled up", [binding("a", 1, 0)], {}, ["alice + a (a-alice)"]],
  ["scaled further up", [binding("a", 2, 1)], {}, []],
  ["scaled down", [binding("a", 0, 1)], {}, ["alice - a (a-alice)"]],
  ["a switch", [binding("a", 0, 1), binding("b", 1, 0)], {}, ["alice + b (b-alice)", "alice - a (a-alice)"]],
  ["two up", [binding("b", 1, 0), binding("a", 1, 0)], {}, ["alice + a (a-alice)", "alice + b (b-alice)"]],
  [
    "two people up",
    [binding("a", 1, 0, { username: "zoe" }), binding("a", 1, 0)],
    {},
    ["alice + a (a-alice)", "zoe + a (a-zoe)"],
  ],
  [
    "two spellings are one person",
    [binding("a", 1, 0), binding("a", 1, 1, { name: "a-Alice", spelled: "Alice" })],
    {},
    ["alice = a (a-alice)"],
  ],
  ["never seen, at 0", [binding("a", 0, null)], {}, []],
  ["never seen, at 1", [binding("a", 1, null)], {}, ["alice + a (a-alice)"]],
  ["never seen, at 1, and the operator's desktop runs", [binding("a", 1, null)], { "a-alice": 1 }, []],
  [
    "never seen, at 1, and the operator's desktop is stopped",
    [binding("a", 1, null)],
    { "a-alice": 0 },
    ["alice + a (a-alice)"],
  ],
  [
    "never seen, at 0, and the operator's desktop runs",
    [binding("a", 0, null)],
    { "a-alice": 1 },
    ["alice - a (a-alice)"],
  ],
  ["seen, whatever the operator left", [binding("a", 0, 0)], { "a-alice": 1 }, []],
  ["a note that is no number counts as 0", [binding("a", 1, Number.NaN)], {}, ["alice + a (a-alice)"]],
  ["a binding by claims, which is many people's", [shared], {}, []],
  [
    "one of two bindings to a workspace down, the other up",
    [binding("a", 0, 1), binding("a", 1, 0, second)],
    {},
    ["alice = a (a-alice, a-second)"],
  ],
  ["one of two up, the other is up", [binding("a", 1, 1), binding("a", 1, 0, second)], {}, ["alice = a (a-second)"]],
  ["one of two up", [binding("a", 0, 0), binding("a", 1, null, second)], {}, ["alice + a (a-second)"]],
  ["one of two down", [binding("a", 0, 1), binding("a", 0, 0, second)], {}, ["alice - a (a-alice)"]],
  ["one of two down, the other is up", [binding("a", 0, 1), binding("a", 1, 1, second)], {}, ["alice = a (a-alice)"]],
  [
    "one of three down, another is up",
    [binding("a", 0, 1), binding("a", 1, 1, second), binding("a", 0, 0, third)],
    {},
    ["alice = a (a-alice)"],
  ],
  [
    "all of three down",
    [binding("a", 0, 1), binding("a", 0, 1, second), binding("a", 0, 1, third)],
    {},
    ["alice - a (a-alice, a-second, a-third)"],
  ],
  [
    "one down, and an expired one is left up",
    [binding("a", 0, 1), binding("a", 1, 1, { ...second, expires: "2026-11-26" })],
    {},
    ["alice - a (a-alice)"],
  ],
  [
    "one up, and an expired one goes down",
    [binding("a", 1, 1), binding("a", 0, 1, { ...second, expires: "2026-11-26" })],
    {},
    [],
  ],
  [
    "an expired one up, where another one is down",
    [binding("a", 0, 0), binding("a", 1, 0, { ...second, expires: "2026-11-26" })],
    {},
    ["alice + a (a-second)"],
  ],
  ["the only one up, on its last day", [binding("a", 1, 0, { expires: "2026-11-27" })], {}, ["alice + a (a-alice)"]],
  [
    "the only one up, which has expired: its person is told",
    [binding("a", 1, 0, { expires: "2026-11-26" })],
    {},
    ["alice + a (a-alice)"],
  ],
  ["one down, and one by claims says nothing", [binding("a", 0, 1), shared], {}, ["alice - a (a-alice)"]],
  [
    "one down, the other is up, and one by claims",
    [binding("a", 0, 1), binding("a", 1, 1, second), shared],
    {},
    ["alice = a (a-alice)"],
  ],
  ["one of two never used", [binding("a", 1, 1), binding("a", 0, null, second)], {}, []],
])("%s", (_words, bindings, left, expected) => {
  expect(scaled(bindings, left)).toEqual(expected);
});

const done: Outcome = { state: "done", at: "", message: "" };
const failed: Outcome = {
  state: "failed",
  at: "",
  code: "cannot-start",
  reason: "",
  step: "",
  undone: [],
  leftBehind: [],
};
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 26, 9) + seconds * 1_000).toISOString();
function record(workspace: string | null, outcome?: Outcome): PersonRecord {
  const request = { id: "r1", username: "alice", workspace, requestedAt: at(0), claims: {} };
  return { request, outcomes: outcome ? { r1: outcome } : {} };
}

describe("a desktop that is given up, with nothing chosen", () => {
  it.each<
    [string, number | undefined, PersonRecord | null, number | undefined, number, ReturnType<typeof decideGiven>]
  >([
    ["found for the first time", undefined, record("a", done), undefined, 500, "wait"],
    ["found less than ten seconds ago", 491, record("a", done), undefined, 500, "wait"],
    ["found ten seconds ago", 490, record("a", done), undefined, 500, "suspend"],
    ["of somebody who never asked us", 490, null, undefined, 500, "suspend"],
    ["while it comes up", 490, record("a"), undefined, 500, "suspend"],
    ["after another one was asked for", undefined, record("b"), undefined, 500, "nothing"],
    ["after another one came up", undefined, record("b", done), undefined, 500, "nothing"],
    ["after none was asked for", undefined, record(null, done), undefined, 500, "nothing"],
    ["whose suspension is tried again by itself", 490, record(null, failed), undefined, 500, "nothing"],
    ["within a minute of a choice that failed", undefined, record("b", failed), undefined, 60, "stay"],
    ["first found within a minute of it", 60, record("b", failed), undefined, 500, "stay"],
    ["long after a choice that failed", 61, record("b", failed), undefined, 500, "suspend"],
    ["after a clock was put back since the choice", 60, record("a", done), 3_600, 500, "suspend"],
    ["within a minute of a refusal", undefined, record("a", done), 440, 500, "stay"],
    ["long after a refusal", undefined, record("a", done), 439, 500, "wait"],
    ["settled, long after a refusal", 480, record("a", done), 400, 500, "suspend"],
  ])("%s", (_words, noticed, of, refused, now, expected) => {
    const desktop = {
      workspace: "a",
      username: "alice",
      bindings: [],
      noticedAt: noticed === undefined ? undefined : at(noticed),
    };
    expect(decideGiven(desktop, of, refused === undefined ? undefined : at(refused), at(now))).toBe(expected);
  });

  it("was found then only if all its bindings were, and at the time of the last", () => {
    const down = (name: string, noticedAt?: string) =>
      binding("a", 0, 1, { name, scale: { replicas: 0, seen: 1, ...(noticedAt && { noticedAt }) } });
    const noticed = (...bindings: Binding[]) => scaledPeople(bindings, () => 0, "2026-11-27")[0]?.given[0]?.noticedAt;
    expect(noticed(down("one", at(1)), down("two", at(2)))).toBe(at(2));
    expect(noticed(down("one", at(1)), down("two"))).toBeUndefined();
  });
});

const runs = { scale: { replicas: 0, seen: 0 }, active: true };
it.each<[string, Binding, PersonRecord | null, boolean, number | undefined]>([
  ["its request failed", binding("a", 1, 1), record("a", failed), false, 0],
  ["another desktop is wanted", binding("a", 1, 1), record("b", done), false, 0],
  ["none is wanted", binding("a", 1, 1), record(null, done), false, 0],
  ["it runs all the same", binding("a", 1, 1), record("b", failed), true, undefined],
  ["its request is done", binding("a", 1, 1), record("a", done), false, undefined],
  ["its request has not ended", binding("a", 1, 1), record("a"), false, undefined],
  ["it was scaled up just now", binding("a", 1, 0), record("a", failed), false, undefined],
  ["it was never seen", binding("a", 1, null), record("b", done), false, undefined],
  ["it asks for nothing", binding("a", 0, 0), record("b", done), false, undefined],
  ["its person never asked us", binding("a", 1, 1), null, false, undefined],
  ["it is many people's", shared, record("b", done), false, undefined],
  ["it was given up for one that failed, and still runs", binding("a", 0, 0, runs), record("b", failed), true, 1],
  ["it was given up for one that failed, and is gone", binding("a", 0, 0, runs), record("b", failed), false, undefined],
  ["it was given up for one that came up", binding("a", 0, 0, runs), record("b", done), true, undefined],
  [
    "it was given up just now",
    binding("a", 0, 1, { ...runs, scale: { replicas: 0, seen: 1 } }),
    record("b", failed),
    true,
    undefined,
  ],
])("a binding goes back to what runs, or not, where %s", (_words, of, person, isUp, expected) => {
  const corrections = correctionsOf([of], person, () => isUp);
  expect(corrections.map(({ replicas }) => replicas)).toEqual(expected === undefined ? [] : [expected]);
  if (corrections.length > 0) expect(mayNeedCorrection([of], person ? [person] : [])).toEqual(["alice"]);
});

it.each<[string, PersonRecord | null, string | undefined]>([
  ["the newest refusal", null, "b"],
  ["after an older request", record("a", done), "b"],
])("a person is told %s", (_words, of, expected) => {
  const refused = (seconds: number) => ({
    lastRefusal: { at: at(seconds), code: "binding-expired" as const, reason: "" },
  });
  const bindings = [binding("a", 0, 0, refused(1)), binding("b", 0, 0, refused(2)), binding("c", 1, 1)];
  expect(lastRefusalOf(bindings, of)?.workspace).toBe(expected);
});

it("a person is not told of a refusal once they asked for something else", () => {
  const lastRefusal = { at: at(-1), code: "binding-expired" as const, reason: "" };
  expect(lastRefusalOf([binding("a", 0, 0, { lastRefusal })], record("b"))).toBeUndefined();
});
