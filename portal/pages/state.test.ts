import { describe, expect, it } from "vitest";
import type { Operation, PersonsDesktop } from "../api/types.ts";
import { choicesOf, endsSoon, happenedOf, sentence, stepsOf, viewOf, webAddress } from "./state.ts";

const now = new Date("2026-11-24T09:00:00.000Z");
const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString();
const desktop = (more: Partial<PersonsDesktop>): PersonsDesktop => ({
  username: "alice",
  workspace: "asthma-cohort",
  wanted: "asthma-cohort",
  state: "ready",
  reason: "the container is ready and access is granted",
  explanation: "It is ready.",
  ...more,
});
const underway: Operation = { id: "1", username: "alice", workspace: "cancer-registry", state: "running" };
const progress = { step: "readiness", number: 3, of: 4, since: later(0) };

describe("what is shown", () => {
  it.each([
    ["a start that is followed, whatever runs", desktop({}), underway, "starting"],
    ["a desktop that can be opened", desktop({ state: "idle" }), null, "running"],
    ["a start that another tab began", desktop({ state: "starting" }), null, "starting"],
    ["the workspaces, if nothing runs", desktop({ state: "suspended", wanted: null }), null, "workspaces"],
    [
      "the workspaces, if the start failed",
      desktop({ state: "failed" }),
      { ...underway, state: "failed" },
      "workspaces",
    ],
    ["the workspaces, while the desktop is stopped", desktop({ state: "suspending" }), null, "workspaces"],
  ] as const)("is %s", (_words, shown, operation, kind) => {
    expect(viewOf(shown, operation).kind).toBe(kind);
  });
});

describe("the steps of a start", () => {
  const steps = ["entitlement", "deployment", "readiness", "permission"];
  it("are done, now, and to come", () => {
    expect(stepsOf({ progress: { ...progress, steps } }).map(({ state }) => state)).toEqual([
      "done",
      "done",
      "now",
      "to come",
    ]);
  });

  it("say where it failed while they are undone", () => {
    const undoing = { failedStep: "readiness", code: "cannot-start" } as const;
    expect(stepsOf({ progress: { ...progress, steps, undoing } })[2]).toEqual({ name: "readiness", state: "failed" });
  });

  it("are the current one where work began before they had names, and none before it began", () => {
    expect(stepsOf({ progress })).toEqual([{ name: "readiness", state: "now" }]);
    expect(stepsOf({})).toEqual([]);
  });
});

describe("what happened", () => {
  it("is why the start failed, with the operation", () => {
    const lastFailure = {
      workspace: "a",
      code: "cannot-start",
      reason: "ErrImagePull",
      explanation: "The software could not be loaded.",
      step: "readiness",
      at: later(0),
      operation: "1",
    } as const;
    expect(happenedOf(desktop({ state: "failed", lastFailure }))).toMatchObject({
      title: "failed",
      explanation: "The software could not be loaded.",
      reason: "ErrImagePull (cannot-start)",
      operation: "1",
    });
    expect(happenedOf(desktop({ lastFailure: { ...lastFailure, code: "request-changed" } }))).toBeNull();
  });

  it("is how the last desktop ended, in the API's words, also where its workspace is not known any more", () => {
    const words = { explanation: "Nobody was connected to it.", reason: "it was idle" };
    const ended = { workspace: "a", at: later(-5), action: "suspend", ...words, operation: "1" } as const;
    const down = desktop({ state: "suspended", workspace: null, wanted: null });
    expect(happenedOf({ ...down, ended })).toEqual({
      ...{ title: "stopped", workspace: "a", ...words, operation: "1" },
    });
    const removed = { ...ended, workspace: undefined, action: "retire" as const };
    expect(happenedOf({ ...down, ended: removed })).toMatchObject({ title: "removed", workspace: undefined });
    const lastRefusal = { workspace: "b", at: later(0), code: "workspace-not-bound", ...words } as const;
    expect(happenedOf({ ...down, ended, lastRefusal })).toMatchObject({ title: "refused" });
  });
});

describe("the end of a desktop", () => {
  it.each([
    [undefined, null],
    [later(16), null],
    [later(15), 15],
    [later(0.5), 1],
    [later(-3), 0],
  ])("%s is announced as %s", (endsAt, minutes) => {
    expect(endsSoon(endsAt === undefined ? {} : { endsAt }, now)).toBe(minutes);
  });

  it("can be put off to some times within the policy, each later than it is now", () => {
    expect(choicesOf({}, now)).toEqual([]);
    expect(choicesOf({ mayExtendUntil: later(240) }, now)).toEqual([later(60), later(120), later(240)]);
    expect(choicesOf({ mayExtendUntil: later(240), endsAt: later(90) }, now)).toEqual([later(120), later(240)]);
    expect(choicesOf({ mayExtendUntil: later(10), endsAt: later(20) }, now)).toEqual([]);
    // Kept as long as possible a moment ago.
    expect(choicesOf({ mayExtendUntil: later(240), endsAt: later(239) }, now)).toEqual([]);
  });
});

it.each([
  ["https://guacamole.example/#/client/a", "https://guacamole.example/#/client/a"],
  ["http://127.0.0.1:8080/", "http://127.0.0.1:8080/"],
  ["javascript:alert(1)", null],
  [" JaVaScRiPt:alert(1)", null],
  ["data:text/html,<script>", null],
  ["/somewhere", null],
  [undefined, null],
])("%j is followed as %j", (given, expected) => {
  expect(webAddress(given)).toBe(expected);
});

it.each([
  ["the service cannot be reached", "The service cannot be reached."],
  ["Is it there?", "Is it there?"],
  ["flu-season-2023 ended after 2024-04-30", "flu-season-2023 ended after 2024-04-30."],
])("%j is said as %j", (words, expected) => {
  expect(sentence(words)).toBe(expected);
});
