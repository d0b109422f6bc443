import type { AppFunction } from "./functions.ts";
import { notFound } from "./http-message.ts";
import type { HostResponse, ReadBody, RequestHead } from "./http-message.ts";
import { fromRpcHttp, toRpcHttp } from "./http-rpc.ts";
import type { Invoke } from "./invoke.ts";
import { createRouteTable } from "./route-table.ts";
import type { RegisteredRoute, RouteTable } from "./route-table.ts";
import { type ReadSetting, resolveSettings } from "./settings.ts";

export interface HttpRoute extends RegisteredRoute {
  fn: AppFunction;
  route: string;
  methods: readonly string[];
  needsKey: boolean;
  isDisabled: boolean;
}

/**
 * Returns the routes of the app's HTTP functions, including disabled ones. Throws one sentence for a malformed route.
 */
export function listRoutes(
  functions: readonly AppFunction[],
  disabled: readonly AppFunction[],
  routePrefix: string,
  setting: ReadSetting,
): RouteTable<HttpRoute> {
  const routes = [...functions, ...disabled]
    .filter(({ kind }) => kind === "http")
    .map((fn) => {
      const { route, methods, authLevel } = fn.trigger as { route?: string; methods?: string[]; authLevel?: string };
      return {
        fn,
        name: fn.name,
        route: resolveSettings(route ?? fn.name, `the route of function ${fn.name}`, setting),
        methods: (methods ?? ["GET", "POST"]).map((each) => each.toUpperCase()),
        needsKey: authLevel?.toLowerCase() !== "anonymous",
        isDisabled: disabled.includes(fn),
      };
    });
  return createRouteTable(routes, routePrefix);
}

/**
 * Answers a request to a function. A non-anonymous function accepts the master key only, as there are no other keys
 * here. The body is read if Content-Length is above 0 and dropped otherwise, even if chunked
 * (GrpcMessageConversionExtensions .ToRpcHttp: `request.ContentLength > 0`; measured). A handler's error or a body over
 * the limit is a 500 without a body.
 */
export async function answerFunction(
  { routes, invoke, isMasterKey }: { routes: RouteTable<HttpRoute>; invoke: Invoke; isMasterKey: boolean },
  head: RequestHead,
  readBody: ReadBody,
): Promise<HostResponse> {
  const found = routes.find(head.method, head.path);
  if (!found) return notFound;
  const { fn, needsKey, isDisabled } = found.fn;
  if (needsKey && !isMasterKey) return { status: 401 };
  // It hides the functions after it (FunctionInvocationMiddleware.GetResultAsync).
  if (isDisabled && !isMasterKey) return notFound;
  try {
    const body = Number(head.headers["content-length"] ?? 0) > 0 ? await readBody() : Buffer.alloc(0);
    const reason = "This function was programmatically called via the host APIs.";
    const { returnValue } = await invoke({
      fn,
      reason,
      trigger: { http: toRpcHttp({ ...head, body }, found.params) },
    });
    return fromRpcHttp(returnValue);
  } catch {
    // The invocation has logged the reason.
    return { status: 500 };
  }
}
