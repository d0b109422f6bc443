import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostRequest, HostResponse } from "./http-message.ts";

interface HttpServer {
  port: number;
  /** Stops listening at once and cuts what is open. */
  close(): Promise<void>;
}

/** Serves on 127.0.0.1. Whatever arrives, malformed requests included, it answers or cuts; it never crashes the host. */
export async function serveHttp(options: {
  port: number;
  maxBodyBytes: number;
  answer: (request: HostRequest) => Promise<HostResponse>;
  onError: (error: unknown) => void;
}): Promise<HttpServer> {
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error: unknown) => {
      options.onError(error);
      outgoing.destroy();
    });
  });

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = absoluteUrl(incoming, port);
    if (!url) {
      send(outgoing, { status: 400 });
      return;
    }
    const body = await readBody(incoming, options.maxBodyBytes);
    if (body === "too large") {
      outgoing.setHeader("connection", "close");
      send(outgoing, { status: 413 });
      return;
    }
    if (body === "cut") return;
    const request: HostRequest = {
      method: incoming.method ?? "GET",
      url: url.href,
      path: url.pathname,
      query: url.searchParams,
      headers: joinHeaders(incoming),
      body,
    };
    const response = await options.answer(request).catch((error: unknown) => {
      options.onError(error);
      return { status: 500 };
    });
    send(outgoing, response, incoming.method);
  }

  const port = await listen(server, options.port);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const advice = cause.code === "EADDRINUSE" ? "stop what uses it, or choose another port" : "choose another port";
      reject(new Error(`listen on 127.0.0.1:${port}: ${cause.message} (${advice})`, { cause }));
    });
    server.listen(port, "127.0.0.1", () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function absoluteUrl({ url = "/", headers }: IncomingMessage, port: number): URL | undefined {
  if (/^https?:\/\//i.test(url)) return URL.canParse(url) ? new URL(url) : undefined;
  if (!url.startsWith("/")) return undefined;
  const ours = `http://127.0.0.1:${port}`;
  // What is not a plain host and port must not be able to change the path.
  const origin = /^[\w.-]+(?::\d+)?$|^\[[\da-f:.]+\](?::\d+)?$/i.test(headers.host ?? "")
    ? `http://${headers.host ?? ""}`
    : ours;
  return URL.canParse(origin + url) ? new URL(origin + url) : undefined;
}

/** Reads a body. Of one that is too large the rest is read and dropped, or the client would not read the answer. */
function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer | "too large" | "cut"> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const count = (more: number) => {
      bytes += more;
      if (bytes > maxBytes) resolve("too large");
    };
    incoming.on("data", (chunk: Buffer) => {
      count(chunk.length);
      if (bytes <= maxBytes) chunks.push(chunk);
    });
    incoming.on("end", () => {
      resolve(Buffer.concat(chunks));
    });
    for (const event of ["close", "error"]) {
      incoming.on(event, () => {
        resolve("cut");
      });
    }
    if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) count(Infinity);
  });
}

function joinHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

// Node frames the message itself; a handler that copies these from elsewhere would contradict it.
const framing = new Set(["content-length", "transfer-encoding", "connection", "keep-alive"]);

function send(outgoing: ServerResponse, response: HostResponse, method?: string): void {
  if (outgoing.destroyed) return;
  const body = Buffer.from(response.body ?? "");
  try {
    for (const [name, value] of response.headers ?? []) {
      if (!framing.has(name.toLowerCase())) outgoing.appendHeader(name, value);
    }
  } catch {
    // A header that HTTP does not allow: what the handler answered cannot be sent.
    for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
    outgoing.writeHead(500).end();
    return;
  }
  const hasBody = method !== "HEAD" && ![204, 205, 304].includes(response.status);
  if (![204, 304].includes(response.status)) outgoing.setHeader("content-length", body.length);
  outgoing.writeHead(response.status);
  outgoing.end(hasBody ? body : undefined);
}
