import type { Progress } from "../desktop/activities.ts";
import { ProductError } from "../errors.ts";
import { addOutcome, isTakingOver } from "./request.ts";
import type { DesktopRequest, Outcome, PersonRecord } from "./record.ts";

/** A request as people see it. */
export interface Operation {
  state: "pending" | "running" | Outcome["state"];
  progress?: Progress | undefined;
  outcome?: Outcome | undefined;
  /** Why nothing seems to happen, for people. */
  note?: string | undefined;
  /** Somebody has to start, or start again, the work on it. */
  needsWaking: boolean;
}

/** What the person's orchestration shows of itself. */
export interface LiveWork {
  running: boolean;
  progress: Progress | null;
  /** When the task hub last heard of it; undefined if there never was one. */
  updatedAt?: string | undefined;
}

/** Well above the longest time between two writes to the history of an orchestration that works (10 s). */
const quietSeconds = 30;

const tookItsPlace = "a newer request of this person took its place";

/** Where a request stands at `now`, from the person's record and the orchestration that works on it. */
export function describeOperation(requestId: string, record: PersonRecord, live: LiveWork, now: Date): Operation {
  const outcome = Object.hasOwn(record.outcomes, requestId) ? record.outcomes[requestId] : undefined;
  if (outcome) return { state: outcome.state, outcome, needsWaking: false };
  const removal = record.removals?.some(({ id }) => id === requestId) ?? false;
  if (record.request.id !== requestId && !removal) {
    const outcome: Outcome = { state: "superseded", at: record.request.requestedAt, reason: tookItsPlace };
    return { state: "superseded", outcome, needsWaking: false };
  }
  if (!live.running) return { state: "pending", needsWaking: true };
  const note = noteOnSilence(record, live, now);
  return live.progress?.requestId === requestId
    ? { state: "running", progress: live.progress, note, needsWaking: false }
    : { state: "pending", note, needsWaking: false };
}

function noteOnSilence({ work }: PersonRecord, { updatedAt }: LiveWork, now: Date): string | undefined {
  if (isTakingOver({ work }, now)) return `the work was stuck and is started again: it goes on at ${work?.notBefore}`;
  const seconds = updatedAt === undefined ? 0 : Math.floor((now.getTime() - Date.parse(updatedAt)) / 1_000);
  return seconds < quietSeconds
    ? undefined
    : `no progress for ${seconds} s: if a server stopped in the middle of the work, it goes on after about a minute`;
}

/** Whether anything is left to do for this person. */
export function isUnfinished({ request, outcomes, removals = [], reviews = [] }: PersonRecord): boolean {
  return removals.length > 0 || reviews.length > 0 || !Object.hasOwn(outcomes, request.id);
}

/** The record with a newer request in the place of its own. */
export function supersede(current: PersonRecord, wanted: DesktopRequest): PersonRecord {
  const superseded: Outcome = { state: "superseded", at: wanted.requestedAt, reason: tookItsPlace };
  // What a retirement went through is no longer what an activation could go back to.
  const before = current.request.retire && !wanted.retire ? undefined : current.before;
  return {
    ...current,
    request: wanted,
    before,
    // What was kept was the desktop that ran: the next one is another.
    kept: wanted.workspace === null ? undefined : current.kept,
    outcomes: addOutcome(current.outcomes, current.request.id, superseded),
  };
}

/**
 * What to write when a person asks for a workspace (or null: for none): nothing where the newest request already says so
 * and has not failed, so that the same request again is the same operation. A retirement that is going on is never
 * superseded: it includes that the desktop goes down, and a new desktop has to wait for its end (`being-retired`).
 *
 * @param stillTrue whether the desktop really is as a finished request left it
 */
export function nextRequest(
  current: PersonRecord | null,
  wanted: DesktopRequest,
  stillTrue: (request: DesktopRequest) => boolean,
): PersonRecord | null {
  const outcome = current?.outcomes[current.request.id];
  if (current) refuseStranger(current, wanted);
  if (current?.request.retire && !outcome) {
    if (wanted.workspace === null) return null;
    throw new ProductError(
      "being-retired",
      `ask for ${wanted.workspace}: everything of ${wanted.username} is being removed (ask again when that has ended)`,
    );
  }
  if (current?.removals?.some(({ workspace }) => workspace === wanted.workspace))
    throw new ProductError(
      "being-retired",
      `ask for ${wanted.workspace ?? ""}: the desktop there is being removed (ask again when that has ended)`,
    );
  const same = current?.request.workspace === wanted.workspace && current.request.retire === wanted.retire;
  if (same) {
    if (!outcome || (outcome.state === "done" && stillTrue(current.request))) return null;
  }
  return current ? supersede(current, wanted) : { request: wanted, outcomes: {} };
}

/**
 * A username can be given to somebody new. What its first owner had is not theirs: it has to be removed before they get
 * anything.
 */
function refuseStranger({ request, outcomes }: PersonRecord, wanted: DesktopRequest): void {
  const another = request.subject !== undefined && wanted.subject !== undefined && request.subject !== wanted.subject;
  const removed = request.retire === true && outcomes[request.id]?.state === "done";
  if (another && !removed && !wanted.retire)
    throw new ProductError(
      "identity-changed",
      `ask as ${wanted.username}: somebody else had that username before (retire ${wanted.username} first)`,
    );
}
