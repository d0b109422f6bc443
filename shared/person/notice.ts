import type { EndedSessions } from "./presence.ts";

/** What the identity provider reported about people, in our words, and no more of it than we act on. */
export interface Notice {
  id: string;
  /** When it happened there. */
  at: string;
  /** True if it arrived so late that it need not be true any more. Then only asking tells, except about a deletion. */
  late?: true;
  /** The person's id there, and their username if it was said. Neither if it is about a group, a role or everybody. */
  subject?: string | undefined;
  username?: string | undefined;
  told: Told;
}

export type Told =
  | { what: "back" }
  | { what: "left"; which: EndedSessions }
  /** Every session of the realm ended. */
  | { what: "everybody left" }
  | { what: "deleted" }
  | { what: "disabled" }
  /** Values that are gone from the person's groups or roles. */
  | { what: "lost"; claim: "groups" | "roles"; values: readonly string[] }
  /** Something that may matter, without saying what: only asking tells. */
  | { what: "changed" }
  /**
   * Groups or roles that are gone or changed for everybody: values that nobody has any more, and, with a group, what was
   * below it. None if the identity provider does not say which: only asking tells.
   */
  | { what: "gone"; claim: "groups" | "roles"; values: readonly string[] }
  /** What 0.1.0 stored for the deletion of a group. */
  | { what: "group deleted" };
