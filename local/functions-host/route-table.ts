import { parseRoute } from "./route-template.ts";

/** An HTTP function as it was registered. */
export interface RegisteredRoute {
  name: string;
  /** Below the route prefix; the function's name if absent or empty. */
  route?: string | undefined;
  /** Every method if absent. */
  methods?: readonly string[] | undefined;
}

export interface RouteTable<Fn extends RegisteredRoute> {
  /** In the order in which the host asks them. */
  readonly functions: readonly Fn[];
  /** The function that answers, and the values of its route's parameters. `path` is decoded and begins with the prefix. */
  find(method: string, path: string): { fn: Fn; params: Record<string, string> } | undefined;
}

/**
 * Says which function answers a call on the real host. It registers routes in the order of the functions' names, ignoring case,
 * and the first whose template, constraints and methods match wins, however specific the others are. A function whose
 * template matches and whose methods do not is passed over, as the methods are a constraint of the route.
 * (Measured on host 4.1037. Azure/azure-functions-host: FunctionMetadataManager.LoadFunctionMetadata orders by
 * StringComparer.OrdinalIgnoreCase, WebScriptHostHttpRoutesManager adds an HttpMethodRouteConstraint; dotnet/aspnetcore:
 * RouteCollection.RouteAsync and RouteBase.RouteAsync.) Throws one sentence for a malformed route.
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
