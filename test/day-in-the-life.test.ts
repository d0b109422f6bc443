import { describe } from "vitest";
import { aDayInTheLife } from "./day-in-the-life.ts";

describe("a day in the life, with only events, which are signed with a secret", () => {
  aDayInTheLife({});
});
