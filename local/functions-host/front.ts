import { timingSafeEqual } from "node:crypto";
import { answerDurable } from "./durable/http-api.ts";
import type { HttpApiContext } from "./durable/http-api.ts";
import type { HostFunction } from "./functions.ts";
import { answerFunction } from "./http-functions.ts";
import type { HttpRoute } from "./http-functions.ts";
import { json, notFound } from "./http-message.ts";
import type { HostRequest, HostResponse } from "./http-message.ts";
import type { Invoke } from "./invoke.ts";
import type { HostSettings } from "./settings.ts";

interface Dependencies {
  routes: readonly HttpRoute[];
  invoke: Invoke;
  settings: HostSettings;
  systemKey: string;
  functions: () => readonly HostFunction[];
  durable: Pick<HttpApiContext, "engine" | "control"> & { hostUrl: () => string };
  trigger: (name: string) => Promise<void>;
  track: <T>(work: Promise<T>) => Promise<T>;
  isClosing: () => boolean;
}

const rpcPrefix = "durabletask";
const webhookPrefix = "runtime/webhooks/durabletask";

/** Sends a request where it belongs: durable API, admin API, the functions below the route prefix, or the start page. */
export function createFront(host: Dependencies): (request: HostRequest) => Promise<HostResponse> {
  const startedAt = performance.now();

  const durable = (request: HostRequest, path: string) => {
    const context: HttpApiContext = { ...host.durable, hostUrl: host.durable.hostUrl(), systemKey: host.systemKey };
    const segments = decodeSegments(path);
    return segments ? answerDurable(context, request, segments) : Promise.resolve<HostResponse>({ status: 400 });
  };

  function admin({ method }: HostRequest, path: string): HostResponse {
    if (path === "host/status" || path === "host/ping") {
      return json(200, {
        id: "local",
        state: "Running",
        version: "4.local",
        processUptime: Math.round(performance.now() - startedAt),
      });
    }
    if (path === "functions" && method === "GET") return json(200, host.functions());
    const [what, name, ...others] = decodeSegments(path) ?? [];
    if (what !== "functions" || others.length > 0) return notFound;
    const fn = host.functions().find((each) => each.name.toLowerCase() === name?.toLowerCase());
    if (!fn) return notFound;
    if (method === "GET") return json(200, fn);
    if (method !== "POST") return notFound;
    if (fn.kind !== "timer") return json(400, { Message: `${fn.name} is not a timer function` });
    // The invocation logs how it went; the caller is only told that it has begun.
    host.trigger(fn.name).catch(() => undefined);
    return { status: 202 };
  }

  return async (request) => {
    const path = request.path.replace(/^\//, "");
    if (path === "" && request.method === "GET") return startPage;
    const below = (prefix: string): string | undefined => {
      if (prefix === "") return path;
      return path.toLowerCase().startsWith(`${prefix.toLowerCase()}/`) ? path.slice(prefix.length + 1) : undefined;
    };
    const rpc = below(rpcPrefix);
    if (rpc !== undefined) return durable(request, rpc);
    const webhook = below(webhookPrefix);
    if (webhook !== undefined) {
      return isKey(request.query.get("code"), host.systemKey) ? durable(request, webhook) : { status: 401 };
    }
    const administration = below("admin");
    if (administration !== undefined) return admin(request, administration);
    const ofFunction = below(host.settings.routePrefix);
    if (ofFunction === undefined) return notFound;
    // What runs may still use the durable API above; nothing new begins.
    if (host.isClosing()) return { status: 503 };
    return host.track(answerFunction(host.routes, host.invoke, request, ofFunction));
  };
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
