import fc from "fast-check";
import type { ActivityName } from "../../shared/desktop/activities.ts";
import type { Trouble } from "../faults/trouble.ts";
import { byGroup, type Word, workspaces } from "./model.ts";
import type { Round } from "./play.ts";

const workspace = fc.constantFrom(...workspaces);
const boundByName = fc.constantFrom(...workspaces.filter((each) => each !== byGroup));
const heard = fc.boolean();

const word: fc.Arbitrary<Word> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ says: fc.constant("log in" as const), workspace }) },
  { weight: 2, arbitrary: fc.constant<Word>({ says: "ask for none" }) },
  { weight: 3, arbitrary: fc.record({ says: fc.constant("log out" as const), heard }) },
  { weight: 2, arbitrary: fc.record({ says: fc.constantFrom("connect" as const, "disconnect" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      says: fc.constantFrom("delete in Keycloak" as const, "disable in Keycloak" as const),
      heard,
    }),
  },
  { weight: 1, arbitrary: fc.record({ says: fc.constant("take out of the group" as const), heard }) },
  {
    weight: 1,
    arbitrary: fc.record({
      says: fc.constant("end binding" as const),
      workspace: boundByName,
      by: fc.constantFrom("expiry" as const, "removal" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      says: fc.constant("scale binding" as const),
      workspace: boundByName,
      to: fc.constantFrom(0 as const, 1 as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ says: fc.constantFrom("suspend" as const, "extend" as const) }) },
  { weight: 2, arbitrary: fc.record({ says: fc.constant("retire desktop" as const), workspace }) },
  { weight: 1, arbitrary: fc.constant<Word>({ says: "retire person" }) },
);

/** Stories in which everybody has a desktop at first, and any of these activities may fail later. */
export function roundsWith(activities: readonly ActivityName[]): fc.Arbitrary<Round[]> {
  const system = fc.constantFrom<Trouble>(
    { with: "cluster" },
    { with: "database" },
    { with: "host" },
    { with: "identity provider" },
    { with: "task hub" },
    { with: "managed server" },
  );
  const activity = fc.record({
    with: fc.constantFrom(...activities),
    fails: fc.constantFrom("before it runs" as const, "after it took effect" as const),
  });
  const trouble = fc.record({
    what: fc.oneof({ weight: 2, arbitrary: system }, { weight: 1, arbitrary: activity }),
    seconds: fc.constantFrom(5, 20, 60, 180, 600),
    begins: fc.constantFrom("before" as const, "meanwhile" as const),
  });
  const round = fc.record({
    words: fc.array(fc.record({ who: fc.nat({ max: 2 }), word }), { minLength: 1, maxLength: 4 }),
    trouble: fc.option(trouble),
    passSeconds: fc.constantFrom(0, 5, 20, 60, 180),
  });
  const first = fc.tuple(workspace, workspace, workspace).map((wanted): Round => ({
    words: wanted.map((each, who) => ({ who, word: { says: "log in", workspace: each } })),
    trouble: null,
    passSeconds: 20,
  }));
  return fc.tuple(first, fc.array(round, { minLength: 1, maxLength: 6 })).map(([start, rest]) => [start, ...rest]);
}
