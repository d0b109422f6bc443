import type { Notice } from "../../shared/person/notice.ts";
import type { EndedSessions } from "../../shared/person/presence.ts";

/** What the product understood, on a line: whom it is about (the beginning of their id), and what happened. */
export function noticeWords({ subject, username, told }: Notice): string {
  const whom = subject === undefined ? "unnamed" : subject.slice(0, 8) + (username === undefined ? "" : `=${username}`);
  const { what, ...more } = told;
  return [`${whom}:`, what, ...(Object.values(more) as Detail[]).map((detail) => describeDetail(detail))].join(" ");
}

type Detail = EndedSessions | readonly string[];
function describeDetail(detail: Detail): string {
  if (typeof detail === "string") return detail;
  if ("session" in detail) return `session ${detail.session}`;
  return detail.length === 0 ? "not said which" : detail.join(", ");
}
