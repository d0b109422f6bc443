import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Kind } from "../kinds/kind.ts";
import {
  ApiError,
  foreign,
  internalError,
  notAcceptable,
  PageNotFound,
  pageNotFound,
  unauthorized,
} from "../status.ts";
import type { Store } from "../store/store.ts";
import { answerReview, discoverReviews } from "./access-review.ts";
import { discover } from "./discovery.ts";
import { describeApi } from "./openapi.ts";
import { isOn } from "./options.ts";
import { isForeign } from "./foreign-call.ts";
import type { TokenIssuer } from "./issuer.ts";
import { presentAs } from "./present.ts";
import { type Wanted, wantedBy } from "./accept.ts";
import { readTarget } from "./target.ts";
import { send } from "./send.ts";
import { answer } from "./routes.ts";

export interface ApiOptions {
  store: Store;
  kinds: readonly Kind[];
  token: string | undefined;
  issuer: TokenIssuer;
  log: (line: string) => void;
}

/** Serves the API over HTTP. Every refusal is a Status object; an internal error is a 500 and a line in the log. */
export function createApiServer(options: ApiOptions): Server {
  return createServer((request, response) => {
    const warnings: string[] = [];
    respond(options, request, response, warnings).catch((error: unknown) => {
      if (response.headersSent) {
        response.end();
        return;
      }
      if (error instanceof PageNotFound) {
        response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end(`${error.message}\n`);
        return;
      }
      const refusal = error instanceof ApiError ? error : internalError(`Internal error occurred: ${String(error)}`);
      if (refusal.code >= 500) options.log(`answer ${request.method ?? ""} ${pathOf(request)}: ${refusal.message}`);
      send(response, refusal.code, refusal.body(), { type: refusalType(request.headers.accept) }, warnings);
    });
  });
}

async function respond(
  options: ApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
  warnings: string[],
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  if (["/healthz", "/livez", "/readyz"].includes(url.pathname)) {
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end("ok");
    return;
  }
  if (options.token === undefined && isForeign(request.headers)) throw foreign();
  if (!isAllowed(request, options.token)) throw unauthorized();
  if (request.method === "GET" && url.pathname === "/openid/v1/jwks") {
    response.writeHead(200, { "content-type": "application/jwk-set+json" }).end(JSON.stringify(options.issuer.keys()));
    return;
  }
  const { accept } = request.headers;
  const document =
    request.method === "GET"
      ? (discoverReviews(url.pathname) ??
        discover(options.kinds, url.pathname) ??
        describeApi(options.kinds, url.pathname))
      : undefined;
  if (document !== undefined) {
    send(response, 200, document, wantedBy(accept, true));
    return;
  }
  if (!/^\/apis?\//.test(url.pathname)) throw pageNotFound();
  const reviewed = await answerReview(request, url.pathname);
  if (reviewed !== undefined) {
    send(response, 201, reviewed, wantedBy(accept, true));
    return;
  }
  const target = readTarget(options.kinds, pathOf(request), request.method ?? "");
  const wanted = wantedBy(accept, target.kind.custom);
  if (wanted.type === "application/yaml" && target.name === undefined && isOn(url.searchParams, "watch"))
    throw notAcceptable(`only the following media types are accepted: ${streamTypes.join(", ")}`);
  const present = presentAs(target.kind, wanted, url.searchParams);
  const exchange = { store: options.store, request, response, query: url.searchParams, target, present, warnings };
  const answered = await answer(exchange);
  if (answered !== undefined) send(response, answered.code, present(answered.body), wanted, warnings);
}

/** The media types of a watch. This server does not support the second. */
const streamTypes = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];

/** Refusals have the media type that the client accepts, if it is valid. */
function refusalType(accept: string | undefined): Wanted["type"] {
  try {
    return wantedBy(accept, true).type;
  } catch {
    return "application/json";
  }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? "").split("?")[0] ?? "";

function isAllowed(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true;
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ""), digest(`Bearer ${token}`));
}
