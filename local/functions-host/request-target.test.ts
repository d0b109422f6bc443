import { describe, expect, it } from "vitest";
import { parseQuery } from "./query-string.ts";
import { encodePath, isHostValid, parseTarget } from "./request-target.ts";

const pathOf = (target: string) => {
  const parsed = parseTarget("GET", target, "x");
  return typeof parsed === "number" ? parsed : parsed.path;
};

it.each([
  ["/a%20b", "/a b"],
  ["/%C3%A4", "/ä"],
  ["/a%2Fb", "/a%2Fb"],
  ["/a%2fb", "/a%2fb"],
  ["/%252F", "/%2F"],
  ["/%ff", "/%ff"],
  ["/%C3%41", "/%C3A"],
  ["/%E2%82%AC%E2%82", "/€%E2%82"],
  ["/%C0%AF", "/%C0%AF"],
  ["/%zz%4", "/%zz%4"],
  ["/a//b/", "/a//b/"],
  ["/a/./b/../c", "/a/c"],
  ["/a/%2e%2E/c", "/c"],
  ["/../a/..", "/"],
  ["/a/b/.", "/a/b/"],
  ["/a\\b", "/a\\b"],
  ["/a?b=/../c", "/a"],
  ["http://x/a%20b", "/a b"],
  ["http://x", "/"],
  ["http://x:80/a", "/a"],
  ["http://x:81/a", 400],
  ["http://y/a", 400],
  ["http://user:secret@x/a", "/a"],
  ["http://x@y/a", 400],
  ["http://x@", 400],
  ["http://", 400],
  ["/%00", 400],
  ["/\xe4", 400],
  ["*", 405],
  ["example.org:80", 405],
])("the path of %s is %s", (target, path) => {
  expect(pathOf(target)).toBe(path);
});

it("OPTIONS * has no path, so no route matches", () => {
  expect(parseTarget("OPTIONS", "*", "x")).toMatchObject({ path: "" });
});

it("a decoded path is re-encoded for the URL that a function sees, and encoded parts stay", () => {
  expect(encodePath("/a b/ä/[1]/€/😀/a%2Fb/%zz/x:y@z")).toBe(
    "/a%20b/%C3%A4/%5B1%5D/%E2%82%AC/%F0%9F%98%80/a%2Fb/%25zz/x:y@z",
  );
});

it.each(["", "x", "x:80", "[::1]:80", "under_score"])("%j is a valid Host header", (host) => {
  expect(isHostValid(host)).toBe(true);
});

it.each([":80", "a b", "a/b", "x:y", "[", "a@b", "ä"])("%j is not a valid Host header", (host) => {
  expect(isHostValid(host)).toBe(false);
});

describe("a query", () => {
  const pairs = (query: string) => [...parseQuery(query)];

  it("joins keys that differ by case under the first spelling", () => {
    expect(pairs("?wait=1&Wait=2")).toEqual([
      ["wait", "1"],
      ["wait", "2"],
    ]);
  });

  it("reads + as a space, keeps malformed parts, and accepts keys without a value", () => {
    expect(pairs("?a+b=c+d&e=%ff%zz&f&&=g&__proto__=h")).toEqual([
      ["a b", "c d"],
      ["e", "%ff%zz"],
      ["f", ""],
      ["", "g"],
      ["__proto__", "h"],
    ]);
  });
});
