import { decideDrift } from "../../shared/lifecycle/decide-drift.ts";
import { asksForStanding, decideNotice } from "../../shared/lifecycle/notices.ts";
import { ask } from "../../shared/person/ask.ts";
import { narrowClaims, type Standing } from "../../shared/person/claims.ts";
import type { Told } from "../../shared/person/notice.ts";
import { endLeave, leave } from "../../shared/person/presence.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { isDue } from "../../shared/person/left-to-do.ts";
import { retireDesktops, retirePerson } from "../../shared/person/retirement.ts";
import { chanceOf } from "./chance.ts";
import { day, hour, minute, second } from "./faults.ts";
import { auditLeavers, type LeaversAudit } from "./leavers-audit.ts";
import { gatherDrift } from "./leavers-gather.ts";
import { createProduct, type Product } from "./leavers-product.ts";
import { claimNames, group, type Leaver, planTroubles } from "./leavers-truth.ts";
import { type Process, timelineFrom } from "./timeline.ts";
import { iso, workspace } from "./truth.ts";

const start = Date.parse("2026-03-02T00:00:00Z");
const wakeInterval = 30 * second;
const reconcileInterval = 15 * minute;
/** LEAVE_GRACE_MINUTES, and Keycloak's SSO Session Idle and Max. */
const graceMinutes = 15;
const sessionIdle = 30 * minute;
const sessionMax = 10 * hour;
const rules = { graceMinutes, idleMinutes: sessionIdle / minute, maxMinutes: sessionMax / minute };
/** The pauses of a notice that cannot be followed (orchestrations/follow-notice.ts). */
const noticePauses = [60, 300, 900, 1_800, 3_600];

/** Another decision than the product's. */
export interface Instead {
  decideDrift?: typeof decideDrift;
  endLeave?: typeof endLeave;
  isDue?: typeof isDue;
  /** After how long without progress work is replaced; by default STUCK_AFTER_MINUTES. */
  stuckAfter?: number;
}

/** People who leave in every way, for days, while everything fails at times; and what became of their desktops. */
export function playLeavers(
  seed: number,
  people: number,
  days: number,
  instead: Instead = {},
): LeaversAudit & { counts: Product["counts"] } {
  const end = start + days * day;
  const timeline = timelineFrom(start);
  const { now } = timeline;
  const troubles = planTroubles(seed, start, end);
  const leavers = Array.from({ length: people }, (_, number) => newcomer(`person-${number}`, number % 2 === 0));
  const audit = auditLeavers(leavers, troubles, { reconcileInterval, grace: graceMinutes * minute });
  const onCut = (leaver: Leaver) => {
    audit.cutOff(leaver, now(), "was disconnected by a stop");
  };
  const product = createProduct({ seed, timeline, leavers, troubles, onCut, ...instead });
  const stamp = (what: string) => ({
    id: `${what} ${now()} ${Math.round(chanceOf(seed, `${what}${now()}`).between(0, 1e9))}`,
    at: iso(now()),
  });

  const standingOf = ({ known: isKnown, inGroup, session }: Leaver): Standing | null =>
    isKnown
      ? {
          enabled: true,
          groups: inGroup ? [group] : [],
          roles: [],
          sessions: session && session.until > now() ? [session.id] : [],
          elsewhere: false,
        }
      : null;

  /** What must hold from now on, until they log in again. */
  function mustBe(leaver: Leaver, what: "gone" | "not running", why: string): void {
    if (leaver.goal?.what === "gone" || !leaver.record) return;
    if (what === "not running" && leaver.goal) return;
    leaver.goal = { since: now(), what, why };
  }

  function* logIn(leaver: Leaver, chance: ReturnType<typeof chanceOf>): Process<boolean> {
    leaver.session = { id: `${leaver.username} ${now()}`, until: now() + sessionMax };
    for (let tries = 0; tries < 200; tries += 1) {
      yield chance.between(1, 5) * second;
      if (product.hostUp() && product.answers("cluster")) {
        const { username, record = null, inGroup, byGroup } = leaver;
        const claims = inGroup ? { groups: [group] } : {};
        const at = iso(now());
        const arrival = { at, session: leaver.session.id, subject: username, claims };
        const isUp = leaver.replicas === 1 && leaver.permitted && product.answers("database");
        try {
          if (byGroup && !inGroup) return false;
          const wish = { workspace, claims, subject: username };
          leaver.record = ask(record, username, wish, stamp("ask"), { stillTrue: () => isUp, arrival });
          leaver.goal = undefined;
          product.wake(leaver);
          return true;
        } catch {
          // Something of theirs is still being removed.
        }
      }
      yield minute;
    }
    return false;
  }

  function hear(leaver: Leaver, told: Told): void {
    if (!product.hostUp()) return; // Keycloak does not try again
    const at = iso(now());
    timeline.run(
      (function* follow(): Process {
        for (const pause of noticePauses) {
          yield second;
          const { record } = leaver;
          if (!record) return;
          if (product.hostUp() && product.answers("cluster")) {
            const notice = { id: at, at, subject: leaver.username, told };
            const canAsk = product.answers("Keycloak") && asksForStanding(notice);
            const decision = decideNotice(record, canAsk ? standingOf(leaver) : undefined, notice, claimNames);
            if (decision.do === "retire person")
              leaver.record = retirePerson(record, leaver.username, decision.reason, stamp("notice"));
            if (decision.do === "leave")
              leaver.record = leave(record, { at, which: decision.which, alive: decision.alive }, rules);
            if (decision.do === "narrow claims") loseByClaims(leaver, narrowClaims(record.request.claims, decision.by));
            product.wake(leaver);
            return;
          }
          yield pause * second;
        }
      })(),
    );
  }

  function loseByClaims(leaver: Leaver, claims: PersonRecord["request"]["claims"]): void {
    const { username, record, byGroup } = leaver;
    if (!record) return;
    const retirements =
      byGroup && !claims["groups"] ? [{ ...stamp("loss"), workspace, requestedAt: iso(now()), reason: "" }] : [];
    leaver.record = retireDesktops(record, username, { retirements, reason: "", claims }, stamp("none"));
  }

  function* live(leaver: Leaver): Process {
    const chance = chanceOf(seed, leaver.username);
    for (let today = start; today < end - 2 * day && leaver.known; today += day) {
      const comesAt = today + chance.between(7, 12) * hour;
      if (comesAt < now() || !chance.happens(0.7)) continue;
      yield comesAt - now();
      if (!(yield* logIn(leaver, chance))) continue;
      yield chance.between(1, 20) * minute;
      if (leaver.permitted && chance.happens(0.9)) connect(leaver);
      yield chance.between(0.2, 7) * hour;
      goAway(leaver, chance);
    }
  }
  function connect(leaver: Leaver): void {
    Object.assign(leaver, { connected: true, connectedSince: now() });
  }
  function disconnect(leaver: Leaver): void {
    leaver.connected = false;
  }

  /** How a day ends, or a life in the realm. */
  function goAway(leaver: Leaver, chance: ReturnType<typeof chanceOf>): void {
    const heard = chance.happens(0.6);
    const way = chance.between(0, 1);
    if (way < 0.45) {
      // By Guacamole's button.
      disconnect(leaver);
      const session = leaver.session?.id ?? "";
      leaver.session = undefined;
      mustBe(leaver, "not running", heard ? "logged out" : "logged out, unheard");
      if (heard) hear(leaver, { what: "left", which: { session } });
    } else if (way < 0.65) {
      // Closes the browser: the session in Keycloak expires, and nobody tells.
      disconnect(leaver);
      const { session } = leaver;
      if (session) session.until = Math.min(session.until, now() + sessionIdle);
      timeline.at(session?.until ?? now(), () => {
        if (leaver.session === session && !leaver.connected) mustBe(leaver, "not running", "session expired");
      });
    } else if (way < 0.8) {
      // Works on, after the session in Keycloak has reached its longest time.
      const { session } = leaver;
      timeline.at(now() + 5 * hour, () => {
        if (leaver.session !== session) return;
        disconnect(leaver);
        if (session) session.until = Math.min(session.until, now());
        mustBe(leaver, "not running", "session expired while connected");
      });
    } else if (way < 0.85) {
      disconnect(leaver);
      leaver.known = false;
      leaver.session = undefined;
      mustBe(leaver, "gone", heard ? "deleted" : "deleted, unheard");
      if (heard) hear(leaver, { what: "deleted" });
    } else if (way < 0.93) {
      if (!leaver.byGroup || !leaver.inGroup) return;
      leaver.inGroup = false;
      mustBe(leaver, "gone", heard ? "lost the group" : "lost the group silently");
      if (heard) hear(leaver, { what: "lost", claim: "groups", values: [group] });
    } else if (leaver.record && product.hostUp() && product.answers("cluster")) {
      leaver.record = retirePerson(leaver.record, leaver.username, "by an administrator", stamp("retire"));
      product.wake(leaver);
      mustBe(leaver, "gone", "retired");
    }
  }

  function endLeaves(): void {
    if (!product.hostUp() || !product.answers("cluster")) return;
    for (const leaver of leavers) {
      const leaving = leaver.record?.presence?.leaving;
      if (!leaver.record || !leaving || leaving.until > iso(now())) continue;
      if (!product.answers("Keycloak") || !product.answers("database")) continue;
      const sessions = standingOf(leaver)?.sessions ?? [];
      const opened = leaver.connectedSince !== null && iso(leaver.connectedSince) > leaving.since;
      const isBack = sessions.length > 0 || opened || (leaving.unlessInUse === true && leaver.connected);
      leaver.record = (instead.endLeave ?? endLeave)(
        leaver.record,
        { since: leaving.since, isBack, sessions, reason: "" },
        stamp("leave"),
      );
      product.wake(leaver);
    }
  }

  function reconcile(): void {
    if (!product.hostUp() || !product.answers("cluster") || !product.answers("database")) return;
    const asked = product.answers("Keycloak") ? standingOf : null;
    const gathered = gatherDrift(leavers, new Date(now()), asked);
    const { drifts } = (instead.decideDrift ?? decideDrift)(gathered, 100);
    for (const { kind, username = "", reason } of drifts) {
      const leaver = leavers.find((each) => each.username === username);
      if (!leaver?.record) continue;
      if (kind === "person-gone") leaver.record = retirePerson(leaver.record, username, reason, stamp("gone"));
      if (kind === "session-ended")
        leaver.record = leave(leaver.record, { at: iso(now()), which: "some session", alive: [] }, rules);
      if (kind === "entitlement-ended") {
        const retirements = [{ ...stamp("ended"), workspace, requestedAt: iso(now()), reason }];
        leaver.record = retireDesktops(leaver.record, username, { retirements, reason }, stamp("none"));
      }
      if (kind === "access-without-desktop") leaver.permitted = false;
      product.wake(leaver);
    }
  }

  for (const leaver of leavers) timeline.run(live(leaver));
  for (let at = start; at < end; at += wakeInterval)
    timeline.at(at, () => {
      product.keepWorking();
      endLeaves();
      audit.look(now());
    });
  for (let at = start + minute; at < end; at += reconcileInterval) timeline.at(at, reconcile);
  timeline.play(end);
  return { ...audit.found, counts: product.counts };
}

function newcomer(username: string, byGroup: boolean): Leaver {
  return {
    ...{ username, byGroup, known: true, inGroup: byGroup, session: undefined, connected: false, connectedSince: null },
    ...{ parts: new Set<string>(), replicas: 0, permitted: false, startedAt: null, record: undefined, goal: undefined },
  };
}
