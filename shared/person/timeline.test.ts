import { describe, expect, it } from "vitest";
import { intervene, noteOwnExtension } from "./interventions.ts";
import type { Outcome, PersonRecord } from "./record.ts";
import { finish } from "./finish.ts";
import { supersede } from "./request.ts";
import { finishRetirement } from "./retirement.ts";
import { timelineOf } from "./timeline.ts";

const at = (minutes: number) => new Date(Date.parse("2026-11-24T10:00:00.000Z") + minutes * 60_000).toISOString();
const request = { id: "r1", username: "alice", workspace: "cohort", requestedAt: at(0), claims: {} };
const asked: PersonRecord = { request, outcomes: {} };
const ready: Outcome = { state: "done", at: at(1), message: "the desktop is ready", url: "u" };
const decision = {
  workspace: "cohort",
  at: at(5),
  action: "keep",
  rule: "idle",
  reason: "nobody is connected",
} as const;
const short = (record: PersonRecord, workspace = "cohort") =>
  timelineOf(record, workspace).map(({ kind, at: when, ...entry }) => [
    kind,
    when,
    "state" in entry ? entry.state : entry.action,
    entry.reason,
  ]);

describe("what is remembered of a desktop", () => {
  it("is the request that is under way", () => {
    expect(short(asked)).toEqual([["operation", at(0), "under way", "the desktop was asked for"]]);
    expect(short(asked, "another")).toEqual([]);
    const none = { ...asked, request: { ...request, workspace: null, reason: "suspended by olga" } };
    for (const workspace of ["cohort", "another"])
      expect(short(none, workspace)).toEqual([["operation", at(0), "under way", "suspended by olga"]]);
  });

  it("is how its requests ended, what was decided, and what administrators did, the newest first", () => {
    const up = finish(asked, "r1", ready);
    const decided = { ...up, decisions: [decision, { ...decision, workspace: "another" }] };
    const kept = intervene(decided, { at: at(6), by: "olga", action: "extend", workspace: "cohort", until: at(90) });
    const none = { ...request, id: "r2", workspace: null, requestedAt: at(7), reason: "the study moves" };
    const suspended = intervene(supersede(kept, none), {
      ...{ at: at(7), by: "olga", action: "suspend", workspace: "cohort", reason: "the study moves", id: "r2" },
    });
    const down = finish(suspended, "r2", { state: "done", at: at(8), message: "no desktop of this person runs" });
    expect(short(down)).toEqual([
      ["operation", at(8), "done", "no desktop of this person runs"],
      ["administrator", at(7), "suspend", "the study moves"],
      ["administrator", at(6), "extend", undefined],
      ["decision", at(5), "keep", "nobody is connected"],
      ["operation", at(1), "done", "the desktop is ready"],
    ]);
    expect(timelineOf(down, "cohort")[1]).toMatchObject({ by: "olga", id: "r2" });
    // What was for no desktop was for that one, too.
    expect(short(down, "another").map(([kind]) => kind)).toEqual(["operation", "decision"]);
  });

  it("is how long its person keeps it, told apart from what administrators did", () => {
    const extension = { workspace: "cohort", until: at(90), by: "alice" };
    const byOlga = intervene(asked, { at: at(1), by: "olga", action: "extend", workspace: "cohort", until: at(60) });
    const once = noteOwnExtension(byOlga, extension, at(2));
    const twice = noteOwnExtension(once, { ...extension, until: at(120) }, at(3));
    expect(short(twice).slice(0, 2)).toEqual([
      ["person", at(3), "extend", undefined],
      ["administrator", at(1), "extend", undefined],
    ]);
    expect(timelineOf(twice, "cohort")[0]).toMatchObject({ by: "alice", until: at(120) });
    // Many of one person do not push out the others.
    expect(twice.interventions).toHaveLength(2);
    expect(noteOwnExtension(twice, { ...extension, workspace: "another" }, at(4)).interventions).toHaveLength(3);
  });

  it("is which step failed, and why", () => {
    const failed: Outcome = {
      ...{ state: "failed", at: at(1), code: "cannot-start", reason: "ErrImagePull", step: "readiness" },
      ...{ undone: [], leftBehind: [] },
    };
    expect(timelineOf(finish(asked, "r1", failed), "cohort")).toEqual([
      {
        kind: "operation",
        at: at(1),
        id: "r1",
        state: "failed",
        reason: "ErrImagePull",
        code: "cannot-start",
        step: "readiness",
      },
    ]);
  });

  it("is a request whose place another took, and its own removal, under way or ended", () => {
    const removal = { id: "m1", workspace: "cohort", requestedAt: at(3), reason: "over" };
    const switched = supersede(asked, { ...request, id: "r2", workspace: "another", requestedAt: at(2) });
    const going = { ...switched, removals: [removal] };
    expect(short(going)).toEqual([
      ["operation", at(3), "under way", "over"],
      ["operation", at(2), "superseded", "a newer request of this person took its place"],
    ]);
    const gone = finishRetirement(going, "m1", { state: "done", at: at(4), message: "nothing is left" });
    expect(short(gone)[0]).toEqual(["operation", at(4), "done", "nothing is left"]);
    expect(short(gone, "another")).toEqual([["operation", at(2), "under way", "the desktop was asked for"]]);
  });

  it("are operations of older releases, which did not note their workspace", () => {
    const old: PersonRecord = { ...asked, outcomes: { r0: { ...ready, at: at(-9) }, r1: ready } };
    expect(short(old, "another")).toHaveLength(2);
  });

  it("is bounded", () => {
    let record = asked;
    for (let index = 0; index < 30; index += 1)
      record = intervene(record, { at: at(index), by: "olga", action: "extend", workspace: "cohort" });
    expect(record.interventions?.map((each) => each.at)).toEqual(
      Array.from({ length: 20 }, (_, index) => at(index + 10)),
    );
  });
});
