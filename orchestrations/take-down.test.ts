import { describe, expect, it } from "vitest";
import { runToEnd, type Script, scriptedWorkflow } from "../test/scripted-workflow.ts";
import { takeDown, type TakeDownStep } from "./take-down.ts";

const desktop = {
  workspace: "a",
  username: "alice",
  names: {
    deployment: "d",
    service: "s",
    secret: "s",
    networkPolicy: "s",
    host: "h",
    group: "a",
    connection: "alice",
    entity: "a@alice",
  },
};

const steps: readonly TakeDownStep[] = [
  { name: "permission", do: "withdrawPermission" },
  { name: "deployment", do: "retireDeployment", stopIfFailed: true },
  { name: "connection", do: "retireConnection" },
];

function run(script: Script = {}) {
  const { workflow, calls } = scriptedWorkflow(script);
  const reports: [string, number, number][] = [];
  const leftovers = runToEnd(takeDown(workflow, steps, desktop, (...report) => reports.push(report)));
  return { calls, reports, leftovers };
}

const fails = () => {
  throw new Error("[step-failed] stuck");
};

describe("taking a desktop down", () => {
  it("runs the steps in order, and reports each", () => {
    expect(run()).toEqual({
      calls: ["withdrawPermission", "retireDeployment", "retireConnection"],
      reports: [
        ["permission", 1, 3],
        ["deployment", 2, 3],
        ["connection", 3, 3],
      ],
      leftovers: [],
    });
  });

  it("goes on if a step fails, and returns what failed", () => {
    const { calls, leftovers } = run({ withdrawPermission: fails, retireConnection: fails });
    expect(calls).toHaveLength(3);
    expect(leftovers).toEqual([
      { step: "permission", code: "step-failed", reason: "stuck" },
      { step: "connection", code: "step-failed", reason: "stuck" },
    ]);
  });

  it("stops at a failed step that is marked `stopIfFailed`", () => {
    const { calls, leftovers } = run({ withdrawPermission: fails, retireDeployment: fails });
    expect(calls).toEqual(["withdrawPermission", "retireDeployment"]);
    expect(leftovers.map(({ step }) => step)).toEqual(["permission", "deployment"]);
  });
});
