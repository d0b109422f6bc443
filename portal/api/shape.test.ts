import { describe, expect, it } from "vitest";
import { faultIn, type Shape } from "./shape.ts";

describe("the shape of an answer", () => {
  const shape: Shape = {
    name: "text",
    of: "number",
    "at?": "time",
    wanted: ["text", null],
    is: "truth",
    list: [{ id: "text" }],
    counts: { "*": "number" },
  };
  const right = { name: "a", of: 1, wanted: null, is: false, list: [{ id: "x" }, { id: "y" }], counts: { ready: 2 } };

  it.each<[string, object]>([
    ["everything that it needs", right],
    ["what may be left out, too", { ...right, at: "2026-11-24T12:00:00.000Z" }],
    ["a day", { ...right, at: "2026-11-24" }],
    ["the other of two", { ...right, wanted: "b" }],
    ["no elements", { ...right, list: [], counts: {} }],
    ["fields that only a newer app knows", { ...right, more: 1, list: [{ id: "x", more: [] }] }],
  ])("is that of an answer with %s", (_words, answer) => {
    expect(faultIn(shape, answer)).toBeNull();
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, ""],
    ["null", null, ""],
    ["a list", [right], ""],
    ["a text", "ready", ""],
    ["no fields", {}, "name"],
    ["another kind of text", { ...right, name: 1 }, "name"],
    ["a number as a text", { ...right, of: "1" }, "of"],
    ["a truth value as a text", { ...right, is: "false" }, "is"],
    ["no time", { ...right, at: "soon" }, "at"],
    ["null for what may be left out", { ...right, at: null }, "at"],
    ["neither of two", { ...right, wanted: 1 }, "wanted"],
    ["an object for a list", { ...right, list: { 0: { id: "x" } } }, "list"],
    ["an element of another kind", { ...right, list: [{ id: "x" }, "y"] }, "list.1"],
    ["an element without a field", { ...right, list: [{ id: "x" }, {}] }, "list.1.id"],
    ["a value of another kind", { ...right, counts: { ready: 2, "not ready": null } }, "counts.not ready"],
  ])("is not that of an answer with %s", (_words, answer, where) => {
    expect(faultIn(shape, answer)).toBe(where);
  });
});
