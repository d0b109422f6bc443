import fc from "fast-check";
import { expect, it } from "vitest";
import { oneLine } from "./log-line.ts";

it.each([
  ["plain, grüße, 漢字 and 😀", "plain, grüße, 漢字 and 😀"],
  ["a\nb\r\nc\td", "a\\nb\\r\\nc\\td"],
  ["a\u2028b\u2029c\u0085d\u000be\ff", "a\\u{2028}b\\u{2029}c\\u{85}d\\u{b}e\\u{c}f"],
  ["\u001b[31mred\u001b[0m \u009b1A", "\\u{1b}[31mred\\u{1b}[0m \\u{9b}1A"],
  ["user\u202egpj.exe\u2066", "user\\u{202e}gpj.exe\\u{2066}"],
  ["half \ud83d", "half \\u{d83d}"],
  ["%s %d", "%s %d"],
])("%j is logged as %j", (text, line) => {
  expect(oneLine(text)).toBe(line);
});

it("any text becomes one line of signs that can be seen, and a second time changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const line = oneLine(text);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/u);
      expect(oneLine(line)).toBe(line);
    }),
  );
});
