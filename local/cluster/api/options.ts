import type { IncomingMessage } from "node:http";
import { badRequest, invalid, unsupported, wrong, type Cause } from "../status.ts";

type OptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions" | "DeleteOptions" | "ListOptions";

export const invalidOptions = (kind: OptionsKind, cause: Cause): Error =>
  invalid({ group: "meta.k8s.io", kind }, "", [cause]);

/** True for `dryRun=All`; any other value is a 422. */
export function isDryRun(kind: OptionsKind, query: URLSearchParams, inBody: readonly string[] = []): boolean {
  const asked = query.has("dryRun") ? query.getAll("dryRun") : inBody;
  if (asked.some((each) => each !== "All")) throw invalidOptions(kind, unsupported("dryRun", asked, ["All"]));
  return asked.length > 0;
}

const validations = ["", "Ignore", "Strict", "Warn"] as const;
export type FieldValidation = "Ignore" | "Strict" | "Warn";

/** How to treat unknown fields: by default the real server warns. */
export function fieldValidationOf(kind: OptionsKind, query: URLSearchParams): FieldValidation {
  const asked = query.get("fieldValidation") ?? "";
  const found = validations.find((each) => each === asked);
  if (found === undefined) throw invalidOptions(kind, unsupported("fieldValidation", asked, validations));
  return found === "" ? "Warn" : found;
}

/** Returns a write's field manager: the client's parameter, or the first part of its user agent. */
export function managerOf(kind: OptionsKind, request: IncomingMessage, query: URLSearchParams): string {
  const asked = query.get("fieldManager") ?? "";
  if (Buffer.byteLength(asked) > 128) {
    const message = "Too long: may not be more than 128 bytes";
    throw invalidOptions(kind, { reason: "FieldValueTooLong", message, field: "fieldManager" });
  }
  const unprintable = /\p{C}/u.exec(asked);
  if (unprintable !== null) {
    const code = unprintable[0].codePointAt(0) ?? 0;
    const hex = code.toString(16).toUpperCase().padStart(4, "0");
    const why = `invalid character U+${hex} (at position ${unprintable.index})`;
    const message = wrong("", asked, why).message.replace(/\\u00(..)/g, String.raw`\x$1`);
    throw invalidOptions(kind, { ...wrong("fieldManager", asked, why), message });
  }
  return asked === "" ? ((request.headers["user-agent"] ?? "").split("/")[0] ?? "") || "unknown" : asked;
}

/** Reads a number of the query as Go does. Throws 400. */
export function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Reads a boolean of the query as Go does: everything except "false" and "0" is true. */
export function isOn(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text !== null && text !== "0" && text.toLowerCase() !== "false";
}

const revision = /^\d+$/;

/** Checks the options of lists and watches. Throws 400 and 422. */
export function checkListOptions(query: URLSearchParams, isWatch: boolean): void {
  for (const name of ["limit", "timeoutSeconds"]) numberIn(query, name);
  const asked = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  const forbidden = (field: string, why: string): Error =>
    invalidOptions("ListOptions", { reason: "FieldValueForbidden", message: `Forbidden: ${why}`, field });
  if (match !== "" && asked === "" && !isWatch)
    throw forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (match !== "" && !["Exact", "NotOlderThan"].includes(match))
    throw invalidOptions("ListOptions", unsupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
  if (!isWatch && query.has("sendInitialEvents"))
    throw forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
  if (!isWatch && asked !== "" && !revision.test(asked))
    throw badRequest(`invalid resource version: ${badRevision(asked)}`);
}

export const isRevision = (text: string): boolean => revision.test(text);

export const badRevision = (text: string): string => {
  const shown = JSON.stringify(text);
  return `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`;
};
