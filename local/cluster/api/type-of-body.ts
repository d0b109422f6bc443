import { isJsonObject, type JsonObject } from "../objects.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { builtInKinds } from "../kinds/kinds.ts";
import { decodeObject } from "../schema/decode.ts";
import { DecodeFault } from "../schema/go-types.ts";
import { type ApiError, badRequest, invalid, wrong } from "../status.ts";
import { ParseFault, type SentBody } from "./parse-body.ts";

/** The type as which a body is decoded. */
export type BodyType = Pick<Kind, "group" | "version" | "kind" | "custom">;

/** `pkg/runtime/scheme.go:111` is where the real server's scheme is created; its errors contain it. */
const scheme = 'in scheme "pkg/runtime/scheme.go:111"';
const go = {
  group: String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`,
};
/** Kinds of the group "" that are not resources, and versions that the real server knows but no longer serves. */
const knownToAll = ["Status", "DeleteOptions", "List"];
const formerVersions = ["apps/v1beta1", "apps/v1beta2"];

/**
 * Returns the object of a POST or PUT if it is of this type. A custom resource must name its type; for a built-in type
 * missing parts are taken from the path. Throws 400.
 */
export function readObject(type: BodyType, parse: () => SentBody, text: string): JsonObject {
  const unrecognized = (why: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${type.kind}): ${why} (${summaryOf(text)})`);
  let sent: SentBody;
  try {
    sent = parse();
  } catch (error) {
    if (!(error instanceof ParseFault)) throw error;
    throw unrecognized(`couldn't get version/kind; json parse error: ${error.message}`);
  }
  const fault = headerFault(sent.value);
  if (fault !== undefined) throw unrecognized(`couldn't get version/kind; json parse error: ${fault}`);
  const object = isJsonObject(sent.value) ? sent.value : {};
  const { kind = "", apiVersion = "" } = object as { kind?: string; apiVersion?: string };
  if (type.custom && kind === "") throw unrecognized(`Object 'Kind' is missing in '${text}'`);
  if (apiVersion.split("/").length > 2) throw unrecognized(`unexpected GroupVersion string: ${apiVersion}`);
  if (!type.custom) {
    const why = registrationFault(type, kind || type.kind, apiVersion || apiVersionOf(type), object);
    if (why !== undefined) throw cannotBeHandled(type, kind || type.kind, apiVersion, why);
  }
  if (type.custom || (apiVersion !== "" && apiVersion !== apiVersionOf(type))) checkVersion(type, apiVersion);
  return { ...object, apiVersion: apiVersionOf(type), kind: type.custom ? kind : type.kind };
}

/** Throws 422 unless a patched object is still of the same type. */
export function checkPatched(type: BodyType, object: JsonObject): void {
  const { kind = "", apiVersion = "" } = object as { kind?: string; apiVersion?: string };
  if (type.custom) {
    checkCustomKind(type, object);
    if (apiVersion === apiVersionOf(type)) return;
    const name = nameOf(object);
    throw invalid(type, name, [wrong("apiVersion", apiVersion, `must be ${apiVersionOf(type)}`)]);
  }
  const why = registrationFault(type, kind, apiVersion, object);
  if (why !== undefined) throw patchFault(JSON.stringify(object), why);
}

/** Throws 422 for a custom resource that names another kind. */
export function checkCustomKind(type: BodyType, object: JsonObject): void {
  const kind = typeof object["kind"] === "string" ? object["kind"] : "";
  if (kind === type.kind) return;
  throw invalid({ group: type.group, kind }, nameOf(object), [wrong("kind", kind, `must be ${type.kind}`)]);
}

export const cannotBeHandled = (type: BodyType, kind: string, apiVersion: string, why: string): ApiError => {
  const version = (apiVersion || apiVersionOf(type)).split("/").at(-1) ?? "";
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${type.kind}: ${why}`);
};

/** Returns the 422 for a patched object, here as text, that cannot be decoded. */
export function patchFault(patched: string, why: string): Error {
  const message = `Invalid value: ${JSON.stringify(patched)}: ${why}`;
  return invalid({ group: "", kind: "" }, "", [{ reason: "FieldValueInvalid", message, field: "patch" }]);
}

function checkVersion(type: BodyType, apiVersion: string): void {
  const expected = apiVersionOf(type);
  if (apiVersion === expected) return;
  throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${expected})`);
}

/** Returns why Go cannot read the two fields with an object's type; undefined if it can. */
function headerFault(value: unknown): string | undefined {
  if (value === null) return undefined;
  const goKind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  if (!isJsonObject(value)) return `json: cannot unmarshal ${goKind} into Go value of type ${go.group}`;
  for (const field of ["apiVersion", "kind"]) {
    const each = value[field];
    if (each === undefined || each === null || typeof each === "string") continue;
    return `json: cannot unmarshal ${Array.isArray(each) ? "array" : typeof each} into Go struct field .${field} of type string`;
  }
  return undefined;
}

/** Returns why an object of that kind is not of this built-in type; undefined if it is. */
function registrationFault(type: BodyType, kind: string, apiVersion: string, object: JsonObject): string | undefined {
  const expected = apiVersionOf(type);
  if (kind === type.kind && (apiVersion === expected || formerVersions.includes(apiVersion))) return undefined;
  const other = builtInKinds.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
  const list = builtInKinds.some((each) => `${each.kind}List` === kind && apiVersionOf(each) === apiVersion);
  if (other === undefined && !list && !(apiVersion === "v1" && knownToAll.includes(kind)))
    return `no kind "${kind}" is registered for version "${apiVersion}" ${scheme}`;
  try {
    if (other !== undefined) decodeObject(object, other.schema, { checkTypes: true, dropEmpty: true });
  } catch (error) {
    if (error instanceof DecodeFault) return error.message;
    throw error;
  }
  const version = apiVersion.split("/").at(-1) ?? "";
  return `converting (${version}.${kind}) to (${type.group.split(".")[0] || "core"}.${type.kind}): unknown conversion`;
}

function nameOf({ metadata }: JsonObject): string {
  const name = isJsonObject(metadata) ? metadata["name"] : "";
  return typeof name === "string" ? name : "";
}

/**
 * Returns the beginning of a body as the real server quotes it (apiserver's summarizeData): JSON unchanged, else in
 * hex.
 */
function summaryOf(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length === 0) return "<empty>";
  const encoding = text.startsWith("{") ? "utf8" : "hex";
  return bytes.subarray(0, 30).toString(encoding) + (bytes.length > 30 ? " ..." : "");
}
