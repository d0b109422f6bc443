import type { IncomingHttpHeaders } from "node:http";
import type { BrowserClient } from "./accounts.ts";
import type { Answer } from "./answer.ts";
import { paths } from "./discovery.ts";

const called: readonly string[] = [paths.discovery, paths.certs, paths.token];

/** Whether a client's pages call this endpoint by script. */
export function isForPages(endpoint: string): boolean {
  return called.includes(endpoint);
}

/** The page's origin, if a client lists it among its web origins. */
export function listedOrigin({ origin }: IncomingHttpHeaders, clients: readonly BrowserClient[]): string | undefined {
  return clients.some(({ webOrigins }) => webOrigins.includes(origin ?? "")) ? origin : undefined;
}

/** Lets a page of this origin read the answer (as Keycloak 26.7.3). */
export function readableBy(origin: string | undefined, answer: Answer): Answer {
  if (origin === undefined) return answer;
  const headers = {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "Access-Control-Allow-Methods",
    vary: "Origin",
  };
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** The answer to a browser that asks whether a page may make a call. */
export function preflight(origin: string): Answer {
  const { headers } = readableBy(origin, { status: 200 });
  return {
    status: 200,
    headers: {
      ...headers,
      "access-control-allow-methods": "POST, OPTIONS",
      "access-control-allow-headers":
        "Origin, X-Requested-With, Access-Control-Request-Method, Accept, Access-Control-Request-Headers, DPoP, Content-Type, Authorization",
      "access-control-max-age": "3600",
    },
  };
}
