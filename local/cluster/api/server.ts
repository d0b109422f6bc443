import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ApiError, internalError, noSuchResource, unauthorized } from "../status.ts";
import type { Store } from "../store/store.ts";
import { discover } from "./discovery.ts";
import { readTarget } from "./request.ts";
import { answer } from "./routes.ts";

export interface ApiOptions {
  store: Store;
  token: string | undefined;
  log: (line: string) => void;
}

/** The API over HTTP. Every refusal is a Status object; a fault of our own is a 500 and a line in the log. */
export function createApiServer(options: ApiOptions): Server {
  return createServer((request, response) => {
    respond(options, request, response).catch((error: unknown) => {
      if (response.headersSent) {
        response.end();
        return;
      }
      const refusal = error instanceof ApiError ? error : internalError(`Internal error occurred: ${String(error)}`);
      if (refusal.code >= 500) options.log(`answer ${request.method ?? ""} ${pathOf(request)}: ${refusal.message}`);
      sendJson(response, refusal.code, refusal.body());
    });
  });
}

async function respond(options: ApiOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  if (["/healthz", "/livez", "/readyz"].includes(url.pathname)) {
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end("ok");
    return;
  }
  if (!isAllowed(request, options.token)) throw unauthorized();
  const document = request.method === "GET" ? discover(url.pathname) : undefined;
  if (document !== undefined) {
    sendJson(response, 200, document);
    return;
  }
  if (!/^\/apis?\//.test(url.pathname)) throw noSuchResource();
  const target = readTarget(url.pathname);
  const answered = await answer({ store: options.store, request, response, query: url.searchParams, target });
  if (answered !== undefined) sendJson(response, answered.code, answered.body);
}

const pathOf = (request: IncomingMessage): string => (request.url ?? "").split("?")[0] ?? "";

function isAllowed(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true;
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ""), digest(`Bearer ${token}`));
}

function sendJson(response: ServerResponse, code: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(code, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
