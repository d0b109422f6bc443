import { claimsNow, type Standing } from "../person/claims.ts";
import { lastSeen } from "../person/presence.ts";
import { isBeingChanged, mayUse, outcomeOf } from "../person/request.ts";
import type { WorkspacesAndBindings } from "../desktop/entitlement.ts";
import { type DesktopKey, formerEntity, keyText, nameDesktop, type NamingRules } from "../desktop/names.ts";
import type { DesktopPlan } from "../desktop/plan.ts";
import { damagedAmong } from "../person/damaged-record.ts";
import { type DesktopDrift, type Drift, driftKinds, type DriftSurvey, leaveOutSuspicious, refusal } from "./drift.ts";
import { entitlementsAt } from "./entitlements.ts";
import type { ClaimNames } from "./notices.ts";
import type { Survey, SurveyedDesktop } from "./survey.ts";

/** A connection as it is. */
export interface ConnectionDetails extends DesktopKey {
  connectionId: number;
  protocol: string;
  host: string | null;
  /** Of each parameter's value, by its name: SHA-256 in hex. */
  digests: Readonly<Record<string, string>>;
  /** The users who hold READ on it themselves. */
  readers: string[];
  /** Those of them who hold READ on its group too: without it, the connection is not shown to them. */
  groupReaders: string[];
}

/** What was read first of everything, or of one person: it says what else has to be asked. */
export interface DriftSources {
  survey: Survey;
  known: WorkspacesAndBindings;
  connections: readonly ConnectionDetails[];
  /** Each Guacamole user's last day by name, YYYY-MM-DD or in words; null if unlimited. */
  lastDays: ReadonlyMap<string, string | null>;
  /** Which of the network's parts are there, of desktops that have any. */
  networkParts: readonly (DesktopKey & { service: boolean; networkPolicy: boolean })[];
  rules: NamingRules;
}

/** What else has to be asked. */
export interface DriftQuestions {
  /** How these desktops should be, and what their connections should say. */
  compared: { surveyed: SurveyedDesktop; withParameters: boolean }[];
  /** Is there a Secret of these desktops? They have no Deployment. */
  withoutDeployment: DesktopKey[];
  /** Does the identity provider still know these people? */
  people: { username: string; subject: string }[];
}

/** How a desktop should be. Of parameters there are digests only, no values: some are secret. */
export interface WantedDesktop extends Pick<DesktopPlan, "protocol" | "until"> {
  /** What of its network's side is not so. */
  network: readonly { kind: "service" | "network-policy"; reason: string }[];
  /** null if its Secret has no password. `isOfPod`: the password is the one that its pod was started with. */
  parameters: { digests: Readonly<Record<string, string>>; secret: ReadonlySet<string>; isOfPod: boolean } | null;
}

export interface GatheredDrift extends DriftSources {
  /** By the key of the desktop. Missing: nobody knows how it should be, or it is not done yet. */
  wanted: ReadonlyMap<string, WantedDesktop>;
  /** Desktops without Deployment that have a Secret. */
  secrets: readonly DesktopKey[];
  /** Names that several root groups share, and how many groups. */
  duplicateGroups: readonly { workspace: string; count: number }[];
  /** What the identity provider says of people, by username; null if it does not know them. */
  standings: ReadonlyMap<string, Standing | null>;
  claimNames: ClaimNames;
  timeZone: string;
  /** What could not be asked. */
  unanswered: readonly string[];
}

/** What has to be asked to find what drifted, of whom: nobody is looked at whose desktops are being worked on. */
export function driftQuestions(
  { survey, known, connections, ...rest }: DriftSources,
  username?: string,
): DriftQuestions {
  const { isAlone, isCompared, connectionOf } = lookUp({ survey, known, connections, ...rest });
  const bound = known.bindings.flatMap(({ workspace, username: whose }) =>
    whose !== undefined && (username === undefined || whose === username) ? [{ workspace, username: whose }] : [],
  );
  const people = new Set(survey.desktops.map(({ desktop }) => desktop.username));
  return {
    compared: survey.desktops
      .filter((surveyed) => isCompared(surveyed) && surveyed.desktop.replicas > 0)
      .map((surveyed) => ({
        surveyed,
        withParameters: isWanted(surveyed) && connectionOf.has(keyText(surveyed.desktop)),
      })),
    withoutDeployment: bound.filter(isAlone),
    people: [...survey.records.values()].flatMap(({ request: { username: whose, subject, retire } }) =>
      username === undefined && people.has(whose) && subject !== undefined && !retire
        ? [{ username: whose, subject }]
        : [],
    ),
  };
}

/** What is not as it should be, by kind, workspace and person, and whether it may be put right. */
export function decideDrift(gathered: GatheredDrift, sharePercent: number): DriftSurvey {
  const { survey, known, lastDays } = gathered;
  const { isAlone, isCompared, connectionOf } = lookUp(gathered);
  const bindings = new Map(known.bindings.map((binding) => [binding.name, binding]));
  const ours = survey.desktops.filter(({ desktop }) => desktop.ours);
  const drifts: Drift[] = [];
  const onlyElsewhere: Drift[] = [];
  const lost = lostByClaims(gathered, ours);

  for (const surveyed of ours) {
    const { workspace, username, names, binding } = surveyed.desktop;
    const { action, reason } = surveyed.decision;
    // Also of somebody who keeps asking for another desktop: it goes when that work has ended.
    if (action === "retire") drifts.push({ kind: "entitlement-ended", workspace, username, reason });
    if (!isCompared(surveyed)) continue;
    const ended = shouldHaveEnded(surveyed);
    if (ended) drifts.push({ kind: ended, workspace, username, reason: endedReasons[ended] });
    if (ended === "should-be-retired") continue;
    const id = keyText(surveyed.desktop);
    drifts.push(
      ...driftOf(surveyed, {
        binding: binding === undefined ? undefined : bindings.get(binding),
        connection: connectionOf.get(id),
        lastDay: lastDays.get(names.entity),
        wanted: gathered.wanted.get(id),
        formerEntity: formerEntity(surveyed.desktop, gathered.rules),
      }),
    );
  }
  drifts.push(...lost, ...partsAlone(gathered, isAlone));
  const named = new Set([
    ...known.workspaces.map(({ name }) => name),
    ...survey.desktops.map(({ desktop }) => desktop.workspace),
  ]);
  for (const { workspace, count } of gathered.duplicateGroups)
    if (named.has(workspace))
      drifts.push({ kind: "duplicate-groups", workspace, reason: `there are ${count} root groups with that name` });
  for (const [username, standing] of gathered.standings) {
    if (!standing)
      drifts.push({ kind: "person-gone", username, reason: "is no longer known to the identity provider" });
    else if (!standing.enabled)
      drifts.push({ kind: "person-gone", username, reason: "was disabled at the identity provider" });
  }
  for (const surveyed of ours.filter(isCompared)) {
    const { workspace, username } = surveyed.desktop;
    const standing = gathered.standings.get(username);
    if (standing?.sessions.length !== 0 || !hasLeft(surveyed, survey.at)) continue;
    const reason = `has no session with Guacamole any more${standing.elsewhere ? ", only with other applications" : ""}`;
    const drift: Drift = { kind: "session-ended", workspace, username, reason };
    drifts.push(drift);
    if (standing.elsewhere) onlyElsewhere.push(drift);
  }

  drifts.sort((one, other) => sortKey(one).localeCompare(sortKey(other)));
  const suspicions = [
    {
      drifts: onlyElsewhere,
      words: "belong to people who have sessions, but none with Guacamole (check GUACAMOLE_CLIENT)",
    },
    {
      drifts: lost,
      words:
        "belong to people whose claims hold groups or roles that Keycloak does not list (check KEYCLOAK_GROUPS_CLAIM, KEYCLOAK_ROLES_CLAIM and KEYCLOAK_ROLES_CLIENTS)",
    },
    {
      drifts: drifts.filter(({ kind }) => kind === "pod-credential"),
      words: "have a Secret that was changed after their container had started (find out what changed them)",
    },
    {
      drifts: drifts.filter(({ kind }) => kind === "should-be-suspended"),
      words: "run although their people want none or another one (find out what started them)",
    },
  ];
  const { drifts: trusted, leftOut } = leaveOutSuspicious(drifts, suspicions, ours.length, sharePercent);
  const unanswered = [
    ...survey.damaged.map(({ fault }) => fault.message),
    ...survey.odd,
    ...gathered.unanswered,
    ...leftOut,
  ];
  const counted = {
    at: survey.at,
    desktops: ours.length,
    drifts: trusted,
    later: 0,
    goes: countGoing(trusted, ours),
    unanswered: [...new Set(unanswered)],
  };
  return { ...counted, refused: refusal(counted, known, sharePercent) };
}

/** Desktops that their people have by the claims that were proven last, and not by the groups and roles that they have now. */
function lostByClaims(
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

function lookUp({ survey, connections }: DriftSources) {
  const isDamaged = damagedAmong(survey.damaged);
  const isBusy = ({ username, workspace }: DesktopKey) => {
    const record = survey.records.get(username);
    return record !== undefined && isBeingChanged(record, workspace);
  };
  const deployed = new Set(survey.desktops.map(({ desktop }) => keyText(desktop)));
  return {
    /** True if this may be left of a desktop that has no Deployment. */
    isAlone: (key: DesktopKey) => !deployed.has(keyText(key)) && !isBusy(key) && !isDamaged(key.username),
    /** True if the desktop is ours and may stay, and nobody works on it. */
    isCompared: ({ desktop, decision }: SurveyedDesktop) =>
      desktop.ours && decision.action !== "retire" && !isBusy(desktop) && !isDamaged(desktop.username),
    // Of several connections of a name the oldest counts, as everywhere.
    connectionOf: new Map(connections.toReversed().map((each) => [keyText(each), each])),
  };
}

const endedReasons = {
  "should-be-retired": "is there, although everything of its person was removed",
  "should-be-suspended": "it runs, although its person wants none or another one",
};

/**
 * What became of an earlier goal, judged by what is there: that it was asked for, and recorded as done, does not count. A
 * request that failed left the desktop before it as it was.
 */
function shouldHaveEnded({ desktop, record }: SurveyedDesktop): keyof typeof endedReasons | undefined {
  if (!record || record.request.nobodyAsked || outcomeOf(record)?.state !== "done") return undefined;
  if (record.request.retire) return "should-be-retired";
  const isWantedOne = record.request.workspace === desktop.workspace;
  return desktop.replicas > 0 && !isWantedOne ? "should-be-suspended" : undefined;
}

interface AroundDesktop {
  binding: WorkspacesAndBindings["bindings"][number] | undefined;
  connection: ConnectionDetails | undefined;
  /** Its user's last day in Guacamole; undefined if there is no such user. */
  lastDay: string | null | undefined;
  wanted: WantedDesktop | undefined;
  /** The name that its user may have had before. */
  formerEntity: string;
}

/** What is wrong with a desktop that has a Deployment of ours and may stay, and on which nobody works. */
function driftOf(surveyed: SurveyedDesktop, around: AroundDesktop): DesktopDrift[] {
  const { desktop, decision } = surveyed;
  const { workspace, username, names, replicas } = desktop;
  const { binding, connection, lastDay, wanted } = around;
  const found: DesktopDrift[] = [];
  const add = (kind: Drift["kind"], reason: string) => found.push({ kind, workspace, username, reason });
  if (decision.rule === "stuck-starting") add("stuck-starting", decision.reason);
  const mayOpen = connection?.readers.includes(names.entity) ?? false;
  const runs = replicas > 0;
  if (binding?.username !== undefined && binding.active !== undefined && binding.active !== runs)
    add("binding-status", `the binding ${binding.name} says that it is ${runs ? "not running" : "running"}`);
  if (!runs) {
    const reader = connection?.readers.find((name) => name === names.entity || name === around.formerEntity);
    if (reader !== undefined) add("access-without-desktop", `${reader} may open it, but it is not running`);
    return found;
  }
  if (replicas > 1) add("too-many-pods", `it has ${replicas} pods instead of one`);
  if (!wanted) return found;
  for (const { kind, reason } of wanted.network) add(kind, reason);

  if (!isWanted(surveyed)) return found;
  if (!connection) add("connection", "Guacamole has no connection for it");
  else {
    for (const { kind, reason } of connectionDrift(wanted, connection)) add(kind, reason);
    if (lastDay === undefined) add("connection", "Guacamole has no user for it");
    else if (!mayOpen) add("access-missing", `${names.entity} may not open it, though it is ready`);
    else if (!connection.groupReaders.includes(names.entity))
      add("access-missing", `${names.entity} may open it, but does not see it: READ on its group is missing`);
  }
  if (connection && lastDay !== undefined && lastDay !== wanted.until)
    add(
      "last-day",
      `${names.entity} may log in ${lastDay === null ? "without an end" : `until ${lastDay}`} instead of until ${wanted.until}`,
    );
  return found;
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

/** Which parameters differ, by name: values may be secret. */
function connectionDrift(
  wanted: WantedDesktop,
  { digests, protocol }: ConnectionDetails,
): { kind: "connection" | "credential" | "pod-credential"; reason: string }[] {
  // Which password the pod has, nobody knows: writing this one could lock out a person who can still connect.
  if (wanted.parameters?.isOfPod === false)
    return [{ kind: "pod-credential", reason: "its Secret was changed after its container had started with it" }];
  if (!wanted.parameters) return [{ kind: "credential", reason: "its Secret has no password" }];
  const { digests: expected, secret } = wanted.parameters;
  const names = [...new Set([...Object.keys(expected), ...Object.keys(digests)])].sort();
  const differ = names.filter((name) => digests[name] !== expected[name]);
  const plain = differ.filter((name) => !secret.has(name));
  const drifts: { kind: "connection" | "credential"; reason: string }[] = [];
  if (protocol !== wanted.protocol) drifts.push({ kind: "connection", reason: `its protocol is ${protocol}` });
  if (plain.length > 0) drifts.push({ kind: "connection", reason: `wrong parameters: ${plain.join(", ")}` });
  if (differ.some((name) => secret.has(name)))
    drifts.push({ kind: "credential", reason: "its password in Guacamole is not the one in its Secret" });
  return drifts;
}

/** What belongs to a desktop without Deployment. */
function partsAlone(
  { networkParts, connections, secrets, rules }: GatheredDrift,
  isAlone: (key: DesktopKey) => boolean,
): DesktopDrift[] {
  const left = ({ workspace, username }: DesktopKey, kind: Drift["kind"], what: string): DesktopDrift => ({
    kind,
    workspace,
    username,
    reason: `${what} exists without its Deployment`,
  });
  return [
    ...networkParts
      .filter(isAlone)
      .flatMap((part) => [
        ...(part.service ? [left(part, "service-alone", "the Service")] : []),
        ...(part.networkPolicy ? [left(part, "network-policy-alone", "the NetworkPolicy")] : []),
      ]),
    ...connections
      .filter((row) => isAlone(row) && row.host === nameDesktop(row, rules).host)
      .map((row) => left(row, "connection-alone", "the connection")),
    ...secrets.map((key) => left(key, "credential-alone", "the Secret")),
  ];
}

/** How many desktops would be removed permanently. */
function countGoing(drifts: readonly Drift[], ours: readonly SurveyedDesktop[]): number {
  const goes = new Set(
    drifts.filter(({ kind }) => driftKinds[kind] === "retire").map((drift) => keyText(drift as DesktopKey)),
  );
  const people = new Set(
    drifts.filter(({ kind }) => driftKinds[kind] === "retire person").map(({ username }) => username),
  );
  for (const { desktop } of ours) if (people.has(desktop.username)) goes.add(keyText(desktop));
  return goes.size;
}

/** True if its person wants this desktop, and it was brought up for them. */
function isWanted({ desktop, record }: SurveyedDesktop): boolean {
  const { request, outcomes = {} } = record ?? {};
  return request?.workspace === desktop.workspace && outcomes[request.id]?.state === "done";
}

function sortKey({ kind, workspace = "", username = "" }: Drift): string {
  return `${kind} ${workspace} ${username}`;
}
