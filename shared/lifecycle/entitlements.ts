import { dayIn, endOfDay } from "../desktop/day.ts";
import { type Claims, decideEntitlement, mayBeHidden, type WorkspacesAndBindings } from "../desktop/entitlement.ts";
import { canonicalUsername, type DesktopKey } from "../desktop/names.ts";
import { isRefusal } from "../errors.ts";
import type { DesktopFacts } from "./reaping.ts";

/**
 * Decides for many people if they may have their desktops: bindings are found by name, not by a search through all.
 *
 * @returns for a desktop and its person's claims (undefined if nobody knows them; `reduced` if they have more values than
 * these) until when, or why not; null in doubt
 */
export function entitlementsAt(
  at: Date,
  timeZone: string,
  { workspaces, bindings, unreadable }: WorkspacesAndBindings,
): (
  desktop: DesktopKey & { binding?: string | undefined },
  claims: Claims | undefined,
  reduced?: boolean,
) => DesktopFacts["entitlement"] {
  const today = dayIn(timeZone, at);
  const byClaims = bindings.filter(({ username }) => username === undefined);
  const named = Map.groupBy(bindings, ({ username }) => username);
  const workspaceOf = new Map(workspaces.map((workspace) => [workspace.name, workspace]));
  const ends = new Map<string, string>();
  return (desktop, claims, reduced) => {
    const { workspace, username } = desktop;
    const personal = named.get(canonicalUsername(username)) ?? [];
    const own = byClaims.length === 0 ? personal : [...personal, ...byClaims];
    const of = workspaceOf.get(workspace);
    const answer = decideEntitlement(
      { username, claims: claims ?? {} },
      workspace,
      { workspaces: of ? [of] : [], bindings: own },
      today,
    );
    if (isRefusal(answer)) {
      // Without the record nobody knows the person's claims, which may be what lets them in.
      const isOpen = of !== undefined && today >= of.availableFrom && today <= of.expires;
      const mayBeLetIn =
        (claims === undefined && byClaims.some((binding) => binding.workspace === workspace)) ||
        // A binding written since the claims were kept may look for a value that was not.
        (reduced === true &&
          isOpen &&
          byClaims.some((binding) => binding.workspace === workspace && today <= binding.expires));
      // What cannot be read may say that they may.
      return mayBeLetIn || mayBeHidden(unreadable, desktop) ? null : { ended: answer.reason };
    }
    const endsAt = ends.get(answer.until) ?? endOfDay(timeZone, answer.until).toISOString();
    ends.set(answer.until, endsAt);
    return { endsAt };
  };
}
