import type { DesktopDrift, Drift } from "./drift.ts";
import type { GatheredDrift } from "./drift-sources.ts";
import { entitlementsAt } from "./entitlements.ts";
import { claimsNow } from "../person/claims.ts";
import { lastSeen } from "../person/presence.ts";
import { outcomeOf } from "../person/outcomes.ts";
import { mayUse } from "../person/request.ts";
import type { SurveyedDesktop } from "./survey.ts";

/** Desktops that their people have by the claims that were proven last, and not by the groups and roles that they have now. */
export function lostByClaims(
  { survey, known, standings, claimNames, timeZone }: GatheredDrift,
  ours: readonly SurveyedDesktop[],
): Drift[] {
  const entitlementOf = entitlementsAt(new Date(survey.at), timeZone, known);
  return ours.flatMap(({ desktop, decision, record }): Drift[] => {
    const { workspace, username } = desktop;
    const standing = standings.get(username);
    if (!record || !standing?.enabled || decision.action === "retire") return [];
    const { claims, claimsReduced } = record.request;
    const before = entitlementOf(desktop, claims, claimsReduced);
    const now = claimsNow(record.request, standing, claimNames);
    const today = entitlementOf(desktop, now.claims, now.reduced);
    // What ended whatever the claims are is told by the decision.
    if (!today || !("ended" in today) || (before && "ended" in before)) return [];
    const reason = `${today.ended}, as the identity provider knows them now`;
    return [{ kind: "entitlement-ended", workspace, username, reason }];
  });
}

/** People whom the identity provider does not know any more, or has disabled. */
export function peopleGone({ standings }: Pick<GatheredDrift, "standings">): Drift[] {
  return [...standings].flatMap(([username, standing]): Drift[] => {
    if (!standing) return [{ kind: "person-gone", username, reason: "is no longer known to the identity provider" }];
    return standing.enabled ? [] : [{ kind: "person-gone", username, reason: "was disabled at the identity provider" }];
  });
}

/** Desktops whose people have no session with Guacamole any more, and those of them who have sessions with something else. */
export function sessionsEnded(
  { survey, standings }: Pick<GatheredDrift, "survey" | "standings">,
  compared: readonly SurveyedDesktop[],
): { drifts: DesktopDrift[]; onlyElsewhere: DesktopDrift[] } {
  const drifts: DesktopDrift[] = [];
  const onlyElsewhere: DesktopDrift[] = [];
  for (const surveyed of compared) {
    const { workspace, username } = surveyed.desktop;
    const standing = standings.get(username);
    if (standing?.sessions.length !== 0 || !hasLeft(surveyed, survey.at)) continue;
    const reason = `has no session with Guacamole any more${standing.elsewhere ? ", only with other applications" : ""}`;
    const drift: DesktopDrift = { kind: "session-ended", workspace, username, reason };
    drifts.push(drift);
    if (standing.elsewhere) onlyElsewhere.push(drift);
  }
  return { drifts, onlyElsewhere };
}

/** A login takes this long at most: until its end the identity provider does not know it. */
const loginMilliseconds = 2 * 60_000;

/**
 * True if the person, who has no session at the identity provider, was in Guacamole and is not connected. Guacamole's own
 * session outlives that of the identity provider, so an open connection counts more.
 */
function hasLeft({ desktop, record, use }: SurveyedDesktop, now: string): boolean {
  if (!record || !use || use.connected || desktop.replicas === 0 || record.presence?.leaving) return false;
  const outcome = outcomeOf(record);
  if (!mayUse(record, desktop.workspace) || (outcome?.state !== "done" && outcome?.state !== "failed")) return false;
  const last = Math.max(Date.parse(lastSeen(record)), Date.parse(outcome.at));
  if (Date.parse(now) - last < loginMilliseconds) return false;
  return use.visited || (record.presence?.sessions.length ?? 0) > 0;
}
