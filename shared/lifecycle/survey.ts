import { isNewDecision, lastDecisionOfUse, unusedAt } from "../person/decisions.ts";
import { lastSeen } from "../person/presence.ts";
import type { Decision } from "../desktop/decision.ts";
import { dayIn } from "../desktop/day.ts";
import type { WorkspacesAndBindings } from "../desktop/entitlement.ts";
import type { DeployedDesktop } from "../desktop/known-desktop.ts";
import type { Maintenance } from "../desktop/maintenance.ts";
import { policyOf, type OwnPolicy, type PolicyTexts } from "../desktop/policy.ts";
import { isRefusal } from "../errors.ts";
import { type DamagedRecord, damagedAmong } from "../person/damaged-record.ts";
import { extensionOf } from "../person/extension.ts";
import { isBeingChanged } from "../person/left-to-do.ts";
import type { PersonRecord } from "../person/record.ts";
import { entitlementsAt } from "./entitlements.ts";
import { keyText } from "../desktop/names.ts";
import { decideReaping, type DesktopFacts, type Limits } from "./reaping.ts";
import type { IsolatedPod } from "./isolation.ts";
import { mostARun, type ReapSurvey } from "./runs.ts";
import { decideGiven, scaledPeople } from "./scaling.ts";
import {
  type ActiveTunnel,
  type ConnectionSessions,
  countSessions,
  noSessions,
  sessionsByDesktop,
  tunnelsTo,
} from "./sessions.ts";

/** All that was read for a survey. null is: it does not answer. */
export interface Gathered {
  /** When it was read; what is decided is decided for then. */
  at: Date;
  settings: { timeZone: string; desktopDefaults: PolicyTexts };
  deployed: readonly DeployedDesktop[];
  /** What is known of each person who ever asked, by username. */
  records: ReadonlyMap<string, PersonRecord>;
  /** Records that cannot be read; the desktops of these people are kept. */
  damaged: readonly DamagedRecord[];
  known: WorkspacesAndBindings | null;
  /** The texts of each policy that a workspace of a desktop names, by its name. One that cannot be read counts as missing. */
  policies: ReadonlyMap<string, OwnPolicy>;
  maintenance: Maintenance | null;
  /** What Guacamole's history holds of each connection. */
  sessions: readonly ConnectionSessions[] | null;
  /** The tunnels that Guacamole itself has; null also if it is not asked. */
  active: readonly ActiveTunnel[] | null;
  /** Since when the oldest living instance of Guacamole runs; if that is not known, open sessions simply count. */
  guacamoleSince: string | null;
  /** Sources that could not be asked, with where they are: for operators. */
  unanswered: readonly string[];
  /** The same in words for everybody, without where. */
  doubts: readonly string[];
  /** Objects that are not as they should be: which, what is wrong, and what to do. They are no reason to doubt the others. */
  odd?: readonly string[] | undefined;
}

/** A desktop, and what is to become of it. */
export interface SurveyedDesktop {
  desktop: DeployedDesktop;
  /** null if the policy of its workspace cannot be read. */
  limits: Limits | null;
  decision: Decision;
  record: PersonRecord | undefined;
  /** Until when its person may have it; null if that is not known, or over. */
  entitledUntil: string | null;
  /** Whether somebody is connected, and whether anybody was since it was started; null if that is not known. */
  use: { connected: boolean; visited: boolean } | null;
}

export interface Survey extends Pick<Gathered, "records" | "unanswered" | "damaged"> {
  at: string;
  desktops: SurveyedDesktop[];
  /** Objects that are not as they should be, and desktops that could not be judged. */
  odd: readonly string[];
}

const notOurs: Decision = {
  action: "keep",
  rule: "not-ours",
  reason: "the operator left it, and it has not been adopted yet",
};

/**
 * Decides about every desktop that was found. Whatever did not answer is a reason to keep, and so is a person's damaged
 * record.
 */
export function decideSurvey(gathered: Gathered, decide: typeof decideReaping = decideReaping): Survey {
  const { at, deployed, records, unanswered, damaged } = gathered;
  const factsOf = assembleFacts(gathered);
  const limitsOf = limitsIn(gathered);
  const odd = [...(gathered.odd ?? [])];
  const desktops = deployed.map((desktop): SurveyedDesktop => {
    const limits = limitsOf(desktop.workspace);
    const record = records.get(desktop.username);
    if (!desktop.ours) return { desktop, limits, decision: notOurs, record, entitledUntil: null, use: null };
    try {
      const facts = factsOf(desktop, limits);
      const { entitlement } = facts;
      const entitledUntil = entitlement && "endsAt" in entitlement ? entitlement.endsAt : null;
      return {
        desktop,
        limits,
        decision: decide(facts, limits, at),
        record,
        entitledUntil,
        use: useOf(desktop, facts),
      };
    } catch (error) {
      // Whatever is odd about it, the others are judged.
      const reason = `kept in doubt: it cannot be judged: ${(error as Error).message}`;
      odd.push(`Deployment ${desktop.names.deployment}: ${reason}`);
      return {
        desktop,
        limits,
        decision: { action: "keep", rule: "unknown", reason },
        record,
        entitledUntil: null,
        use: null,
      };
    }
  });
  return { at: at.toISOString(), desktops, records, unanswered, damaged, odd };
}

function useOf({ startedAt }: DeployedDesktop, { sessions }: DesktopFacts): SurveyedDesktop["use"] {
  if (!sessions) return null;
  const { open, active, lastStart } = sessions;
  const visited = lastStart !== null && startedAt !== null && lastStart >= startedAt;
  return { connected: active || open.length > 0, visited };
}

/** Puts together, for each desktop, the facts that a decision rests on. */
function assembleFacts(gathered: Gathered): (desktop: DeployedDesktop, limits: Limits | null) => DesktopFacts {
  const { at, settings, deployed, records, damaged, known, maintenance, sessions, active, guacamoleSince, doubts } =
    gathered;
  const historyOf = sessions && sessionsByDesktop(sessions, deployed);
  const entitlementOf = known && entitlementsAt(at, settings.timeZone, known);
  const scaledDown = scaledToZero(gathered);
  const isDamaged = damagedAmong(damaged);

  return (desktop, limits) => {
    const { workspace, username } = desktop;
    const record = records.get(username);
    const request = record?.request;
    const outcome = request && record.outcomes[request.id];
    const own = request?.workspace === workspace;
    const isUp = own && outcome?.state === "done";
    const key = keyText(desktop);
    const rows = historyOf?.get(key);
    // A desktop that is up has a connection; if ours does not see it, it does not see who uses it either.
    const kept = extensionOf(record, workspace);
    const isHistoryKnown = historyOf !== null && (rows !== undefined || !isUp);
    return {
      replicas: desktop.replicas,
      ready: desktop.side.ready,
      startedAt: desktop.startedAt,
      startGuessed: !desktop.startNoted,
      sessions: isHistoryKnown
        ? countSessions(rows?.history ?? noSessions, {
            now: at,
            // A start that is only guessed ends no session.
            startedAt: desktop.startNoted ? desktop.startedAt : null,
            guacamoleSince,
            active:
              active && rows ? tunnelsTo(active, desktop.names.entity, rows).map(({ startedAt }) => startedAt) : null,
            unusedAt: record ? unusedAt(record, workspace) : [],
            longestMinutes: limits?.longestSessionMinutes,
          })
        : null,
      request: request
        ? {
            workspace: request.workspace,
            requestedAt: request.requestedAt,
            working: isBeingChanged(record, workspace),
            ...(isUp && { readyAt: outcome.at }),
          }
        : null,
      seenAt: own && record ? lastSeen(record) : null,
      leavingUntil: record?.presence?.leaving?.until,
      entitlement:
        entitlementOf &&
        entitlementOf(desktop, request?.nobodyAsked ? undefined : request?.claims, request?.claimsReduced),
      scaledToZero: scaledDown.get(key),
      kept,
      keptByPerson: kept?.by === username,
      reapingPaused: maintenance && maintenance.reaping,
      before: record && lastDecisionOfUse(record, workspace),
      unanswered: doubts,
      recordDamaged: isDamaged(username),
    };
  };
}

/** The limits of each workspace's policy; null if that is unknown or wrong. */
function limitsIn({
  known,
  policies,
  settings,
}: Pick<Gathered, "known" | "policies" | "settings">): (workspace: string) => Limits | null {
  const workspaces = new Map(known?.workspaces.map((workspace) => [workspace.name, workspace]));
  const found = new Map<string, Limits | null>();

  function read(name: string): Limits | null {
    const workspace = workspaces.get(name);
    if (!workspace) return null;
    const own = workspace.policy === undefined ? {} : (policies.get(workspace.policy) ?? "missing");
    const policy = policyOf(workspace, settings.desktopDefaults, own);
    return isRefusal(policy) ? null : policy;
  }
  return (workspace) => {
    let limits = found.get(workspace);
    if (limits === undefined) found.set(workspace, (limits = read(workspace)));
    return limits;
  };
}

/** The desktops that somebody gave up by scaling their bindings to 0, each with the first of these. */
function scaledToZero({
  known,
  records,
  at,
  settings,
}: Pick<Gathered, "known" | "records" | "at" | "settings">): ReadonlyMap<string, string> {
  const people = scaledPeople(known?.bindings ?? [], () => 0, dayIn(settings.timeZone, at)).filter(
    ({ chosen }) => chosen.length === 0,
  );
  const found = new Map<string, string>();
  for (const { username, given, refusedAt } of people)
    for (const desktop of given)
      if (decideGiven(desktop, records.get(username) ?? null, refusedAt, at.toISOString()) === "suspend")
        found.set(keyText(desktop), desktop.bindings[0]?.name ?? "");
  return found;
}

/** Summarizes a survey: numbers, and what is to be done. */
export function summarize({ at, desktops, unanswered, damaged, odd }: Survey): ReapSurvey {
  const rules: ReapSurvey["rules"] = {};
  const due: ReapSurvey["due"] = [];
  const news: ReapSurvey["news"] = [];
  let toRetire = 0;
  for (const { desktop, decision, record } of desktops) {
    if (desktop.replicas === 0) continue;
    rules[decision.rule] = (rules[decision.rule] ?? 0) + 1;
    const { workspace, username } = desktop;
    if (decision.action === "retire") toRetire += 1;
    else if (decision.action === "suspend") due.push({ workspace, username, decision });
    else if (record && isNewDecision(record, workspace, decision)) news.push({ workspace, username, decision });
  }
  return {
    at,
    looked: desktops.length,
    rules,
    due: due.slice(0, mostARun),
    news: news.slice(0, mostARun),
    later: Math.max(0, due.length - mostARun),
    toRetire,
    unanswered: [...unanswered, ...damaged.map(({ fault }) => fault.message), ...odd],
  };
}

/** The pods of running desktops of ours, whose isolation can be judged. */
export function isolatedPods(deployed: readonly DeployedDesktop[]): IsolatedPod[] {
  return deployed.flatMap(({ ours, replicas, podLabels, side, names }) => {
    if (!ours || replicas === 0 || !podLabels) return [];
    const ports = side.ports.map((port) => ({ ...port, protocol: "TCP" }));
    return [{ policy: names.networkPolicy, labels: podLabels, ports }];
  });
}
