import { isJsonObject, textOf, type KubeObject, type ObjectMeta } from "../objects.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { decodeObject } from "../schema/decode.ts";
import { badRequest } from "../status.ts";

/** Reads a request's object: the kind must fit, unknown fields are dropped, values of a wrong type are refused with 400. */
export function decodeBody(kind: Kind, body: unknown, unknownFields: "drop" | "refuse" = "drop"): KubeObject {
  if (!isJsonObject(body)) throw badRequest("the object provided is unrecognized: it is not an object");
  const expected = apiVersionOf(kind);
  const { apiVersion = expected, kind: sent = kind.kind } = body;
  if (sent !== kind.kind) {
    throw badRequest(`${textOf(sent)} in version "${textOf(apiVersion)}" cannot be handled as a ${kind.kind}`);
  }
  if (apiVersion !== expected) {
    const why = `does not match the expected API version (${expected})`;
    throw badRequest(`the API version in the data (${textOf(apiVersion)}) ${why}`);
  }
  const checks = { unknownFields, checkTypes: !kind.custom, dropEmpty: !kind.custom };
  const { metadata, ...rest } = decodeObject(body, kind.schema, checks);
  const named = { name: "", ...(isJsonObject(metadata) ? metadata : {}) } as unknown as ObjectMeta;
  return { ...rest, apiVersion: expected, kind: kind.kind, metadata: named };
}
