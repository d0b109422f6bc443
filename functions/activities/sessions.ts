import type { DeployedDesktop } from "../../shared/desktop/known-desktop.ts";
import type { EndOfSessions, PlaceOfRun, SessionsOf, SomeEnded } from "../../shared/lifecycle/ended-sessions.ts";
import { operationIdOf } from "../../shared/person/operation.ts";
import { isSuspended } from "../gather/desktops-of-person.ts";
import type { Services } from "../services.ts";
import { someAtATime } from "../some-at-a-time.ts";
import { ask } from "../work/ask.ts";
import type { HubSurroundings, Implements } from "./activity.ts";

/** So many people are asked for in one step, and at the same time: an activity stays far below its time limit. */
const mostAStep = 100;
const peopleAtOnce = 8;
/** So many Deployments are looked at in one step, and so many of them at a time. */
const mostLookedAt = 2_000;
const pageSize = 500;

/** Ends sessions: asks for no desktop in the name of those whose desktops run. */
export function sessionActivities(services: Services): Implements<"countSessions" | "endSomeSessions"> {
  const { desktops } = services;

  /** The next desktops that match, and where to go on. */
  async function some(of: SessionsOf, { from, after }: PlaceOfRun) {
    if (of.username !== undefined) {
      const { deployed } = await desktops.findDeployedOf(of.username);
      return { found: deployed.filter((desktop) => isMeant(desktop, of)), next: null };
    }
    const found: DeployedDesktop[] = [];
    let place: PlaceOfRun = { from, after };
    for (let looked = 0; looked < mostLookedAt;) {
      const page = await desktops.pageOfDeployed(pageSize, place.from);
      if (!page) {
        // The API server no longer knows the place: what was looked at is passed over.
        place = { after: place.after };
        continue;
      }
      looked += pageSize;
      const { after: last } = place;
      const meant = page.deployed.filter((desktop) => desktop.names.deployment > last && isMeant(desktop, of));
      const room = mostAStep - found.length;
      found.push(...meant.slice(0, room));
      if (meant.length > room) return { found, next: { ...place, after: found.at(-1)?.names.deployment ?? last } };
      if (page.next === undefined) return { found, next: null };
      // What is passed over comes before the names that were looked at.
      const name = page.deployed.at(-1)?.names.deployment ?? last;
      place = { from: page.next, after: name > last ? name : last };
    }
    return { found, next: place };
  }

  return {
    async countSessions(of) {
      const { deployed } = await (of.username === undefined
        ? desktops.findDeployed()
        : desktops.findDeployedOf(of.username));
      return { count: deployed.filter((desktop) => isMeant(desktop, of)).length };
    },

    async endSomeSessions({ reason, by, place, ...of }, around) {
      const { found, next } = await some(of, place);
      const step: SomeEnded = { ended: [], failed: [], next };
      await someAtATime(peopleAtOnce, found, (desktop) => endOne(services, desktop, { reason, by }, step, around));
      return step;
    },
  };
}

function isMeant({ ours, replicas, workspace }: DeployedDesktop, of: SessionsOf): boolean {
  return ours && replicas > 0 && (of.workspace === undefined || workspace === of.workspace);
}

/** Also of a person who has asked for another desktop since. */
async function endOne(
  services: Services,
  { username, workspace }: DeployedDesktop,
  { reason, by }: Pick<EndOfSessions, "reason" | "by">,
  step: SomeEnded,
  { hub, error }: HubSurroundings,
): Promise<void> {
  const who = { username, workspace };
  try {
    const why = by === undefined ? undefined : ({ kind: "administrator", by, note: reason } as const);
    const wish = { workspace: null, reason, why };
    const administrator = by === undefined ? undefined : { by, action: "end-sessions", workspace, reason };
    const asItIs = () => isSuspended(services, username);
    const { record } = await ask(services, hub, username, wish, asItIs, { administrator });
    step.ended.push({ ...who, operation: `/api/operations/${operationIdOf(record.request)}` });
  } catch (failure) {
    const { message } = failure as Error;
    error(`end the session of ${username} in ${workspace}: ${message}`);
    step.failed.push({ ...who, reason: message });
  }
}
