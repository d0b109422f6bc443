import { isNewDecision, lastDecision, unusedAt, rememberDecision } from "./decisions.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Decision, type Evidence, type Rule, rules, type TakenDecision } from "../desktop/decision.ts";
import type { PersonRecord } from "./record.ts";

const unusedSince = (record: PersonRecord, workspace: string) => unusedAt(record, workspace)[0];

const noon = Date.parse("2026-06-15T12:00:00Z");
const at = (minutes: number) => new Date(noon + minutes * 60_000).toISOString();

const record: PersonRecord = {
  request: { id: "r1", username: "alice", workspace: "a", requestedAt: at(-60), claims: {} },
  outcomes: { r1: { state: "done", at: at(-50), message: "ready" } },
};
const keep = (rule: Rule): Decision => ({ action: "keep", rule, reason: `kept for ${rule}` });
const suspend = (rule: Rule): Decision => ({ action: "suspend", rule, reason: `suspended for ${rule}` });
const taken = (workspace: string, minutes: number, decision: Decision): TakenDecision => ({
  workspace,
  at: at(minutes),
  ...decision,
});
/** The end of a session that nobody wrote down. */
const missedAt = (minutes: number): Evidence => ({
  kind: "presumed-end",
  what: "in other words",
  at: at(minutes),
  source: "Guacamole",
});
const remembering = (...decisions: TakenDecision[]): PersonRecord => ({ ...record, decisions });

describe("a decision about a desktop", () => {
  const inUse = remembering(taken("a", 0, keep("in-use")));

  it("is remembered with its desktop and its time, and nothing else of the record changes", () => {
    const decision: Decision = {
      ...keep("idle"),
      evidence: { what: "a session ended", at: at(-5), source: "Guacamole's history" },
      next: { at: at(55), action: "suspend", reason: "nobody is connected" },
    };
    expect(rememberDecision(record, "a", at(0), decision)).toEqual({
      ...record,
      decisions: [{ workspace: "a", at: at(0), ...decision }],
    });
  });

  it("comes after those before it, and leaves the record that it is added to as it is", () => {
    const copy = structuredClone(inUse);
    expect(rememberDecision(inUse, "a", at(1), keep("idle")).decisions).toEqual([
      taken("a", 0, keep("in-use")),
      taken("a", 1, keep("idle")),
    ]);
    expect(inUse).toEqual(copy);
  });

  it.each<[string, PersonRecord, Decision, boolean]>([
    ["the first is new", record, keep("idle"), true],
    ["another rule is new", inUse, keep("idle"), true],
    ["another action by the same rule is new", remembering(taken("a", 0, keep("idle"))), suspend("idle"), true],
    [
      "the rule of one before the last is new again",
      remembering(taken("a", 0, keep("in-use")), taken("a", 1, keep("idle"))),
      keep("in-use"),
      true,
    ],
    ["what another desktop has already is new", remembering(taken("b", 0, keep("idle"))), keep("idle"), true],
    ["the same rule again is nothing new", inUse, keep("in-use"), false],
    [
      "the same rule again is nothing new in other words, with other evidence, and with another end",
      inUse,
      {
        ...keep("in-use"),
        reason: "other words",
        evidence: { what: "a connection that is active", at: at(1), source: "Guacamole" },
        next: { at: at(99), action: "retire", reason: "its person's access to the workspace ends then" },
      },
      false,
    ],
    [
      "the same rule with another end of a session that nobody wrote down is new",
      remembering(taken("a", 0, { ...keep("idle"), evidence: missedAt(-9) })),
      { ...keep("idle"), evidence: missedAt(-5) },
      true,
    ],
    [
      "the same rule with the same end of such a session is nothing new",
      remembering(taken("a", 0, { ...keep("idle"), evidence: missedAt(-9) })),
      { ...keep("idle"), evidence: missedAt(-9) },
      false,
    ],
    [
      "the same rule again is nothing new, whatever was decided about another desktop since",
      remembering(taken("a", 0, keep("in-use")), taken("b", 1, keep("idle"))),
      keep("in-use"),
      false,
    ],
  ])("%s", (_words, before, decision, isNew) => {
    expect(isNewDecision(before, "a", decision)).toBe(isNew);
    const after = rememberDecision(before, "a", at(5), decision);
    if (isNew) expect(after.decisions?.at(-1)).toEqual({ workspace: "a", at: at(5), ...decision });
    else expect(after).toBe(before);
  });

  it("is the newest about its own desktop, and about no other", () => {
    const both = remembering(
      taken("a", 0, keep("in-use")),
      taken("a", 1, keep("idle")),
      taken("b", 2, keep("start-grace")),
    );
    expect(lastDecision(both, "a")).toEqual(taken("a", 1, keep("idle")));
    expect(lastDecision(both, "b")).toEqual(taken("b", 2, keep("start-grace")));
    expect(lastDecision(both, "c")).toBeUndefined();
    expect(lastDecision(record, "a")).toBeUndefined();
  });

  it("pushes the oldest out if ten are remembered, of whichever desktop", () => {
    const ten = Array.from({ length: 10 }, (_, minute) =>
      taken(minute === 0 ? "b" : "a", minute, keep(minute % 2 === 0 ? "in-use" : "idle")),
    );
    const nine = remembering(...ten.slice(0, 9));
    expect(rememberDecision(nine, "a", at(9), keep("idle")).decisions).toEqual(ten);
    const eleventh = rememberDecision(remembering(...ten), "a", at(10), keep("in-use"));
    expect(eleventh.decisions).toEqual([...ten.slice(1), taken("a", 10, keep("in-use"))]);
    expect(lastDecision(eleventh, "b")).toBeUndefined();
  });

  it("is one of ten at most, each another than the one before it about its desktop, whatever is decided", () => {
    const decided = fc.record({
      workspace: fc.constantFrom("a", "b"),
      rule: fc.constantFrom(...rules),
      take: fc.constantFrom(keep, suspend),
    });
    fc.assert(
      fc.property(fc.array(decided, { maxLength: 40 }), (all) => {
        const { decisions = [] } = all.reduce(
          (current, { workspace, rule, take }, minute) => rememberDecision(current, workspace, at(minute), take(rule)),
          record,
        );
        expect(decisions.length).toBeLessThanOrEqual(10);
        expect(decisions.map(({ at }) => at)).toEqual(decisions.map(({ at }) => at).sort());
        for (const workspace of ["a", "b"])
          decisions
            .filter((decision) => decision.workspace === workspace)
            .forEach(({ action, rule }, index, own) => {
              const { action: actionBefore, rule: ruleBefore } = own[index - 1] ?? {};
              expect([action, rule]).not.toEqual([actionBefore, ruleBefore]);
            });
      }),
    );
  });
});

describe("a desktop is unused", () => {
  /** By what was decided about it, a minute each. */
  const since = (...decided: Decision[]) =>
    unusedSince(remembering(...decided.map((decision, minute) => taken("a", minute, decision))), "a");

  it.each<[string, Decision[], number | undefined]>([
    ["since it was idle", [keep("in-use"), keep("idle")], 1],
    ["since it waited for its person's first visit", [keep("working"), keep("start-grace")], 1],
    ["since the first of both", [keep("start-grace"), keep("idle")], 0],
    ["since it was idle, though it was to be suspended since", [keep("idle"), suspend("idle")], 0],
    ["since it was to be suspended", [keep("in-use"), suspend("idle")], 1],
    ["since before doubt", [keep("idle"), keep("unknown"), keep("idle")], 0],
    ["since before doubt that lasts", [keep("idle"), keep("unknown")], 0],
    ["since after doubt, if nothing was said before", [keep("unknown"), keep("idle")], 1],
    ["since after doubt, if it was in use before", [keep("in-use"), keep("unknown"), keep("idle")], 2],
    ["since it was idle again", [keep("idle"), keep("in-use"), keep("idle")], 2],
    ["since it was idle again, with doubt", [keep("idle"), keep("unknown"), keep("in-use"), keep("idle")], 3],
    ["at no time if nothing was decided", [], undefined],
    ["at no time if there was only doubt", [keep("unknown")], undefined],
  ])("%s", (_words, decided, minute) => {
    expect(since(...decided)).toBe(minute === undefined ? undefined : at(minute));
  });

  it.each(rules.filter((rule) => !["idle", "start-grace", "unknown"].includes(rule)))(
    "no longer if %s decides, and again after it",
    (rule) => {
      expect(since(keep("idle"), keep(rule))).toBeUndefined();
      expect(since(keep("idle"), keep(rule), keep("unknown"), keep("start-grace"))).toBe(at(3));
    },
  );

  it("whatever was decided about another desktop of its person", () => {
    const both = remembering(
      taken("b", 0, keep("idle")),
      taken("a", 1, keep("idle")),
      taken("b", 2, keep("in-use")),
      taken("a", 3, suspend("idle")),
    );
    expect(unusedSince(both, "a")).toBe(at(1));
    expect(unusedSince(both, "b")).toBeUndefined();
    expect(unusedSince(both, "c")).toBeUndefined();
  });

  it("at no time of a record without decisions", () => {
    expect(unusedSince(record, "a")).toBeUndefined();
  });
});
