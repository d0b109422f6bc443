import { nameDesktop } from "../../shared/desktop/names.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { hadElsewhere } from "../../shared/person/request.ts";
import { guacamoleHome } from "../../shared/guacamole/link.ts";
import { namingRules, type Services } from "../services.ts";

export interface SignInAgain {
  reason: string;
  from: string;
  to: string;
  logout: string;
}

/**
 * What a person has to do whose previous desktop had another user in Guacamole: Guacamole keeps a browser signed in under
 * that name, and does not show it the new desktop. Undefined if there is nothing to do.
 */
export function signInAgain(services: Services, record: PersonRecord, requestId: string): SignInAgain | undefined {
  const outcome = Object.hasOwn(record.outcomes, requestId) ? record.outcomes[requestId] : undefined;
  const { username, workspace } = record.request;
  if (record.request.id !== requestId || workspace === null) return undefined;
  if (outcome && outcome.state !== "done") return undefined;
  const before = outcome ? outcome.switchedFrom : hadElsewhere(record, workspace);
  if (before === undefined) return undefined;
  const userIn = (where: string) => nameDesktop({ workspace: where, username }, namingRules(services)).entity;
  const [from, to] = [userIn(before), userIn(workspace)];
  if (from === to) return undefined;
  return {
    reason: `a browser that is signed in to Guacamole as ${from} does not see this desktop: log out of Guacamole there (its menu, Logout) and sign in again, as ${to}`,
    from,
    to,
    logout: guacamoleHome(services.settings.GUACAMOLE_URL),
  };
}
