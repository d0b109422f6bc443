import { personId } from "../desktop/names.ts";
import type { ErrorCode } from "../errors.ts";
import type { DesktopRequest, Outcome, PersonRecord, Trouble } from "./record.ts";
import { outcomeWithId, superseded } from "./outcomes.ts";
import { describeTrouble, isResting } from "./trouble.ts";
import { isTakingOver } from "./work.ts";

/** What people see while an operation runs: never internals. Kept as the orchestration's custom status. */
export interface Progress {
  requestId: string;
  /** The step in words, its number, and of how many. */
  step: string;
  number: number;
  of: number;
  /** The names of all steps, in order, while a desktop is brought up. */
  steps?: readonly string[] | undefined;
  /** When this step began. */
  since: string;
  message?: string | undefined;
  /** Set while the steps are undone. */
  undoing?: { failedStep: string; code: ErrorCode } | undefined;
}

/** A request as people see it. */
export interface Operation {
  state: "pending" | "running" | Outcome["state"];
  progress?: Progress | undefined;
  outcome?: Outcome | undefined;
  /** Why a goal does not hold yet. */
  trouble?: Trouble | undefined;
  /** Why nothing seems to happen, for people. */
  note?: string | undefined;
  /** Somebody has to start, or start again, the work on it. */
  needsWaking: boolean;
}

/** What the person's orchestration shows of itself. */
export interface LiveWork {
  running: boolean;
  progress: Progress | null;
  /** Somebody suspended it with the task hub's own tools. */
  suspended?: boolean | undefined;
  /** When the task hub last heard of it; undefined if there never was one. */
  updatedAt?: string | undefined;
}

/** Well above the longest time between two writes to the history of an orchestration that works (15 s). */
const quietSeconds = 30;
/** The same of one that waits for its turn, and looks at least every 60 s. */
const quietInQueueSeconds = 90;

/** Where a request stands at `now`, from the person's record and the orchestration that works on it. */
export function describeOperation(requestId: string, record: PersonRecord, live: LiveWork, now: Date): Operation {
  const outcome = outcomeWithId(record, requestId);
  if (outcome) return { state: outcome.state, outcome, needsWaking: false };
  const asked = askedIn(record, requestId);
  if (!asked) return { state: "superseded", outcome: superseded(record.request.requestedAt), needsWaking: false };
  const { trouble } = asked;
  if (!live.running) {
    if (!trouble) return { state: "pending", needsWaking: true };
    return { state: "running", trouble, note: describeTrouble(trouble), needsWaking: !isResting(trouble, now) };
  }
  const note = noteOnSilence(record, live, now);
  return live.progress?.requestId === requestId
    ? { state: "running", progress: live.progress, trouble, note, needsWaking: false }
    : { state: trouble ? "running" : "pending", trouble, note, needsWaking: false };
}

function noteOnSilence(
  { work }: PersonRecord,
  { suspended, updatedAt, progress }: LiveWork,
  now: Date,
): string | undefined {
  if (suspended) return "the work was suspended by hand in the task hub: it continues when it is resumed there";
  if (isTakingOver({ work }, now))
    return `the work was stuck and has been restarted: it continues at ${work?.notBefore}`;
  const seconds = updatedAt === undefined ? 0 : Math.floor((now.getTime() - Date.parse(updatedAt)) / 1_000);
  return seconds < (progress?.step === "admission" ? quietInQueueSeconds : quietSeconds)
    ? undefined
    : `no progress for ${seconds} s: if a server stopped in the middle of the work, it continues after about a minute`;
}

/** The entry that an operation is about, while the record still has it. */
export function askedIn({ request, removals }: PersonRecord, requestId: string) {
  return request.id === requestId ? request : removals?.find(({ id }) => id === requestId);
}

/** True if the record knows how the operation stands. */
export function isKnown(record: PersonRecord, requestId: string): boolean {
  return Object.hasOwn(record.outcomes, requestId) || askedIn(record, requestId) !== undefined;
}

/** An operation's id names its person and its request, or its desktop's retirement, so that it can be found without an index. */
export function operationIdOf(request: Pick<DesktopRequest, "id" | "username">): string {
  return `${personId(request.username)}.${request.id}`;
}

export const operationIdPattern = /^([0-9a-f]{32})\.([0-9a-f-]{36})$/;

/** The two parts of an operation's id, or null if it cannot be one. */
export function parseOperationId(id: string): { person: string; request: string } | null {
  const match = operationIdPattern.exec(id);
  return match?.[1] && match[2] ? { person: match[1], request: match[2] } : null;
}
