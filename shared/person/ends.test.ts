import { describe, expect, it } from "vitest";
import { endedOf } from "./ended.ts";
import { endIn } from "./ends.ts";
import { explainEnd } from "./explain.ts";
import { extend } from "./extension.ts";
import type { Outcome, PersonRecord } from "./record.ts";
import { finish, finishOthers } from "./finish.ts";
import { newRequest, remember, supersede, type Wish } from "./request.ts";
import { finishRetirement, retireDesktops } from "./retirement.ts";
import { finishReview } from "./review.ts";
import { stateSince } from "../lifecycle/state-since.ts";
import { describeDesktop } from "../lifecycle/describe-desktop.ts";
import { lastOutcomeIn, timelineOf } from "./timeline.ts";
import type { DesktopBefore } from "../desktop/state.ts";

const at = (minutes: number) => new Date(Date.parse("2026-11-24T10:00:00.000Z") + minutes * 60_000).toISOString();
const nothing = { deployment: null, others: [] } as unknown as DesktopBefore;

/** A person's record as the product changes it, one step a minute. */
function life() {
  let minute = 0;
  let record: PersonRecord | null = null;
  const stamp = (id: string) => ({ id, at: at(minute) });
  const its = () => {
    if (!record) throw new Error("nothing was asked for");
    return record;
  };
  const outcome = (change: object) => ({ state: "done", at: at(minute), message: "", ...change }) as Outcome;
  const steps = {
    ask(id: string, wish: Wish) {
      minute += 1;
      const request = newRequest(record, "alice", wish, stamp(id));
      record = record ? supersede(record, request) : { request, outcomes: {} };
      return steps;
    },
    ends(id: string, change: object = {}) {
      minute += 1;
      record = finish(its(), id, outcome(change));
      return steps;
    },
    up(id: string, workspace: string, tookDown: string[] = []) {
      steps.ask(id, { workspace });
      record = remember(its(), workspace, nothing);
      return steps.ends(id, { url: "u", tookDown });
    },
    none(id: string, tookDown: string[], wish: Partial<Wish> = {}) {
      return steps.ask(id, { workspace: null, ...wish }).ends(id, { tookDown });
    },
    change(by: (record: PersonRecord, now: string) => PersonRecord) {
      minute += 1;
      record = by(its(), at(minute));
      return steps;
    },
    record: its,
  };
  return steps;
}

const stopped = { deployment: { replicas: 0, ready: 0 }, rows: { connectionId: 1, permissions: {} } };
/** What every answer about a desktop says that is down. */
function told(record: PersonRecord, workspace: string) {
  const sides = {
    cluster: { deployment: stopped.deployment as never },
    rows: { connectionId: 1, permissions: { connection: false, group: false, self: false } },
  };
  const state = describeDesktop(workspace, sides, { record, decision: undefined });
  const end = endIn(record, workspace);
  return {
    reason: state.reason.replace("; the next request starts it again", ""),
    since: stateSince(state, { workspace }, record),
    person: end && explainEnd(end),
    timeline: timelineOf(record, workspace)[0]?.reason,
  };
}

const review = (workspace: string, minutes: number) => (record: PersonRecord, now: string) =>
  finishReview(
    { ...record, reviews: [{ id: "v", workspace, requestedAt: now, by: "reap" }] },
    { id: "v", workspace, requestedAt: now, by: "reap" },
    { decision: { action: "suspend", rule: "idle", minutes, reason: `idle for ${minutes}` }, suspended: true },
    { id: `v-${workspace}`, at: now },
  );
const olga = { kind: "administrator", by: "olga", note: "the cluster moves" } as const;

/** X: how the desktop in `a` ends; the minute says when. */
const firsts: [string, (steps: ReturnType<typeof life>) => ReturnType<typeof life>, object][] = [
  [
    "its person stops it",
    (steps) => steps.none("x", ["a"]),
    { reason: "it was stopped on request", person: "You stopped it." },
  ],
  [
    "an administrator stops it, or ends sessions",
    (steps) => steps.none("x", ["a"], { reason: "the cluster moves", why: olga }),
    { reason: "the cluster moves", person: "An administrator stopped it: the cluster moves." },
  ],
  [
    "it is idle",
    (steps) => steps.change(review("a", 30)),
    { reason: "idle for 30", person: "Nobody was connected to it for 30 minutes." },
  ],
  [
    "its person signs out",
    (steps) => steps.none("x", ["a"], { reason: "left", why: { kind: "left", since: at(0), until: at(1) } }),
    { reason: "left", person: "You signed out, and did not come back in time." },
  ],
  [
    "its person switches",
    (steps) => steps.up("x", "c", ["a"]),
    {
      reason: "its person has the desktop in c now",
      person: "It was stopped because you opened another workspace.",
    },
  ],
  [
    "a switch leaves it for later",
    (steps) =>
      steps
        .up("x", "c", [])
        .change((record) => ({
          ...record,
          others: { id: "x", except: "c", requestedAt: at(0), trouble: {} as never },
        }))
        .change((record, now) => finishOthers(record, "x", null, now, ["a"])),
    { reason: "its person has the desktop in c now" },
  ],
];

/** Y: what happens to the desktop in `b` afterwards, and what it says then; null: that does not end it. */
const seconds: [string, (steps: ReturnType<typeof life>) => ReturnType<typeof life>, object | null][] = [
  ["runs", (steps) => steps, null],
  ["is stopped", (steps) => steps.none("y", ["b"]), { person: "You stopped it." }],
  [
    "is stopped by an administrator",
    (steps) => steps.none("y", ["b"], { reason: "too big", why: { ...olga, note: "too big" } }),
    { reason: "too big", person: "An administrator stopped it: too big." },
  ],
  ["is idle", (steps) => steps.change(review("b", 45)), { person: "Nobody was connected to it for 45 minutes." }],
  [
    "is retired",
    (steps) =>
      steps
        .change((record, now) => {
          const retirement = {
            id: "m",
            workspace: "b",
            requestedAt: now,
            reason: "over",
            why: { ...olga, note: "over" },
          };
          return retireDesktops(record, "alice", { retirements: [retirement], reason: "over" }, { id: "y", at: now });
        })
        .change((record, now) => finishRetirement(record, "m", { state: "done", at: now, message: "over" }))
        .ends("y", { tookDown: [] }),
    { reason: "over", person: "An administrator removed it: over." },
  ],
  [
    "is kept longer",
    (steps) => steps.change((record) => extend(record, { workspace: "b", until: at(600), by: "alice" })),
    null,
  ],
  [
    "is asked to stop, which has not been done",
    (steps) => steps.ask("y", { workspace: null, reason: "too big" }),
    null,
  ],
  [
    "loses its place to one that does not start",
    (steps) =>
      steps.ask("y", { workspace: "d" }).ends("y", {
        state: "failed",
        code: "cannot-start",
        reason: "no image",
        step: "s",
        undone: [],
        leftBehind: [],
      }),
    null,
  ],
];

describe("what a desktop says of its end", () => {
  for (const [how, first, expected] of firsts)
    it.each(seconds)(`when ${how}: the same after another one %s`, (_words, second, other) => {
      const ended = first(life().up("r1", "a"));
      const before = told(ended.record(), "a");
      expect(before).toMatchObject(expected);
      expect(before.since).toBe(endIn(ended.record(), "a")?.at);

      const after = second(ended.up("r2", "b", how.includes("switch") ? ["c"] : [])).record();
      expect(told(after, "a")).toEqual(before);
      if (other) expect(told(after, "b")).toMatchObject(other);
      else expect(endIn(after, "b")).toBeUndefined();
      // The newest is what is told first of the person's last desktop.
      const last = endedOf(after, new Set(["a", "b"]));
      if (other && last) expect(last).toMatchObject({ workspace: "b" });
    });

  it("is forgotten when it comes up again", () => {
    const again = life().up("r1", "a").none("x", ["a"]).up("r2", "a").record();
    expect(endIn(again, "a")).toBeUndefined();
    expect(stateSince({ state: "ready", reason: "" }, { workspace: "a" }, again)).toBe(again.outcomes["r2"]?.at);
  });

  it("stays what it was when it is asked to stop again", () => {
    const record = life().up("r1", "a").none("x", ["a"], { reason: "moved", why: olga }).none("y", []).record();
    expect(told(record, "a")).toMatchObject({ reason: "moved" });
    expect(endedOf(record, new Set(["a"]))).toMatchObject({ workspace: "a", reason: "moved" });
  });

  it("is that it did not start, or that the start was cancelled, if nothing of it ran before", () => {
    const failed = { state: "failed", code: "cannot-start", reason: "no image", step: "s", undone: [], leftBehind: [] };
    const first = life()
      .ask("r1", { workspace: "a" })
      .ends("r1", { ...failed, values: { fault: "image" } });
    const record = first.up("r2", "b").record();
    expect(told(record, "a")).toMatchObject({ reason: "it did not start: no image" });
    expect(told(record, "a").person).toContain("could not be loaded");
    expect(lastOutcomeIn(record, "a")).toMatchObject({ state: "failed", reason: "no image" });

    const cancelled = life().ask("r1", { workspace: "a" }).none("x", []).up("r2", "b").record();
    expect(told(cancelled, "a").person).toBe("Its start was cancelled.");
    const byOlga = life().ask("r1", { workspace: "a" }).none("x", [], { reason: "the cluster moves", why: olga });
    expect(told(byOlga.up("r2", "b").record(), "a")).toMatchObject({
      ...{ reason: "the cluster moves", person: "An administrator stopped it: the cluster moves." },
    });
    // Nothing of it is there, and nothing was removed that its person ever saw.
    expect(endedOf(byOlga.none("y", []).record(), new Set())).toMatchObject({
      ...{ action: "suspend", explanation: "An administrator stopped it: the cluster moves." },
    });
    const forAnother = life().ask("r1", { workspace: "a" }).up("r2", "b").record();
    expect(told(forAnother, "a").person).toBe("Its start was cancelled because you asked for another workspace.");
  });

  it("is nothing of a start that failed or was cancelled while it ran", () => {
    const failed = { state: "failed", code: "step-failed", reason: "no", step: "s", undone: [], leftBehind: [] };
    const running = { ...nothing, deployment: { replicas: 1 } } as unknown as DesktopBefore;
    const again = life().up("r1", "a").ask("r2", { workspace: "a" });
    expect(endIn(again.ask("r3", { workspace: "b" }).record(), "a")).toBeUndefined();
    const goesOn = life()
      .up("r1", "a")
      .ask("r2", { workspace: "a" })
      .change((record) => remember(record, "a", running))
      .ends("r2", failed);
    expect(endIn(goesOn.record(), "a")).toBeUndefined();
  });

  it("is who asked for it, also if a newer request came before it was done", () => {
    const record = life()
      .up("r1", "a")
      .ask("x", { workspace: null, reason: "the cluster moves", why: olga })
      .change((current, now) => ({
        ...current,
        interventions: [
          { at: now, by: "olga", action: "suspend", workspace: "a", reason: "the cluster moves", id: "x" },
        ],
      }))
      .ask("r2", { workspace: "b" })
      .ends("x", { tookDown: ["a"] })
      .record();
    expect(told(record, "a")).toMatchObject({
      reason: "the cluster moves",
      person: "An administrator stopped it: the cluster moves.",
    });
  });

  it("takes its extension along: the next desktop there is another", () => {
    const kept = life()
      .up("r1", "a")
      .change((record) => extend(record, { workspace: "a", until: at(600), by: "alice" }));
    expect(kept.up("r2", "b", ["a"]).up("r3", "a", ["b"]).record().kept).toBeUndefined();
  });

  it("is bounded", () => {
    const steps = life();
    for (let index = 0; index < 30; index += 1) steps.up(`u${index}`, `w${index}`).none(`n${index}`, [`w${index}`]);
    expect(steps.record().ends).toHaveLength(20);
    expect(endIn(steps.record(), "w29")).toBeDefined();
  });
});

describe("what release 0.1.0 stored", () => {
  const request = { id: "r2", username: "alice", workspace: null, requestedAt: at(5), claims: {}, reason: "lunch" };
  const down: Outcome = { state: "done", at: at(6), message: "no desktop of this person runs" };
  const record: PersonRecord = { request, outcomes: { r2: down }, lastDesktop: "a" };

  it("says only of the last desktop that the request for none ended it", () => {
    expect(told(record, "a")).toMatchObject({ reason: "lunch", since: at(6), person: "Lunch." });
    expect(told(record, "b")).toMatchObject({ reason: "it is stopped", since: undefined, person: undefined });
  });

  it("has the words alone, which are read", () => {
    const left = `their session ended at ${at(1)} and they were not back by ${at(5)}`;
    const inWords = (reason: string) => told({ ...record, request: { ...request, reason } }, "a").person;
    expect(inWords(left)).toBe("You signed out, and did not come back in time.");
    expect(inWords("nobody has been connected for more than 60 minutes (started at x)")).toBe(
      "Nobody was connected to it for 60 minutes.",
    );
    expect(inWords("nobody connected within 1 minute (ready at x)")).toBe("Nobody connected to it for 1 minute.");
    expect(told({ ...record, request: { ...request, reason: undefined } }, "a").person).toBe("You stopped it.");
  });

  it("counts if it was put back for a while: then what this release noted is older than what runs", () => {
    const ends = [{ workspace: "a", at: at(1), action: "suspend", reason: "old", why: { kind: "asked" } } as const];
    const up: Outcome = { state: "done", workspace: "a", at: at(3), message: "", url: "u" };
    expect(told({ ...record, ends, outcomes: { r1: up, r2: down } }, "a")).toMatchObject({ reason: "lunch" });
    const runs = { ...record, ends, request: { ...request, id: "r1", workspace: "a" }, outcomes: { r1: up } };
    expect(endIn(runs, "a")).toBeUndefined();
  });
});
