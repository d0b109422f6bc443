import { parseRoute } from "./route-template.ts";

/** A registered HTTP function. */
export interface RegisteredRoute {
  name: string;
  /** Below the route prefix; the function's name if absent or empty. */
  route?: string | undefined;
  /** Every method if absent. */
  methods?: readonly string[] | undefined;
}

export interface RouteTable<Fn extends RegisteredRoute> {
  /** In the order in which the host tries them. */
  readonly functions: readonly Fn[];
  /** Returns the matching function and its route's parameters. `path` is decoded and begins with the prefix. */
  find(method: string, path: string): { fn: Fn; params: Record<string, string> } | undefined;
}

/**
 * Finds the function that would answer a call on the real host, which registers routes in the case-insensitive order of
 * the functions' names. The first whose template, constraints and methods match wins, however specific the others are.
 * A function whose template matches and whose methods do not is skipped, because methods are a constraint of the route.
 * (Measured on host 4.1037. Azure/azure-functions-host: FunctionMetadataManager.LoadFunctionMetadata orders by
 * StringComparer.OrdinalIgnoreCase, WebScriptHostHttpRoutesManager adds an HttpMethodRouteConstraint;
 * dotnet/aspnetcore: RouteCollection.RouteAsync and RouteBase.RouteAsync.) Throws one sentence for a malformed route.
 */
export function createRouteTable<Fn extends RegisteredRoute>(
  functions: readonly Fn[],
  routePrefix = "api",
): RouteTable<Fn> {
  const entries = functions
    .map((fn) => ({ fn, key: fn.name.toUpperCase(), match: parseRoute(templateOf(fn, routePrefix)) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return {
    functions: entries.map(({ fn }) => fn),
    find(method, path) {
      for (const { fn, match } of entries) {
        const params = match(path);
        if (params && takes(fn, method)) return { fn, params };
      }
      return undefined;
    },
  };
}

function templateOf({ name, route }: RegisteredRoute, routePrefix: string): string {
  const template = route === undefined || route === "" ? name : route;
  return routePrefix === "" ? template : `${routePrefix}/${template}`;
}

function takes({ methods }: RegisteredRoute, method: string): boolean {
  const wanted = method.toUpperCase();
  return methods?.some((each) => each.toUpperCase() === wanted) ?? true;
}
