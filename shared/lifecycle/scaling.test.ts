import { expect, it } from "vitest";
import type { Binding, Scale } from "../desktop/entitlement.ts";
import type { Outcome, PersonRecord } from "../person/record.ts";
import { scalingsOf, unfulfilled } from "./scaling.ts";

function binding(workspace: string, replicas: number, seen: Scale["seen"], username = "alice"): Binding {
  const name = `${workspace}-${username}`;
  return { name, workspace, username, expires: "2099-12-31", claims: [], scale: { replicas, seen } };
}
const shared: Binding = { name: "readers", workspace: "a", expires: "2099-12-31", claims: [] };

/** In words: `+` wants it, `-` no longer does, `(+)` was scaled up behind another. */
function scalings(bindings: Binding[], left: Record<string, number> = {}): string[] {
  const found = scalingsOf(bindings, ({ workspace, username }) => left[`${workspace}-${username}`] ?? 0);
  return found.map(({ binding: name, wants, behind }) => `${behind ? "(+)" : wants ? "+" : "-"} ${name}`);
}

it.each<[string, Binding[], Record<string, number>, string[]]>([
  ["nothing changed", [binding("a", 1, 1), binding("b", 0, 0)], {}, []],
  ["scaled up", [binding("a", 1, 0)], {}, ["+ a-alice"]],
  ["scaled further up", [binding("a", 2, 1)], {}, []],
  ["scaled down", [binding("a", 0, 1)], {}, ["- a-alice"]],
  ["a switch, the wish first", [binding("a", 0, 1), binding("b", 1, 0)], {}, ["+ b-alice", "- a-alice"]],
  ["two up: the first counts", [binding("b", 1, 0), binding("a", 1, 0)], {}, ["+ a-alice", "(+) b-alice"]],
  ["two people up: both count", [binding("a", 1, 0, "zoe"), binding("a", 1, 0)], {}, ["+ a-alice", "+ a-zoe"]],
  ["never seen, at 0", [binding("a", 0, null)], {}, []],
  ["never seen, at 1", [binding("a", 1, null)], {}, ["+ a-alice"]],
  ["never seen, at 1, and the operator's desktop runs", [binding("a", 1, null)], { "a-alice": 1 }, []],
  ["never seen, at 1, and the operator's desktop is stopped", [binding("a", 1, null)], { "a-alice": 0 }, ["+ a-alice"]],
  ["never seen, at 0, and the operator's desktop runs", [binding("a", 0, null)], { "a-alice": 1 }, ["- a-alice"]],
  ["seen, whatever the operator left", [binding("a", 0, 0)], { "a-alice": 1 }, []],
  ["a binding by claims, which is many people's", [shared], {}, []],
])("%s", (_words, bindings, left, expected) => {
  expect(scalings(bindings, left)).toEqual(expected);
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
function record(workspace: string | null, outcome?: Outcome): PersonRecord {
  const request = { id: "r1", username: "alice", workspace, requestedAt: "", claims: {} };
  return { request, outcomes: outcome ? { r1: outcome } : {} };
}

it.each<[string, Binding, PersonRecord[], boolean]>([
  ["its request failed", binding("a", 1, 1), [record("a", failed)], true],
  ["another desktop is wanted", binding("a", 1, 1), [record("b", done)], true],
  ["none is wanted", binding("a", 1, 1), [record(null, done)], true],
  ["its request is done", binding("a", 1, 1), [record("a", done)], false],
  ["its request has not ended", binding("a", 1, 1), [record("a")], false],
  ["it was scaled up just now", binding("a", 1, 0), [record("a", failed)], false],
  ["it was never seen", binding("a", 1, null), [record("b", done)], false],
  ["it asks for nothing", binding("a", 0, 0), [record("b", done)], false],
  ["its person never asked us", binding("a", 1, 1), [], false],
  ["it is many people's", shared, [record("b", done)], false],
])("a binding goes back to 0, or not, where %s", (_words, of, records, expected) => {
  expect(unfulfilled([of], records).map(({ binding: name }) => name)).toEqual(expected ? [of.name] : []);
});
