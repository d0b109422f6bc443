import { personId } from "../../shared/desktop/names.ts";
import type { OwnPolicy } from "../../shared/desktop/policy.ts";
import { sessionsSince } from "../../shared/lifecycle/sessions.ts";
import { decideSurvey, type Gathered, type Survey, type SurveyedDesktop } from "../../shared/lifecycle/survey.ts";
import type { FoundDeployments } from "../../shared/kubernetes/deployed-desktops.ts";
import type { Services } from "../services.ts";
import { decidingForDesktops } from "./person-may.ts";

/** The services that a survey uses. */
type Surveyed = Pick<
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

/**
 * Surveys every desktop, or those of one person, and decides about each. Throws if the desktops or the person records
 * cannot be read.
 */
export async function surveyDesktops(services: Surveyed, username?: string): Promise<Survey> {
  const found = await services.desktops.findDeployed(username);
  return decideSurvey(await gatherSurvey(services, found, username === undefined ? undefined : [username]));
}

/** The same of desktops that were found before; reads only what is about their people. `known` says who may use what. */
export async function surveyThese(
  services: Surveyed,
  found: FoundDeployments,
): Promise<Survey & Pick<Gathered, "known">> {
  const people = new Set(found.deployed.map(({ username }) => username));
  const gathered = await gatherSurvey(services, found, [...people], true);
  return { ...decideSurvey(gathered), known: gathered.known };
}

/** Returns what would be decided now about a person's desktops, and by which limits, by workspace. */
export async function surveyOf(services: Surveyed, username: string): Promise<Map<string, SurveyedDesktop>> {
  const { desktops } = await surveyDesktops(services, username);
  return new Map(desktops.map((surveyed) => [surveyed.desktop.workspace, surveyed]));
}

/**
 * Reads everything that a survey needs: lists in pages, one statement for all sessions. Names what does not answer.
 *
 * @param people whose desktops these are; undefined: they are everybody's
 * @param toleratesDamage false: throws if the record of one of these people cannot be read
 */
async function gatherSurvey(
  services: Surveyed,
  { deployed, odd }: FoundDeployments,
  people: readonly string[] | undefined,
  toleratesDamage = people === undefined,
): Promise<Gathered> {
  const { settings, now } = services;
  const unanswered: string[] = [];
  // People read which system it is, but not its address.
  const doubts: string[] = [];
  const asked = async <T>(system: string, work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      unanswered.push((error as Error).message);
      doubts.push(`${system} cannot be read`);
      return null;
    });

  // One after the other: in parallel, the pages of four long lists would be in memory at once.
  const { records, damaged } = await recordsOf(services, people, toleratesDamage);
  const recordOf = new Map(records.map((record) => [record.request.username, record]));
  const known = await asked(
    "who may use what",
    people ? decidingForDesktops(services, deployed, recordOf) : services.workspaces.known(),
  );
  const maintenance = await asked("the maintenance switch", services.maintenance.read());
  const sessions = await asked(
    "Guacamole's history",
    services.guacamole.sessions(sessionsSince(deployed, now()), people),
  );
  // After the history: a session that begins between the two reads is in this list.
  const active = services.activeConnections
    ? await asked("Guacamole's list of connections", services.activeConnections.now())
    : null;
  const guacamoleSince = (await services.guacamoleInstances?.oldestStart().catch(() => null)) ?? null;
  const at = now();
  const policies = await policiesOf(services, deployed, known);
  return {
    at,
    settings: { timeZone: settings.TIME_ZONE, desktopDefaults: settings.desktopDefaults },
    deployed,
    records: recordOf,
    damaged,
    known,
    policies,
    maintenance,
    sessions,
    active,
    guacamoleSince,
    unanswered,
    doubts,
    odd: [...odd, ...(known?.odd ?? [])],
  };
}

async function recordsOf({ records }: Surveyed, people: readonly string[] | undefined, toleratesDamage: boolean) {
  if (!people) return records.all();
  if (toleratesDamage) return records.ofPeople(people);
  const own = await Promise.all(people.map((username) => records.read(personId(username))));
  return { records: own.filter((record) => record !== null), damaged: [] };
}

/** Reads each policy of these desktops' workspaces once. One that fails puts only its own desktops in doubt. */
async function policiesOf(
  { policies }: Surveyed,
  deployed: Gathered["deployed"],
  known: Gathered["known"],
): Promise<Map<string, OwnPolicy>> {
  const chosenBy = new Map(known?.workspaces.map(({ name, policy }) => [name, policy]));
  const chosen = new Set(deployed.map(({ workspace }) => chosenBy.get(workspace)));
  const texts = new Map<string, OwnPolicy>();
  for (const name of chosen) if (name !== undefined) texts.set(name, await policies.read(name).catch(() => "missing"));
  return texts;
}
