import { describe, expect, it } from "vitest";
import { chooseCoding, codings, isKnownTag } from "./conditions.ts";

describe("the form of a file", () => {
  it.each([
    [null, "identity"],
    ["", "identity"],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip, deflate", "gzip"],
    ["x-gzip", "gzip"],
    ["GZIP", "gzip"],
    ["deflate", "identity"],
    ["br;q=0.2, gzip;q=0.9", "gzip"],
    ["br ; q=0.5 , gzip;q=0.5", "br"],
    ["identity;q=1, br;q=0.5", "identity"],
    ["br;q=0, gzip;q=0", "identity"],
    ["br;q=0, *", "gzip"],
    ["*;q=0.1", "br"],
    ["*;q=0", "identity"],
    ["identity;q=0, gzip;q=0.001", "gzip"],
    ["br;q=nonsense, gzip", "gzip"],
    [",,;q=1, br;", "identity"],
  ])("for Accept-Encoding %j is %s", (accepted, coding) => {
    expect(chooseCoding(accepted, codings)).toBe(coding);
  });

  it("is one that there is", () => {
    expect(chooseCoding("br, gzip", ["identity"])).toBe("identity");
    expect(chooseCoding("br, gzip;q=0.1", ["gzip", "identity"])).toBe("gzip");
  });
});

it.each([
  [null, false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", W/"a"', true],
  ["*", true],
  ['"b"', false],
  ['"a-br"', false],
  ["a", false],
  ["", false],
])("If-None-Match %j for the tag a: %s", (known, isKnown) => {
  expect(isKnownTag(known, '"a"')).toBe(isKnown);
});
