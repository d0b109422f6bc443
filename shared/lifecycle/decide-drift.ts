import { isBeingChanged } from "../person/left-to-do.ts";
import { type DesktopKey, formerEntity, keyText, nameDesktop } from "../desktop/names.ts";
import { damagedAmong } from "../person/damaged-record.ts";
import { nameOwners, nameTaken } from "./taken-names.ts";
import { driftOf, endedReasons, isWanted, shouldHaveEnded } from "./desktop-drift.ts";
import { type DesktopDrift, type Drift, driftKinds, type DriftSurvey, leaveOutSuspicious, refusal } from "./drift.ts";
import type { ChangedPod, DriftQuestions, DriftSources, GatheredDrift } from "./drift-sources.ts";
import { describeOpening, type IsolationPolicy, openIsolation } from "./isolation.ts";
import { lostByClaims, peopleGone, sessionsEnded } from "./people-drift.ts";
import { isolatedPods, type SurveyedDesktop } from "./survey.ts";

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
export function decideDrift(gathered: GatheredDrift, sharePercent: number, confirmed?: number): DriftSurvey {
  const { survey, known, users } = gathered;
  const { isAlone, isCompared, isLeft, connectionOf } = lookUp(gathered);
  const bindings = new Map(known.bindings.map((binding) => [binding.name, binding]));
  const ours = survey.desktops.filter(({ desktop }) => desktop.ours);
  const ownerOfName = nameOwners(gathered);
  const drifts: Drift[] = [];
  const lost = lostByClaims(gathered, ours);

  for (const surveyed of ours) {
    const { workspace, username, names, binding } = surveyed.desktop;
    const { action, reason } = surveyed.decision;
    // Also of somebody who keeps asking for another desktop: it goes when that work has ended.
    if (action === "retire") drifts.push({ kind: "entitlement-ended", workspace, username, reason });
    else {
      const owner = ownerOfName(surveyed.desktop);
      if (owner) drifts.push(nameTaken(surveyed.desktop, owner));
    }
    if (!isCompared(surveyed)) continue;
    const ended = shouldHaveEnded(surveyed);
    if (ended) drifts.push({ kind: ended, workspace, username, reason: endedReasons[ended] });
    if (ended === "should-be-retired") continue;
    const id = keyText(surveyed.desktop);
    drifts.push(
      ...driftOf(surveyed, {
        binding: binding === undefined ? undefined : bindings.get(binding),
        connection: connectionOf.get(id),
        user: users.get(names.entity),
        wanted: gathered.wanted.get(id),
        formerEntity: formerEntity(surveyed.desktop, gathered.rules),
      }),
    );
  }
  const left = sessionsEnded(gathered, ours.filter(isCompared));
  drifts.push(...lost, ...partsAlone(gathered, isAlone), ...peopleGone(gathered), ...left.drifts);
  const named = new Set([
    ...known.workspaces.map(({ name }) => name),
    ...survey.desktops.map(({ desktop }) => desktop.workspace),
  ]);
  for (const { workspace, count } of gathered.duplicateGroups)
    if (named.has(workspace))
      drifts.push({ kind: "duplicate-groups", workspace, reason: `there are ${count} root groups with that name` });
  // A template that is put right replaces its pod.
  const replaced = new Set(drifts.flatMap((drift) => (drift.kind === "pod-template" ? [keyOfDrift(drift)] : [])));
  drifts.push(...podsChanged(gathered.changedPods ?? [], (key) => isLeft(key) && !replaced.has(keyText(key))));
  drifts.push(...openedByOthers(gathered.policies ?? [], ours));
  drifts.sort((one, other) => sortKey(one).localeCompare(sortKey(other)));
  const suspicions = [
    {
      drifts: left.onlyElsewhere,
      words: "belong to people who have sessions, but none with Guacamole (check GUACAMOLE_CLIENT)",
    },
    {
      drifts: lost,
      words:
        "belong to people whose claims hold groups or roles that Keycloak does not list (check KEYCLOAK_GROUPS_CLAIM, KEYCLOAK_ROLES_CLAIM and KEYCLOAK_ROLES_CLIENTS)",
    },
    {
      drifts: drifts.filter(({ kind }) => kind === "pod-credential"),
      ...secretsRead(gathered),
      words: "have a Secret that was changed after their container had started (find out what changed them)",
    },
    {
      drifts: drifts.filter(({ kind }) => kind === "should-be-suspended"),
      words: "run although their people want none or another one (find out what started them)",
    },
    {
      drifts: drifts.filter(({ kind }) => kind === "pod-template"),
      words: "have a pod template that somebody changed (find out what changed them)",
    },
    {
      drifts: drifts.filter(({ kind }) => kind === "pod-changed"),
      words: "have a pod that somebody changed (find out what changed them)",
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
  return { ...counted, refused: refusal(counted, known, { sharePercent, confirmed }) };
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
    /** True if nobody works on the desktop, be it there or not. */
    isLeft: (key: DesktopKey) => !isBusy(key) && !isDamaged(key.username),
    /** True if the desktop is ours and may stay, and nobody works on it. */
    isCompared: ({ desktop, decision }: SurveyedDesktop) =>
      desktop.ours && decision.action !== "retire" && !isBusy(desktop) && !isDamaged(desktop.username),
    // Of several connections of a name the oldest counts, as everywhere.
    connectionOf: new Map(connections.toReversed().map((each) => [keyText(each), each])),
  };
}

/** What belongs to a desktop without Deployment. */
function partsAlone(
  { networkParts, podsOf, connections, secrets, rules }: GatheredDrift,
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
    ...podsOf.filter(isAlone).map((key) => left(key, "pod-alone", "a pod")),
    ...secrets.map((key) => left(key, "credential-alone", "the Secret")),
  ];
}

/** How many Secrets were read, if not all. */
function secretsRead({ wanted }: GatheredDrift): { looked?: number } {
  const parameters = [...wanted.values()].map((each) => each.parameters);
  const isPart = parameters.some((each) => each?.isUnread);
  return isPart ? { looked: parameters.filter((each) => each && !each.isUnread).length } : {};
}

function keyOfDrift({ workspace = "", username = "" }: Drift): string {
  return keyText({ workspace, username });
}

function podsChanged(changed: readonly ChangedPod[], isToEnd: (key: DesktopKey) => boolean): DesktopDrift[] {
  return changed.filter(isToEnd).map(({ workspace, username, pod, faults }) => ({
    kind: "pod-changed",
    workspace,
    username,
    reason: `somebody changed its pod ${pod}: ${faults.join(", ")}`,
  }));
}

/** So many policies are named: they are one fault, and not what the rest of the run waits for. */
const mostPolicies = 20;

function openedByOthers(policies: readonly IsolationPolicy[], ours: readonly SurveyedDesktop[]): Drift[] {
  const found = openIsolation(isolatedPods(ours.map(({ desktop }) => desktop)), policies);
  const more = found.length - mostPolicies;
  return [
    ...found.slice(0, mostPolicies).map(describeOpening),
    ...(more > 0 ? [`${more} more NetworkPolicies open desktops beyond what the product allows`] : []),
  ].map((reason) => ({ kind: "isolation-open", reason }));
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

function sortKey({ kind, workspace = "", username = "" }: Drift): string {
  return `${kind} ${workspace} ${username}`;
}
