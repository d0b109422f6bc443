/**
 * The closed list of error codes. Each stands in problem+json answers, operation failures and logs, never changes its
 * meaning, and has its HTTP status and title next to it.
 */
export const errorCodes = {
  // The request itself
  "malformed-address": [400, "The address of the request is not valid"],
  "malformed-body": [400, "The body is not valid for this route"],
  "malformed-username": [400, "The username is not valid"],
  "malformed-parameter": [400, "A parameter has a wrong value"],
  "not-authenticated": [401, "The caller is not authenticated"],
  "not-allowed": [403, "This token may not do that"],
  "not-found": [404, "There is nothing here"],
  "method-not-allowed": [405, "This route does not support that method"],
  "length-required": [411, "The body needs a Content-Length"],
  "body-too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The body must be JSON"],
  "too-many-requests": [429, "There were too many requests for this person"],
  // Entitlement
  "unknown-user": [404, "No binding names this person"],
  "workspace-not-bound": [403, "This person is not bound to this workspace"],
  "binding-expired": [403, "The binding has expired"],
  "workspace-expired": [403, "The workspace has expired"],
  "workspace-not-yet-available": [403, "The workspace is not yet available"],
  "workspace-missing": [409, "The binding names a workspace that does not exist"],
  "invalid-policy": [409, "The workspace's policy is not valid"],
  "name-too-long": [409, "Workspace and username together are too long for Guacamole"],
  "identity-changed": [409, "The username now belongs to somebody else"],
  // The work
  "not-ours": [409, "An object of that name exists that this product did not create"],
  "cannot-start": [409, "The container cannot start"],
  "isolation-open": [503, "Another network policy opens the desktops, so none is started"],
  "not-ready-in-time": [504, "The container was not ready in time"],
  "database-not-running": [503, "The managed database server is not running"],
  "not-running": [409, "The desktop is not running"],
  "extension-not-allowed": [409, "The desktop cannot be kept any longer"],
  "being-retired": [409, "Everything that this person has is being removed"],
  "already-running": [409, "A run that was asked for otherwise is under way"],
  "activation-paused": [503, "No desktops are started for the time being"],
  "request-changed": [409, "A newer request replaced it"],
  "work-replaced": [409, "The work was taken over by a newer run"],
  "too-many-writers": [503, "Others kept changing the same object"],
  "cluster-unavailable": [503, "Kubernetes does not answer"],
  "cluster-untrusted": [503, "Kubernetes' certificate is not trusted"],
  "cluster-not-authenticated": [503, "Kubernetes does not accept the product's credential"],
  "cluster-not-allowed": [503, "Kubernetes does not allow the product's account what it needs"],
  "cluster-overloaded": [503, "Kubernetes has too much to do"],
  "cluster-failed": [503, "Kubernetes cannot serve the call"],
  "guacamole-unavailable": [503, "Guacamole's database does not answer"],
  "identity-unavailable": [503, "The identity provider does not answer"],
  "durable-unavailable": [503, "The task hub does not answer"],
  "step-failed": [500, "A step failed"],
  "damaged-record": [500, "What is stored about this person cannot be read"],
  internal: [500, "Something went wrong here"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text);
}

/** An error whose message may be shown to the caller: `verb object: reason (what to do)`, and no secret in it. */
export class ProductError extends Error {
  readonly code: ErrorCode;
  readonly values: ReasonValues | undefined;
  /** When asking again may help, if that is known. */
  readonly retryAfterSeconds: number | undefined;
  /** What is under way instead, if that is why. */
  readonly underWay: UnderWay | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options?: ErrorOptions & Partial<Pick<ProductError, "retryAfterSeconds" | "values" | "underWay">>,
  ) {
    super(message, options);
    this.name = "ProductError";
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds;
    this.values = options?.values;
    this.underWay = options?.underWay;
  }
}

/** A run that was asked for before, and does something else than what is asked for now. */
export interface UnderWay {
  /** Where it is shown, below the root of the app. */
  run: string;
  startedAt: string;
  /** Who asked for it, and why; of a run that a timer starts this is not known. */
  by?: string | undefined;
  reason?: string | undefined;
}

/** What a reason has to say beyond its code, in fields: words for people are made from these, and not from the reason. */
export interface ReasonValues {
  /** A day, as `2026-11-24`: after which an entitlement ended, or on which it begins. */
  date?: string | undefined;
  /** What an administrator wrote for people. */
  note?: string | undefined;
  /** What kept a container from starting: `image`, `no-room` or `crashes`. */
  fault?: string | undefined;
}

/** What an activity returns instead of throwing when no retry will ever cure it; the saga rolls back at once. */
export interface Refusal {
  refused: ErrorCode;
  reason: string;
  values?: ReasonValues | undefined;
}

export function refuse(code: ErrorCode, reason: string, values?: ReasonValues): Refusal {
  return { refused: code, reason, ...(values && { values }) };
}

/** True if an activity's output is a refusal. */
export function isRefusal(output: unknown): output is Refusal {
  return typeof output === "object" && output !== null && "refused" in output;
}

/** How many faults are told: enough to begin with, and an answer stays short whatever was sent. */
const mostFaults = 10;

/** How much of one fault is told: a message may quote names that others chose. */
const mostCharacters = 300;

/** Returns the first faults in one line, and how many more there are. */
export function tellFaults(faults: readonly string[]): string {
  const told = faults.slice(0, mostFaults).map((fault) => {
    return fault.length > mostCharacters ? `${fault.slice(0, mostCharacters).toWellFormed()}…` : fault;
  });
  const more = faults.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
