import type { Narrowing, Standing } from "../person/claims.ts";
import type { Notice, Told } from "../person/notice.ts";
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
export function asksForStanding({ told }: Pick<Notice, "told">): boolean {
  return told.what !== "back";
}

/**
 * True if a notice is worth following although it arrived late, or was sent again: if it is true at any age, or if asking
 * tells whether it still is.
 */
export function countsAtAnyAge(notice: Pick<Notice, "told">, canAsk: boolean): boolean {
  return isTrueAtAnyAge(notice.told) || (canAsk && asksForStanding(notice));
}

/**
 * True of the deletion of a person and of the end of one session, because their ids are never used again. Everything else
 * may have been reversed since: a person enabled, a group given back or created again, another session opened.
 */
function isTrueAtAnyAge(told: Told): boolean {
  return told.what === "deleted" || (told.what === "left" && typeof told.which === "object");
}

/**
 * True if a notice about one person can be about the one whose record this is. A username may have belonged to somebody else
 * before: what happened to them then must not be done to the one who has it now.
 */
export function mayConcern({ request, since }: PersonRecord, { subject, at }: Pick<Notice, "subject" | "at">): boolean {
  if (subject === undefined) return true;
  return request.subject === undefined ? since === undefined || at >= since : request.subject === subject;
}

/** True if a session ended in which the person asked, and not another of theirs, of which nothing follows later. */
function isKnownSession({ presence }: PersonRecord, told: Told): boolean {
  return told.what !== "left" || typeof told.which !== "object" || !!presence?.sessions.includes(told.which.session);
}

/**
 * True if a notice says nothing by itself, so that it is worth waiting for the identity provider's answer: it does not name
 * what changed, or it is so late that it need not be true any more.
 */
export function needsStanding({ told, late }: Pick<Notice, "told" | "late">): boolean {
  switch (told.what) {
    case "back":
    case "deleted":
      return false;
    case "changed":
    case "group deleted":
      return true;
    case "lost":
    case "gone":
      return late === true || told.values.length === 0;
    default:
      return late === true;
  }
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
  { at, late, told }: Notice,
  claimNames: ClaimNames,
): NoticeDecision {
  const { username } = record.request;
  const retire = (why: string): NoticeDecision => ({ do: "retire person", reason: `${username} ${why}` });
  if (standing === null) return retire("is no longer known to the identity provider");
  if (standing && !standing.enabled) return retire("was disabled at the identity provider");
  if (late && !standing && !(isTrueAtAnyAge(told) && isKnownSession(record, told))) return { do: "nothing" };
  const narrowToNow = (now: Standing): NoticeDecision => ({ do: "narrow claims", by: { now, ...claimNames } });

  switch (told.what) {
    case "back":
      return { do: "come back" };
    case "left":
      return { do: "leave", which: told.which, alive: standing?.sessions };
    case "everybody left":
      return { do: "leave", which: "every session", alive: standing?.sessions };
    case "deleted":
      return standing ? { do: "nothing" } : retire("was deleted at the identity provider");
    case "disabled":
      // A person who was seen since has been enabled again.
      return standing || at < lastSeen(record) ? { do: "nothing" } : retire("was disabled at the identity provider");
    case "lost":
    case "gone": {
      const mayBeRole = told.claim === "roles" || claimNames.groups === claimNames.roles;
      const isHidden = mayBeRole && standing?.roles === undefined;
      if (standing && !isHidden) return narrowToNow(standing);
      if (late) return { do: "nothing" };
      // Claims that were proven after it happened know of it.
      if (at < record.request.requestedAt || told.values.length === 0) return { do: "nothing" };
      const by = { lost: told.values, of: claimNames[told.claim] };
      return { do: "narrow claims", by: told.what === "gone" ? { ...by, below: true } : by };
    }
    case "changed":
    case "group deleted":
      return standing ? narrowToNow(standing) : { do: "nothing" };
  }
}
