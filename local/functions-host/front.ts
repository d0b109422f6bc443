import { timingSafeEqual } from "node:crypto";
import { answerDurable } from "./durable/http-api.ts";
import type { HttpApiContext } from "./durable/http-api.ts";
import { isForeign } from "./foreign-call.ts";
import type { HostFunction } from "./functions.ts";
import { answerFunction } from "./http-functions.ts";
import type { HttpRoute } from "./http-functions.ts";
import { json, notFound } from "./http-message.ts";
import type { HostResponse, ReadBody, RequestHead } from "./http-message.ts";
import { createThrottle, type ThrottleLimits } from "./http-throttle.ts";
import type { Invoke } from "./invoke.ts";
import type { RouteTable } from "./route-table.ts";

interface Dependencies {
  routes: RouteTable<HttpRoute>;
  invoke: Invoke;
  systemKey: string;
  masterKey: string;
  /** Part of the path of the Durable client's RPC API, which has no other key. */
  rpcKey: string;
  functions: () => readonly HostFunction[];
  durable: Pick<HttpApiContext, "engine" | "control"> & { hostUrl: () => string };
  trigger: (name: string) => Promise<void>;
  track: <T>(work: Promise<T>) => Promise<T>;
  isClosing: () => boolean;
  throttleLimits: ThrottleLimits;
  isHomepageDisabled: boolean;
}

const webhookPrefix = "runtime/webhooks/durabletask";

/** Dispatches a request to the durable API, the admin API, the start page or the functions. */
export function createFront(host: Dependencies): (head: RequestHead, readBody: ReadBody) => Promise<HostResponse> {
  const startedAt = performance.now();
  const throttle = createThrottle(host.throttleLimits);

  const durable = async (head: RequestHead, readBody: ReadBody, path: string): Promise<HostResponse> => {
    const context: HttpApiContext = { ...host.durable, hostUrl: host.durable.hostUrl(), systemKey: host.systemKey };
    const segments = decodeSegments(path);
    return segments ? answerDurable(context, { ...head, body: await readBody() }, segments) : { status: 400 };
  };

  function admin({ method, path: whole }: RequestHead): HostResponse {
    const path = whole.slice("/admin/".length);
    if (path === "host/status" || path === "host/ping") {
      return json(200, {
        id: "local",
        state: "Running",
        version: "4.local",
        processUptime: Math.round(performance.now() - startedAt),
      });
    }
    if (path === "functions" && method === "GET") return json(200, host.functions());
    const [what, name, ...others] = path.split("/");
    if (what !== "functions" || others.length > 0) return notFound;
    const fn = host.functions().find((each) => each.name.toLowerCase() === name?.toLowerCase());
    if (!fn) return notFound;
    if (method === "GET") return json(200, fn);
    if (method !== "POST") return notFound;
    if (fn.kind !== "timer") return json(400, { Message: `${fn.name} is not a timer function` });
    // The invocation logs its outcome; the caller only learns that it has begun.
    host.trigger(fn.name).catch(() => undefined);
    return { status: 202 };
  }

  return async (head, readBody) => {
    const path = head.rawPath.replace(/^\//, "");
    const below = (prefix: string): string | undefined =>
      path.toLowerCase().startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : undefined;
    const rpc = rpcPath(path, host.rpcKey);
    const hasNoRoutes = rpc !== undefined || /^(?:runtime|admin)\//i.test(path);
    if (hasNoRoutes && isForeign(head.headers)) return { status: 403 };
    if (rpc !== undefined) return durable(head, readBody, rpc);
    const webhook = below(webhookPrefix) ?? (path.toLowerCase() === webhookPrefix ? "" : undefined);
    if (webhook !== undefined) {
      return throttle(async () =>
        isKey(head.query.get("code"), host.systemKey) ? durable(head, readBody, webhook) : { status: 401 },
      );
    }
    const isMasterKey = isKey(head.headers["x-functions-key"] ?? head.query.get("code"), host.masterKey);
    if (/^\/admin\//i.test(head.path)) return isMasterKey ? admin(head) : { status: 401 };
    if (isReserved(head.path)) return notFound;
    // The start page is for when no function has answered (HomepageMiddleware.Invoke).
    if (head.path === "/" && !host.routes.find(head.method, "/"))
      return host.isHomepageDisabled ? { status: 204 } : startPage;
    // Running invocations may still use the durable API above; nothing new begins.
    if (host.isClosing()) return { status: 503 };
    return host.track(throttle(() => answerFunction({ ...host, isMasterKey }, head, readBody)));
  };
}

/**
 * True if a catch-all does not get this path: the router passes over everything below /admin (WebJobsRouter.RouteAsync), and
 * the webhooks of extensions have a route of the host's own, tried first (HostController.ExtensionWebHookHandler).
 */
function isReserved(path: string): boolean {
  return /^\/(?:admin|runtime\/webhooks\/[^/]+)(?:\/|$)/i.test(path);
}

/** Returns the path below the RPC API's address. */
function rpcPath(path: string, rpcKey: string): string | undefined {
  const [key = "", name, ...rest] = path.split("/");
  return name?.toLowerCase() === "durabletask" && isKey(key, rpcKey) ? rest.join("/") : undefined;
}

function decodeSegments(path: string): string[] | undefined {
  try {
    return path.split("/").map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function isKey(given: string | null, key: string): boolean {
  const [a, b] = [Buffer.from(given ?? ""), Buffer.from(key)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const startPage: HostResponse = {
  status: 200,
  headers: [["content-type", "text/html; charset=utf-8"]],
  body: "<!doctype html><title>Functions host</title><p>Your function app is up and running on this machine.</p>\n",
};
