import { isJsonObject, type JsonObject, type KubeObject } from "../objects.ts";
import { DecodeFault } from "../schema/go-types.ts";
import { ApiError, badRequest, invalid, unsupportedMediaType, wrong } from "../status.ts";
import { applyObject } from "./apply-object.ts";
import { type Answer, type Exchange, found } from "./exchange.ts";
import { isOn } from "./options.ts";
import { parseApplied } from "./parse-body.ts";
import { applyJsonPatch, fieldManagerRequired, forceOnlyForApply, mergePatch } from "./patch.ts";
import { mediaTypeOf, readText } from "./request.ts";
import { scaleOf, scaleType } from "./scale.ts";
import { goText, strategicMerge } from "./strategic-merge.ts";
import type { Target } from "./target.ts";
import { checkPatched, patchFault } from "./type-of-body.ts";
import { optionsOf, write } from "./write-object.ts";

const strategic = "application/strategic-merge-patch+json";
const applied = "application/apply-patch+yaml";
const customTypes = ["application/json-patch+json", "application/merge-patch+json", applied];

/** PATCH of an object or one of its subresources. */
export async function patch(exchange: Exchange, name: string): Promise<Answer> {
  const { request, query, target } = exchange;
  const { kind, subresource } = target;
  const type = mediaTypeOf(request);
  if (kind.custom && !customTypes.includes(type)) throw unsupportedMediaType(customTypes);
  if (![...customTypes, strategic].includes(type))
    throw new ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  const options = optionsOf(exchange, "PatchOptions");
  const text = await readText(request);
  if (type === applied && subresource !== "scale") return apply(exchange, name, text);
  if (type !== applied && query.has("force")) throw forceOnlyForApply();
  const before = found(exchange, name);
  const current = subresource === "scale" ? scaleOf(kind, before) : (before as unknown as JsonObject);
  if (type === applied && kind.custom) throw noApplyOfScale(before);
  const after = patched(current, type, text, target);
  checkUid(target, before, after);
  const bodyType = subresource === "scale" ? scaleType : kind;
  // The name is checked first, whatever the kind.
  if (named(after)) checkPatched(bodyType, after);
  try {
    return { code: 200, body: write(exchange, name, after, options) };
  } catch (error) {
    throw error instanceof DecodeFault ? patchFault(JSON.stringify(after), error.message) : error;
  }
}

function apply(exchange: Exchange, name: string, text: string): Answer {
  const { query, store, target } = exchange;
  if ((query.get("fieldManager") ?? "") === "") throw fieldManagerRequired();
  const at = { namespace: target.namespace ?? "", name };
  const options = { ...optionsOf(exchange, "PatchOptions"), force: isOn(query, "force") };
  const { created, object } = applyObject(store, target.kind, at, parseApplied(text), options);
  return { code: created ? 201 : 200, body: object };
}

const named = ({ metadata }: JsonObject): boolean => isJsonObject(metadata) && typeof metadata["name"] === "string";

/** A replace that names another uid is a Conflict; a patch that would change it is Invalid. */
function checkUid({ kind }: Target, before: KubeObject, after: JsonObject): void {
  const uid = isJsonObject(after["metadata"]) ? after["metadata"]["uid"] : undefined;
  if (uid === undefined || uid === before.metadata.uid) return;
  const cause = wrong("metadata.uid", uid, "field is immutable");
  // The server of custom resources reports it twice.
  throw invalid(kind, before.metadata.name, kind.custom ? [cause, cause] : [cause]);
}

function patched(current: JsonObject, type: string, text: string, target: Target): JsonObject {
  const body = parsePatch(text);
  if (type === "application/json-patch+json") return applyJsonPatch(current, body);
  if (body === null) throw badRequest("Invalid JSON Patch");
  if (!isJsonObject(body)) {
    const actual = Array.isArray(body) ? "array" : typeof body;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${actual} into Go value of type map[string]interface {}`,
    );
  }
  if (type !== strategic || target.subresource === "scale") return mergePatch(current, body) as JsonObject;
  try {
    return strategicMerge(current, body, target.kind.schema);
  } catch (error) {
    throw error instanceof DecodeFault ? patchFault(goText(body), error.message) : error;
  }
}

function parsePatch(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("invalid JSON patch");
  }
}

function noApplyOfScale({ metadata: { name, namespace = "" } }: KubeObject): ApiError {
  const what = `${namespace}/${name}; autoscaling/v1, Kind=Scale`;
  const why = "to proper version: request to convert CR to an invalid group/version: autoscaling/v1";
  return new ApiError(500, "", `failed to convert new object (${what}) ${why}`);
}
