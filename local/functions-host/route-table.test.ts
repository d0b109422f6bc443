import { describe, expect, it } from "vitest";
import { parseRoute } from "./route-template.ts";
import { createRouteTable } from "./route-table.ts";

const every = ["GET", "POST", "DELETE"];
const answering = (functions: Parameters<typeof createRouteTable>[0], method: string, path: string, prefix?: string) =>
  createRouteTable(functions, prefix).find(method, path)?.fn.name;

describe("the first function by name wins", () => {
  const rest = { name: "notFound", route: "{*rest}", methods: every };

  it("however specific a later one is", () => {
    const functions = [{ name: "operation", route: "operations/{id}", methods: every }, rest];
    expect(answering(functions, "GET", "/api/operations/1")).toBe("notFound");
    const renamed = [{ ...rest, name: "zNotFound" }, ...functions.slice(0, 1)];
    expect(answering(renamed, "GET", "/api/operations/1")).toBe("operation");
    expect(answering(renamed, "GET", "/api/nowhere")).toBe("zNotFound");
  });

  it("ignoring case, with _ behind the letters, whatever the order of registration", () => {
    const named = (name: string) => ({ name, route: "same" });
    const table = createRouteTable([named("b_"), named("bz"), named("A1"), named("B"), named("a")]);
    expect(table.functions.map(({ name }) => name)).toEqual(["a", "A1", "B", "bz", "b_"]);
    expect(table.find("GET", "/api/same")?.fn.name).toBe("a");
  });

  it("unless its methods do not match: then the next is asked", () => {
    const functions = [
      { name: "a", route: "{*rest}", methods: ["GET"] },
      { name: "b", route: "x", methods: ["post"] },
    ];
    expect(answering(functions, "POST", "/api/x")).toBe("b");
    expect(answering(functions, "HEAD", "/api/x")).toBeUndefined();
  });

  it("unless a constraint does not match", () => {
    const functions = [
      { name: "a", route: "things/{id:int}" },
      { name: "b", route: "things/{id}" },
    ];
    expect(answering(functions, "GET", "/api/things/12")).toBe("a");
    expect(answering(functions, "GET", "/api/things/x")).toBe("b");
  });
});

it("a function without a route has its name; without methods it takes all; the prefix may be empty", () => {
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
  ["api/{id?}", "/api", {}],
  ["api/{id?}", "/api/1", { id: "1" }],
  ["api/{id=1}", "/api", { id: "1" }],
  ["api/{id:int?}", "/api", {}],
  ["api/{id:int}", "/api/2147483648", undefined],
  ["api/{id:long}", "/api/2147483648", { id: "2147483648" }],
  ["api/{id:alpha:length(2,3)}", "/api/ab", { id: "ab" }],
  ["api/{id:alpha:length(2,3)}", "/api/abcd", undefined],
  ["api/{id:range(1,5)}", "/api/6", undefined],
  ["api/{*rest}", "/api", {}],
  ["api/{*rest}", "/api/", {}],
  ["api/{*rest}", "/api/a b/c/", { rest: "a b/c/" }],
  ["api/{*rest}", "/api/a//b", { rest: "a//b" }],
  ["api/{*rest}", "/api//a", undefined],
  ["api/{**rest}", "/api/a/b", { rest: "a/b" }],
  ["api/{*rest:int}", "/api", undefined],
  ["api/{a}-{b}.txt", "/api/x-y-z.TXT", { a: "x-y", b: "z" }],
  ["{*rest}", "/", {}],
  ["api/{*rest}", "", undefined],
])("%s on %s gives %j", (template, path, values) => {
  expect(parseRoute(template)(path)).toEqual(values);
});

it.each([
  ["api//a", 'the separator "/" may not'],
  ["/a", 'the separator "/" may not'],
  ["{a}/{A}", "name is there twice"],
  ["{*rest}/{a}", "catch-all is not the last"],
  ["{a}{b}", "is malformed"],
  ["{a", "is malformed"],
  ["x{*rest}", "is malformed"],
  ["a?", "is malformed"],
  ["{}", "is malformed"],
  ["{id:datetime}", 'the constraint "datetime" is not supported by the local host'],
  ["{id:int(3)}", 'the constraint "int(3)" is not supported'],
])("the template %s is refused with what to do", (template, message) => {
  expect(() => parseRoute(template)).toThrow(
    new RegExp(`^parse route .*${message.replace(/[()]/g, "\\$&")}.*\\(.+\\)$`),
  );
});
