import { lastDecision, rememberDecision } from "../person/decisions.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideReaping, type DesktopFacts, type Limits } from "./reaping.ts";
import { type Decision, type Evidence, type Rule, rules } from "../desktop/decision.ts";
import type { PersonRecord } from "../person/record.ts";
import type { CountedSessions } from "./sessions.ts";

const noon = Date.parse("2026-06-15T12:00:00Z");
/** So many minutes after noon, which is now; before it where negative. */
const at = (minutes: number, milliseconds = 0) => new Date(noon + minutes * 60_000 + milliseconds).toISOString();
const now = at(0);

const limits: Limits = {
  idleMinutes: 60,
  startGraceMinutes: 30,
  longestSessionMinutes: 720,
  longestExtensionMinutes: 10_080,
  longestOwnExtensionMinutes: 240,
  readyWithinSeconds: 300,
};
const visited: CountedSessions = {
  open: [],
  active: false,
  activeSince: null,
  lastStart: at(-170),
  lastEnd: at(-30),
  lastAttempt: null,
  presumedEnd: null,
  readAt: now,
};
const request = { workspace: "cohort-a", requestedAt: at(-180), working: false, readyAt: at(-178) };
const unready = { ...request, readyAt: undefined };
/** Started three hours ago, visited, and left alone for half an hour. */
const facts: DesktopFacts = {
  replicas: 1,
  ready: 1,
  startedAt: at(-180),
  sessions: visited,
  request,
  seenAt: at(-180),
  entitlement: { endsAt: at(2_000) },
  unanswered: [],
};

type Change = Partial<DesktopFacts> & { limits?: Partial<Limits> | null };

function decide({ limits: changed, ...change }: Change): Decision {
  return decideReaping({ ...facts, ...change }, changed === null ? null : { ...limits, ...changed }, new Date(noon));
}

const sessions = (change: Partial<CountedSessions>) => ({ ...visited, ...change });
const idleSince = (lastEnd: string): Change => ({ sessions: sessions({ lastEnd }) });
const unvisited = sessions({ lastStart: null, lastEnd: null });
/** Started then, and nothing seen since. */
const awaited = (startedAt: string): Change => ({ startedAt, sessions: unvisited, seenAt: null, request: null });
const connected = sessions({ open: [at(-20), at(-170)] });
const connectedBefore = (since: string, source: Evidence["source"] = "Guacamole's history"): Change => ({
  before: {
    action: "keep",
    rule: "in-use",
    reason: "",
    evidence: {
      kind: source === "Guacamole" ? "active-connection" : "open-session",
      what: source === "Guacamole" ? "a connection that is active" : "a session that is open",
      at: since,
      source,
    },
  },
});
const keptUntil = (until: string): Change => ({ kept: { workspace: "cohort-a", until, by: "root" } });
const paused = { by: "root", since: at(-50) };
/** It runs for as long as any may. */
const over: Change = { startedAt: at(-720) };
const ended = { entitlement: { ended: "binding-expired" } };

const idleWords = "nobody is connected, which is allowed for 60 minutes";
const graceWords = "nobody is connected, which is allowed for 30 minutes";
const stuckWords = "it is not ready";
const longestWords = "it may run for at most 720 minutes, in use or not";
const leaveWords = "its person logged out";

const anyWords = expect.any(String) as string;
const keep = (rule: Rule, reason = anyWords): Partial<Decision> => ({ action: "keep", rule, reason });
/** Nothing comes after it. */
const suspend = (rule: Rule, reason = anyWords): Partial<Decision> => ({
  action: "suspend",
  rule,
  reason,
  next: undefined,
});
const stuckSince = (startedAt: string) =>
  suspend("stuck-starting", `it was started at ${startedAt} and never became ready`);
const saw = (kind: Evidence["kind"], what: string, at: string, source: Evidence["source"]): Evidence => ({
  kind,
  what,
  at,
  source,
});
const inFields: Readonly<Record<string, Partial<NonNullable<Decision["next"]>>>> = {
  [idleWords]: { cause: "idle", minutes: 60 },
  [graceWords]: { cause: "start-grace", minutes: 30 },
  [stuckWords]: { cause: "stuck-starting" },
  [longestWords]: { cause: "longest-session", minutes: 720 },
  [leaveWords]: { cause: "left" },
};
const suspendedAt = (at: string, reason: string): Decision["next"] => ({
  ...{ at, action: "suspend", reason },
  ...inFields[reason],
});
const keptAt = (at: string, after: string, by = "root", byPerson = false): Decision["next"] => ({
  ...{ at, action: "suspend", reason: `${byPerson ? "its person" : by} keeps it until then; after that: ${after}` },
  ...{ ...inFields[after], kept: { by, byPerson } },
});
const retiredAt = (at: string): Decision["next"] => ({
  ...{ at, action: "retire", cause: "entitlement-ended" },
  reason: "its person's access to the workspace ends then",
});

describe("what becomes of a desktop", () => {
  const table: [string, Change, Partial<Decision>][] = [
    // Each rule
    [
      "left alone for less than it may",
      {},
      {
        ...keep("idle", `nobody is connected (a session ended at ${at(-30)}), which is allowed for 60 minutes`),
        evidence: saw("session-ended", "a session ended", at(-30), "Guacamole's history"),
        next: suspendedAt(at(30), idleWords),
      },
    ],
    [
      "left alone for longer than it may",
      idleSince(at(-61)),
      {
        ...suspend("idle", `nobody has been connected for more than 60 minutes (a session ended at ${at(-61)})`),
        evidence: saw("session-ended", "a session ended", at(-61), "Guacamole's history"),
      },
    ],
    [
      "its person may not have it any more",
      ended,
      {
        action: "retire",
        rule: "entitlement-ended",
        reason: "binding-expired",
        evidence: saw("entitlement-ended", "binding-expired", now, "bindings"),
        next: undefined,
      },
    ],
    [
      "it does not run",
      { replicas: 0 },
      { ...keep("not-running", "it is not running"), evidence: undefined, next: undefined },
    ],
    [
      "a request is being worked on",
      { request: { ...request, working: true } },
      {
        ...keep("working", "it is being worked on"),
        evidence: saw("open-request", "a request that has not ended", at(-180), "request"),
        next: suspendedAt(at(540), longestWords),
      },
    ],
    [
      "somebody scaled its binding to 0",
      { scaledToZero: "alice-cohort-a" },
      suspend("scaled-to-zero", "the binding alice-cohort-a was scaled to 0"),
    ],
    [
      "it does not become ready",
      { ready: 0, ...awaited(at(-11)) },
      {
        ...suspend("stuck-starting", `it was started at ${at(-11)} and never became ready`),
        evidence: saw("not-ready", "started, and not ready", at(-11), "Kubernetes"),
      },
    ],
    [
      "reaping is paused",
      { reapingPaused: paused, ...idleSince(at(-300)) },
      {
        ...keep("reaping-paused", "reaping is paused by root"),
        evidence: saw("reaping-paused", "reaping paused", at(-50), "administrator"),
      },
    ],
    [
      "reaping is paused for a reason",
      { reapingPaused: { ...paused, reason: "the cluster moves" } },
      keep("reaping-paused", "reaping is paused by root: the cluster moves"),
    ],
    [
      "an administrator keeps it",
      { ...keptUntil(at(120)), ...idleSince(at(-300)) },
      {
        ...keep("kept", `kept until ${at(120)} by root`),
        evidence: saw("extended", `kept until ${at(120)} by root`, now, "administrator"),
      },
    ],
    [
      "its person keeps it",
      { ...keptUntil(at(120)), keptByPerson: true },
      {
        ...keep("kept", `kept until ${at(120)} by its person`),
        evidence: saw("extended", `kept until ${at(120)} by its person`, now, "request"),
      },
    ],
    [
      "an administrator keeps it for a reason",
      { kept: { workspace: "cohort-a", until: at(120), by: "root", reason: "a demonstration" } },
      keep("kept", `kept until ${at(120)} by root: a demonstration`),
    ],
    [
      "it runs for longer than any may",
      { startedAt: at(-721), sessions: connected },
      {
        ...suspend("longest-session", `it has been running since ${at(-721)}, and may run for at most 720 minutes`),
        evidence: saw("started", "started", at(-721), "Kubernetes"),
      },
    ],
    [
      "somebody is connected, by the history: since the oldest session that is open",
      { sessions: connected },
      {
        ...keep("in-use", `somebody has been connected since ${at(-170)}`),
        evidence: saw("open-session", "a session that is open", at(-170), "Guacamole's history"),
        next: suspendedAt(at(540), longestWords),
      },
    ],
    [
      "somebody is connected, by Guacamole's own word",
      { sessions: sessions({ active: true, lastEnd: at(-300) }) },
      {
        ...keep("in-use", `somebody has been connected since ${now}`),
        evidence: saw("active-connection", "a connection that is active", now, "Guacamole"),
        next: suspendedAt(at(540), longestWords),
      },
    ],
    [
      "somebody is connected, by Guacamole's own word, which says since when",
      { sessions: sessions({ active: true, activeSince: at(-40) }) },
      {
        ...keep("in-use", `somebody has been connected since ${at(-40)}`),
        evidence: saw("active-connection", "a connection that is active", at(-40), "Guacamole"),
      },
    ],
    // A forgotten tab tries every 15 seconds to reach a name that does not resolve, and leaves a row of 35 to 91 ms each
    // time (measured on Guacamole 1.6.0, November 2026).
    [
      "only attempts since the last session: they do not keep it",
      { sessions: sessions({ lastEnd: at(-61), lastAttempt: at(-1) }) },
      {
        ...suspend(
          "idle",
          `nobody has been connected for more than 60 minutes (a session ended at ${at(-61)}; an attempt to connect at ${at(-1)} does not count, because it ended within 5 seconds)`,
        ),
        evidence: saw("session-ended", "a session ended", at(-61), "Guacamole's history"),
      },
    ],
    [
      "only attempts since the start: nobody has connected yet",
      { ...awaited(at(-10)), sessions: { ...unvisited, lastAttempt: at(-9) } },
      keep(
        "start-grace",
        `nobody has connected yet (started at ${at(-10)}; an attempt to connect at ${at(-9)} does not count, because it ended within 5 seconds), which is allowed for 30 minutes`,
      ),
    ],
    [
      "attempts before the last sign: nobody needs to know",
      { sessions: sessions({ lastAttempt: at(-31) }) },
      keep("idle", `nobody is connected (a session ended at ${at(-30)}), which is allowed for 60 minutes`),
    ],
    [
      "attempts to reach what is not ready do not make it ready",
      { ready: 0, ...awaited(at(-10)), sessions: { ...unvisited, lastAttempt: at(-2) } },
      suspend("stuck-starting"),
    ],
    [
      "an attempt that was open when we looked has not vanished when it has ended",
      { ...connectedBefore(at(-5)), sessions: sessions({ lastEnd: at(-61), lastAttempt: at(-5) }) },
      suspend("idle"),
    ],
    [
      "it waits for its person's first visit",
      awaited(at(-10)),
      {
        ...keep("start-grace", `nobody has connected yet (started at ${at(-10)}), which is allowed for 30 minutes`),
        evidence: saw("started", "started", at(-10), "Kubernetes"),
        next: suspendedAt(at(20), graceWords),
      },
    ],
    [
      "its person never came",
      awaited(at(-31)),
      {
        ...suspend("start-grace", `nobody connected within 30 minutes (started at ${at(-31)})`),
        evidence: saw("started", "started", at(-31), "Kubernetes"),
      },
    ],
    [
      "a limit of one minute",
      { limits: { idleMinutes: 1 }, ...idleSince(now) },
      keep("idle", `nobody is connected (a session ended at ${now}), which is allowed for 1 minute`),
    ],

    // Exactly at a limit
    ["idle to the millisecond", idleSince(at(-60)), suspend("idle")],
    ["idle but for a millisecond", idleSince(at(-60, 1)), keep("idle")],
    ["awaited to the millisecond", awaited(at(-30)), suspend("start-grace")],
    ["awaited but for a millisecond", awaited(at(-30, 1)), keep("start-grace")],
    ["the longest, to the millisecond", over, suspend("longest-session")],
    ["the longest but for a millisecond", { startedAt: at(-720, 1) }, keep("idle")],
    ["kept until now", { ...keptUntil(now), ...idleSince(at(-60)) }, suspend("idle")],
    ["kept for a millisecond more", { ...keptUntil(at(0, 1)), ...idleSince(at(-60)) }, keep("kept")],
    ["not ready five minutes after it had to be", { ready: 0, ...awaited(at(-10)) }, suspend("stuck-starting")],
    ["not ready, with a millisecond left", { ready: 0, ...awaited(at(-10, 1)) }, keep("start-grace")],
    [
      "not ready where a container may take long",
      { ready: 0, ...awaited(at(-11)), limits: { readyWithinSeconds: 361 } },
      keep("start-grace"),
    ],

    // Whether it was ever ready
    [
      "never ready, and asked for again just now: it counts from its start",
      { ready: 0, ...awaited(at(-10)), request: { ...unready, requestedAt: at(-1) }, seenAt: at(-1) },
      suspend("stuck-starting"),
    ],
    [
      "never ready, and asked for long before it was started",
      { ready: 0, ...awaited(at(-9)), request: unready },
      keep("start-grace"),
    ],
    ["never ready, and visited in its last run", { ready: 0, startedAt: at(-20), request: null }, stuckSince(at(-20))],
    [
      "never ready, and visited more than five minutes before its start",
      { ready: 0, request: null, sessions: sessions({ lastStart: at(-185, -1) }) },
      stuckSince(at(-180)),
    ],
    [
      "not ready any more, and visited at its start, as far as clocks can tell",
      { ready: 0, request: null, sessions: sessions({ lastStart: at(-185) }) },
      keep("idle"),
    ],
    [
      "not ready any more, with somebody connected",
      { ready: 0, request: null, sessions: { ...unvisited, active: true } },
      keep("in-use"),
    ],
    ["not ready, and nobody knows of sessions", { ready: 0, request: null, sessions: null }, keep("unknown")],
    [
      "not ready any more, and it was when its person waited",
      { ready: 0, sessions: unvisited },
      suspend("start-grace"),
    ],
    [
      "ready, though nobody waited for it",
      { ...awaited(at(-11)), request: unready },
      { ...keep("start-grace"), next: suspendedAt(at(19), graceWords) },
    ],

    // Doubt
    [
      "the record of its person damaged, and everything else against it",
      { recordDamaged: true, request: null, scaledToZero: "alice-cohort-a", ready: 0, startedAt: at(-9_000) },
      { action: "keep", rule: "unknown", reason: "kept in doubt: its person's record is damaged" },
    ],
    [
      "the record of its person damaged, and they may not have it any more",
      { recordDamaged: true, request: null, entitlement: { ended: "the binding ended" } },
      {
        action: "retire",
        rule: "entitlement-ended",
        reason: "the binding ended",
        evidence: { kind: "entitlement-ended", what: "the binding ended", at: now, source: "bindings" },
      },
    ],
    [
      "sources do not answer",
      { unanswered: ["guacamole is away", "the bindings too"], ...idleSince(at(-300)) },
      {
        ...keep("unknown", "kept in doubt: guacamole is away; the bindings too"),
        evidence: saw("session-began", "a session began", at(-170), "Guacamole's history"),
        next: suspendedAt(at(540), longestWords),
      },
    ],
    [
      "policy unknown, and a session that is newer than what was seen before",
      { limits: null, ...connectedBefore(at(-100)), sessions: sessions({ lastStart: at(-50), lastEnd: at(-10) }) },
      { ...keep("unknown"), evidence: saw("session-ended", "a session ended", at(-10), "Guacamole's history") },
    ],
    [
      "policy unknown, and somebody connected",
      { limits: null, ...connectedBefore(at(-100)), sessions: sessions({ open: [at(-20)], lastStart: at(-20) }) },
      { ...keep("unknown"), evidence: saw("open-session", "a session that is open", at(-20), "Guacamole's history") },
    ],
    [
      "sessions unknown, and somebody was connected before",
      { sessions: null, ...connectedBefore(at(-100)) },
      { ...keep("unknown"), evidence: saw("open-session", "a session that is open", at(-100), "Guacamole's history") },
    ],
    [
      "sessions unknown",
      { sessions: null },
      {
        ...keep("unknown", "kept in doubt: it is not known who is connected"),
        next: suspendedAt(at(540), longestWords),
      },
    ],
    [
      "start unknown",
      { startedAt: null, ...idleSince(at(-3_000)) },
      {
        ...keep("unknown", "kept in doubt: it is not known since when it has been running"),
        next: retiredAt(at(2_000)),
      },
    ],
    [
      "policy unknown",
      { limits: null, startedAt: at(-3_000), ...idleSince(at(-3_000)) },
      { ...keep("unknown", "kept in doubt: the policy of its workspace cannot be read"), next: retiredAt(at(2_000)) },
    ],
    ["not ready, and the policy unknown", { ready: 0, limits: null }, keep("unknown")],
    [
      "not ready, and its start unknown",
      { ready: 0, startedAt: null, request: unready, sessions: unvisited },
      {
        ...keep("unknown", "kept in doubt: it is not known since when it has been running"),
        next: retiredAt(at(2_000)),
      },
    ],
    [
      "entitlement unknown",
      { entitlement: null, ...idleSince(at(-300)) },
      {
        ...keep("unknown", "kept in doubt: it is not known whether its person is entitled to it"),
        next: suspendedAt(at(540), longestWords),
      },
    ],
    ["entitlement unknown, and somebody connected", { entitlement: null, sessions: connected }, keep("unknown")],
    ["entitlement unknown, and the longest over", { entitlement: null, ...over }, suspend("longest-session")],
    [
      "whether reaping is paused unknown",
      { reapingPaused: null, ...idleSince(at(-300)) },
      {
        ...keep("unknown", "kept in doubt: it is not known whether reaping is paused"),
        next: retiredAt(at(2_000)),
      },
    ],
    ["whether it is paused unknown, and the longest over", { reapingPaused: null, ...over }, keep("unknown")],
    ["whether it is paused unknown, and kept", { reapingPaused: null, ...keptUntil(at(120)) }, keep("unknown")],
    [
      "whether it is paused unknown, and never ready",
      { reapingPaused: null, ready: 0, ...awaited(at(-10)) },
      suspend("stuck-starting"),
    ],
    [
      "whether it is paused unknown, and its binding scaled to 0",
      { reapingPaused: null, scaledToZero: "alice-cohort-a" },
      suspend("scaled-to-zero"),
    ],
    ["nothing known but that it runs", { ...awaited(at(-99)), sessions: null, limits: null }, keep("unknown")],
    ["sessions unknown, and the longest over", { ...over, sessions: null }, suspend("longest-session")],

    // A session that is not in the history any more
    [
      "the history is empty, and somebody was connected",
      { ...connectedBefore(at(-100)), sessions: unvisited },
      {
        ...keep("unknown", `kept in doubt: the session of ${at(-100)} is not in Guacamole's history any more`),
        evidence: saw("open-session", "a session that is open", at(-100), "Guacamole's history"),
        next: suspendedAt(at(540), longestWords),
      },
    ],
    [
      "the history ends before the session that was seen",
      { ...connectedBefore(at(-100)), sessions: sessions({ lastStart: at(-101), lastEnd: at(-99) }) },
      keep("unknown"),
    ],
    [
      "the session that was seen has ended",
      { ...connectedBefore(at(-100)), sessions: sessions({ lastStart: at(-100), lastEnd: at(-61) }) },
      suspend("idle"),
    ],
    [
      "another session came after the one that was seen",
      { ...connectedBefore(at(-100)), sessions: sessions({ lastStart: at(-90), lastEnd: at(-61) }) },
      suspend("idle"),
    ],
    [
      "only Guacamole itself knew of the connection",
      { ...connectedBefore(at(-100), "Guacamole"), sessions: unvisited },
      suspend("start-grace"),
    ],
    [
      "the session that was seen was to its last run",
      { ...connectedBefore(at(-185, -1)), sessions: unvisited },
      suspend("start-grace"),
    ],
    [
      "the session that was seen began before the start by no more than clocks differ",
      { ...connectedBefore(at(-185)), sessions: unvisited },
      keep("unknown"),
    ],
    [
      "doubt came after the end of a session, which began before it ended",
      { before: { ...decide({}), rule: "unknown" }, ...idleSince(at(-60)) },
      suspend("idle"),
    ],

    // Since when it counts
    [
      "ready long after it was asked for",
      { ...awaited(at(-40)), request: { ...request, requestedAt: at(-40), readyAt: at(-25) } },
      {
        ...keep("start-grace"),
        evidence: saw("ready", "ready", at(-25), "request"),
        next: suspendedAt(at(5), graceWords),
      },
    ],
    [
      "the last visit was to its last run",
      { startedAt: at(-20), sessions: sessions({ lastStart: at(-90), lastEnd: at(-70) }) },
      { ...keep("start-grace"), evidence: saw("started", "started", at(-20), "Kubernetes") },
    ],
    [
      "a visit that ended before the start by no more than clocks differ",
      { ...awaited(at(-40)), sessions: sessions({ lastStart: null, lastEnd: at(-45) }) },
      keep("idle"),
    ],
    [
      "a visit that ended before the start by more than clocks differ",
      { ...awaited(at(-40)), sessions: sessions({ lastStart: null, lastEnd: at(-45, -1) }) },
      suspend("start-grace"),
    ],
    [
      "a session began and left no end",
      { ...awaited(at(-100)), sessions: sessions({ lastStart: at(-50), lastEnd: null }) },
      { ...keep("idle"), evidence: saw("session-began", "a session began", at(-50), "Guacamole's history") },
    ],
    [
      "a session must have ended",
      { sessions: sessions({ lastStart: at(-100), lastEnd: null, presumedEnd: at(-10) }) },
      { ...keep("idle"), evidence: saw("presumed-end", "a session ended at the latest", at(-10), "Guacamole") },
    ],
    [
      "nothing but the presumed end of a session",
      { ...awaited(at(-100)), sessions: { ...unvisited, presumedEnd: at(-50) } },
      keep("idle"),
    ],
    [
      "its person logged in since the last session",
      { ...idleSince(at(-90)), seenAt: at(-5) },
      {
        ...keep("idle"),
        evidence: saw("last-seen", "the person's last login or request", at(-5), "request"),
        next: suspendedAt(at(55), idleWords),
      },
    ],
    ["its person asked again and has not come yet", { ...awaited(at(-100)), seenAt: at(-29) }, keep("start-grace")],

    // What comes next
    ["the longest first", { startedAt: at(-700) }, { rule: "idle", next: suspendedAt(at(20), longestWords) }],
    ["its person leaves first", { leavingUntil: at(10) }, { rule: "idle", next: suspendedAt(at(10), leaveWords) }],
    ["its person's leave is over", { leavingUntil: at(-1) }, { rule: "idle", next: suspendedAt(now, leaveWords) }],
    ["the entitlement ends first", { entitlement: { endsAt: at(20) } }, { rule: "idle", next: retiredAt(at(20)) }],
    ["the entitlement is over", { entitlement: { endsAt: at(-1) } }, { rule: "idle", next: retiredAt(now) }],
    [
      "never ready: it is given up first",
      { ready: 0, ...awaited(at(-4)) },
      { rule: "start-grace", next: suspendedAt(at(6), stuckWords) },
    ],
    [
      "never ready, and its person leaves before",
      { ready: 0, ...awaited(at(-4)), leavingUntil: at(5) },
      { rule: "start-grace", next: suspendedAt(at(5), leaveWords) },
    ],
    [
      "never ready, and kept: it is given up all the same",
      { ready: 0, ...awaited(at(-4)), ...keptUntil(at(120)) },
      { rule: "kept", next: suspendedAt(at(6), stuckWords) },
    ],
    [
      "never ready, and paused: it is given up all the same",
      { ready: 0, ...awaited(at(-4)), reapingPaused: paused },
      { rule: "reaping-paused", next: suspendedAt(at(6), stuckWords) },
    ],
    [
      "never ready, and in doubt: it is given up all the same",
      { ready: 0, ...awaited(at(-4)), unanswered: ["guacamole is away"] },
      { rule: "unknown", next: suspendedAt(at(6), stuckWords) },
    ],
    [
      "worked on: what is over comes when that has ended",
      { request: { ...unready, working: true }, ready: 0, startedAt: at(-11), sessions: unvisited },
      { rule: "working", next: suspendedAt(now, stuckWords) },
    ],
    [
      "worked on, and up for too long",
      { request: { ...request, working: true }, startedAt: at(-3_000) },
      { rule: "working", next: suspendedAt(now, longestWords) },
    ],
    [
      "worked on, and its person leaves",
      { request: { ...request, working: true }, leavingUntil: at(10) },
      { rule: "working", next: suspendedAt(at(10), leaveWords) },
    ],
    [
      "the entitlement ends last",
      { entitlement: { endsAt: at(40) } },
      { rule: "idle", next: suspendedAt(at(30), idleWords) },
    ],
    ["kept beyond its idle time", keptUntil(at(120)), { rule: "kept", next: keptAt(at(120), idleWords) }],
    [
      "kept by its person beyond its idle time: they asked for that end",
      { kept: { workspace: "cohort-a", until: at(120), by: "alice" }, keptByPerson: true },
      { rule: "kept", next: keptAt(at(120), idleWords, "alice", true) },
    ],
    [
      "kept beyond its longest session",
      { ...keptUntil(at(120)), startedAt: at(-700), sessions: connected },
      { rule: "kept", next: keptAt(at(120), longestWords) },
    ],
    ["kept for less", keptUntil(at(10)), { rule: "kept", next: suspendedAt(at(30), idleWords) }],
    ["kept in the past", keptUntil(at(-1)), { rule: "idle", next: suspendedAt(at(30), idleWords) }],
    [
      "kept beyond its person's leave",
      { ...keptUntil(at(20)), leavingUntil: at(10) },
      { rule: "kept", next: keptAt(at(20), leaveWords) },
    ],
    [
      "kept beyond the entitlement",
      { ...keptUntil(at(120)), entitlement: { endsAt: at(90) } },
      { rule: "kept", next: retiredAt(at(90)) },
    ],
    [
      "paused: the timers end nothing",
      { reapingPaused: paused },
      { rule: "reaping-paused", next: retiredAt(at(2_000)) },
    ],
    [
      "paused, and its person leaves",
      { reapingPaused: paused, leavingUntil: at(10) },
      { rule: "reaping-paused", next: suspendedAt(at(10), leaveWords) },
    ],
    ["paused, and the entitlement unknown", { reapingPaused: paused, entitlement: null }, { next: undefined }],
    [
      "whether it is paused unknown, and its person leaves",
      { reapingPaused: null, leavingUntil: at(10) },
      { rule: "unknown", next: suspendedAt(at(10), leaveWords) },
    ],
  ];

  it.each(table)("%s", (_words, change, expected) => {
    const decision = decide(change);
    expect(decision).toEqual({ ...decision, ...expected });
  });

  describe("with a session that vanished", () => {
    const inUse: Change = { sessions: sessions({ open: [at(-100)], lastStart: at(-100) }) };
    const vanished: Change = { sessions: unvisited };

    /** What each look in turn decides, where each remembers the last. */
    function lookAfterLook(...looks: Change[]): Decision[] {
      let record: PersonRecord = { request: { id: "r1", username: "alice", claims: {}, ...request }, outcomes: {} };
      return looks.map((change) => {
        const decision = decide({ ...change, before: lastDecision(record, "cohort-a") });
        record = rememberDecision(record, "cohort-a", now, decision);
        return decision;
      });
    }

    it("misses it at every later look, not only at the first", () => {
      const looks = lookAfterLook(inUse, vanished, vanished, vanished);
      expect(looks.map(({ rule }) => rule)).toEqual(["in-use", "unknown", "unknown", "unknown"]);
    });

    it.each<[string, Change]>([
      ["sources that do not answer", { unanswered: ["guacamole is away"] }],
      ["sessions that are not known", { sessions: null }],
      ["a policy that cannot be read", { limits: null }],
      ["a start that is not known", { startedAt: null }],
      ["an entitlement that is not known", { entitlement: null }],
      ["it is not known whether reaping is paused", { reapingPaused: null }],
    ])("misses it after doubt for another reason as well: %s", (_words, doubt) => {
      const looks = lookAfterLook(inUse, { ...inUse, ...doubt }, vanished, { ...vanished, ...doubt }, vanished);
      expect(looks.map(({ rule }) => rule)).toEqual(["in-use", "unknown", "unknown", "unknown", "unknown"]);
    });

    it("misses it no longer when it is back, or when another one came", () => {
      const rulesOf = (back: Change) => lookAfterLook(inUse, vanished, back).map(({ rule }) => rule);
      expect(rulesOf(inUse)).toEqual(["in-use", "unknown", "in-use"]);
      const another = sessions({ lastStart: at(-90), lastEnd: at(-61) });
      expect(rulesOf({ sessions: another })).toEqual(["in-use", "unknown", "idle"]);
    });

    it("misses none where only sources did not answer while nobody was there", () => {
      const looks = lookAfterLook({}, { unanswered: ["guacamole is away"] }, {}, idleSince(at(-60)));
      expect(looks.map(({ rule, action }) => `${action} ${rule}`)).toEqual([
        "keep idle",
        "keep unknown",
        "keep idle",
        "suspend idle",
      ]);
    });
  });
});

describe("a start that is only guessed", () => {
  it("says nothing of how long it runs, nor that it was never ready", () => {
    expect(decide({ ...over, sessions: sessions({ open: [at(-10)] }), startGuessed: true }).rule).toBe("in-use");
    expect(decide({ ready: 0, request: unready, sessions: unvisited, startGuessed: true }).rule).not.toBe(
      "stuck-starting",
    );
    expect(decide({ sessions: sessions({ lastEnd: at(-60) }), startGuessed: true }).rule).toBe("idle");
  });
});

describe("where several rules hold", () => {
  /** Left alone for as long as it may, and no session in the history began since its start. */
  const leftAlone = sessions({ lastStart: null, lastEnd: at(-60) });
  const base: Change = { sessions: leftAlone };
  /** A way to each rule, the strongest first. */
  const ways: [Rule, Change][] = [
    ["entitlement-ended", ended],
    ["not-running", { replicas: 0 }],
    ["working", { request: { ...request, working: true } }],
    ["scaled-to-zero", { scaledToZero: "alice-cohort-a" }],
    ["stuck-starting", { ready: 0, request: unready }],
    ["reaping-paused", { reapingPaused: paused }],
    ["kept", keptUntil(at(1))],
    ["longest-session", over],
    ["unknown", { unanswered: ["guacamole is away"] }],
    ["in-use", { sessions: { ...leftAlone, active: true } }],
    ["start-grace", { sessions: unvisited }],
    ["idle", { sessions: leftAlone }],
  ];
  const pairs = ways.flatMap(([stronger, change], index) =>
    ways.slice(index + 1).map(([weaker, other]) => ({ stronger, weaker, change: { ...base, ...other, ...change } })),
  );

  it("each rule has its place", () => {
    // What is not ours is not asked about.
    expect(["not-ours", ...ways.map(([rule]) => rule)].sort()).toEqual([...rules].sort());
    for (const [rule, change] of ways) expect(decide({ ...base, ...change }).rule).toBe(rule);
  });

  // Somebody who is connected shows that it was ready: these two never hold at once.
  const both = pairs.filter(({ stronger, weaker }) => stronger !== "stuck-starting" || weaker !== "in-use");
  it.each(both)("$stronger decides, and not $weaker", ({ stronger, change }) => {
    expect(decide(change).rule).toBe(stronger);
  });
});

describe("whatever the facts", () => {
  const past = fc.integer({ min: -800, max: 0 }).map((minutes) => at(minutes));
  const future = fc.integer({ min: 0, max: 800 }).map((minutes) => at(minutes));
  const instant = fc.oneof(past, future);
  const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 4 });
  const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

  const anySessions = fc.record({
    open: fc.oneof(fc.constant([]), fc.array(past, { maxLength: 3 })),
    active: fc.nat(3).map((drawn) => drawn === 0),
    activeSince: orNull(past),
    lastStart: orNull(past),
    lastEnd: orNull(past),
    lastAttempt: orNull(past),
    presumedEnd: orNull(past),
    readAt: fc.constant(now),
  });
  const anyRequest = fc.record({
    workspace: fc.constant("cohort-a"),
    requestedAt: past,
    working: fc.nat(4).map((drawn) => drawn === 0),
    readyAt: sometimes(past),
  });
  const anyLimits: fc.Arbitrary<Limits> = fc
    .record({ idle: fc.integer({ min: 1, max: 400 }), grace: fc.nat(399), longest: fc.integer({ min: 1, max: 900 }) })
    .map(({ idle, grace, longest }) => ({
      ...limits,
      idleMinutes: idle,
      // No longer than the idle time: a first visit would take the rest of the grace away.
      startGraceMinutes: 1 + (grace % idle),
      longestSessionMinutes: longest,
    }));
  const anyKept = fc.record({ workspace: fc.constant("cohort-a"), until: instant, by: fc.constant("root") });
  /** All that can be known is known; nothing hinders the timers. */
  const knownFacts: fc.Arbitrary<DesktopFacts & { sessions: CountedSessions; startedAt: string }> = fc.record({
    replicas: fc.constant(1),
    ready: fc.nat(5).map((drawn) => Math.min(drawn, 1)),
    startedAt: past,
    sessions: anySessions,
    request: orNull(anyRequest),
    seenAt: orNull(past),
    entitlement: orNull(future.map((endsAt) => ({ endsAt }))),
    kept: sometimes(anyKept),
    unanswered: fc.constant([]),
  });
  const anyFacts: fc.Arbitrary<DesktopFacts> = fc
    .tuple(
      knownFacts,
      fc.record({
        replicas: fc.nat(5).map((drawn) => Math.min(drawn, 1)),
        startedAt: orNull(past),
        sessions: orNull(anySessions),
        leavingUntil: sometimes(instant),
        reapingPaused: fc.constantFrom(paused, null, undefined, undefined),
        before: sometimes(past.map((since) => connectedBefore(since).before)),
        unanswered: fc.oneof(fc.constant([]), fc.array(fc.constant("away"), { maxLength: 2 })),
      }),
    )
    .map(([known, change]) => ({ ...known, ...change }));
  const runs = { numRuns: 2_000 };
  const decideAt = (known: DesktopFacts, given: Limits | null, instant = now) =>
    decideReaping(known, given, new Date(instant));
  const isTimer = ({ rule }: Decision) => rule === "idle" || rule === "start-grace";

  it("nobody's desktop is idle while a session counts, or while anything is unknown", () => {
    fc.assert(
      fc.property(anyFacts, orNull(anyLimits), (known, given) => {
        if (!isTimer(decideAt(known, given))) return;
        expect(known.sessions).toMatchObject({ open: [], active: false });
        expect(known.startedAt).not.toBeNull();
        expect(known.unanswered).toEqual([]);
        expect(known.entitlement).not.toBeNull();
        expect(known.reapingPaused).toBeUndefined();
        expect(given).not.toBeNull();
      }),
      runs,
    );
  });

  it("the same facts give the same decision, and stay as they are", () => {
    fc.assert(
      fc.property(anyFacts, orNull(anyLimits), (known, given) => {
        const copy = structuredClone({ known, given });
        const decision = decideAt(known, given);
        expect({ known, given }).toEqual(copy);
        expect(decideAt(copy.known, copy.given)).toEqual(decision);
      }),
      runs,
    );
  });

  it("newer signs of life never take down what would be kept", () => {
    const later = (one: string | null | undefined, other: string) => (one != null && one > other ? one : other);
    const signs: ((known: DesktopFacts & { sessions: CountedSessions }, sign: string) => Partial<DesktopFacts>)[] = [
      ({ seenAt }, sign) => ({ seenAt: later(seenAt, sign) }),
      ({ request }, sign) => ({ request: request && { ...request, readyAt: later(request.readyAt, sign) } }),
      ({ sessions }, sign) => ({ sessions: { ...sessions, lastStart: later(sessions.lastStart, sign) } }),
      ({ sessions }, sign) => ({ sessions: { ...sessions, lastEnd: later(sessions.lastEnd, sign) } }),
      ({ sessions }, sign) => ({ sessions: { ...sessions, presumedEnd: later(sessions.presumedEnd, sign) } }),
      ({ sessions }, sign) => ({ sessions: { ...sessions, open: [...sessions.open, sign] } }),
      ({ sessions }) => ({ sessions: { ...sessions, active: true } }),
    ];
    fc.assert(
      fc.property(knownFacts, anyLimits, fc.constantFrom(...signs), past, (known, given, change, sign) => {
        fc.pre(decideAt(known, given).action === "keep");
        expect(decideAt({ ...known, ...change(known, sign) }, given).action).toBe("keep");
      }),
      runs,
    );
  });

  it("what is not known any more never takes down what would be kept", () => {
    const doubts: Change[] = [
      { startedAt: null },
      { entitlement: null },
      { reapingPaused: null },
      { limits: null },
      { unanswered: ["away"] },
      // One that is not ready could be stuck, where nothing tells any more that it was visited.
      { sessions: null },
    ];
    fc.assert(
      fc.property(anyFacts, anyLimits, fc.constantFrom(...doubts), (known, given, { limits: unread, ...doubt }) => {
        fc.pre(decideAt(known, given).action === "keep");
        expect(decideAt({ ...known, ...doubt }, unread === null ? null : given).action).toBe("keep");
      }),
      runs,
    );
  });

  it("only what was never ready is stuck, whatever else is known", () => {
    fc.assert(
      fc.property(anyFacts, orNull(anyLimits), (known, given) => {
        const { rule, next } = decideAt(known, given);
        if (rule !== "stuck-starting" && next?.reason !== stuckWords) return;
        expect(known.ready).toBe(0);
        expect(known.request?.readyAt).toBeUndefined();
        expect(known.startedAt).not.toBeNull();
        expect((known.sessions?.lastStart ?? "") < (known.startedAt ?? "")).toBe(true);
      }),
      runs,
    );
  });

  it("in doubt, in use, and while it is worked on, what comes next says nothing of idleness", () => {
    fc.assert(
      fc.property(anyFacts, orNull(anyLimits), (known, given) => {
        const { rule, next } = decideAt(known, given);
        if (["unknown", "in-use", "working"].includes(rule)) expect(next?.reason ?? "").not.toContain("nobody");
      }),
      runs,
    );
  });

  it("what comes next is never in the past, and nothing comes after an end", () => {
    fc.assert(
      fc.property(anyFacts, orNull(anyLimits), (known, given) => {
        const { action, next } = decideAt(known, given);
        if (action === "keep") expect(next === undefined || next.at >= now).toBe(true);
        else expect(next).toBeUndefined();
      }),
      runs,
    );
  });

  it("what is said to come next comes then, and not a millisecond before", () => {
    fc.assert(
      fc.property(knownFacts, anyLimits, (known, given) => {
        const { action, rule, next } = decideAt(known, given);
        fc.pre(action === "keep" && rule !== "working" && next?.action === "suspend");
        const then = next.at;
        expect(decideAt(known, given, then).action).toBe("suspend");
        const before = new Date(Date.parse(then) - 1).toISOString();
        if (before >= now) expect(decideAt(known, given, before).action).toBe("keep");
      }),
      runs,
    );
  });
});
