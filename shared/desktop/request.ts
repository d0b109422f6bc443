import type { ErrorCode } from "../errors.ts";
import type { Claims } from "./entitlement.ts";
import { personId } from "./names.ts";
import type { DesktopBefore } from "./state.ts";

/** What a person wants: a workspace, or none. One small object a person in the cluster; the newest request counts. */
export interface DesktopRequest {
  id: string;
  username: string;
  /** null: no desktop. */
  workspace: string | null;
  /** Everything that the person has is to go for good, in every workspace. */
  retire?: boolean | undefined;
  requestedAt: string;
  /** The person's id at the identity provider, where known. */
  subject?: string | undefined;
  /** The claims that bindings look at, as proven when the request was made. */
  claims: Claims;
  /** Why there is to be no desktop, where it was not the person who said so. */
  reason?: string | undefined;
}

/** What is known of where a person is: kept beside their request, since events tell of it in any order. */
export interface Presence {
  /** The newest time at which they were known to be there. */
  seenAt: string;
  /** The sessions at the identity provider in which they asked for a desktop, and whose end we have not heard of. */
  sessions: readonly string[];
  /** They logged out: unless they come back, their desktop is suspended at `until`. */
  leaving?: { since: string; until: string } | undefined;
}

/** One desktop that is to go for good, beside whatever its person wants. */
export interface Removal {
  id: string;
  workspace: string;
  requestedAt: string;
  reason: string;
}

/** A desktop that an administrator keeps from being taken down until a time. */
export interface Kept {
  workspace: string;
  until: string;
  by: string;
  reason?: string | undefined;
}

/** How a request ended. */
export type Outcome =
  | { state: "done"; at: string; message: string; url?: string | undefined }
  | {
      state: "failed";
      at: string;
      code: ErrorCode;
      reason: string;
      step: string;
      undone: string[];
      leftBehind: string[];
    }
  | { state: "superseded"; at: string; reason: string };

/** A person's newest request with the outcomes of the last ones, by request id. */
export interface RequestRecord {
  request: DesktopRequest;
  outcomes: Readonly<Record<string, Outcome>>;
  /**
   * What was there before work on the desktop of this workspace began. Kept until that work has ended with nothing left
   * behind, so that a run that begins again, after whatever outage, still goes back to the true beginning.
   */
  before?: { workspace: string; desktop: DesktopBefore } | undefined;
  presence?: Presence | undefined;
  /** Removals that have not ended. */
  removals?: readonly Removal[] | undefined;
  kept?: Kept | undefined;
}

/**
 * How many outcomes are kept a person: enough that somebody who asked among many others still learns how it ended, few
 * enough for a small object (a long reason has 2 kB, a ConfigMap holds 1 MB).
 */
export const outcomesKept = 50;

/** Adds an outcome, the newest last, and forgets the oldest. The first outcome of a request stays: it has been told. */
export function addOutcome(
  outcomes: Readonly<Record<string, Outcome>>,
  id: string,
  outcome: Outcome,
): Record<string, Outcome> {
  if (Object.hasOwn(outcomes, id)) return { ...outcomes };
  const entries: [string, Outcome][] = [...Object.entries(outcomes), [id, outcome]];
  return Object.fromEntries(entries.slice(-outcomesKept));
}

/** The instance id of a person's orchestration, which is the lock: one at a time runs with it. */
export function instanceIdOf(username: string): string {
  return `person-${personId(username)}`;
}

/** An operation's id names its person and its request or removal, so that it can be found without an index. */
export function operationIdOf(request: Pick<DesktopRequest, "id" | "username">): string {
  return `${personId(request.username)}.${request.id}`;
}

/** The two parts of an operation's id, or null where it cannot be one. */
export function parseOperationId(id: string): { person: string; request: string } | null {
  const match = /^([0-9a-f]{32})\.([0-9a-f-]{36})$/.exec(id);
  return match?.[1] && match[2] ? { person: match[1], request: match[2] } : null;
}
