import type { Narrowing, Standing } from "../person/claims.ts";
import type { Notice } from "../person/notice.ts";
import { type EndedSessions, lastSeen } from "../person/presence.ts";
import type { PersonRecord } from "../person/record.ts";

/** What is to be done about a notice. */
export type NoticeDecision =
  | { do: "nothing" }
  | { do: "retire person"; reason: string }
  | { do: "come back" }
  | { do: "leave"; which: EndedSessions; alive: readonly string[] | undefined }
  /** What the person may not have with what is left of their claims is retired. */
  | { do: "narrow claims"; by: Narrowing };

/** The claims that hold a person's groups and roles: settings. */
export interface ClaimNames {
  groups: string;
  roles: string;
}

/** True if the identity provider, if asked, knows something about this person that matters. */
export function asksForStanding({ told }: Notice): boolean {
  return told.what !== "back";
}

/**
 * Decides what a notice means for a person.
 *
 * @param standing what the identity provider says of the person now: null if it does not know them; undefined if it cannot
 * be asked. Then the notice's word counts: an outage must not keep the access of a person who left
 */
export function decideNotice(
  record: PersonRecord,
  standing: Standing | null | undefined,
  { at, told }: Notice,
  claimNames: ClaimNames,
): NoticeDecision {
  const { username } = record.request;
  const retire = (why: string): NoticeDecision => ({ do: "retire person", reason: `${username} ${why}` });
  if (standing === null) return retire("is no longer known to the identity provider");
  if (standing && !standing.enabled) return retire("was disabled at the identity provider");
  const narrowToNow = (now: Standing): NoticeDecision => ({ do: "narrow claims", by: { now, ...claimNames } });

  switch (told.what) {
    case "back":
      return { do: "come back" };
    case "left":
      return { do: "leave", which: told.which, alive: standing?.sessions };
    case "deleted":
      return standing ? { do: "nothing" } : retire("was deleted at the identity provider");
    case "disabled":
      // A person who was seen since has been enabled again.
      return standing || at < lastSeen(record) ? { do: "nothing" } : retire("was disabled at the identity provider");
    case "lost":
      if (standing) return narrowToNow(standing);
      // Claims that were proven after it happened know of it.
      if (at < record.request.requestedAt) return { do: "nothing" };
      return { do: "narrow claims", by: { lost: told.values, of: claimNames[told.claim] } };
    case "changed":
    case "group deleted":
      return standing ? narrowToNow(standing) : { do: "nothing" };
  }
}
