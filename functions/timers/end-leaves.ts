import type { InvocationContext } from "@azure/functions";
import type { DurableClient } from "durable-functions";
import { personId } from "../../shared/desktop/names.ts";
import { supersede } from "../../shared/person/operation.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { newRequest } from "../work/ask.ts";
import type { Services } from "../services.ts";
import { wake } from "../work/person.ts";
import type { Timer } from "./timer.ts";

/**
 * Suspends the desktops of people who logged out and did not come back within the grace. Back is who asked for a desktop,
 * logged in, opened a session in Guacamole, or has a live session at the identity provider. In doubt nothing happens
 * until the next run. Harmless if it runs twice, or late. Damaged records are left out; the wake timer names them.
 */
export function endLeavesTimer(services: Services): Timer {
  return {
    name: "endLeaves",
    schedule: services.settings.WAKE_SCHEDULE,
    run: async (client, context) => {
      const { records } = await services.records.all();
      const now = services.now().toISOString();
      for (const record of records) {
        const leaving = record.presence?.leaving;
        if (!leaving || leaving.until > now) continue;
        try {
          await endLeave(services, client, record, leaving, context);
        } catch (error) {
          context.error(`end a leave: ${(error as Error).message} (tried again at the next run)`);
        }
      }
    },
  };
}

type Leaving = NonNullable<NonNullable<PersonRecord["presence"]>["leaving"]>;

async function endLeave(
  services: Services,
  client: DurableClient,
  { request, presence, kept }: PersonRecord,
  leaving: Leaving,
  context: InvocationContext,
): Promise<void> {
  const { username, subject, claims } = request;
  const now = services.now().toISOString();
  if (kept && kept.workspace === request.workspace && kept.until > now) return;

  const sessions = (subject !== undefined && (await services.directory?.look(subject))?.sessions) || [];
  const back =
    sessions.length > 0 ||
    (request.workspace !== null && (await services.guacamole.openedSince(request.workspace, username, leaving.since)));
  const reason = `logged out at ${leaving.since} and was not back by ${leaving.until}`;
  const none = newRequest(services, { username, workspace: null, subject, claims, reason });
  const rest = { ...presence, seenAt: presence?.seenAt ?? leaving.since, sessions, leaving: undefined };

  const written = await services.records.update(personId(username), (current) => {
    // Whoever came back meanwhile has no leave any more, or a newer one.
    if (current?.presence?.leaving?.since !== leaving.since) return null;
    const over = { ...current, presence: rest };
    return back || current.request.workspace === null ? over : supersede(over, none);
  });
  if (written?.request.id !== none.id) return;
  await wake(client, username);
  context.log(`${username} ${reason}: their desktop is suspended`);
}
