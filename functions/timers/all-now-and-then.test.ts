import { expect, it } from "vitest";
import { allNowAndThen } from "./all-now-and-then.ts";

const hour = 60 * 60_000;

function started() {
  const clock = { passed: 1_000, offset: 1_700_000_000_000 };
  const all = allNowAndThen(
    () => new Date(clock.passed + clock.offset),
    () => clock.passed,
  );
  return { all, clock };
}

it("is due at the first run, until it was done", () => {
  const { all } = started();
  expect([all.isDue(), all.isDue()]).toEqual([true, true]);
  all.done();
  expect(all.isDue()).toBe(false);
});

it("is due an hour after it was done", () => {
  const { all, clock } = started();
  all.done();
  clock.passed += hour - 1;
  expect(all.isDue()).toBe(false);
  clock.passed += 1;
  expect(all.isDue()).toBe(true);
});

it("is due once the clock was put back, and not if it was put forward or set right little by little", () => {
  const { all, clock } = started();
  all.done();
  expect(all.isDue()).toBe(false);
  clock.offset += 2 * hour;
  expect(all.isDue()).toBe(false);
  clock.offset -= 500;
  expect(all.isDue()).toBe(false);
  clock.offset -= hour;
  expect([all.isDue(), all.isDue()]).toEqual([true, true]);
  all.done();
  expect(all.isDue()).toBe(false);
});
