import { expect, it } from "vitest";
import type { Trouble } from "./record.ts";
import { describeTrouble, isResting, struggle } from "./trouble.ts";

const at = "2026-01-01T00:00:00.000Z";
const away = { code: "cluster-unavailable", reason: "it does not answer", step: "deployment" } as const;
const seconds = (trouble: Trouble) => (Date.parse(trouble.nextTry) - Date.parse(trouble.at)) / 1_000;

it("grows the pause between tries up to four minutes, however often it fails", () => {
  let trouble: Trouble | undefined;
  const pauses: number[] = [];
  for (let n = 0; n < 2_000; n += 1) {
    trouble = struggle(trouble, away, at);
    pauses.push(seconds(trouble));
  }
  expect(pauses.slice(0, 5)).toEqual([30, 60, 120, 240, 240]);
  expect(Math.max(...pauses)).toBe(240);
  expect(trouble).toMatchObject({ tries: 2_000, since: at });
});

it("pauses longest at once for what another try alone does not cure", () => {
  expect(seconds(struggle(undefined, { ...away, code: "not-ours" }, at))).toBe(240);
});

it("rests from the failure to the next try, and not if the clock says that it has yet to fail", () => {
  const trouble = struggle(undefined, away, at);
  const rests = (time: string) => isResting(trouble, new Date(time));
  expect([rests(at), rests("2026-01-01T00:00:29.999Z"), rests("2026-01-01T00:00:30Z")]).toEqual([true, true, false]);
  expect(rests("2025-12-31T23:00:00Z")).toBe(false);
  expect(isResting(undefined, new Date(at))).toBe(false);
});

it("is told with how often, since when, why, and when next", () => {
  const once = struggle(undefined, away, at);
  expect(describeTrouble(once)).toBe(
    "failed at 2026-01-01T00:00:00.000Z: it does not answer; tried again at 2026-01-01T00:00:30.000Z",
  );
  expect(describeTrouble(struggle(once, away, at))).toContain("failed 2 times since 2026-01-01T00:00:00.000Z: ");
});
