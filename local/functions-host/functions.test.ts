import { afterEach, expect, it } from "vitest";
import type { RegisteredFunction } from "./core-api.ts";
import { findFunction, listFunctions } from "./functions.ts";
import type { Binding } from "./rpc.ts";

const binding = (type: string, direction: Binding["direction"] = "in"): Binding => ({ type, direction, name: type });
const fn = (bindings: Binding[], rest: object = {}): RegisteredFunction => ({
  metadata: { name: "it", bindings: Object.fromEntries(bindings.map((each) => [each.name, each])), ...rest },
  callback: () => undefined,
});
const list = (registered: RegisteredFunction) =>
  listFunctions({ functions: new Map([["it", registered]]), setting: (name) => process.env[name] });

afterEach(() => {
  delete process.env["AzureWebJobs.it.Disabled"];
});

it.each([
  ["httpTrigger", "http"],
  ["timerTrigger", "timer"],
  ["orchestrationTrigger", "orchestration"],
  ["activityTrigger", "activity"],
])("a function with a %s is of the kind %s", (type, kind) => {
  expect(list(fn([binding(type), binding("durableClient")]))).toMatchObject([{ name: "it", kind, trigger: { type } }]);
});

it.each([
  ["an entity", fn([binding("entityTrigger")]), "entities are not supported"],
  ["no trigger", fn([binding("http", "out")]), "it has no trigger"],
  ["another trigger", fn([binding("queueTrigger")]), "queueTrigger is not supported"],
  ["another input", fn([binding("httpTrigger"), binding("blob")]), "the input binding blob is not supported"],
  [
    "another output",
    fn([binding("timerTrigger"), binding("queue", "out")]),
    "the output binding queue is not supported",
  ],
  ["a retry policy", fn([binding("timerTrigger")], { retryOptions: {} }), "a retry policy is not supported"],
])("a function with %s is refused with advice", (_, registered, message) => {
  expect(() => list(registered)).toThrow(new RegExp(`^start function it: ${message}.*\\(.+\\)$`));
});

it.each([
  ["true", 0],
  ["1", 0],
  ["false", 1],
])("with AzureWebJobs.NAME.Disabled set to %s, %i function remains", (value, count) => {
  process.env["AzureWebJobs.it.Disabled"] = value;
  expect(list(fn([binding("httpTrigger")]))).toHaveLength(count);
});

it("functions are found by kind and case-insensitive name", () => {
  const functions = list(fn([binding("httpTrigger")]));
  expect(findFunction(functions, "http", "IT")?.name).toBe("it");
  expect(findFunction(functions, "activity", "it")).toBeUndefined();
});
