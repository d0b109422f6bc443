import { createHash, randomUUID } from "node:crypto";
import type { DeployedDesktop } from "../../shared/desktop/known-desktop.ts";
import { type DesktopPlan, portsOf } from "../../shared/desktop/plan.ts";
import { keepsPod, otherPorts } from "../../shared/desktop/state.ts";
import { isRefusal } from "../../shared/errors.ts";
import { connectionParameters } from "../../shared/guacamole/parameters.ts";
import { decideDrift, driftQuestions } from "../../shared/lifecycle/decide-drift.ts";
import type { DriftSurvey } from "../../shared/lifecycle/drift.ts";
import type {
  DriftQuestions,
  DriftSources,
  GatheredDrift,
  WantedDesktop,
} from "../../shared/lifecycle/drift-sources.ts";
import type { Standing } from "../../shared/person/claims.ts";
import { canonicalUsername, type DesktopKey, keyText, nameDesktop } from "../../shared/desktop/names.ts";
import { someAtATime } from "../some-at-a-time.ts";
import { namingRules, type Services } from "../services.ts";
import type { Deciding } from "./person-may.ts";
import { planFor } from "./plan.ts";
import { claimNamesOf } from "./standing.ts";
import { surveyDesktops } from "./survey.ts";
import type { TurnTaking } from "./turn-taking.ts";

/** At most this many desktops are read at the same time: each has its own credential. */
const atOnce = 10;

export interface DriftScope {
  /** Only this person's; everybody's by default. */
  username?: string | undefined;
  /** The percentage of all desktops that may go at once; the setting by default. */
  sharePercent?: number | undefined;
  /** So many desktops were seen to go, and are to; without it the share decides. */
  confirmed?: number | undefined;
  /** True if nothing is done about what is found. */
  isDry?: boolean | undefined;
}

/**
 * Compares bindings, cluster and Guacamole's rows in both directions, for everybody or one person. Only reads. Throws
 * if one of them cannot be read; people about whom the identity provider does not answer are left out and reported, and so
 * are desktops of which something cannot be read.
 */
export async function surveyDrift(
  services: Services,
  { username, sharePercent = services.settings.RECONCILE_SAFETY_PERCENT, confirmed, isDry }: DriftScope,
): Promise<DriftSurvey> {
  return decideDrift(await gatherDrift(services, username, isDry), sharePercent, confirmed);
}

type NetworkParts = Awaited<ReturnType<Services["desktops"]["networkParts"]>>[number];

async function gatherDrift(
  services: Services,
  username: string | undefined,
  isDry: boolean | undefined,
): Promise<GatheredDrift> {
  const own = { ...services, policies: readOnce(services.policies) };
  const [survey, known, connections, users, { parts, policies }, pods] = await Promise.all([
    surveyDesktops(own, username),
    own.workspaces.known(),
    own.guacamole.details(username),
    own.guacamole.users(),
    username === undefined
      ? own.desktops.network()
      : own.desktops.networkParts(username).then((parts) => ({ parts, policies: [] })),
    username === undefined ? own.desktops.pods() : { desktops: [], changed: [], strangers: [] },
  ]);
  const rules = namingRules(services);
  const networkParts = parts.map(({ workspace, username, service, networkPolicy }) => ({
    workspace,
    username,
    service: service !== undefined,
    networkPolicy: networkPolicy !== undefined,
  }));
  const sources: DriftSources = {
    survey,
    known,
    connections,
    users,
    networkParts,
    policies,
    podsOf: pods.desktops,
    changedPods: pods.changed,
    rules,
  };
  const { compared, withoutDeployment, people } = driftQuestions(sources, username);

  const named = Map.groupBy(known.bindings, (binding) => binding.username);
  const decidingOf = ({ username: whose }: DesktopKey): Deciding => ({
    workspaces: known.workspaces,
    bindings: [...(named.get(canonicalUsername(whose)) ?? []), ...(named.get(undefined) ?? [])],
  });
  const partsOf = new Map(parts.map((each) => [keyText(each), each]));
  const wanted = new Map<string, WantedDesktop>();
  const leftOut: string[] = [];
  // What cannot be read of one desktop leaves that one out; the others are compared.
  const lookAt = async ({ workspace, username }: DesktopKey, look: () => Promise<void>) => {
    await look().catch((error: unknown) => {
      leftOut.push(`the desktop of ${username} in ${workspace} is not compared: ${(error as Error).message}`);
    });
  };
  const { secretTurns } = services;
  // Of one person all are read: there are few, and somebody acts on it now.
  const turnOf = (turns: TurnTaking, all: ReadonlyMap<string, string>): Pick<ReadonlySet<string>, "has"> =>
    username === undefined ? turns.choose(all, isDry) : all;
  const toRead = turnOf(secretTurns.ofDesktops, credentialsOf(compared, connections));
  await someAtATime(atOnce, compared, (question) =>
    lookAt(question.surveyed.desktop, async () => {
      const id = keyText(question.surveyed.desktop);
      const found = await wantedDesktop(own, question, decidingOf(question.surveyed.desktop), {
        parts: partsOf.get(id),
        readsSecret: toRead.has(id),
      });
      if (found) wanted.set(id, found);
    }),
  );
  const hasSecret = new Set<unknown>();
  const mayBeLeft = turnOf(secretTurns.alone, new Map(withoutDeployment.map((key) => [keyText(key), ""])));
  const asked = withoutDeployment.filter((key) => mayBeLeft.has(keyText(key)));
  await someAtATime(atOnce, asked, (key) =>
    lookAt(key, async () => {
      if (await services.desktops.hasCredential({ ...key, names: nameDesktop(key, rules) })) hasSecret.add(key);
    }),
  );
  const duplicateGroups = username === undefined ? await services.guacamole.duplicateGroups() : [];
  const secrets = withoutDeployment.filter((key) => hasSecret.has(key));
  const { standings, unanswered } = await standingsOf(services, people);
  const { TIME_ZONE: timeZone } = services.settings;
  const claimNames = claimNamesOf(services);
  return {
    ...sources,
    wanted,
    secrets,
    duplicateGroups,
    standings,
    claimNames,
    timeZone,
    unanswered: [...leftOut, ...pods.strangers, ...unanswered],
  };
}

/** Returns how the desktop should be; null if that is unknown, or its pod is not made for it. */
async function wantedDesktop(
  services: Services,
  question: DriftQuestions["compared"][number],
  known: Deciding,
  reading: { parts: NetworkParts | undefined; readsSecret: boolean },
): Promise<WantedDesktop | null> {
  const { desktop, record } = question.surveyed;
  const { username, workspace } = desktop;
  const plan = await planFor(services, { username, claims: record?.request.claims ?? {} }, workspace, known);
  return isRefusal(plan) ? null : wantedByPlan(services, plan, question, reading);
}

/** The same if it is known what was planned. */
export async function wantedByPlan(
  services: Pick<Services, "desktops">,
  plan: DesktopPlan,
  { surveyed: { desktop }, withParameters }: DriftQuestions["compared"][number],
  { parts, readsSecret }: { parts: NetworkParts | undefined; readsSecret: boolean },
): Promise<WantedDesktop | null> {
  const { side } = desktop;
  // A pod with other ports than a changed policy waits for its next start.
  if (otherPorts(side, portsOf(plan)) !== null) return null;
  const { protocol, until } = plan;
  const network = services.desktops.networkDrift(plan, parts);
  const isReady = keepsPod({ deployment: side, secret: true }, portsOf(plan));
  return {
    protocol,
    until,
    network,
    isReady,
    parameters:
      !isReady || !withParameters
        ? null
        : readsSecret
          ? await wantedParameters(services, plan, desktop)
          : parametersWithout(plan),
  };
}

/** What the credentials of running desktops were like when they were last read, as far as it shows without reading them. */
function credentialsOf(
  compared: DriftQuestions["compared"],
  connections: DriftSources["connections"],
): ReadonlyMap<string, string> {
  const passwordOf = new Map(connections.map((row) => [keyText(row), row.digests["password"]]));
  return new Map(
    compared
      .filter(({ withParameters }) => withParameters)
      .map(({ surveyed: { desktop } }) => {
        const id = keyText(desktop);
        return [id, `${desktop.startedFor ?? ""} ${passwordOf.get(id) ?? ""}`];
      }),
  );
}

/** What the connection's parameters should be, without those that only the Secret knows. */
function parametersWithout(plan: DesktopPlan): WantedDesktop["parameters"] {
  const unknown = randomUUID();
  const all = Object.entries(connectionParameters(plan, unknown));
  const plain = all.filter(([, value]) => value !== unknown);
  return {
    digests: Object.fromEntries(plain.map(([name, value]) => [name, digestOf(value)])),
    secret: new Set(all.filter(([, value]) => value === unknown).map(([name]) => name)),
    isOfPod: true,
    isUnread: true,
  };
}

/** Returns digests of the connection's parameters: the password goes no further. */
async function wantedParameters(
  { desktops }: Pick<Services, "desktops">,
  plan: DesktopPlan,
  { startedFor }: Pick<DeployedDesktop, "startedFor">,
): Promise<WantedDesktop["parameters"]> {
  const credential = await desktops.lookAtCredential(plan, startedFor).catch(() => null);
  if (credential === null) return null;
  const { password, isOfPod } = credential;
  const wanted = Object.entries(connectionParameters(plan, password));
  return {
    digests: Object.fromEntries(wanted.map(([name, value]) => [name, digestOf(value)])),
    secret: new Set(wanted.filter(([, value]) => value === password).map(([name]) => name)),
    isOfPod,
  };
}

async function standingsOf(
  { directory }: Services,
  people: DriftQuestions["people"],
): Promise<Pick<GatheredDrift, "standings" | "unanswered">> {
  const standings = new Map<string, Standing | null>();
  const unanswered: string[] = [];
  if (directory)
    await someAtATime(atOnce, people, async ({ username, subject }) => {
      try {
        standings.set(username, await directory.look(subject));
      } catch (error) {
        unanswered.push((error as Error).message);
      }
    });
  return { standings, unanswered };
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function readOnce(policies: Services["policies"]): Services["policies"] {
  const found = new Map<string, ReturnType<typeof policies.read>>();
  return {
    read(name) {
      const texts = found.get(name) ?? policies.read(name);
      found.set(name, texts);
      return texts;
    },
  };
}
