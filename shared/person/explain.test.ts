import { describe, expect, it } from "vitest";
import { rules } from "../desktop/decision.ts";
import { errorCodes, type ErrorCode } from "../errors.ts";
import { explainCode, explainStored } from "./explain-codes.ts";
import { explainEnd, explainNext, explainState } from "./explain.ts";

const states = [
  ...["absent", "starting", "ready", "in-use", "idle", "suspending", "suspended", "retiring", "failed", "unknown"],
] as Parameters<typeof explainState>[0][];
/** Words that only operators know. */
const technical = /\b(?:container|pod|Deployment|Secret|binding|Guacamole|Kubernetes|ErrImagePull|image|node|quota)\b/;
const isSentence = /^[A-Z].*[.]$/;

describe("words for people", () => {
  it.each(Object.keys(errorCodes) as ErrorCode[])("%s is a sentence without technical words", (code) => {
    expect(explainCode(code)).toMatch(isSentence);
    expect(explainCode(code)).not.toMatch(technical);
  });

  it.each(states)("%s is a sentence without technical words", (state) => {
    expect(explainState(state, undefined)).toMatch(isSentence);
    expect(explainState(state, undefined)).not.toMatch(technical);
  });

  it.each(rules)("an end by %s is a sentence", (rule) => {
    expect(explainEnd({ action: "suspend", reason: "why", why: { kind: "rule", rule } })).toMatch(isSentence);
  });
});

describe("a refusal or failure in fields", () => {
  it.each<[ErrorCode, Parameters<typeof explainCode>[1], string]>([
    ["binding-expired", { date: "2024-12-31" }, "Your access to this workspace ended after 31 December 2024."],
    ["workspace-expired", { date: "2024-04-30" }, "This workspace closed after 30 April 2024."],
    ["workspace-not-yet-available", { date: "2099-01-01" }, "This workspace opens on 1 January 2099."],
    ["workspace-not-bound", { date: "2099-01-01" }, "You have no access to this workspace."],
    ["activation-paused", { note: "back at noon" }, "No desktops are started for the time being. Back at noon."],
    ["cannot-start", { fault: "no-room" }, "There was no room for another desktop. Try again later."],
    ["cannot-start", { fault: "of a newer release" }, "The desktop could not be started."],
  ])("%s", (code, values, expected) => {
    expect(explainCode(code, values)).toBe(expected);
    // The words beside the fields do not matter.
    if (values?.date === undefined || code !== "workspace-not-bound")
      expect(explainStored(code, "ErrImagePull after 2000-01-01", values)).toBe(expected);
  });
});

/** Each reason as `decideEntitlement`, `judgeContainer` or the API server says it, stored by release 0.1.0 without fields. */
describe("a refusal or failure of release 0.1.0", () => {
  it.each<[ErrorCode, string, string]>([
    [
      "binding-expired",
      "the right to use flu-2023-01-01 ended after 2024-12-31 (binding flu-carol)",
      "Your access to this workspace ended after 31 December 2024.",
    ],
    [
      "activation-paused",
      "no desktop is brought up: paused by olga since 2026-11-24T12:00:00.000Z: the cluster is upgraded until noon",
      "No desktops are started for the time being. The cluster is upgraded until noon.",
    ],
    [
      "activation-paused",
      "no desktop is brought up: paused by olga since 2026-11-24T12:00:00.000Z",
      "No desktops are started for the time being.",
    ],
    ["workspace-expired", "flu-season-2023 ended after 2024-04-30", "This workspace closed after 30 April 2024."],
    ["workspace-not-yet-available", "flu opens on 2099-01-01", "This workspace opens on 1 January 2099."],
    ["workspace-not-bound", "alice has no binding to x after 2024-01-01", "You have no access to this workspace."],
    [
      "cannot-start",
      'ImagePullBackOff: Back-off pulling image "x": ErrImagePull: not found',
      "The software of this desktop could not be loaded. The service's operators have to look at that.",
    ],
    [
      "cannot-start",
      "the container main: ErrImagePull: manifest unknown",
      "The software of this desktop could not be loaded. The service's operators have to look at that.",
    ],
    [
      "cannot-start",
      "no node accepted the pod for 120 s: 0/3 nodes are available",
      "There was no room for another desktop. Try again later.",
    ],
    [
      "cannot-start",
      "the container crashed 4 times, last with exit code 1 (Error)",
      "The desktop stopped again right after its start. The service's operators have to look at that.",
    ],
    ["cannot-start", "the Deployment is gone", "The desktop could not be started."],
  ])("%s: %s", (code, reason, expected) => {
    expect(explainStored(code, reason, undefined)).toBe(expected);
  });
});

describe("the end of a desktop", () => {
  const suspended = { action: "suspend", reason: "words for operators" } as const;
  const removed = { ...suspended, action: "retire" } as const;
  it.each<[string, Parameters<typeof explainEnd>[0], string]>([
    ["by its person", { ...suspended, why: { kind: "asked" } }, "You stopped it."],
    ["with everything", { ...removed, why: { kind: "everything" } }, "Everything that you had here was removed."],
    [
      "by an administrator",
      { ...suspended, why: { kind: "administrator", by: "olga" } },
      "An administrator stopped it.",
    ],
    [
      "by an administrator who says why",
      { ...removed, why: { kind: "administrator", by: "olga", note: "the study ended" } },
      "An administrator removed it: the study ended.",
    ],
    [
      "by a switch",
      { ...suspended, why: { kind: "switched", to: "b" } },
      "It was stopped because you opened another workspace.",
    ],
    ["by a logout", { ...suspended, why: { kind: "left" } }, "You signed out, and did not come back in time."],
    [
      "by a rule that says how long",
      { ...suspended, why: { kind: "rule", rule: "idle", minutes: 90 } },
      "Nobody was connected to it for 90 minutes.",
    ],
    [
      "before anybody came",
      { ...suspended, why: { kind: "rule", rule: "start-grace", minutes: 120 } },
      "Nobody connected to it for 2 hours.",
    ],
    [
      "by its longest session",
      { ...suspended, why: { kind: "rule", rule: "longest-session", minutes: 720 } },
      "It ran for as long as a desktop of this workspace may.",
    ],
    [
      "by its binding",
      { ...suspended, why: { kind: "scaled", binding: "b" } },
      "It was switched off in the workspace's binding.",
    ],
    [
      "with its person's access",
      { ...removed, why: { kind: "entitlement", code: "binding-expired", values: { date: "2024-12-31" } } },
      "Your access to this workspace ended after 31 December 2024.",
    ],
    [
      "before it was ready",
      { ...suspended, why: { kind: "failed", code: "cannot-start", values: { fault: "image" } } },
      "The software of this desktop could not be loaded. The service's operators have to look at that.",
    ],
    ["with its start", { ...suspended, why: { kind: "cancelled", to: null } }, "Its start was cancelled."],
    [
      "with its start, for another",
      { ...suspended, why: { kind: "cancelled", to: "b" } },
      "Its start was cancelled because you asked for another workspace.",
    ],
    ["for a reason of a newer release", { ...suspended, why: { kind: "moved" } }, "Words for operators."],
    ["by a rule of a newer release", { ...suspended, why: { kind: "rule", rule: "tired" } }, "Words for operators."],
  ])("%s", (_words, end, expected) => {
    expect(explainEnd(end)).toBe(expected);
  });

  const next = { at: "2026-11-24T12:30:00.000Z", action: "suspend", reason: "words for operators" } as const;
  const kept = { by: "alice", byPerson: true };
  it.each<[Partial<Parameters<typeof explainNext>[0]>, string]>([
    [{ cause: "left" }, "You signed out."],
    [{ cause: "entitlement-ended" }, "Your access to the workspace ends."],
    [{ cause: "idle", minutes: 30 }, "Nobody is connected, which is allowed for 30 minutes."],
    [{ cause: "longest-session", minutes: 720 }, "It may run for at most 12 hours, in use or not."],
    [{ cause: "stuck-starting" }, "It does not become ready."],
    [
      { cause: "idle", minutes: 30, kept },
      "You asked to keep it until then. After that it is stopped if nobody is connected.",
    ],
    [{ cause: "left", kept }, "You asked to keep it until then. After that it is stopped, because you signed out."],
    [
      { cause: "longest-session", minutes: 720, kept: { by: "olga", byPerson: false } },
      "An administrator keeps it until then. After that it is stopped, in use or not: it may run for at most 12 hours.",
    ],
    [{ cause: "of a newer release" }, "Words for operators."],
    // As release 0.1.0 stored them.
    [{ reason: "its person logged out" }, "You signed out."],
    [{ reason: "its person's access to the workspace ends then" }, "Your access to the workspace ends."],
    [{ reason: "it is not ready" }, "It does not become ready."],
    [
      { reason: "nobody is connected, which is allowed for 30 minutes" },
      "Nobody is connected, which is allowed for 30 minutes.",
    ],
    [
      { reason: "it may run for at most 90 minutes, in use or not" },
      "It may run for at most 90 minutes, in use or not.",
    ],
  ])("that comes next: %j", (change, expected) => {
    expect(explainNext({ ...next, ...change })).toBe(expected);
  });

  it("is as near as the state says", () => {
    expect(explainState("ready", { rule: "start-grace" })).toBe("It is ready, and nobody has connected yet.");
    expect(explainState("ready", { rule: "kept" })).toBe("It is ready.");
  });

  it("is told with the state of one that is down, and of no other", () => {
    const end = { ...suspended, why: { kind: "switched", to: "b" } };
    expect(explainState("suspended", undefined, end)).toBe(
      "It was stopped because you opened another workspace. Saved files are kept.",
    );
    expect(explainState("ready", undefined, end)).toBe("It is ready.");
    expect(explainState("absent", undefined, end)).toBe("There is no desktop yet.");
    expect(explainState("absent", undefined, { ...removed, why: { kind: "administrator" } })).toBe(
      "An administrator removed it.",
    );
  });
});
