import type { Extension } from "../person/record.ts";
import type { Decision, EndCause, Evidence, EvidenceKind, Rule } from "../desktop/decision.ts";
import type { Pause } from "../desktop/maintenance.ts";
import type { DesktopPolicy } from "../desktop/policy.ts";
import { clockToleranceMilliseconds, type CountedSessions, shortestSessionSeconds } from "./sessions.ts";

/** All that a decision rests on. null is: not known, which is never a reason to take anything down. */
export interface DesktopFacts {
  /** Pods wanted, and ready. */
  replicas: number;
  ready: number;
  startedAt: string | null;
  /** The start is only guessed, by since when it answers: it says nothing of how long it runs. */
  startGuessed?: boolean | undefined;
  sessions: CountedSessions | null;
  request: {
    workspace: string | null;
    requestedAt: string;
    /** Nobody has finished with it yet. */
    working: boolean;
    /** When it was ready, which its person waited for. */
    readyAt?: string | undefined;
  } | null;
  /** When the person was last known to be there, from logins and requests. */
  seenAt: string | null;
  leavingUntil?: string | undefined;
  /** Until the end of which instant the person may have it; or why they may not any more. */
  entitlement: { endsAt: string } | { ended: string } | null;
  /** The binding that somebody scaled to 0. */
  scaledToZero?: string | undefined;
  kept?: Extension | undefined;
  /** Its own person keeps it. */
  keptByPerson?: boolean | undefined;
  /** Who paused reaping; null if it cannot be found out. */
  reapingPaused?: Pause | null | undefined;
  /** What was decided last. */
  before?: Decision | undefined;
  /** Sources that could not be asked, in words. */
  unanswered: readonly string[];
  /** The person's record cannot be read: nobody knows what they want, or what was promised to them. */
  recordDamaged?: boolean | undefined;
}

export type Limits = Pick<
  DesktopPolicy,
  | "idleMinutes"
  | "startGraceMinutes"
  | "longestSessionMinutes"
  | "longestExtensionMinutes"
  | "longestOwnExtensionMinutes"
  | "readyWithinSeconds"
>;

/** Beyond the time that a container may take to become ready: the saga gives up first, and puts things back itself. */
const stuckMilliseconds = 5 * 60_000;

/**
 * What is to become of a desktop. Pure: the same facts give the same decision, and whatever is not known keeps it.
 *
 * @param limits null if the workspace's policy cannot be read
 */
export function decideReaping(facts: DesktopFacts, limits: Limits | null, now: Date): Decision {
  const { replicas, entitlement, request, kept, startedAt } = facts;
  const at = now.toISOString();
  const keep = (rule: Rule, reason: string, evidence?: Evidence): Decision =>
    plain({ action: "keep", rule, reason, evidence, next: nextEnd(facts, limits, at, rule) });
  const suspend = (rule: Rule, reason: string, evidence?: Evidence, allowed?: number): Decision =>
    plain({ action: "suspend", rule, minutes: allowed, reason, evidence });

  if (entitlement && "ended" in entitlement) {
    const evidence: Evidence = { kind: "entitlement-ended", what: entitlement.ended, at, source: "bindings" };
    return { action: "retire", rule: "entitlement-ended", reason: entitlement.ended, evidence };
  }
  if (replicas === 0) return { action: "keep", rule: "not-running", reason: "it is not running" };
  if (facts.recordDamaged)
    return { action: "keep", rule: "unknown", reason: "kept in doubt: its person's record is damaged" };
  if (request?.working)
    return keep("working", "it is being worked on", {
      kind: "open-request",
      what: "a request that has not ended",
      at: request.requestedAt,
      source: "request",
    });
  if (facts.scaledToZero !== undefined)
    return suspend("scaled-to-zero", `the binding ${facts.scaledToZero} was scaled to 0`);

  const stuck = stuckEnd(facts, limits);
  if (startedAt !== null && stuck !== null && stuck <= at)
    return suspend("stuck-starting", `it was started at ${startedAt} and never became ready`, {
      kind: "not-ready",
      what: "started, and not ready",
      at: startedAt,
      source: "Kubernetes",
    });
  const doubt = (words: string) => keep("unknown", `kept in doubt: ${words}`, evidenceInDoubt(facts));
  if (facts.reapingPaused === null) return doubt("it is not known whether reaping is paused");
  if (facts.reapingPaused) {
    const { by, since, reason } = facts.reapingPaused;
    const words = `reaping is paused by ${by}${reason === undefined ? "" : `: ${reason}`}`;
    return keep("reaping-paused", words, {
      kind: "reaping-paused",
      what: "reaping paused",
      at: since,
      source: "administrator",
    });
  }
  if (kept && kept.until > at) {
    const by = facts.keptByPerson ? "its person" : kept.by;
    const words = `kept until ${kept.until} by ${by}${kept.reason === undefined ? "" : `: ${kept.reason}`}`;
    // Older releases read these decisions, too: what a person asks for has been a source since the first one.
    const source = facts.keptByPerson ? "request" : "administrator";
    return keep("kept", words, { kind: "extended", what: words, at, source });
  }
  const longest = longestEnd(facts, limits);
  if (startedAt !== null && limits && longest !== null && longest <= at)
    return suspend(
      "longest-session",
      `it has been running since ${startedAt}, and may run for at most ${minutes(limits.longestSessionMinutes)}`,
      { kind: "started", what: "started", at: startedAt, source: "Kubernetes" },
      limits.longestSessionMinutes,
    );

  const unknown = whatIsUnknown(facts, limits);
  if (unknown !== null) return doubt(unknown);
  const inUse = usedSince(facts);
  if (inUse) return keep("in-use", `somebody has been connected since ${inUse.at}`, inUse);

  const idle = idleEnd(facts, limits);
  if (!idle) return keep("unknown", "kept in doubt");
  const { end, rule, evidence, given } = idle;
  const sign = `${evidence.what} at ${evidence.at}${attemptSince(facts, evidence)}`;
  if (end <= at) {
    const absent = rule === "idle" ? "has been connected for more than" : "connected within";
    return suspend(rule, `nobody ${absent} ${minutes(given)} (${sign})`, evidence, given);
  }
  const nobody = rule === "idle" ? "nobody is connected" : "nobody has connected yet";
  return keep(rule, `${nobody} (${sign}), which is allowed for ${minutes(given)}`, evidence);
}

/** Why nothing can be said of who uses the desktop; null if it can. */
function whatIsUnknown(facts: DesktopFacts, limits: Limits | null): string | null {
  const { unanswered, sessions, startedAt, entitlement } = facts;
  if (unanswered.length > 0) return unanswered.join("; ");
  if (!entitlement) return "it is not known whether its person is entitled to it";
  if (!limits) return "the policy of its workspace cannot be read";
  if (!sessions) return "it is not known who is connected";
  if (startedAt === null) return "it is not known since when it has been running";
  const vanished = vanishedSession(facts);
  return vanished && `the session of ${vanished.at} is not in Guacamole's history any more`;
}

/** A session that was open when we looked before, and is not in the history now; null if there is none. */
function vanishedSession({ before, sessions, startedAt }: DesktopFacts): Evidence | null {
  if (before?.rule !== "in-use" && before?.rule !== "unknown") return null;
  const { evidence } = before;
  if (!sessions || startedAt === null || evidence?.kind !== "open-session") return null;
  if (evidence.at < startOfTolerance(startedAt)) return null;
  // A session does not leave the history by itself: somebody emptied it, or another database answers. One that ended so
  // soon that it was none is still there.
  const isThere = [sessions.lastStart, sessions.lastAttempt].some((start) => start !== null && start >= evidence.at);
  return isThere ? null : evidence;
}

/**
 * What doubt rests on: the newest that is known. What vanished, and what was seen before sessions could not be read any
 * more, stays, so that it is still missed at the next look.
 */
function evidenceInDoubt(facts: DesktopFacts): Evidence | undefined {
  if (!facts.sessions || vanishedSession(facts)) return facts.before?.evidence;
  return usedSince(facts) ?? newestSign(facts) ?? facts.before?.evidence;
}

function usedSince({ sessions }: DesktopFacts): Evidence | null {
  const [first] = [...(sessions?.open ?? [])].sort();
  if (first !== undefined)
    return { kind: "open-session", what: "a session that is open", at: first, source: "Guacamole's history" };
  if (!sessions?.active) return null;
  const at = sessions.activeSince ?? sessions.readAt;
  return { kind: "active-connection", what: "a connection that is active", at, source: "Guacamole" };
}

interface IdleEnd {
  end: string;
  rule: "idle" | "start-grace";
  evidence: Evidence;
  /** Minutes. */
  given: number;
}

/** When the time with nobody connected is over, and since when it counts. */
function idleEnd(facts: DesktopFacts, limits: Limits | null): IdleEnd | null {
  const { sessions, startedAt } = facts;
  const evidence = newestSign(facts);
  if (!sessions || !limits || startedAt === null || !evidence) return null;
  const { lastStart, lastEnd, presumedEnd } = sessions;
  const first = startOfTolerance(startedAt);
  const visited = [lastStart, lastEnd, presumedEnd].some((each) => each !== null && each >= first);
  const rule = visited ? "idle" : "start-grace";
  const given = visited ? limits.idleMinutes : limits.startGraceMinutes;
  return { end: endOf(evidence.at, given), rule, evidence, given };
}

/** The last that is known of anybody at a desktop; null if its start or its sessions are not known. */
function newestSign({ sessions, startedAt, seenAt, request }: DesktopFacts): Evidence | null {
  if (!sessions || startedAt === null) return null;
  const { lastStart, lastEnd, presumedEnd } = sessions;
  const signs: (Evidence | null)[] = [
    sign("started", "started", startedAt, "Kubernetes"),
    sign("ready", "ready", request?.readyAt, "request"),
    sign("last-seen", "the person's last login or request", seenAt, "request"),
    sign("session-began", "a session began", lastStart, "Guacamole's history"),
    sign("session-ended", "a session ended", lastEnd, "Guacamole's history"),
    sign("presumed-end", "a session ended at the latest", presumedEnd, "Guacamole"),
  ];
  return signs.filter((each) => each !== null).reduce((newest, each) => (each.at > newest.at ? each : newest));
}

/** In words, that somebody tried to connect after the last sign and got nowhere; empty if nobody did. */
function attemptSince({ sessions }: DesktopFacts, { at }: Evidence): string {
  const attempt = sessions?.lastAttempt ?? null;
  return attempt !== null && attempt > at
    ? `; an attempt to connect at ${attempt} does not count, because it ended within ${shortestSessionSeconds} seconds`
    : "";
}

function sign(
  kind: EvidenceKind,
  what: string,
  at: string | null | undefined,
  source: Evidence["source"],
): Evidence | null {
  return at == null ? null : { kind, what, at, source };
}

/**
 * What ends it first, if nothing new is seen. What somebody keeps is kept from being idle, too long up, and left; in
 * doubt, and while it is worked on, nothing can be said of who uses it.
 */
function nextEnd(facts: DesktopFacts, limits: Limits | null, now: string, rule: Rule): Decision["next"] {
  const { entitlement, kept, leavingUntil, reapingPaused } = facts;
  const idle = rule === "unknown" || rule === "working" || usedSince(facts) ? null : idleEnd(facts, limits);
  const stuck = stuckEnd(facts, limits);
  const ends: NonNullable<Decision["next"]>[] = [];
  const suspended = (at: string, why: string, cause: EndCause, given?: number) => {
    const isKept = kept !== undefined && kept.until > at && kept.until > now;
    const until = isKept ? kept.until : at;
    const byPerson = facts.keptByPerson === true;
    const keeper = byPerson ? "its person" : (kept?.by ?? "");
    ends.push({
      ...{ at: until > now ? until : now, action: "suspend", cause },
      reason: isKept ? `${keeper} keeps it until then; after that: ${why}` : why,
      ...(given !== undefined && { minutes: given }),
      ...(isKept && { kept: { by: kept.by, byPerson } }),
    });
  };
  if (reapingPaused === undefined) {
    const longest = longestEnd(facts, limits);
    if (longest !== null && limits)
      suspended(
        longest,
        `it may run for at most ${minutes(limits.longestSessionMinutes)}, in use or not`,
        "longest-session",
        limits.longestSessionMinutes,
      );
    if (idle)
      suspended(idle.end, `nobody is connected, which is allowed for ${minutes(idle.given)}`, idle.rule, idle.given);
  }
  if (stuck !== null)
    ends.push({
      ...{ at: stuck > now ? stuck : now, action: "suspend", cause: "stuck-starting" satisfies EndCause },
      reason: "it is not ready",
    });
  if (leavingUntil !== undefined) suspended(leavingUntil, "its person logged out", "left");
  if (entitlement && "endsAt" in entitlement)
    ends.push({
      at: entitlement.endsAt > now ? entitlement.endsAt : now,
      action: "retire",
      cause: "entitlement-ended" satisfies EndCause,
      reason: "its person's access to the workspace ends then",
    });
  return ends.sort((one, other) => one.at.localeCompare(other.at))[0];
}

function endOf(from: string, minutes: number): string {
  return new Date(Date.parse(from) + minutes * 60_000).toISOString();
}

/** When it has run for as long as it may; null if its start is not known for certain. */
function longestEnd({ startedAt, startGuessed }: DesktopFacts, limits: Limits | null): string | null {
  return limits && startedAt !== null && !startGuessed ? endOf(startedAt, limits.longestSessionMinutes) : null;
}

/** When a desktop that was never ready is given up; null if it was, or its start is not known. */
function stuckEnd(
  { ready, startedAt, startGuessed, request, sessions }: DesktopFacts,
  limits: Limits | null,
): string | null {
  if (ready > 0 || request?.readyAt !== undefined || !limits || startedAt === null || !sessions || startGuessed)
    return null;
  if (sessions.active || (sessions.lastStart ?? "") >= startOfTolerance(startedAt)) return null;
  const given = limits.readyWithinSeconds * 1_000 + stuckMilliseconds;
  return new Date(Date.parse(startedAt) + given).toISOString();
}

/** What is not older than that may belong to this start: Guacamole writes times by its own clock. */
function startOfTolerance(startedAt: string): string {
  return new Date(Date.parse(startedAt) - clockToleranceMilliseconds).toISOString();
}

function minutes(count: number): string {
  return count === 1 ? "1 minute" : `${count} minutes`;
}

/** Without what is undefined: it goes through JSON, and is compared after. */
function plain({ action, rule, minutes, reason, evidence, next }: Decision): Decision {
  const decision: Decision = { action, rule, reason };
  if (minutes !== undefined) decision.minutes = minutes;
  if (evidence !== undefined) decision.evidence = evidence;
  if (next !== undefined) decision.next = next;
  return decision;
}
