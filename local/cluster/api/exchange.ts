import type { IncomingMessage, ServerResponse } from "node:http";
import type { KubeObject } from "../objects.ts";
import { notFound } from "../status.ts";
import type { Store } from "../store/store.ts";
import type { Present } from "./present.ts";
import type { Target } from "./target.ts";

/** A request and what it is about. */
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

/** An answer with its status code; undefined when the response is already under way (a watch). */
export type Answer = { code: number; body: unknown } | undefined;

/** The object that the request names. Throws 404. */
export function found({ store, target }: Exchange, name: string): KubeObject {
  const object = store.get(target.kind.key, target.namespace ?? "", name);
  if (object === undefined) throw notFound(target.kind, name);
  return object;
}
