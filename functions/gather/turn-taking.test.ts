import { expect, it } from "vitest";
import { turnTaking } from "./turn-taking.ts";

const all = (...ids: string[]) => new Map(ids.map((id) => [id, "as ever"]));

it("chooses all of few, each time", () => {
  const turns = turnTaking(3);
  expect([...turns.choose(all("a", "b"))]).toEqual(["a", "b"]);
  expect([...turns.choose(all("a", "b"))]).toEqual(["a", "b"]);
});

it("comes round to each of many", () => {
  const turns = turnTaking(2);
  const five = all("a", "b", "c", "d", "e");
  const runs = Array.from({ length: 5 }, () => [...turns.choose(five)].join(""));
  expect(runs).toEqual(["ab", "cd", "ea", "bc", "de"]);
});

it("chooses what changed before all others", () => {
  const turns = turnTaking(2);
  for (let run = 0; run < 2; run += 1) turns.choose(all("a", "b", "c", "d"));
  const changed = new Map([...all("a", "b", "c", "d"), ["d", "started anew"]]);
  expect([...turns.choose(changed)]).toEqual(["d", "a"]);
});

it("takes nobody's turn in a dry run, and forgets what is gone", () => {
  const turns = turnTaking(1);
  expect([...turns.choose(all("a", "b"), true)]).toEqual(["a"]);
  expect([...turns.choose(all("a", "b"))]).toEqual(["a"]);
  expect([...turns.choose(all("b"))]).toEqual(["b"]);
  expect([...turns.choose(all("a", "b"))]).toEqual(["a"]);
});
