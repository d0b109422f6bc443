import type { HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";
import { isRefusal, ProductError, type Refusal } from "../../shared/errors.ts";
import type { z } from "zod";
import type { Services } from "../services.ts";
import type { Answer, AnyEndpoint, Method } from "./endpoint.ts";
import { hasMalformedAddress } from "./address.ts";
import { challenge, problem } from "./problem.ts";

/** A path of the API and the function that answers there, whatever the method. */
export interface Route {
  /** The name of the function. The host tries routes in the order of these names, ignoring case. */
  name: string;
  /** The whole path: host.json has no prefix. */
  path: string;
  /** The methods in the OpenAPI document. */
  described: readonly DescribedRoute[];
  answer: (request: HttpRequest, hub: TaskHub, context: InvocationContext) => Promise<HttpResponseInit>;
}

/** One method of a route, for the OpenAPI document. */
export interface DescribedRoute {
  /** Below `/api/`. */
  path: string;
  method: Method;
  endpoint: Described;
  /** How callers authenticate: with an access token, with a signature of Keycloak, or not at all. */
  proof: "token" | "signature" | "none";
}
export type Described = Pick<
  AnyEndpoint,
  "summary" | "description" | "callers" | "id" | "query" | "example" | "answers" | "refuses"
> & {
  body?: z.ZodType | undefined;
  /** If it is not JSON. */
  mediaType?: string;
  /** True if a token is not needed but gets more details. */
  optionalToken?: boolean;
};

const apiPrefix = "api/";

/**
 * A route for callers with an access token: authenticates, runs the method's handler, and turns errors into problems.
 */
export function tokenRoute(
  services: Services,
  name: string,
  path: string,
  endpoints: Partial<Record<Method, AnyEndpoint>>,
): Route {
  const allowed = Object.keys(endpoints).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  return {
    name,
    path: `${apiPrefix}${path}`,
    described: Object.entries(endpoints).map(([method, endpoint]) => ({
      path,
      method: method as Method,
      endpoint,
      proof: "token",
    })),
    answer: (request, hub, context) =>
      answering(request, context, async () => {
        const endpoint = endpoints[(request.method === "HEAD" ? "GET" : request.method) as Method];
        if (!endpoint) return methodNotAllowed(allowed);
        const verify = endpoint.callers.includes("timers") ? services.verifyTimerToken : services.verifyToken;
        const principal = await verify(request.headers.get("authorization"));
        return endpoint.perform(services, { request, principal, hub, context });
      }),
  };
}

/** A route that takes only POST and authenticates by itself: with a signature or another kind of token. */
export function signedRoute(
  name: string,
  path: string,
  endpoint: Described,
  handler: (request: HttpRequest, hub: TaskHub, context: InvocationContext) => Promise<Answer | Refusal>,
): Route {
  return {
    name,
    path: `${apiPrefix}${path}`,
    described: [{ path, method: "POST", endpoint, proof: "signature" }],
    answer: (request, hub, context) =>
      answering(request, context, () =>
        request.method === "POST" ? handler(request, hub, context) : Promise.resolve(methodNotAllowed(["POST"])),
      ),
  };
}

/** A route that takes only GET and needs no token. */
export function openRoute(
  name: string,
  path: string,
  endpoint: Described,
  handler: (request: HttpRequest, hub: TaskHub, context: InvocationContext) => Promise<Answer>,
): Route {
  return {
    name,
    path: `${apiPrefix}${path}`,
    described: [{ path, method: "GET", endpoint, proof: "none" }],
    answer: (request, hub, context) =>
      answering(request, context, () =>
        request.method === "GET" || request.method === "HEAD"
          ? handler(request, hub, context)
          : Promise.resolve(methodNotAllowed(["GET", "HEAD"])),
      ),
  };
}

/**
 * The catch-all for every path that no other route has: a problem below `/api`, and elsewhere a page, or words that there is
 * none.
 */
export function otherRoute(page: (request: HttpRequest) => HttpResponseInit): Route {
  return {
    // The host tries routes in the order of function names, so this one, which matches everything, must sort last.
    name: "zPages",
    path: "{*rest}",
    described: [],
    answer: (request, _hub, context) =>
      hasMalformedAddress(request) || isBelowApi(request)
        ? answering(request, context, () =>
            Promise.resolve({ refused: "not-found", reason: "no route has this path (/api/openapi.json lists them)" }),
          )
        : Promise.resolve(page(request)),
  };
}

/** The host compares the words of a route without regard to case. */
function isBelowApi({ params }: HttpRequest): boolean {
  return /^api(\/|$)/i.test(params["rest"] ?? "");
}

function methodNotAllowed(allowed: readonly string[]): Refusal & { headers: Record<string, string> } {
  const allow = allowed.join(", ");
  return { refused: "method-not-allowed", reason: `this route takes ${allow}`, headers: { allow } };
}

async function answering(
  request: HttpRequest,
  context: InvocationContext,
  work: () => Promise<Answer | (Refusal & { headers?: Record<string, string> })>,
): Promise<HttpResponseInit> {
  const given = request.headers.get("x-request-id") ?? "";
  const requestId = /^[\w.-]{1,64}$/.test(given) ? given : context.invocationId;
  try {
    if (hasMalformedAddress(request))
      return problem(
        "malformed-address",
        "read the address: its host is none, or it names a user (send Host: name:port)",
        requestId,
      );
    const answer = await work();
    if (isRefusal(answer)) return problem(answer.refused, answer.reason, requestId, answer.headers, answer.values);
    return {
      status: answer.status,
      headers: {
        ...(answer.body === undefined ? {} : { "content-type": "application/json" }),
        "cache-control": "no-store",
        "x-request-id": requestId,
        ...answer.headers,
      },
      ...(answer.body === undefined ? {} : { body: JSON.stringify(answer.body) }),
    };
  } catch (error) {
    if (error instanceof ProductError) {
      if (error.code === "internal" || error.code === "damaged-record" || error.code.endsWith("-unavailable"))
        context.error(error.message, ...(error.cause === undefined ? [] : [error.cause]));
      const headers = {
        ...(error.code === "not-authenticated" && challenge(request.headers.get("authorization"))),
        ...(error.retryAfterSeconds !== undefined && { "retry-after": String(Math.max(error.retryAfterSeconds, 1)) }),
      };
      return problem(error.code, error.message, requestId, headers, error.values, error.underWay);
    }
    context.error(error);
    return problem("internal", "an unexpected error; find it in the log by this request id", requestId);
  }
}
