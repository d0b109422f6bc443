import type { DesktopEnd, DesktopRequest, Outcome, PersonRecord } from "./record.ts";
import { readEndOfOlder } from "./older-reasons.ts";
import type { StoredWhy, Why } from "./why.ts";

/** So many are kept per person: more workspaces than most people have. */
const endsKept = 20;

/** What ended one or more desktops. */
export type Ending = Omit<DesktopEnd, "workspace">;

/** The record with the ends of some desktops, each in the place of the one before it in its workspace. */
export function noteEnds(record: PersonRecord, workspaces: readonly string[], ending: Ending): PersonRecord {
  if (workspaces.length === 0) return record;
  const others = (record.ends ?? []).filter(({ workspace }) => !workspaces.includes(workspace));
  const isOver = record.kept !== undefined && workspaces.includes(record.kept.workspace);
  return {
    ...record,
    ends: [...others, ...workspaces.map((workspace) => ({ workspace, ...ending }))].slice(-endsKept),
    // The extension was for the desktop that ran: the next one is another.
    ...(isOver && { kept: undefined }),
  };
}

/** The ends without that of a desktop that came up. */
export function withoutEnd(ends: PersonRecord["ends"], up: string): PersonRecord["ends"] {
  const left = ends?.filter(({ workspace }) => workspace !== up);
  return left?.length === 0 ? undefined : left;
}

/** How the desktop in a workspace ended; undefined if it has come up since, or if that is not known. */
export function endIn(record: PersonRecord | undefined, workspace: string): DesktopEnd | undefined {
  if (!record) return undefined;
  const end = record.ends?.findLast((each) => each.workspace === workspace);
  // A release up to 0.1.0, put back for a while, brings desktops up and takes them down without noting it.
  const isOutdated = end !== undefined && (cameUpAt(record, workspace, "older") ?? "") > end.at;
  return end && !isOutdated ? end : endOfOlder(record, workspace);
}

/** The end that is newest, of whichever desktop; undefined if none is known. */
export function newestEnd(record: PersonRecord): DesktopEnd | undefined {
  const noted = record.ends?.findLast((each) => endIn(record, each.workspace) === each);
  const last = lastOfOlder(record);
  return noted ?? (last === undefined ? undefined : endIn(record, last));
}

/** The workspace of the person's last desktop, which has ended, or is being taken down; undefined if none is known. */
export function lastOf(record: PersonRecord): string | undefined {
  const { lastDesktop } = record;
  const isUp = lastDesktop !== undefined && endIn(record, lastDesktop) === undefined;
  return isUp ? lastDesktop : newestEnd(record)?.workspace;
}

/**
 * When the desktop in a workspace came up last, as far as its request is remembered.
 *
 * @param release `older`: only what a release up to 0.1.0 did, which does not note what a request took down
 */
export function cameUpAt(
  { request, outcomes }: PersonRecord,
  workspace: string,
  release: "any" | "older" = "any",
): string | undefined {
  const up = Object.entries(outcomes).flatMap(([id, outcome]) => {
    // Only a desktop that came up has an address.
    if (outcome.state !== "done" || outcome.url === undefined) return [];
    if (release === "older" && outcome.tookDown) return [];
    // Only the newest request says what it was for, if a release up to 0.1.0 wrote the outcome.
    const of = outcome.workspace ?? (id === request.id ? request.workspace : undefined);
    return of === workspace ? [outcome.at] : [];
  });
  return up.sort().at(-1);
}

/** Releases up to 0.1.0 note no end: it is known only of the desktop that a review suspended, or that came up last. */
function endOfOlder(record: PersonRecord, workspace: string): DesktopEnd | undefined {
  const { request, outcomes } = record;
  const outcome = Object.hasOwn(outcomes, request.id) ? outcomes[request.id] : undefined;
  if (request.workspace !== null || request.nobodyAsked || outcome?.state !== "done" || outcome.tookDown)
    return undefined;
  return lastOfOlder(record) === workspace ? { workspace, ...endOfRequest(record, outcome.at) } : undefined;
}

/** The workspace of the last desktop, as far as a release before this one noted it. */
export function lastOfOlder(record: PersonRecord): string | undefined {
  return decidedFor(record)?.workspace ?? record.lastDesktop;
}

/** The end that the request for none means, of whichever desktop. */
export function endOfRequest(record: PersonRecord, at: string): Ending {
  return { ...endBy(record.request, at), why: record.request.why ?? whyOfOlder(record) };
}

/** A review notes its decision and the request for none at the same instant. */
function decidedFor({ request, decisions }: PersonRecord) {
  return decisions?.findLast(({ action, at }) => action !== "keep" && at === request.requestedAt);
}

/** Who asked for it stands beside the request, and so does the decision; of what neither says, the words are read. */
function whyOfOlder(record: PersonRecord): StoredWhy {
  const { id, retire, reason, requestedAt } = record.request;
  const by = record.interventions?.findLast((each) => each.id === id || each.at === requestedAt);
  if (by) return { kind: "administrator", by: by.by, note: by.reason };
  if (reason === undefined) return { kind: retire ? "everything" : "asked" };
  const rule = decidedFor(record)?.rule;
  return readEndOfOlder(reason) ?? (rule === undefined ? { kind: "unknown" } : { kind: "rule", rule });
}

/** The end of the desktops that a request for none takes down. */
export function endBy(request: DesktopRequest, at: string): Ending {
  const { id, retire, reason } = request;
  const usual = retire ? "everything that this person had was removed" : "it was stopped on request";
  const why: Why = { kind: retire ? "everything" : "asked" };
  return { at, action: retire ? "retire" : "suspend", reason: reason ?? usual, why: request.why ?? why, id };
}

/** The end of the desktops that a request for none took down although a newer request has its place: little is known of it. */
export function endBySuperseded({ interventions, request }: PersonRecord, id: string, at: string): Ending {
  const { by, reason } = interventions?.find((each) => each.id === id && each.by !== request.username) ?? {};
  const why: Why = by === undefined ? { kind: "asked" } : { kind: "administrator", by, note: reason };
  return { at, action: "suspend", reason: reason ?? "it was stopped on request", why, id };
}

/** The end of the desktop that its person had before they changed to another workspace. */
export function endBySwitch(to: string, id: string, at: string): Ending {
  const why: Why = { kind: "switched", to };
  return { at, action: "suspend", reason: `its person has the desktop in ${to} now`, why, id };
}

/**
 * The record with the end of a desktop that did not come up. One that ran before goes on: what is undone is only what was
 * changed of it.
 */
export function noteFailedStart(record: PersonRecord, id: string, outcome: Outcome): PersonRecord {
  const { before, request } = record;
  const { workspace } = request;
  const ran = before?.workspace === workspace && (before.desktop.deployment?.replicas ?? 0) > 0;
  if (outcome.state !== "failed" || workspace === null || ran) return record;
  const { at, code, values } = outcome;
  const why: Why = { kind: "failed", code, values };
  return noteEnds(record, [workspace], {
    at,
    action: "suspend",
    reason: `it did not start: ${outcome.reason}`,
    why,
    id,
  });
}

/** The record with the end of a start that has not ended, and whose place another request takes. */
export function noteCancelled(record: PersonRecord, next: DesktopRequest): PersonRecord {
  const { request, lastDesktop, ends } = record;
  const { workspace, id } = request;
  const { workspace: to, requestedAt: at } = next;
  if (workspace === null) return record;
  // One that came up before may run: whoever takes it down says so.
  if (workspace === lastDesktop && !ends?.some((end) => end.workspace === workspace)) return record;
  // Somebody else's request for none says why.
  if (to === null && next.reason !== undefined)
    return noteEnds(record, [workspace], { ...endBy(next, at), neverUp: true });
  const reason = `its start was cancelled: its person asked for ${to === null ? "none" : `the desktop in ${to}`}`;
  return noteEnds(record, [workspace], { at, action: "suspend", reason, why: { kind: "cancelled", to }, id });
}
