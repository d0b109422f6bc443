import { isJsonObject, type KubeObject, type ObjectMeta } from "../objects.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { decodeObject } from "../schema/decode.ts";

export interface DecodedBody {
  object: KubeObject;
  /** Paths of the fields that the kind does not have. */
  unknown: string[];
}

/**
 * Decodes an object of a kind. Unknown fields are dropped and listed. Throws DecodeFault for a value of the wrong type.
 */
export function decodeBody(kind: Kind, body: unknown): DecodedBody {
  const checks = { checkTypes: !kind.custom, dropEmpty: !kind.custom };
  const { object, unknown } = decodeObject(body, kind.schema, checks);
  const { metadata, ...rest } = object;
  const named = { name: "", ...(isJsonObject(metadata) ? metadata : {}) } as unknown as ObjectMeta;
  const own = kind.custom && typeof rest["kind"] === "string" ? rest["kind"] : kind.kind;
  // The server of custom resources sorts them.
  if (kind.custom) unknown.sort();
  return { object: { ...rest, apiVersion: apiVersionOf(kind), kind: own, metadata: named }, unknown };
}
