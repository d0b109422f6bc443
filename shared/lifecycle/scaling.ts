import type { Binding } from "../desktop/entitlement.ts";
import type { DesktopKey } from "../desktop/names.ts";
import type { PersonRecord } from "../person/record.ts";

/** A binding that somebody else scaled: a person wants that desktop, or no longer wants it. */
export interface Scaling extends DesktopKey {
  binding: string;
  replicas: number;
  wants: boolean;
  /** Another binding of the same person that was scaled up as well and comes first: this one does not count. */
  behind?: string;
}

/**
 * What other programs and people asked for by scaling bindings, as for the operator and its Keycloak extension:
 * 0 → 1 asks for the desktop, 1 → 0 for none. A person's wishes for a desktop come first, so that a switch (one up, one
 * down) is one; of several at once the first by name counts.
 *
 * @param left how many pods the operator left wanted of a desktop; what a binding that we never saw is compared with
 */
export function scalingsOf(bindings: readonly Binding[], left: (desktop: DesktopKey) => number): Scaling[] {
  const scaled = bindings.flatMap(({ name, username, workspace, scale }): Scaling[] => {
    if (username === undefined || !scale) return [];
    const before = scale.seen ?? left({ workspace, username });
    const wants = scale.replicas > 0;
    if (wants === before > 0) return [];
    return [{ binding: name, username, workspace, replicas: scale.replicas, wants }];
  });
  scaled.sort(
    (one, other) =>
      one.username.localeCompare(other.username) ||
      Number(other.wants) - Number(one.wants) ||
      one.binding.localeCompare(other.binding),
  );
  return scaled.map((scaling, index) => {
    const first = scaled.findIndex(({ username, wants }) => wants && username === scaling.username);
    const ahead = scaling.wants && first < index ? scaled[first] : undefined;
    return ahead ? { ...scaling, behind: ahead.binding } : scaling;
  });
}

/**
 * Bindings that still ask for a pod though their person's newest request has ended otherwise: it failed, or wants another
 * desktop or none. Unless that desktop runs all the same, they go back to 0, so that scaling them up again says something.
 */
export function unfulfilled(
  bindings: readonly Binding[],
  records: readonly PersonRecord[],
): (DesktopKey & { binding: string })[] {
  const byPerson = new Map(records.map((record) => [record.request.username, record]));
  return bindings.flatMap(({ name, username, workspace, scale }) => {
    const record = username === undefined ? undefined : byPerson.get(username);
    const outcome = record?.outcomes[record.request.id];
    if (username === undefined || !record || !outcome || !scale?.replicas || !scale.seen) return [];
    const fulfilled = outcome.state === "done" && record.request.workspace === workspace;
    return fulfilled ? [] : [{ binding: name, username, workspace }];
  });
}
