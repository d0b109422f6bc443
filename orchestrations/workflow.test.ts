import { expect, it } from "vitest";
import { problemOf } from "./workflow.ts";

it.each([
  ["Activity function 'x' failed: Error: [cannot-start] no node \n at stack", "cannot-start", "no node"],
  ["Activity function 'x' failed:  [cluster-unavailable] refused", "cluster-unavailable", "refused"],
  ["[not-ours] taken", "not-ours", "taken"],
  ["[no-such-code] text", "step-failed", "[no-such-code] text"],
  ["[constructor] text", "step-failed", "[constructor] text"],
  ["something else\nwith a stack", "step-failed", "something else"],
  ["", "step-failed", "the step failed without a message"],
])("the error %j means %s: %s", (message, code, reason) => {
  expect(problemOf(new Error(message))).toEqual({ code, reason });
});
