import { applyConfig } from "../apply/managed-fields.ts";
import { isJsonObject, type KubeObject } from "../objects.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { typedFault } from "../schema/typed-faults.ts";
import { ApiError, badRequest, notFound } from "../status.ts";
import type { Store } from "../store/store.ts";
import { decodeBody } from "./decode-body.ts";
import { createObject, updateObject, type WriteOptions } from "./writer.ts";

interface Place {
  namespace: string;
  name: string;
}

/** Server-side apply: creates the object or merges into it. Throws 409 for fields of other owners, unless forced. */
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
  const sent = isJsonObject(body) ? body : {};
  const { apiVersion, kind: of } = sent;
  const version = typeof apiVersion === "string" ? apiVersion : "";
  const name = typeof of === "string" ? of : "";
  const shownVersion = version.includes("/") ? version : `/${version}`;
  if (version !== apiVersionOf(kind) || name !== kind.kind)
    throw badRequest(`invalid object type: ${shownVersion}, Kind=${name}`);
  const metadata = isJsonObject(sent["metadata"]) ? sent["metadata"] : {};
  if (Array.isArray(metadata["managedFields"])) throw badRequest("metadata.managedFields must be nil");
  const fault = typedFault(body, kind.schema);
  if (fault !== undefined) {
    const [namespace, own] = [metadata["namespace"], metadata["name"]].map((each) =>
      typeof each === "string" ? each : "",
    );
    const what = `${namespace ?? ""}/${own ?? ""}; ${shownVersion}, Kind=${name}`;
    throw new ApiError(500, "", `failed to create typed patch object (${what}): ${fault}`);
  }
  const config = decodeBody(kind, body).object;
  if (config.metadata.name !== at.name) throw wrongName(config.metadata.name, at.name);
  return config;
}

const wrongName = (sent: string, inAddress: string): Error =>
  badRequest(
    sent === ""
      ? `the name of the object (${inAddress} based on URL) was undeterminable: name must be provided`
      : `the name of the object (${sent}) does not match the name on the URL (${inAddress})`,
  );
