import { describe, expect, it } from "vitest";
import type { Decision } from "../shared/desktop/decision.ts";
import type { DecidedDesktop, ReapSurvey } from "../shared/lifecycle/runs.ts";
import { runToEnd, type Script, scriptedWorkflow } from "../test/scripted-workflow.ts";
import { reap } from "./reap.ts";
import type { Workflow } from "./workflow.ts";

const keep: Decision = { action: "keep", rule: "in-use", reason: "somebody is connected" };
const suspend: Decision = { action: "suspend", rule: "idle", reason: "nobody is connected" };
const desktopOf = (username: string, decision: Decision): DecidedDesktop => ({ workspace: "a", username, decision });

const at = "2026-06-15T12:00:00.000Z";
const nothing = { at, looked: 3, rules: { "in-use": 3 }, due: [], later: 0, toRetire: 1, unanswered: ["x is away"] };
const none: ReapSurvey = { ...nothing, news: [] };

/** Runs over a survey, and returns in order what was noted and who was nominated, and how many at once. */
function run(survey: ReapSurvey, change: Script = {}) {
  const noted: unknown[] = [];
  const nominated: unknown[] = [];
  const atOnce: number[] = [];
  const { workflow, calls } = scriptedWorkflow({
    surveyDue: () => survey,
    noteDecision: (input) => {
      noted.push(input);
      return null;
    },
    nominate: (input) => {
      nominated.push(input);
      return null;
    },
    ...change,
  });
  const counting: Workflow = {
    ...workflow,
    callAll(name, inputs) {
      atOnce.push(inputs.length);
      return workflow.callAll(name, inputs);
    },
  };
  return { output: runToEnd(reap(counting)), calls, noted, nominated, atOnce };
}

describe("a run of reap", () => {
  it("does nothing if nothing is due and nothing is new, and returns what it saw", () => {
    const { output, calls } = run(none);
    expect(calls).toEqual(["surveyDue"]);
    expect(output).toEqual({ ...nothing, failed: [] });
  });

  it("notes what is new, as of the time of the survey", () => {
    const { output, noted, nominated } = run({ ...none, news: [desktopOf("ann", keep), desktopOf("bob", keep)] });
    expect(noted).toEqual([
      { workspace: "a", username: "ann", decision: keep, at },
      { workspace: "a", username: "bob", decision: keep, at },
    ]);
    expect(nominated).toEqual([]);
    expect(output).not.toHaveProperty("news");
  });

  it("nominates what is due in order, in its own name, and after the news", () => {
    const due = [desktopOf("zoe", suspend), desktopOf("ann", suspend)];
    const { output, calls, nominated } = run({ ...none, due, news: [desktopOf("bob", keep)] });
    expect(calls).toEqual(["surveyDue", "noteDecision", "nominate", "nominate"]);
    expect(nominated).toEqual([
      { workspace: "a", username: "zoe", by: "reap" },
      { workspace: "a", username: "ann", by: "reap" },
    ]);
    expect(output).toEqual({ ...nothing, due, failed: [] });
  });

  it("goes on after one that cannot be nominated, however many there are, and names it", () => {
    const due = Array.from({ length: 45 }, (_, index) => desktopOf(`p${index}`, suspend));
    const { output, calls, atOnce } = run(
      { ...none, due },
      { nominate: ({ username }: { username: string }) => (username === "p21" ? { failed: "away" } : null) },
    );
    expect(calls.filter((name) => name === "nominate")).toHaveLength(45);
    expect(output.failed).toEqual([{ workspace: "a", username: "p21", reason: "away" }]);
    expect(Math.max(...atOnce)).toBeLessThanOrEqual(20);
  });

  it("nominates what is due even if the news cannot be noted", () => {
    const { output, calls } = run(
      { ...none, due: [desktopOf("ann", suspend)], news: [desktopOf("bob", keep)] },
      { noteDecision: () => ({ failed: "away" }) },
    );
    expect(calls).toContain("nominate");
    expect(output.failed).toEqual([]);
  });
});
