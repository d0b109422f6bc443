import { describe, expect, it } from "vitest";
import { rules } from "../desktop/decision.ts";
import { errorCodes, type ErrorCode } from "../errors.ts";
import { explainCode } from "./explain-codes.ts";
import { explainEnd, explainNext, explainState } from "./explain.ts";

const states = [
  ...["absent", "starting", "ready", "in-use", "idle", "suspending", "suspended", "retiring", "failed", "unknown"],
] as Parameters<typeof explainState>[0][];
/** Words that only operators know. */
const technical = /\b(?:container|pod|Deployment|Secret|binding|Guacamole|Kubernetes|ErrImagePull|image|node|quota)\b/;
const isSentence = /^[A-Z].*[.]$/;

describe("words for people", () => {
  it.each(Object.keys(errorCodes) as ErrorCode[])("%s is a sentence without technical words", (code) => {
    expect(explainCode(code, "")).toMatch(isSentence);
    expect(explainCode(code, "")).not.toMatch(technical);
  });

  it.each(states)("%s is a sentence without technical words", (state) => {
    expect(explainState(state, undefined)).toMatch(isSentence);
    expect(explainState(state, undefined)).not.toMatch(technical);
  });

  it.each(rules)("an end by %s is a sentence", (rule) => {
    expect(explainEnd({ rule, reason: "why", isRemoved: false })).toMatch(isSentence);
  });
});

/** Each reason as `decideEntitlement`, `judgeContainer` or the API server says it. */
describe("a refusal or failure", () => {
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
    expect(explainCode(code, reason)).toBe(expected);
  });
});

describe("the end of a desktop", () => {
  const stopped = { isRemoved: false, reason: undefined };
  it.each([
    ["by its person", stopped, "You stopped it."],
    ["by a request for nothing", { ...stopped, isRemoved: true }, "Everything that you had here was removed."],
    [
      "by an administrator",
      { ...stopped, reason: "suspended by olga", byAdministrator: {} },
      "An administrator stopped it.",
    ],
    [
      "by an administrator who says why",
      { isRemoved: true, reason: "the study ended", byAdministrator: { reason: "the study ended" } },
      "An administrator removed it: the study ended.",
    ],
    [
      "by a logout",
      { ...stopped, reason: "their session ended at 2026-11-24T12:00:00.000Z and they were not back by then" },
      "You signed out, and did not come back in time.",
    ],
    [
      "by a rule that says how long",
      {
        ...stopped,
        rule: "idle" as const,
        reason: "nobody has been connected for more than 60 minutes (started at x)",
      },
      "Nobody was connected to it for 60 minutes.",
    ],
    [
      "before anybody came",
      { ...stopped, rule: "start-grace" as const, reason: "nobody connected within 30 minutes (ready at x)" },
      "Nobody connected to it for 30 minutes.",
    ],
    ["for another reason", { ...stopped, reason: "lunch" }, "Lunch."],
  ])("%s", (_words, ended, expected) => {
    expect(explainEnd(ended)).toBe(expected);
  });

  it.each([
    ["its person logged out", "You signed out."],
    ["its person's access to the workspace ends then", "Your access to the workspace ends."],
    ["nobody is connected, which is allowed for 30 minutes", "Nobody is connected, which is allowed for 30 minutes."],
  ])("that comes because %s", (reason, expected) => {
    expect(explainNext({ reason })).toBe(expected);
  });

  it("is as near as the state says", () => {
    expect(explainState("ready", { rule: "start-grace" })).toBe("It is ready, and nobody has connected yet.");
    expect(explainState("ready", { rule: "kept" })).toBe("It is ready.");
  });
});
