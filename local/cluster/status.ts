import type { JsonObject } from "./objects.ts";

export interface Cause {
  reason: string;
  message: string;
  field: string;
}

/** A kind's names in error messages: group, plural ("pods") and kind ("Pod"). */
export interface KindNames {
  group: string;
  plural: string;
  kind: string;
}

/** An error response. Its body is the real API server's Status object. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;

  constructor(code: number, reason: string, message: string, details?: JsonObject) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  body(): JsonObject {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      ...(this.reason === "" ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

const qualified = (of: KindNames): string => (of.group === "" ? of.plural : `${of.plural}.${of.group}`);
const details = (of: KindNames, name: string): JsonObject => ({
  ...(name === "" ? {} : { name }),
  ...(of.group === "" ? {} : { group: of.group }),
  kind: of.plural,
});

export const badRequest = (message: string): ApiError => new ApiError(400, "BadRequest", message);
export const unauthorized = (): ApiError => new ApiError(401, "Unauthorized", "Unauthorized");
/** This server's own: without a token, it answers no web page. */
export const foreign = (): ApiError =>
  new ApiError(403, "Forbidden", "a web page may have sent this: its Host or Origin is not this machine's");
export const internalError = (message: string): ApiError => new ApiError(500, "InternalError", message);

/** How the server of custom resources refuses unknown paths: with plain text instead of a Status. */
export class PageNotFound extends Error {}
export const pageNotFound = (): PageNotFound => new PageNotFound("404 page not found");

export const notAcceptable = (message: string): ApiError => new ApiError(406, "NotAcceptable", message);

export const noSuchResource = (): ApiError =>
  new ApiError(404, "NotFound", "the server could not find the requested resource", {});

export const notFound = (of: KindNames, name: string): ApiError =>
  new ApiError(404, "NotFound", `${qualified(of)} "${name}" not found`, details(of, name));

export const alreadyExists = (of: KindNames, name: string): ApiError =>
  new ApiError(409, "AlreadyExists", `${qualified(of)} "${name}" already exists`, details(of, name));

export const conflict = (of: KindNames, name: string, why: string): ApiError =>
  new ApiError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`,
    details(of, name),
  );

export const staleObject = (of: KindNames, name: string): ApiError =>
  conflict(of, name, "the object has been modified; please apply your changes to the latest version and try again");

export const forbidden = (of: KindNames, name: string, why: string, causes?: Cause[]): ApiError =>
  new ApiError(403, "Forbidden", `${qualified(of)} "${name}" is forbidden: ${why}`, {
    ...details(of, name),
    ...(causes === undefined ? {} : { causes: causes.map((cause) => ({ ...cause })) }),
  });

export const methodNotAllowed = (): ApiError =>
  new ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});

export const expired = (message: string): ApiError => new ApiError(410, "Expired", message);

export const unsupportedMediaType = (accepted: readonly string[]): ApiError =>
  new ApiError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );

/** 422 with all faults, with the real API server's messages. */
export function invalid(of: { group: string; kind: string }, name: string, causes: readonly Cause[]): ApiError {
  const faults = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const text = faults.length === 1 ? (faults[0] ?? "") : `[${faults.join(", ")}]`;
  const kind = of.group === "" || of.group === "meta.k8s.io" ? of.kind : `${of.kind}.${of.group}`;
  const subject = of.group === "meta.k8s.io" ? `${of.kind}.${of.group}` : kind;
  return new ApiError(422, "Invalid", `${subject} "${name}" is invalid: ${text}`, {
    ...(name === "" ? {} : { name }),
    ...(of.group === "" ? {} : { group: of.group }),
    ...(of.kind === "" ? {} : { kind: of.kind }),
    causes: causes.map((cause) => ({ ...cause })),
  });
}

const shown = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value) : JSON.stringify(value ?? null);

export const required = (field: string, why = ""): Cause => ({
  reason: "FieldValueRequired",
  message: why === "" ? "Required value" : `Required value: ${why}`,
  field,
});
export const wrong = (field: string, value: unknown, why: string): Cause => ({
  reason: "FieldValueInvalid",
  message: `Invalid value: ${shown(value)}: ${why}`,
  field,
});
export const unsupported = (field: string, value: unknown, supported: readonly string[]): Cause => ({
  reason: "FieldValueNotSupported",
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map((each) => JSON.stringify(each)).join(", ")}`,
  field,
});
export const duplicate = (field: string, value: unknown): Cause => ({
  reason: "FieldValueDuplicate",
  message: `Duplicate value: ${shown(value)}`,
  field,
});
export const refused = (field: string, why: string): Cause => ({
  reason: "FieldValueForbidden",
  message: `Forbidden: ${why}`,
  field,
});
