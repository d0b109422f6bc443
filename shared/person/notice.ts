import type { EndedSessions } from "./presence.ts";

/** What the identity provider reported about a person, in our words, and no more of it than we act on. */
export interface Notice {
  id: string;
  /** When it happened there. */
  at: string;
  /** The person's id there, and their username if it was said. Neither if it is about a group. */
  subject?: string | undefined;
  username?: string | undefined;
  told: Told;
}

export type Told =
  | { what: "back" }
  | { what: "left"; which: EndedSessions }
  | { what: "deleted" }
  | { what: "disabled" }
  /** Values that are gone from the person's groups or roles. */
  | { what: "lost"; claim: "groups" | "roles"; values: readonly string[] }
  /** Something that may matter, without saying what: only asking tells. */
  | { what: "changed" }
  | { what: "group deleted" };
