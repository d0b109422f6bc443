import type { Decision } from "../../shared/desktop/decision.ts";
import type { WorkspacesAndBindings } from "../../shared/desktop/entitlement.ts";
import type { DeployedDesktop } from "../../shared/desktop/known-desktop.ts";
import { deploymentName, type DesktopKey, keyText } from "../../shared/desktop/names.ts";
import type { DescribedState } from "../../shared/desktop/state.ts";
import type { FoundDeployments } from "../../shared/kubernetes/deployed-desktops.ts";
import { describeDesktop } from "../../shared/lifecycle/describe-desktop.ts";
import { openIsolation, type OpenIsolation } from "../../shared/lifecycle/isolation.ts";
import type { Limits } from "../../shared/lifecycle/reaping.ts";
import { isolatedPods, type Survey, type SurveyedDesktop } from "../../shared/lifecycle/survey.ts";
import { stateSince } from "../../shared/lifecycle/state-since.ts";
import { damagedAmong } from "../../shared/person/damaged-record.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { orNull } from "./rows.ts";
import { surveyThese } from "./survey.ts";

/** A desktop with the reasons for its state, and what would be decided about it now. */
export interface ExplainedDesktop extends DesktopKey, DescribedState {
  id: string;
  surveyed: SurveyedDesktop;
  deployment: string;
  binding: string | undefined;
  replicas: number;
  /** True if we made it or took it over. */
  ours: boolean;
  limits: Limits | null;
  decision: Decision;
  /** Whether somebody is connected; null if that is not known. */
  connected: boolean | null;
  connectionId: number | null;
  /** Null: Guacamole's database does not answer. */
  mayBeOpened: boolean | null;
  record: PersonRecord | undefined;
  /** True if the record of its person cannot be read. */
  damaged: boolean;
}

export interface ExplainedDesktops extends Pick<Survey, "damaged"> {
  desktops: ExplainedDesktop[];
  /** Which network policies of others open them. */
  isolation: OpenIsolation[];
  /** Who may use what, as far as these desktops need it; null if that could not be read. */
  known: WorkspacesAndBindings | null;
  /** What could not be read, or is not as it should be, in words. */
  unanswered: string[];
}

/** Explains desktops that were found before, in their order. Reads only what is about them and their people. */
export async function explainDesktops(services: Services, found: FoundDeployments): Promise<ExplainedDesktops> {
  if (found.deployed.length === 0)
    return { desktops: [], isolation: [], unanswered: found.odd, known: null, damaged: [] };
  const missing: string[] = [];
  const people = [...new Set(found.deployed.map(({ username }) => username))];
  const [survey, openers, connections] = await Promise.all([
    surveyThese(services, found),
    services.desktops.openersOf(people),
    orNull(services.guacamole.connections(people), (words) => missing.push(words)),
  ]);
  return {
    desktops: explainSurvey(survey, connections),
    isolation: openIsolation(isolatedPods(found.deployed), openers),
    unanswered: [...new Set([...survey.unanswered, ...missing, ...survey.odd])],
    known: survey.known,
    damaged: survey.damaged,
  };
}

type Connections = Awaited<ReturnType<Services["guacamole"]["connections"]>>;

/** Explains the desktops of a survey, in its order. @param connections null: Guacamole's database does not answer */
export function explainSurvey(
  { desktops, damaged }: Pick<Survey, "desktops" | "damaged">,
  connections: Connections | null,
): ExplainedDesktop[] {
  const rowsOf = new Map<string, Connections[number]>();
  for (const row of connections ?? []) rowsOf.set(keyText(row), row);
  const isDamaged = damagedAmong(damaged);
  return desktops.map((surveyed) => {
    const { username } = surveyed.desktop;
    const rows = connections && (rowsOf.get(keyText(surveyed.desktop)) ?? { connectionId: null, readers: [] });
    return explain(surveyed, rows, isDamaged(username));
  });
}

function explain(
  surveyed: SurveyedDesktop,
  rows: { connectionId: number | null; readers: readonly string[] } | null,
  damaged: boolean,
): ExplainedDesktop {
  const { desktop, limits, decision, record, use } = surveyed;
  const { workspace, username, names, binding, replicas, side, ours } = desktop;
  const connectionId = rows?.connectionId ?? null;
  const connection = rows?.readers.includes(names.entity) ?? false;
  const permissions = { connection, group: connection, self: connection };
  const described = describeDesktop(
    workspace,
    { cluster: { deployment: side }, rows: rows && { connectionId, permissions } },
    { record, decision },
  );
  return {
    id: deploymentName({ workspace, username }),
    surveyed,
    workspace,
    username,
    deployment: names.deployment,
    binding,
    replicas,
    ours,
    ...described,
    since: stateSince(described, desktop, record),
    limits,
    decision,
    connected: replicas === 0 ? false : use && use.connected,
    connectionId,
    mayBeOpened: rows && connection,
    record,
    damaged,
  };
}

/**
 * Finds a desktop by its id: the name of its Deployment, unless the operator or a binding gave it another one. Only for an id
 * that is no such name are all Deployments read, through `otherNames`.
 */
export async function findById(
  { desktops }: Pick<Services, "desktops">,
  id: string,
  otherNames: () => Promise<ReadonlyMap<string, string>>,
): Promise<DeployedDesktop | undefined> {
  const named = await desktops.findDeployedByName(id);
  if (named && deploymentName(named) === id) return named;
  const other = (await otherNames()).get(id);
  return other === undefined ? undefined : desktops.findDeployedByName(other);
}

/** Of desktops whose Deployments do not have their ids as names: these names, by id. */
export async function readOtherNames({ desktops }: Pick<Services, "desktops">): Promise<ReadonlyMap<string, string>> {
  const { deployed } = await desktops.findDeployed();
  const others = deployed
    .map((desktop) => [deploymentName(desktop), desktop.names.deployment] as const)
    .filter(([id, name]) => id !== name);
  return new Map(others.toReversed());
}
