import { type Binding, bindsPerson, type Person } from "../../shared/desktop/entitlement.ts";
import { type Refusal, refuse } from "../../shared/errors.ts";
import { asksForStanding, type ClaimNames, needsStanding } from "../../shared/lifecycle/notices.ts";
import { claimsNow, type Standing } from "../../shared/person/claims.ts";
import type { Notice } from "../../shared/person/notice.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";

/**
 * Returns the person's standing at the identity provider: null if they are unknown there; undefined if it does not
 * answer, or if it does not matter for this notice. Throws if it does not answer and the notice says nothing without it.
 *
 * @param tell logs why it did not answer
 */
export async function standingOf(
  { directory }: Services,
  { request }: PersonRecord,
  notice: Notice,
  tell: (message: string) => void,
): Promise<Standing | null | undefined> {
  const whom = request.subject ?? notice.subject;
  if (!directory || whom === undefined || !asksForStanding(notice)) return undefined;
  try {
    return await directory.look(whom);
  } catch (error) {
    if (needsStanding(notice)) throw error;
    tell(`${(error as Error).message}; deciding by the event alone`);
    return undefined;
  }
}

/** The claims that hold a person's groups and roles. */
export function claimNamesOf({ settings }: Pick<Services, "settings">): ClaimNames {
  return { groups: settings.KEYCLOAK_GROUPS_CLAIM, roles: settings.KEYCLOAK_ROLES_CLAIM };
}

/**
 * The person with the claims that they have now, if the identity provider can be asked; refuses a person whom it does not
 * know or has disabled. If it does not answer, what was proven last counts: an outage must not keep people from working.
 */
export async function personNow(
  services: Pick<Services, "directory" | "settings">,
  person: Person & { claimsReduced?: boolean | undefined },
  subject: string | undefined,
  tell: (message: string) => void,
): Promise<Person | Refusal> {
  const { username, claims } = person;
  if (!services.directory || subject === undefined) return { username, claims };
  try {
    const standing = await services.directory.look(subject);
    if (!standing) return refuse("unknown-user", `${username} is no longer known to the identity provider`);
    if (!standing.enabled) return refuse("not-allowed", `${username} was disabled at the identity provider`);
    return { username, claims: claimsNow(person, standing, claimNamesOf(services)).claims };
  } catch (error) {
    tell(`${(error as Error).message}; deciding by what was proven last`);
    return { username, claims };
  }
}

/** The same for a person who calls with their own token, if a binding lets them in by its claims: it may be minutes old. */
export async function callerNow(
  services: Pick<Services, "directory" | "settings">,
  { username, claims, subject }: Person & { subject: string },
  { bindings }: { bindings: readonly Binding[] },
  tell: (message: string) => void,
): Promise<Person | Refusal> {
  const person = { username, claims };
  const byClaims = bindings.some((binding) => binding.username === undefined && bindsPerson(binding, person));
  return byClaims ? personNow(services, person, subject, tell) : person;
}
