import { describe, expect, it } from "vitest";
import { tellFaults } from "./errors.ts";

describe("the faults of an input", () => {
  it("are told in one line", () => {
    expect(tellFaults(["a is missing", "b is not a number"])).toBe("a is missing; b is not a number");
  });

  it("are told ten at most, and how many more there are", () => {
    const faults = Array.from({ length: 20_000 }, (_, index) => `${index} is wrong`);
    expect(tellFaults(faults)).toMatch(/^0 is wrong; .*; 9 is wrong; and 19990 more$/);
  });

  it("are cut if they quote something long", () => {
    expect(tellFaults(["x".repeat(100_000)])).toBe(`${"x".repeat(300)}…`);
  });
});
