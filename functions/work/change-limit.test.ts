import { expect, it } from "vitest";
import { changeLimit } from "./change-limit.ts";

it("each person has an allowance, which fills up again over a minute", () => {
  let now = 0;
  const limit = changeLimit(60, () => now);
  for (let n = 0; n < 60; n += 1) limit.count("alice");
  const refused = expect.objectContaining({ code: "too-many-requests", retryAfterSeconds: 1 }) as Error;
  expect(() => {
    limit.count("alice");
  }).toThrow(refused);
  limit.count("bob");
  now = 999;
  expect(() => {
    limit.count("alice");
  }).toThrow(refused);
  now = 1_000;
  limit.count("alice");
  expect(() => {
    limit.count("alice");
  }).toThrow(refused);
});
