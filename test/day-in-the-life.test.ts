import { describe } from "vitest";
import { aDayInTheLife } from "./day-in-the-life.ts";

describe("a day in the life, by the events alone, which a secret signs", () => {
  aDayInTheLife({});
});
