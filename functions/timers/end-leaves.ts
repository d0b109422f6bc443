import type { InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";
import { extensionOf } from "../../shared/person/extension.ts";
import { endLeave } from "../../shared/person/presence.ts";
import type { PersonRecord, Presence } from "../../shared/person/record.ts";
import { outcomeOf } from "../../shared/person/outcomes.ts";
import { mayUse } from "../../shared/person/request.ts";
import { surveyDesktops } from "../gather/survey.ts";
import type { Services } from "../services.ts";
import { changeAndWake, ifThere, stamp } from "../work/person.ts";
import type { Timer } from "./timer.ts";

/**
 * Suspends the desktops of people who logged out and did not come back within the grace period. A person is back if
 * they asked for a desktop, logged in, opened a session in Guacamole, or have a live session at the identity provider.
 * If it is not certain that they left, so does a connection that was open all the time.
 * In doubt nothing happens until the next run. Harmless if it runs twice or late. Skips damaged records; the wake timer
 * logs them.
 */
export function endLeavesTimer(services: Services): Timer {
  return {
    name: "endLeaves",
    schedule: services.settings.WAKE_SCHEDULE,
    run: async (hub, context) => {
      const { records } = await services.records.open();
      const now = services.now().toISOString();
      let [left, failed] = [0, 0];
      for (const record of records) {
        const leaving = record.presence?.leaving;
        if (!leaving || leaving.until > now) continue;
        try {
          if (await endLeaveOf(services, hub, record, leaving, context)) left += 1;
        } catch (error) {
          failed += 1;
          context.error(`end a leave: ${(error as Error).message} (tried again at the next run)`);
        }
      }
      return { left, failed };
    },
  };
}

type Leaving = NonNullable<Presence["leaving"]>;

/** True if they left and their desktop is suspended. */
async function endLeaveOf(
  services: Services,
  hub: TaskHub,
  record: PersonRecord,
  { since, until, unlessInUse }: Leaving,
  context: InvocationContext,
): Promise<boolean> {
  const { username, subject, workspace } = record.request;
  const now = stamp(services);
  const extension = workspace === null ? undefined : extensionOf(record, workspace);
  if (extension && extension.until > now.at) return false;

  const sessions =
    services.directory && subject !== undefined
      ? ((await services.directory.look(subject))?.sessions ?? [])
      : undefined;
  const isBack =
    (sessions !== undefined && sessions.length > 0) ||
    (workspace !== null && (await isInUse(services, record, workspace, { since, unlessInUse })));
  const reason = `their session ended at ${since} and they were not back by ${until}`;
  const written = await changeAndWake(
    services,
    hub,
    username,
    ifThere((current) => endLeave(current, { since, isBack, sessions, reason }, now)),
  );
  const isSuspended = written?.request.id === now.id;
  if (isSuspended) context.log(`${username}: ${reason}; the desktop is suspended`);
  return isSuspended;
}

/**
 * True if the person opened their desktop since, or, if that counts, is connected to it. Throws if it is not known. After a
 * request that failed, theirs is the one that ran before.
 */
async function isInUse(
  services: Services,
  record: PersonRecord,
  wanted: string,
  { since, unlessInUse }: Pick<Leaving, "since" | "unlessInUse">,
): Promise<boolean> {
  const { username } = record.request;
  const mayBeAnother = outcomeOf(record)?.state === "failed";
  const surveyed = mayBeAnother || unlessInUse === true ? (await surveyDesktops(services, username)).desktops : [];
  const theirs = surveyed.filter(({ desktop }) => mayUse(record, desktop.workspace));
  const workspaces = new Set([wanted, ...theirs.map(({ desktop }) => desktop.workspace)]);
  for (const workspace of workspaces) if (await services.guacamole.openedSince(workspace, username, since)) return true;
  if (unlessInUse !== true) return false;
  if (theirs.some(({ use }) => use === null)) throw new Error(`${username} may be connected: Guacamole does not say`);
  return theirs.some(({ use }) => use?.connected);
}
