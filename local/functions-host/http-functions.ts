import type { AppFunction } from "./functions.ts";
import { notFound } from "./http-message.ts";
import type { HostRequest, HostResponse } from "./http-message.ts";
import { fromRpcHttp, toRpcHttp } from "./http-rpc.ts";
import type { Invoke } from "./invoke.ts";
import { parseRoute } from "./route-template.ts";
import type { RouteTemplate } from "./route-template.ts";
import { resolveSettings } from "./settings.ts";

export interface HttpRoute {
  fn: AppFunction;
  /** Relative to the route prefix. */
  template: string;
  methods: readonly string[];
  route: RouteTemplate;
}

/** The routes of the app's HTTP functions, the most specific first. Throws one sentence for a malformed one. */
export function listRoutes(functions: readonly AppFunction[]): HttpRoute[] {
  return functions
    .filter(({ kind }) => kind === "http")
    .map((fn) => {
      const { route, methods } = fn.trigger as { route?: string; methods?: string[] };
      const template = resolveSettings(route ?? fn.name, `the route of function ${fn.name}`).replace(/^\/+/, "");
      return {
        fn,
        template,
        methods: (methods ?? ["GET", "POST"]).map((each) => each.toUpperCase()),
        route: parseRoute(template),
      };
    })
    .sort((a, b) => (a.route.precedence < b.route.precedence ? -1 : a.route.precedence > b.route.precedence ? 1 : 0));
}

/**
 * Answers a request to a function; `path` is relative to the route prefix. Azure's host makes the method part of the
 * route, so that a known route with another method is 404, HEAD included (azure-functions-host#10098, #11625).
 * What a handler throws is a 500 without a body. authLevel is not enforced, as in Core Tools.
 */
export async function answerFunction(
  routes: readonly HttpRoute[],
  invoke: Invoke,
  request: HostRequest,
  path: string,
): Promise<HostResponse> {
  for (const { fn, methods, route } of routes) {
    if (!methods.includes(request.method)) continue;
    const params = route.match(path);
    if (!params) continue;
    try {
      const reason = "This function was programmatically called via the host APIs.";
      const { returnValue } = await invoke({ fn, reason, trigger: { http: toRpcHttp(request, params) } });
      return fromRpcHttp(returnValue);
    } catch {
      // The invocation has logged why.
      return { status: 500 };
    }
  }
  return notFound;
}
