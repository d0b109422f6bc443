import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "./json.ts";

describe("JSON", () => {
  it("is read as JSON.parse reads it", () => {
    const value = fc.jsonValue({ stringUnit: "binary" });
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2), (given, indent) => {
        const text = JSON.stringify(given, null, indent);
        expect(parseJson(text)).toEqual({ value: JSON.parse(text) as unknown });
      }),
    );
  });

  it("is refused if a name is twice in one object, however deep, but not if it is in two objects", () => {
    const names = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(names, fc.jsonValue(), fc.nat(20), (name, value, depth) => {
        const [key, inner] = [JSON.stringify(name), JSON.stringify(value)];
        const nested = (text: string) => `${'[{"a":'.repeat(depth)}${text}${"}]".repeat(depth)}`;
        expect(parseJson(nested(`{${key}:${inner},${key}:1}`))).toHaveProperty("fault");
        expect(parseJson(nested(`[{${key}:${inner}},{${key}:1}]`))).toHaveProperty("value");
      }),
    );
  });

  it.each(['{"a":"}"}', '{"a":"{\\"a\\":1","b":"\\\\"}', '{"a:":1,"a":2}', '["a","a"]', '{"a":"b","b":"a"}', '""'])(
    "is not refused for what only looks like a repeated name: %s",
    (text) => {
      expect(parseJson(text)).toHaveProperty("value");
    },
  );
});
