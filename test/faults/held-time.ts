import { vi } from "vitest";
import { type VirtualClock, virtualClock } from "@stand-in/functions-host";
import type { TestEstate } from "../estate.ts";
import type { Troubles } from "./trouble.ts";

/** Every so many seconds each timer fires, as by the default settings. */
const schedules = [
  { name: "wakeForgotten", everySeconds: 30 },
  { name: "endLeaves", everySeconds: 30 },
  { name: "followScaling", everySeconds: 30 },
  { name: "reapTimer", everySeconds: 300 },
  { name: "reconcileTimer", everySeconds: 900 },
  { name: "upkeepTimer", everySeconds: 3_600 },
] as const;

/** Retries wait two seconds at least, and a review five. Where much time passes, they may fire a little late. */
const stepSeconds = 5;
const longStepSeconds = 15;

/**
 * One time for the product, the stand-ins and the task hub. It stands still (but for the real time that passes meanwhile)
 * until `pass`, in which the timers fire as by their schedules. Hosts that are down miss their timers.
 */
export interface HeldTime {
  readonly clock: VirtualClock;
  pass(estate: TestEstate, troubles: Troubles, seconds: number): Promise<void>;
  release(): void;
}

export function holdTime(): HeldTime {
  vi.useFakeTimers({ toFake: ["Date", "performance"], shouldAdvanceTime: true });
  const clock = virtualClock(new Date(), { jumps: false });
  const firedAt = new Map<string, number>();

  async function fireTimers(estate: TestEstate): Promise<void> {
    for (const { name, everySeconds } of schedules) {
      const now = Date.now();
      const last = firedAt.get(name) ?? firedAt.set(name, now).get(name) ?? now;
      if (now - last < everySeconds * 1_000) continue;
      firedAt.set(name, now);
      // As on a host: what a timer throws is in the log, and the next run tries again.
      await estate.host.trigger(name).catch(() => undefined);
    }
  }

  return {
    clock,
    async pass(estate, troubles, seconds) {
      for (let left = seconds; left > 0;) {
        const step = Math.min(left, left > 120 ? longStepSeconds : stepSeconds);
        left -= step;
        vi.advanceTimersByTime(step * 1_000);
        clock.advanceTo(new Date());
        await troubles.settled();
        await estate.host.whenIdle();
        if (troubles.now.some((trouble) => trouble.with === "host")) continue;
        await fireTimers(estate);
        await estate.host.whenIdle();
      }
    },
    release() {
      vi.useRealTimers();
    },
  };
}
