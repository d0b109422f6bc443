import { afterAll, beforeAll, expect, it } from "vitest";
import { createRouteTable, type RegisteredRoute } from "@stand-in/functions-host/testing";
import { startTestEstate, type TestEstate } from "./estate.ts";

/** Which function answers a call follows from their names alone, by the real host's rule, so it is computed here. */

let estate: TestEstate;
let registered: RegisteredRoute[];
beforeAll(async () => {
  estate = await startTestEstate();
  registered = estate.host.functions.flatMap(({ name, kind, url, methods }) =>
    kind === "http" ? [{ name, route: decodeURI(url ?? "").slice(estate.host.url.length + 1), methods }] : [],
  );
});
afterAll(() => estate.close());

/** Returns a path that matches a documented one. */
const example = (path: string) => `/api/${path.replaceAll(/\{(\w+)\}/g, "some-$1")}`;

/** Returns a message for each documented call that reaches another function than the one with its route. */
function hiddenCalls(functions: readonly RegisteredRoute[]): string[] {
  const table = createRouteTable(functions, "");
  return estate.described.flatMap(({ method, path }) => {
    const answers = table.find(method, example(path))?.fn;
    if (answers?.route === `api/${path}`) return [];
    return [
      answers
        ? `${method} /${path} is answered by ${answers.name} (${answers.route}), whose name sorts first`
        : `${method} /${path} is answered by no function`,
    ];
  });
}

it("every documented call is answered by the function of its route", () => {
  expect(estate.described.length).toBeGreaterThan(15);
  expect(hiddenCalls(registered)).toEqual([]);
});

it("a catch-all whose name does not sort last is reported with each call that it would hide", () => {
  const badly = registered.map((each) => (each.name === "zPages" ? { ...each, name: "notFound" } : each));
  const hidden = hiddenCalls(badly);
  expect(hidden).toContain("GET /operations/{id} is answered by notFound ({*rest}), whose name sorts first");
  expect(hidden.map((call) => call.split(" is ")[0])).toContain("POST /maintenance/reap");
});
