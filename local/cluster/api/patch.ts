import jsonPatch, { JsonPatchError, type Operation } from "fast-json-patch";
import { isJsonObject, type Json, type JsonObject } from "../objects.ts";
import { ApiError, badRequest, invalid } from "../status.ts";

/** JSON merge patch, RFC 7386. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) Reflect.deleteProperty(merged, name);
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/**
 * JSON patch, RFC 6902. Throws 422 for an operation that does not fit the object, 400 for anything that is not a JSON
 * patch.
 */
export function applyJsonPatch(target: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch)) {
    throw badRequest(
      "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
    );
  }
  try {
    // The library's validation, enabled here, checks that these are operations.
    return jsonPatch.applyPatch(structuredClone(target), patch as Operation[], true).newDocument;
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    throw new ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {});
  }
}

export const forceOnlyForApply = (): ApiError =>
  invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [
    { reason: "FieldValueForbidden", message: "Forbidden: may not be specified for non-apply patch", field: "force" },
  ]);

export const fieldManagerRequired = (): ApiError =>
  invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [
    { reason: "FieldValueRequired", message: "Required value: is required for apply patch", field: "fieldManager" },
  ]);
