import type { JsonObject, KubeObject } from "../objects.ts";
import { ApiError } from "../status.ts";
import { deleteObject } from "./delete.ts";
import { readDeleteOptions } from "./delete-options.ts";
import { type Answer, type Exchange, found } from "./exchange.ts";
import { checkNotAhead, listObjects } from "./list.ts";
import { badRevision, isOn, isRevision } from "./options.ts";
import { patch } from "./patch-object.ts";
import { objectTypeOf, readText } from "./request.ts";
import { scaleOf } from "./scale.ts";
import { selectorOf } from "./selectors.ts";
import { watchObjects } from "./watch.ts";
import { create, replace } from "./write-object.ts";

export async function answer(exchange: Exchange): Promise<Answer> {
  const { request, response, store, target, query, present } = exchange;
  const { kind, namespace, name } = target;
  switch (request.method) {
    case "POST":
      return create(exchange);
    case "PUT":
      return replace(exchange, name ?? "");
    case "PATCH":
      return patch(exchange, name ?? "");
    case "DELETE":
      return remove(exchange);
    default:
      if (name !== undefined) return { code: 200, body: readOne(exchange, name) };
      if (!isOn(query, "watch")) return { code: 200, body: listObjects(store, kind, namespace, query) };
      watchObjects(store, kind, namespace, query, response, present);
      return undefined;
  }
}

function readOne(exchange: Exchange, name: string): unknown {
  const { query, store, target } = exchange;
  const asked = query.get("resourceVersion") ?? "";
  if (asked !== "" && !isRevision(asked)) throw new ApiError(500, "", badRevision(asked));
  checkNotAhead(store, query);
  const object = found(exchange, name);
  return target.subresource === "scale" ? scaleOf(target.kind, object) : object;
}

async function remove(exchange: Exchange): Promise<Answer> {
  const { store, target, query, request } = exchange;
  const text = await readText(request);
  const options = readDeleteOptions(text, text === "" ? "" : objectTypeOf(request), query);
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
