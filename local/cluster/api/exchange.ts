import type { IncomingMessage, ServerResponse } from "node:http";
import type { KubeObject } from "../objects.ts";
import { notFound } from "../status.ts";
import type { Store } from "../store/store.ts";
import type { Present } from "./present.ts";
import type { Target } from "./target.ts";

/** A request and its target. */
export interface Exchange {
  store: Store;
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  target: Target;
  present: Present;
  /** Texts of Warning headers. */
  warnings: string[];
}

/** A response with its status code; undefined if it has already been started (a watch). */
export type Answer = { code: number; body: unknown } | undefined;

/** The object that the request names. Throws 404. */
export function found({ store, target }: Exchange, name: string): KubeObject {
  const object = store.get(target.kind.key, target.namespace ?? "", name);
  if (object === undefined) throw notFound(target.kind, name);
  return object;
}
