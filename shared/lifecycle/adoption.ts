import { canonicalUsername, type DesktopKey, isUsername, type NamedDesktop, usernameFault } from "../desktop/names.ts";
import { type DesktopPlan, portsOf } from "../desktop/plan.ts";
import { type ClusterSide, type GuacamoleSide, whyNewPod } from "../desktop/state.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { type DamagedRecord, damagedAmong } from "../person/damaged-record.ts";
import type { PersonRecord } from "../person/record.ts";

/** A Deployment that the operator left; `desktop` is null if it does not say whose it is. */
export interface LeftDeployment {
  name: string;
  desktop: DesktopKey | null;
  /** The username as it is written there, if that is not the canonical form. */
  spelled?: string | undefined;
  replicas: number;
}

/** A desktop that the operator left, as it is now, and what it is to be. */
export interface LeftDesktop extends NamedDesktop {
  /** The username as the operator wrote it, if that is not the canonical form. */
  spelled?: string | undefined;
  cluster: ClusterSide;
  rows: GuacamoleSide;
  /** Its user's last day, YYYY-MM-DD or in words; null if unlimited. */
  lastDay: string | null;
  /** Its person can open it, under the name that their user has or had. */
  mayBeOpened: boolean;
  plan: DesktopPlan | Refusal;
}

/** What taking over one person's desktops means: the request that their state amounts to, and each desktop's changes in words. */
export interface Adoption {
  username: string;
  /** The workspace whose desktop goes on, or null if none of them runs. */
  wants: string | null;
  desktops: { workspace: string; deployment: string; changes: string[] }[];
}

/** A Deployment that stays as it is, and why. */
export interface LeftAlone {
  deployment: string;
  reason: string;
}

export interface Candidate {
  deployment: string;
  key: DesktopKey;
  spelled: string | undefined;
}

/** Which of the Deployments may be taken over, by what is known of their people. */
export function candidatesOf(
  deployments: readonly LeftDeployment[],
  records: readonly PersonRecord[],
  damaged: readonly DamagedRecord[],
): { candidates: Candidate[]; leftAlone: LeftAlone[] } {
  const asked = new Set(records.map(({ request }) => canonicalUsername(request.username)));
  const isDamaged = damagedAmong(damaged);
  const candidates: Candidate[] = [];
  const leftAlone: LeftAlone[] = [];
  for (const { name: deployment, desktop: key, spelled } of deployments) {
    if (!key) leftAlone.push({ deployment, reason: "does not say whose desktop it is, or in which workspace" });
    else if (!isUsername(key.username))
      leftAlone.push({ deployment, reason: `${JSON.stringify(key.username)} cannot be a username: ${usernameFault}` });
    else if (asked.has(key.username))
      leftAlone.push({
        deployment,
        reason: `${key.username} already uses this product: their next start adopts it`,
      });
    else if (isDamaged(key.username))
      leftAlone.push({ deployment, reason: `the record of ${key.username} cannot be read (GET /health/ready)` });
    else candidates.push({ deployment, key, spelled });
  }
  return { candidates, leftAlone };
}

/** Why taking over this Deployment would make two of one desktop; null if it would not. */
export function whyTwo(
  deployment: string,
  { workspace, username }: DesktopKey,
  plan: DesktopPlan | Refusal,
): string | null {
  if (isRefusal(plan) || plan.names.deployment === deployment) return null;
  return `the desktop of ${username} in ${workspace} is called ${plan.names.deployment}: there would be two`;
}

/** How everybody's desktops are taken over, and what is left alone, `leftAlone` included; people and Deployments by name. */
export function decideAdoptions(
  left: readonly LeftDesktop[],
  leftAlone: readonly LeftAlone[],
): { people: Adoption[]; leftAlone: LeftAlone[] } {
  const people: Adoption[] = [];
  const alone = [...leftAlone];
  const byPerson = [...Map.groupBy(left, ({ username }) => username)];
  for (const [username, own] of byPerson.sort(([one], [other]) => one.localeCompare(other))) {
    const inOrder = own.toSorted((one, other) => one.workspace.localeCompare(other.workspace));
    const decided = decideAdoption(username, inOrder);
    if ("username" in decided) people.push(decided);
    else alone.push(...decided);
  }
  return { people, leftAlone: alone.sort((one, other) => one.deployment.localeCompare(other.deployment)) };
}

/**
 * How one person's desktops are taken over. Of several that run the one that can be opened goes on, and of several of
 * those the first by name. A person who uses a desktop that nobody entitles them to is left alone: an expiry that is
 * noticed late is no reason to cut them off at a moment of our choosing, and a wrong setting would be none either.
 */
export function decideAdoption(username: string, left: readonly LeftDesktop[]): Adoption | LeftAlone[] {
  const running = left.filter(({ cluster }) => (cluster.deployment?.replicas ?? 0) > 0);
  const [goesOn] = running
    .filter(({ plan }) => !isRefusal(plan))
    .sort(
      (one, other) =>
        Number(other.mayBeOpened) - Number(one.mayBeOpened) || one.workspace.localeCompare(other.workspace),
    );
  const unentitled = running.flatMap(({ names, plan }) =>
    isRefusal(plan)
      ? [{ deployment: names.deployment, reason: `is running, but cannot be adopted: ${plan.reason}` }]
      : [],
  );
  if (!goesOn && unentitled.length > 0) return unentitled;

  return {
    username,
    wants: goesOn?.workspace ?? null,
    desktops: left.map((desktop) => ({
      workspace: desktop.workspace,
      deployment: desktop.names.deployment,
      changes: desktop === goesOn && !isRefusal(desktop.plan) ? goingOn(desktop, desktop.plan) : goingDown(desktop),
    })),
  };
}

/** Rows that the operator named by a username in another spelling. */
function renaming({ spelled, username, rows }: LeftDesktop): string[] {
  return spelled === undefined || rows.connectionId === null
    ? []
    : [`its connection and Guacamole user, named after ${spelled}, are named after ${username}`];
}

function goingOn(desktop: LeftDesktop, plan: DesktopPlan): string[] {
  const { cluster, rows, lastDay } = desktop;
  const { connectionId, user, permissions } = rows;
  const newPod = whyNewPod({ ...cluster, password: rows.password }, portsOf(plan));
  return [
    newPod === null
      ? "the pod keeps running with its password; the next start creates a new pod and a new password"
      : `the pod is replaced by a new one: ${newPod}`,
    ...(cluster.networkPolicy ? [] : ["a NetworkPolicy allows only guacd in, and only the policy's destinations out"]),
    ...(cluster.service ? [] : ["a Service is created"]),
    connectionId === null
      ? "a connection is written"
      : `connection ${connectionId} stays, with the policy's parameters`,
    ...renaming(desktop),
    ...(user ? [] : ["a Guacamole user is created"]),
    ...(lastDay === plan.until ? [] : [`the Guacamole user's last day is ${plan.until}`]),
    ...(permissions.connection && permissions.group && permissions.self ? [] : ["the person may open it"]),
  ];
}

function goingDown(desktop: LeftDesktop): string[] {
  const { cluster, mayBeOpened } = desktop;
  const runs = (cluster.deployment?.replicas ?? 0) > 0;
  return [
    ...(mayBeOpened ? ["access is withdrawn until the next start"] : []),
    ...(runs ? ["it is scaled to zero, since another desktop of this person keeps running"] : []),
    ...renaming(desktop),
    "the next start replaces its specification and its password in place",
  ];
}
