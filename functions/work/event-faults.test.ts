import { describe, expect, it } from "vitest";
import { eventFaultCounts } from "./event-faults.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 5, 9, minute));

describe("events that are not understood", () => {
  it("are counted by type and reason, and are worth one line of the log each", () => {
    const counts = eventFaultCounts();
    expect(counts.count("admin.X-DELETE", "unknown-type", at(0))).toEqual({ isNew: true });
    expect(counts.count("admin.USER-DELETE", "no-subject", at(1))).toEqual({ isNew: true });
    expect(counts.count("admin.USER-DELETE", "another-realm", at(2))).toEqual({ isNew: true });
    expect(counts.count("admin.USER-DELETE", "no-subject", at(3))).toEqual({ isNew: false });
    expect(counts.all()).toEqual([
      { type: "admin.USER-DELETE", fault: "no-subject", count: 2, lastAt: at(3) },
      { type: "admin.X-DELETE", fault: "unknown-type", count: 1, lastAt: at(0) },
      { type: "admin.USER-DELETE", fault: "another-realm", count: 1, lastAt: at(2) },
    ]);
  });

  it("take a bounded place and a bounded number of lines, whatever types are sent, and none is missed", () => {
    const counts = eventFaultCounts();
    const sent = Array.from({ length: 10_000 }, (_, number) => counts.count(`t${number}`, "unknown-type", at(0)));
    expect(sent.filter(({ isNew }) => isNew)).toHaveLength(101);
    const all = counts.all();
    expect(all).toHaveLength(101);
    expect(all[0]).toMatchObject({ type: "other types", count: 9_900 });
    expect(counts.count("t1", "unknown-type", at(1))).toEqual({ isNew: false });
  });
});
