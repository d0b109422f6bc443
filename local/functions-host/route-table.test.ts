import { describe, expect, it } from "vitest";
import { parseRoute } from "./route-template.ts";
import { createRouteTable } from "./route-table.ts";

const every = ["GET", "POST", "DELETE"];
const answering = (functions: Parameters<typeof createRouteTable>[0], method: string, path: string, prefix?: string) =>
  createRouteTable(functions, prefix).find(method, path)?.fn.name;

describe("the first matching function by name wins", () => {
  const rest = { name: "notFound", route: "{*rest}", methods: every };

  it("however specific a later one is", () => {
    const functions = [{ name: "operation", route: "operations/{id}", methods: every }, rest];
    expect(answering(functions, "GET", "/api/operations/1")).toBe("notFound");
    const renamed = [{ ...rest, name: "zNotFound" }, ...functions.slice(0, 1)];
    expect(answering(renamed, "GET", "/api/operations/1")).toBe("operation");
    expect(answering(renamed, "GET", "/api/nowhere")).toBe("zNotFound");
  });

  it("ignoring case, with _ after the letters, whatever the order of registration", () => {
    const named = (name: string) => ({ name, route: "same" });
    const table = createRouteTable([named("b_"), named("bz"), named("A1"), named("B"), named("a")]);
    expect(table.functions.map(({ name }) => name)).toEqual(["a", "A1", "B", "bz", "b_"]);
    expect(table.find("GET", "/api/same")?.fn.name).toBe("a");
  });

  it("unless its methods do not match: then the next one is tried", () => {
    const functions = [
      { name: "a", route: "{*rest}", methods: ["GET"] },
      { name: "b", route: "x", methods: ["post"] },
    ];
    expect(answering(functions, "POST", "/api/x")).toBe("b");
    expect(answering(functions, "HEAD", "/api/x")).toBeUndefined();
  });
});

it("the default route is the function's name, the default methods are all; the prefix may be empty", () => {
  expect(answering([{ name: "byName" }], "TRACE", "/API/byname")).toBe("byName");
  expect(answering([{ name: "byName", route: "" }], "GET", "/byname", "")).toBe("byName");
});

it.each<[string, string, Record<string, string> | undefined]>([
  ["api/a", "/api/a", {}],
  ["api/a", "/API/A/", {}],
  ["api/a", "/api/a//", undefined],
  ["api/a", "/api//a", undefined],
  ["api/a", "//api/a", undefined],
  ["api/a", "/api/a/b", undefined],
  ["api/a", "/api", undefined],
  ["api/{id}", "/api/x%2Fy", { id: "x%2Fy" }],
  ["api/{id}", "/api/", undefined],
  ["api/{id}/b", "/api/1", undefined],
  ["api/{*rest}", "/api", {}],
  ["api/{*rest}", "/api/", {}],
  ["api/{*rest}", "/api/a b/c/", { rest: "a b/c/" }],
  ["api/{*rest}", "/api/a//b", { rest: "a//b" }],
  ["api/{*rest}", "/api//a", undefined],
  ["api/{**rest}", "/api/a/b", { rest: "a/b" }],
  ["{*rest}", "/", {}],
  ["api/{*rest}", "", undefined],
])("%s on %s returns %j", (template, path, values) => {
  expect(parseRoute(template)(path)).toEqual(values);
});

it.each([
  ["api//a", 'the separator "/" may not'],
  ["/a", 'the separator "/" may not'],
  ["{a}/{A}", "name occurs twice"],
  ["{*rest}/{a}", "catch-all is not the last"],
  ["{a}{b}", "is malformed"],
  ["{a", "is malformed"],
  ["x{*rest}", "is malformed"],
  ["a?", "is malformed"],
  ["{}", "is malformed"],
  ["{id:int}", "more than the local host supports"],
  ["{id?}", "more than the local host supports"],
  ["{id=1}", "more than the local host supports"],
  ["{a}-{b}", "more than the local host supports"],
])("the template %s is refused with advice", (template, message) => {
  expect(() => parseRoute(template)).toThrow(
    new RegExp(`^parse route .*${message.replace(/[()]/g, "\\$&")}.*\\(.+\\)$`),
  );
});
