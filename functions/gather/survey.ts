import { lastDecisionOfUse, unusedAt } from "../../shared/person/decisions.ts";
import { lastSeen } from "../../shared/person/presence.ts";
import { dayIn, endOfDay } from "../../shared/desktop/day.ts";
import { type Claims, decideEntitlement } from "../../shared/desktop/entitlement.ts";
import { type DesktopKey, personId } from "../../shared/desktop/names.ts";
import { policyOf, type PolicyTexts } from "../../shared/desktop/policy.ts";
import { decideReaping, type DesktopFacts, type Limits } from "../../shared/lifecycle/reaping.ts";
import type { Decision } from "../../shared/desktop/decision.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import {
  clockToleranceMilliseconds,
  countSessions,
  noSessions,
  type SessionHistory,
} from "../../shared/lifecycle/sessions.ts";
import { isRefusal } from "../../shared/errors.ts";
import type { ConnectionSessions } from "../../shared/guacamole/desktops.ts";
import type { DeployedDesktop } from "../../shared/kubernetes/desktops.ts";
import type { DamagedRecord } from "../../shared/kubernetes/person-records.ts";
import type { Services } from "../services.ts";

type Known = Awaited<ReturnType<Services["workspaces"]["known"]>>;

/** A desktop, and what is to become of it. */
export interface SurveyedDesktop {
  desktop: DeployedDesktop;
  /** null where the policy of its workspace cannot be read. */
  limits: Limits | null;
  decision: Decision;
  record: PersonRecord | undefined;
}

const notOurs: Decision = {
  action: "keep",
  rule: "not-ours",
  reason: "the operator left it, and it is not taken over yet",
};

/** What a survey asks. */
export type Surveyed = Pick<
  Services,
  | "settings"
  | "workspaces"
  | "policies"
  | "records"
  | "desktops"
  | "guacamole"
  | "maintenance"
  | "activeConnections"
  | "guacamoleInstances"
  | "now"
>;

export interface Survey {
  at: string;
  desktops: SurveyedDesktop[];
  /** What is known of each person who ever asked, by username. */
  records: ReadonlyMap<string, PersonRecord>;
  /** Sources that could not be asked; whatever they might have said, desktops are kept. */
  unanswered: string[];
  /** Records that cannot be read; the desktops of these people are kept. */
  damaged: DamagedRecord[];
}

/**
 * Looks at every desktop (or at those of one person) and decides about each: lists in pages, one statement for all
 * sessions. Throws if the desktops themselves, or what people want, cannot be read; whatever else does not answer is
 * named and is a reason to keep, and so is one person's damaged record if everybody is looked at.
 */
export async function surveyDesktops(services: Surveyed, username?: string): Promise<Survey> {
  const { now } = services;
  const unanswered: string[] = [];
  // What people read says which system, and not where it is.
  const doubts: string[] = [];
  const asked = async <T>(system: string, work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      unanswered.push((error as Error).message);
      doubts.push(`${system} cannot be read`);
      return null;
    });

  // One after the other: side by side, the pages of four long lists would be in memory at once.
  const deployed = await services.desktops.all(username);
  const { records, damaged } = await recordsOf(services, username);
  const isDamaged = damagedAmong(damaged);
  const known = await asked("who may use what", services.workspaces.known());
  const maintenance = await asked("the maintenance switch", services.maintenance.read());
  const histories = await asked(
    "Guacamole's history",
    services.guacamole.sessions(sessionsSince(deployed, now()), username),
  );
  // After the history: a session that begins between the two is in one of them.
  const active = services.activeConnections
    ? await asked("Guacamole's list of connections", services.activeConnections.now())
    : null;
  // Where it is not known, open sessions simply count.
  const guacamoleSince = (await services.guacamoleInstances?.oldestStart().catch(() => null)) ?? null;

  const historyOf = histories && byDesktop(histories);
  const entitlementOf = known && entitlements(services, known);
  const limitsOf = limitsIn(services, known);
  const scaledDown = scaledToZero(known);
  const at = now();

  const factsOf = (desktop: DeployedDesktop, limits: Limits | null): DesktopFacts => {
    const record = records.get(desktop.username);
    const rows = historyOf?.get(keyOf(desktop));
    const before = record && lastDecisionOfUse(record, desktop.workspace);
    const sessions = (history: SessionHistory) =>
      countSessions(history, {
        now: at,
        // A start that is only guessed ends no session.
        startedAt: desktop.startNoted ? desktop.startedAt : null,
        guacamoleSince,
        active: active && rows ? rows.connectionIds.some((id) => active.has(id)) : null,
        unusedAt: record ? unusedAt(record, desktop.workspace) : [],
        longestMinutes: limits?.longestSessionMinutes,
      });
    const request = record?.request;
    const outcome = request && record.outcomes[request.id];
    const own = request?.workspace === desktop.workspace;
    const isUp = own && outcome?.state === "done";
    return {
      replicas: desktop.replicas,
      ready: desktop.side.ready,
      startedAt: desktop.startedAt,
      startGuessed: !desktop.startNoted,
      // A desktop that is up has a connection; where ours does not see it, it does not see who uses it either.
      sessions: histories && (rows || !isUp ? sessions(rows?.history ?? noSessions) : null),
      request: request
        ? {
            workspace: request.workspace,
            requestedAt: request.requestedAt,
            working: !outcome || (record.removals ?? []).length > 0,
            ...(isUp && { readyAt: outcome.at }),
          }
        : null,
      seenAt: own && record ? lastSeen(record) : null,
      leavingUntil: record?.presence?.leaving?.until,
      entitlement: entitlementOf && entitlementOf(desktop, request?.nobodyAsked ? undefined : request?.claims),
      scaledToZero: desktop.binding !== undefined && scaledDown.has(desktop.binding) ? desktop.binding : undefined,
      kept: record?.kept?.workspace === desktop.workspace ? record.kept : undefined,
      reapingPaused: maintenance && maintenance.reaping,
      before,
      unanswered: doubts,
      recordDamaged: isDamaged(desktop.username),
    };
  };

  const desktops: SurveyedDesktop[] = [];
  for (const desktop of deployed) {
    const limits = await limitsOf(desktop.workspace);
    const decision = desktop.ours ? decideReaping(factsOf(desktop, limits), limits, at) : notOurs;
    desktops.push({ desktop, limits, decision, record: records.get(desktop.username) });
  }
  return { at: at.toISOString(), desktops, records, unanswered, damaged };
}

/** The sessions of each desktop: of all its connections, where older ones of the name lie in other groups. */
function byDesktop(
  all: readonly ConnectionSessions[],
): Map<string, { connectionIds: number[]; history: SessionHistory }> {
  const later = (one: string | null, other: string | null) => (one !== null && (other ?? "") < one ? one : other);
  const found = new Map<string, { connectionIds: number[]; history: SessionHistory }>();
  for (const each of all) {
    const { connectionIds, history } = found.get(keyOf(each)) ?? { connectionIds: [], history: noSessions };
    found.set(keyOf(each), {
      connectionIds: [...connectionIds, each.connectionId],
      history: {
        open: [...history.open, ...each.history.open],
        lastStart: later(history.lastStart, each.history.lastStart),
        lastEnd: later(history.lastEnd, each.history.lastEnd),
      },
    });
  }
  return found;
}

function keyOf({ workspace, username }: DesktopKey): string {
  return `${workspace}/${username}`;
}

/** What ended before the first of them was started says nothing of any; null where a start is not known. */
function sessionsSince(desktops: readonly DeployedDesktop[], now: Date): string | null {
  let earliest = now.getTime();
  for (const { replicas, startedAt } of desktops) {
    if (replicas === 0) continue;
    if (startedAt === null) return null; // all of the history, then: it is still one statement
    earliest = Math.min(earliest, Date.parse(startedAt));
  }
  return new Date(earliest - clockToleranceMilliseconds).toISOString();
}

/** The limits of each workspace's policy; each policy is read once. null where it is unknown or wrong. */
function limitsIn(
  { policies, settings }: Surveyed,
  known: Known | null,
): (workspace: string) => Promise<Limits | null> {
  const workspaces = new Map(known?.workspaces.map((workspace) => [workspace.name, workspace]));
  const texts = new Map<string, Promise<PolicyTexts | null>>();
  const found = new Map<string, Promise<Limits | null>>();

  async function read(name: string): Promise<Limits | null> {
    const workspace = workspaces.get(name);
    if (!workspace) return null;
    const { policy: chosen } = workspace;
    if (chosen !== undefined && !texts.has(chosen)) texts.set(chosen, policies.read(chosen));
    try {
      const own = chosen === undefined ? {} : ((await texts.get(chosen)) ?? null);
      const policy = policyOf(workspace, settings.desktopDefaults, own);
      return isRefusal(policy) ? null : policy;
    } catch {
      return null; // doubt about the desktops that have this policy, and about no other
    }
  }
  return (workspace) => {
    const limits = found.get(workspace) ?? read(workspace);
    found.set(workspace, limits);
    return limits;
  };
}

/** The bindings that somebody scaled to 0 since we looked last. */
function scaledToZero(known: Known | null): ReadonlySet<string> {
  const scaled = known?.bindings.filter(({ scale }) => scale?.replicas === 0 && (scale.seen ?? 0) > 0) ?? [];
  return new Set(scaled.map(({ name }) => name));
}

async function recordsOf(services: Surveyed, username?: string) {
  const own = username === undefined ? null : await services.records.read(personId(username));
  const { records, damaged } =
    username === undefined ? await services.records.all() : { records: own ? [own] : [], damaged: [] };
  return { records: new Map(records.map((record) => [record.request.username, record])), damaged };
}

/** True for a person whose record is one of these. */
export function damagedAmong(damaged: readonly DamagedRecord[]): (username: string) => boolean {
  const people = new Set(damaged.map(({ person }) => person));
  return (username) => people.size > 0 && people.has(personId(username));
}

/** Whether people may have their desktops today, for many of them: bindings are found by name, not by looking at all. */
function entitlements(
  { settings, now }: Pick<Services, "settings" | "now">,
  { workspaces, bindings, unreadable }: Known,
) {
  const today = dayIn(settings.TIME_ZONE, now());
  const byClaims = bindings.filter(({ username }) => username === undefined);
  const named = Map.groupBy(bindings, ({ username }) => username);
  const workspaceOf = new Map(workspaces.map((workspace) => [workspace.name, workspace]));
  const ends = new Map<string, string>();
  return (
    { workspace, username }: DesktopKey,
    claims: Claims | undefined,
  ): { endsAt: string } | { ended: string } | null => {
    const own = [...(named.get(username) ?? []), ...byClaims];
    const of = workspaceOf.get(workspace);
    const answer = decideEntitlement(
      { username, claims: claims ?? {} },
      workspace,
      { workspaces: of ? [of] : [], bindings: own },
      today,
    );
    if (isRefusal(answer)) {
      // Without the record nobody knows the person's claims, which may be what lets them in.
      const mayBeLetIn = claims === undefined && byClaims.some((binding) => binding.workspace === workspace);
      // What cannot be read may say that they may.
      const isHidden =
        unreadable.workspaces.includes(workspace) ||
        unreadable.bindings.some((named) => named === undefined || named === workspace);
      return mayBeLetIn || isHidden ? null : { ended: answer.reason };
    }
    const endsAt = ends.get(answer.until) ?? endOfDay(settings.TIME_ZONE, answer.until).toISOString();
    ends.set(answer.until, endsAt);
    return { endsAt };
  };
}
