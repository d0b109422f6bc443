import {
  app,
  type HttpMethod,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from "@azure/functions";
import * as df from "durable-functions";
import { isRefusal, ProductError, type Refusal } from "../../shared/errors.ts";
import type { z } from "zod";
import type { Services } from "../services.ts";
import type { Answer, AnyEndpoint, Method } from "./endpoint.ts";
import { challenge, problem } from "./problem.ts";

/** What a route is, for the document of the API. */
export interface DescribedRoute {
  path: string;
  method: Method;
  endpoint: Described;
  /** How callers prove who they are: by an access token, by a signature of Keycloak's, or not at all. */
  proof: "token" | "signature" | "none";
}
export type Described = Pick<
  AnyEndpoint,
  "summary" | "description" | "callers" | "id" | "query" | "example" | "answers" | "refuses"
> & {
  body?: z.ZodType | undefined;
  /** Where it is not JSON. */
  mediaType?: string;
  /** Where a token is not needed, but tells more. */
  optionalToken?: boolean;
};

const described: DescribedRoute[] = [];

/** Every route that is registered so far. */
export function describedRoutes(): readonly DescribedRoute[] {
  return described;
}

/**
 * All methods are registered and refused here, since the Functions host answers an unknown method like an unknown address.
 * CONNECT is not among them: it names no path, so that no route can have it.
 */
const everyMethod: HttpMethod[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/** Registers a route for callers with an access token: proves who calls, runs the method's handler, and turns errors into problems. */
export function registerRoute(
  services: Services,
  name: string,
  path: string,
  endpoints: Partial<Record<Method, AnyEndpoint>>,
): void {
  for (const [method, endpoint] of Object.entries(endpoints))
    described.push({ path, method: method as Method, endpoint, proof: "token" });
  const allowed = Object.keys(endpoints).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  app.http(name, {
    route: path,
    methods: everyMethod,
    authLevel: "anonymous", // our own tokens are checked below; function keys would be a second secret to hand around
    extraInputs: [df.input.durableClient()],
    handler: (request, context) =>
      answering(request, context, async () => {
        const endpoint = endpoints[(request.method === "HEAD" ? "GET" : request.method) as Method];
        if (!endpoint) return methodNotAllowed(allowed);
        const principal = await services.verifyToken(request.headers.get("authorization"));
        return endpoint.perform(services, { request, principal, client: df.getClient(context), context });
      }),
  });
}

/** Registers a route that takes POST only and proves by itself who calls: by a signature or a token of another kind. */
export function registerSignedRoute(
  name: string,
  path: string,
  endpoint: Described,
  handler: (request: HttpRequest, client: df.DurableClient, context: InvocationContext) => Promise<Answer | Refusal>,
): void {
  described.push({ path, method: "POST", endpoint, proof: "signature" });
  app.http(name, {
    route: path,
    methods: everyMethod,
    authLevel: "anonymous", // Keycloak can send no function key but in the address, which lands in logs
    extraInputs: [df.input.durableClient()],
    handler: (request, context) =>
      answering(request, context, () =>
        request.method === "POST"
          ? handler(request, df.getClient(context), context)
          : Promise.resolve(methodNotAllowed(["POST"])),
      ),
  });
}

/** Registers a route that needs no token. */
export function registerOpenRoute(
  name: string,
  path: string,
  endpoint: Described,
  handler: (request: HttpRequest, context: InvocationContext) => Promise<Answer>,
): void {
  described.push({ path, method: "GET", endpoint, proof: "none" });
  app.http(name, {
    route: path,
    methods: everyMethod,
    authLevel: "anonymous",
    extraInputs: [df.input.durableClient()],
    handler: (request, context) =>
      answering(request, context, () =>
        request.method === "GET" || request.method === "HEAD"
          ? handler(request, context)
          : Promise.resolve(methodNotAllowed(["GET", "HEAD"])),
      ),
  });
}

/** Every address below the prefix that no route has. */
export function registerNotFound(): void {
  // The host tries routes in the order of function names, so this one, which matches everything, must sort last.
  app.http("zNotFound", {
    route: "{*rest}",
    methods: everyMethod,
    authLevel: "anonymous",
    handler: (request, context) =>
      answering(request, context, () =>
        Promise.resolve({ refused: "not-found", reason: "no route has this address (README lists them)" }),
      ),
  });
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
    const answer = await work();
    if (isRefusal(answer)) return problem(answer.refused, answer.reason, requestId, answer.headers);
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
      const headers = error.code === "not-authenticated" ? challenge(request.headers.get("authorization")) : {};
      return problem(error.code, error.message, requestId, headers);
    }
    context.error(error);
    return problem("internal", "an unexpected error; the log has it under this request id", requestId);
  }
}
