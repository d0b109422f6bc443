import type { Decision } from "../../shared/desktop/decision.ts";
import { personId } from "../../shared/desktop/names.ts";
import type { OwnPolicy } from "../../shared/desktop/policy.ts";
import { sessionsSince } from "../../shared/lifecycle/sessions.ts";
import { decideSurvey, type Gathered, type Survey } from "../../shared/lifecycle/survey.ts";
import type { Services } from "../services.ts";

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
  return decideSurvey(await gatherSurvey(services, username));
}

/** Returns what would be decided now about a person's desktops, by workspace. */
export async function decisionsAbout(services: Surveyed, username: string): Promise<Map<string, Decision>> {
  const { desktops } = await surveyDesktops(services, username);
  return new Map(desktops.map(({ desktop, decision }) => [desktop.workspace, decision]));
}

/** Reads everything that a survey needs: lists in pages, one statement for all sessions. Names what does not answer. */
async function gatherSurvey(services: Surveyed, username?: string): Promise<Gathered> {
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
  const { deployed, odd } = await services.desktops.findDeployed(username);
  const { records, damaged } = await recordsOf(services, username);
  const known = await asked("who may use what", services.workspaces.known());
  const maintenance = await asked("the maintenance switch", services.maintenance.read());
  const sessions = await asked(
    "Guacamole's history",
    services.guacamole.sessions(sessionsSince(deployed, now()), username),
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
    records: new Map(records.map((record) => [record.request.username, record])),
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

async function recordsOf({ records }: Surveyed, username?: string) {
  if (username === undefined) return records.all();
  const own = await records.read(personId(username));
  return { records: own ? [own] : [], damaged: [] };
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
