import type { IncomingMessage, ServerResponse } from "node:http";
import type { JsonObject, KubeObject } from "../objects.ts";
import { isJsonObject } from "../objects.ts";
import { ApiError, badRequest, invalid, methodNotAllowed, notFound, unsupportedMediaType, wrong } from "../status.ts";
import type { Store } from "../store/store.ts";
import { deleteObject, readDeleteOptions } from "./delete.ts";
import { listObjects } from "./list.ts";
import { applyJsonPatch, fieldManagerRequired, forceOnlyForApply, mergePatch } from "./patch.ts";
import { isDryRun, managerOf, parseBody, readText, type Target } from "./request.ts";
import { scaleOf, withScale } from "./scale.ts";
import { selectorOf } from "./selectors.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { watchObjects } from "./watch.ts";
import { applyObject } from "./apply-object.ts";
import { createObject, updateObject, type WriteOptions } from "./writer.ts";

export interface Exchange {
  store: Store;
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  target: Target;
}

/** An answer with its status code; undefined when the response is already under way (a watch). */
export type Answer = { code: number; body: unknown } | undefined;

export async function answer(exchange: Exchange): Promise<Answer> {
  const { request, target, query } = exchange;
  switch (request.method) {
    case "GET":
      if (target.name !== undefined) return { code: 200, body: readOne(exchange, target.name) };
      if (["true", "1"].includes(query.get("watch") ?? "")) {
        watch(exchange);
        return undefined;
      }
      return { code: 200, body: listObjects(exchange.store, target.kind, target.namespace, query) };
    case "POST":
      if (target.name !== undefined || target.namespace === undefined) throw methodNotAllowed();
      return create(exchange, target.namespace);
    case "PUT":
      if (target.name === undefined) throw methodNotAllowed();
      return { code: 200, body: replace(exchange, target.name, parseBody(await sentText(exchange))) };
    case "PATCH":
      if (target.name === undefined) throw methodNotAllowed();
      return patch(exchange, target.name);
    case "DELETE":
      if (target.subresource !== undefined) throw methodNotAllowed();
      return remove(exchange);
    default:
      throw methodNotAllowed();
  }
}

function found({ store, target }: Exchange, name: string): KubeObject {
  const object = store.get(target.kind.key, target.namespace ?? "", name);
  if (object === undefined) throw notFound(target.kind, name);
  return object;
}

function readOne(exchange: Exchange, name: string): unknown {
  const { query, store, target } = exchange;
  const asked = Number(query.get("resourceVersion") ?? 0);
  if (asked > store.revision()) {
    throw new ApiError(504, "Timeout", `Timeout: Too large resource version: ${asked}, current: ${store.revision()}`);
  }
  const object = found(exchange, name);
  return target.subresource === "scale" ? scaleOf(target.kind, object) : object;
}

function watch({ store, target, query, response }: Exchange): void {
  watchObjects(store, target.kind, target.namespace, query, response);
}

const objectTypes = ["application/json", "application/yaml"];

async function sentText({ request }: Exchange): Promise<string> {
  const type = (request.headers["content-type"] ?? "application/json").split(";")[0] ?? "";
  if (!["application/json", "application/yaml"].includes(type)) throw unsupportedMediaType(objectTypes);
  return readText(request);
}

function optionsOf({ request, query, target }: Exchange, body?: unknown): WriteOptions {
  return {
    writer: {
      manager: managerOf(request, query),
      ...(target.subresource === undefined ? {} : { subresource: target.subresource }),
    },
    dryRun: isDryRun(query, body),
  };
}

async function create(exchange: Exchange, namespace: string): Promise<Answer> {
  const body = parseBody(await sentText(exchange));
  const options = optionsOf(exchange);
  return { code: 201, body: createObject(exchange.store, exchange.target.kind, namespace, body, options) };
}

function replace(exchange: Exchange, name: string, body: unknown): unknown {
  const { store, target } = exchange;
  const before = found(exchange, name);
  const options = optionsOf(exchange);
  if (target.subresource !== "scale") return updateObject(store, target.kind, before, body, options);
  const scaled = withScale(target.kind, before, body);
  return scaleOf(target.kind, updateObject(store, target.kind, before, scaled, options));
}

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

async function patch(exchange: Exchange, name: string): Promise<Answer> {
  const { request, query, store, target } = exchange;
  const type = (request.headers["content-type"] ?? "").split(";")[0] ?? "";
  const allowed = target.kind.custom ? patchTypes.filter((each) => !each.includes("strategic")) : patchTypes;
  if (!allowed.includes(type)) throw unsupportedMediaType(allowed);
  const body = parseBody(await readText(request));
  if (type === "application/apply-patch+yaml" && target.subresource !== "scale") {
    if ((query.get("fieldManager") ?? "") === "") throw fieldManagerRequired();
    const at = { namespace: target.namespace ?? "", name };
    const force = query.get("force") === "true";
    const applied = applyObject(store, target.kind, at, body, { ...optionsOf(exchange), force });
    return { code: applied.created ? 201 : 200, body: applied.object };
  }
  if (query.has("force")) throw forceOnlyForApply();
  const before = found(exchange, name);
  const current = target.subresource === "scale" ? scaleOf(target.kind, before) : (before as unknown as JsonObject);
  const after = patched(current, type, body, target);
  checkUid(target, before, after);
  return { code: 200, body: replace(exchange, name, after) };
}

/** A replace that names another uid is a Conflict; a patch that would change it is Invalid. */
function checkUid({ kind }: Target, before: KubeObject, after: JsonObject): void {
  const uid = isJsonObject(after["metadata"]) ? after["metadata"]["uid"] : undefined;
  if (uid === before.metadata.uid) return;
  throw invalid(kind, before.metadata.name, [wrong("metadata.uid", uid ?? "", "field is immutable")]);
}

function patched(current: JsonObject, type: string, body: unknown, target: Target): JsonObject {
  if (type === "application/json-patch+json") return applyJsonPatch(current, body);
  if (!isJsonObject(body)) throw badRequest("error decoding patch: the patch is not an object");
  const strategic = type === "application/strategic-merge-patch+json" && target.subresource !== "scale";
  return strategic ? strategicMerge(current, body, target.kind.schema) : (mergePatch(current, body) as JsonObject);
}

async function remove(exchange: Exchange): Promise<Answer> {
  const { store, target, query, request } = exchange;
  const text = await readText(request);
  const body = text.trim() === "" ? {} : parseBody(text);
  const options = { ...readDeleteOptions(body, query), dryRun: isDryRun(query, body) };
  if (target.name === undefined) {
    const doomed = store.list(target.kind.key, target.namespace).filter(selectorOf(target.kind.key, query));
    const list = listObjects(store, target.kind, target.namespace, query);
    for (const object of doomed) deleteObject(store, target.kind, object, options);
    return { code: 200, body: list };
  }
  const object = found(exchange, target.name);
  const marked = deleteObject(store, target.kind, object, options);
  if (marked !== undefined) return { code: 200, body: marked };
  return { code: 200, body: target.kind.key === "pods" ? object : success(exchange, object) };
}

function success({ target: { kind } }: Exchange, { metadata }: KubeObject): JsonObject {
  const details = {
    name: metadata.name,
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.plural,
    uid: metadata.uid,
  };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
}
