import {
  app,
  type HttpMethod,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from "@azure/functions";
import * as df from "durable-functions";
import { isRefusal, ProductError, type Refusal } from "../../shared/errors.ts";
import type { Principal } from "../../shared/identity/access-token.ts";
import type { Services } from "../services.ts";
import { problem } from "./problem.ts";

/** One call of a route, its caller proven. */
export interface Call {
  request: HttpRequest;
  principal: Principal;
  client: df.DurableClient;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** Absent: an empty body. */
  body?: unknown;
}

export type Handler = (call: Call) => Promise<Answer | Refusal>;
type Method = "GET" | "PUT" | "POST" | "DELETE";

/** All methods are registered and refused here, since the Functions host answers an unknown method like an unknown address. */
const everyMethod: HttpMethod[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Registers a route for callers with an access token: proves who calls, runs the method's handler, and turns errors into problems. */
export function registerRoute(
  services: Services,
  name: string,
  path: string,
  handlers: Partial<Record<Method, Handler>>,
): void {
  const allowed = Object.keys(handlers).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  app.http(name, {
    route: path,
    methods: everyMethod,
    authLevel: "anonymous", // our own tokens are checked below; function keys would be a second secret to hand around
    extraInputs: [df.input.durableClient()],
    handler: (request, context) =>
      answering(request, context, async () => {
        const handler = handlers[(request.method === "HEAD" ? "GET" : request.method) as Method];
        if (!handler) return methodNotAllowed(allowed);
        const principal = await services.verifyToken(request.headers.get("authorization"));
        return handler({ request, principal, client: df.getClient(context) });
      }),
  });
}

/** Registers a route that takes POST only and proves by itself who calls: by a signature or a token of another kind. */
export function registerSignedRoute(
  name: string,
  path: string,
  handler: (request: HttpRequest, client: df.DurableClient, context: InvocationContext) => Promise<Answer | Refusal>,
): void {
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

/** Registers a route without a token, for health checks. */
export function registerOpenRoute(
  name: string,
  path: string,
  handler: (context: InvocationContext) => Promise<Answer>,
): void {
  app.http(name, {
    route: path,
    methods: ["GET"],
    authLevel: "anonymous",
    handler: (request, context) => answering(request, context, () => handler(context)),
  });
}

/** Every address below the prefix that no route has. */
export function registerNotFound(): void {
  app.http("notFound", {
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
      if (error.code === "internal" || error.code.endsWith("-unavailable"))
        context.error(error.message, ...(error.cause === undefined ? [] : [error.cause]));
      return problem(error.code, error.message, requestId);
    }
    context.error(error);
    return problem("internal", "an unexpected error; the log has it under this request id", requestId);
  }
}
