import { applyConfig } from "../apply/managed-fields.ts";
import { isJsonObject, type KubeObject } from "../objects.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { badRequest, notFound } from "../status.ts";
import type { Store } from "../store/store.ts";
import { decodeBody } from "./decode-body.ts";
import { createObject, updateObject, type WriteOptions } from "./writer.ts";

interface Place {
  namespace: string;
  name: string;
}

/** Server-side apply: creates the object or merges into it. Throws 409 for fields that others own, unless forced. */
export function applyObject(
  store: Store,
  kind: Kind,
  at: Place,
  body: unknown,
  options: WriteOptions & { force: boolean },
): { object: KubeObject; created: boolean } {
  const config = decodeApplied(kind, at, body);
  const before = store.get(kind.key, at.namespace, at.name);
  if (before === undefined && options.writer.subresource !== undefined) throw notFound(kind, at.name);
  const applied = applyConfig(before, config, kind.schema, options.writer, options.force);
  const withFields = { ...options, managedFields: applied.metadata.managedFields ?? [] };
  return before === undefined
    ? { object: createObject(store, kind, at.namespace, applied, withFields), created: true }
    : { object: updateObject(store, kind, before, applied, withFields), created: false };
}

function decodeApplied(kind: Kind, at: Place, body: unknown): KubeObject {
  const version = isJsonObject(body) ? body["apiVersion"] : undefined;
  const expected = apiVersionOf(kind);
  if (version !== expected) {
    const shown = typeof version === "string" ? version : "";
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${shown}, expected: ${expected}`,
    );
  }
  const config = decodeBody(kind, body, "refuse");
  const { metadata } = config;
  if (metadata.managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
  if (metadata.name !== "" && metadata.name !== at.name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${at.name})`);
  }
  metadata.name = at.name;
  return config;
}
