import { ProductError } from "../../shared/errors.ts";
import type { Principal } from "../../shared/identity/access-token.ts";
import type { Services } from "../services.ts";
import { flag, wholeNumber } from "./shapes.ts";

/** How long a caller wants to wait; 0 by default. */
export function waitUpTo(seconds: number) {
  return wholeNumber(0, seconds, "a whole number of seconds")
    .default(0)
    .meta({ description: "Seconds to wait for the end of the operation" });
}

export const dryRun = flag.default(false).meta({ description: "Only report what would be done" });

/** Of a call that is made for one desktop, or for many. */
export const preview = flag
  .default(false)
  .meta({ description: "Only say what would happen, and how many people are connected; nothing is changed" });

export type CallerKind = "service" | "self" | "admin" | "offboarding" | "monitoring" | "timers";

/**
 * Returns which of the accepted kinds the caller is; throws `not-allowed` if none. It does so before anything is looked
 * up, so that the answer does not reveal what exists.
 */
export function authorize(
  { settings }: Pick<Services, "settings">,
  principal: Principal,
  username: string,
  accepted: readonly CallerKind[],
): CallerKind {
  const is: Record<CallerKind, boolean> = {
    service: principal.roles.has(settings.SERVICE_ROLE),
    self: username !== "" && principal.username === username,
    offboarding: principal.roles.has(settings.OFFBOARDING_ROLE),
    admin: principal.roles.has(settings.ADMIN_ROLE),
    monitoring: principal.roles.has(settings.MONITORING_ROLE),
    timers: principal.roles.has(settings.TIMERS_ROLE),
  };
  const kind = accepted.find((candidate) => is[candidate]);
  if (!kind) throw new ProductError("not-allowed", "this token may not act for that person");
  return kind;
}
