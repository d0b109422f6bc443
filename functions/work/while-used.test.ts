import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { whileUsed } from "./while-used.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("is opened at the first use, once for all, and closed after a minute without one", () => {
  const said: string[] = [];
  const used = whileUsed(() => {
    said.push("open");
    return { close: () => said.push("close") };
  });
  expect(said).toEqual([]);
  used.use();
  vi.advanceTimersByTime(59_000);
  used.use();
  vi.advanceTimersByTime(59_000);
  expect(said).toEqual(["open"]);
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(["open", "close"]);
  used.use();
  used.close();
  used.close();
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual(["open", "close", "open", "close"]);
});
