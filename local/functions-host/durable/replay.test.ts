import { expect, it } from "vitest";
import { ActionType } from "./actions.ts";
import type { OrchestratorState } from "./actions.ts";
import { event } from "./history.ts";
import type { HistoryEvent } from "./history.ts";
import type { Surroundings } from "./perform-action.ts";
import { replay } from "./replay.ts";

const now = new Date(0);
const around: Surroundings = {
  name: "x",
  instanceId: "one",
  parentInstanceId: null,
  defaultVersion: null,
  hasFunction: () => true,
};
const start: HistoryEvent[] = [
  event("OrchestratorStarted", now, {}),
  event("ExecutionStarted", now, {
    OrchestrationInstance: { InstanceId: "one", ExecutionId: "e" },
    ParentInstance: null,
    Name: "x",
    Version: null,
    Input: null,
    Tags: null,
  }),
];

it("11. an unknown action type fails the orchestration", () => {
  const state = { isDone: false, actions: [[{ actionType: 99 }]] } as unknown as OrchestratorState;
  expect(replay(start, state, "e", around).end).toEqual({
    status: "Failed",
    reason: "Orchestrator function 'x' failed: action type 99 is unknown",
  });
});

it("15. of the events that arrive with an execution's end, those after continueAsNew go to the next execution", () => {
  const raised = (n: number) => event("EventRaised", now, { Name: "go", Input: JSON.stringify({ n }) });
  const history = [
    ...start,
    event("TaskScheduled", now, { Name: "a", Version: "", Input: null }, 0),
    event("OrchestratorCompleted", now, {}),
    event("OrchestratorStarted", now, {}),
    raised(1),
    event("TaskCompleted", now, { TaskScheduledId: 0, Result: null }),
    raised(2),
  ];
  const state: OrchestratorState = {
    isDone: true,
    actions: [[{ actionType: ActionType.CallActivity, functionName: "a" }, { actionType: ActionType.ContinueAsNew }]],
  };
  expect(replay(history, state, "e", around).end).toEqual({
    status: "ContinuedAsNew",
    input: null,
    carried: [raised(2)],
  });
});
