import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostResponse, ReadBody, RequestHead } from "./http-message.ts";
import { nodeMaxHeaderBytes, refuseHead, refuseUnparsed } from "./http-limits.ts";
import { send, sendUnparsed } from "./http-response.ts";
import { parseQuery } from "./query-string.ts";
import { encodePath, parseTarget } from "./request-target.ts";

interface HttpServer {
  port: number;
  /** Stops listening at once and closes open connections. */
  close(): Promise<void>;
}

/** KestrelServerLimits.KeepAliveTimeout and .RequestHeadersTimeout. */
const keepAliveMilliseconds = 130_000;
const headersMilliseconds = 30_000;

/**
 * Serves on 127.0.0.1 as Kestrel does for the Functions host. Every request, even a malformed one, is answered or
 * disconnected, and never crashes the host.
 */
export async function serveHttp(options: {
  port: number;
  maxBodyBytes: number;
  answer: (head: RequestHead, readBody: ReadBody) => Promise<HostResponse>;
  onError: (error: unknown) => void;
}): Promise<HttpServer> {
  const server = createServer({
    maxHeaderSize: nodeMaxHeaderBytes,
    requireHostHeader: false,
    keepAliveTimeout: keepAliveMilliseconds,
    headersTimeout: headersMilliseconds,
  });

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse, goOn: () => void): Promise<void> {
    const head = readHead(incoming);
    if (typeof head === "number") {
      outgoing.setHeader("connection", "close");
      send(outgoing, { status: head });
      return;
    }
    const readBody = bodyReader(incoming, outgoing, goOn, options.maxBodyBytes);
    const response = await options.answer(head, readBody).catch((error: unknown) => {
      options.onError(error);
      return { status: 500 };
    });
    send(outgoing, response);
  }

  const start = (incoming: IncomingMessage, outgoing: ServerResponse, goOn: () => void = () => undefined) => {
    serve(incoming, outgoing, goOn).catch((error: unknown) => {
      options.onError(error);
      outgoing.destroy();
    });
  };
  server.on("request", (incoming, outgoing) => {
    start(incoming, outgoing);
  });
  server.on("checkContinue", (incoming, outgoing) => {
    start(incoming, outgoing, () => {
      outgoing.writeContinue();
    });
  });
  // Kestrel ignores other expectations.
  server.on("checkExpectation", (incoming, outgoing) => {
    start(incoming, outgoing);
  });
  server.on("connect", (_, socket) => {
    sendUnparsed(socket, 404);
  });
  server.on("clientError", (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    sendUnparsed(socket, refuseUnparsed(error.code, error.rawPacket));
  });

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
      const advice =
        cause.code === "EADDRINUSE" ? "stop the process that uses it, or choose another port" : "choose another port";
      reject(new Error(`listen on 127.0.0.1:${port}: ${cause.message} (${advice})`, { cause }));
    });
    server.listen(port, "127.0.0.1", () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function readHead(incoming: IncomingMessage): RequestHead | number {
  const refused = refuseHead(incoming);
  if (refused !== undefined) return refused;
  const { method = "GET", url = "/" } = incoming;
  const host = incoming.headers.host ?? "";
  const target = parseTarget(method, url, host);
  if (typeof target === "number") return target;
  const headers = joinHeaders(incoming.rawHeaders);
  if (!headers) return 400;
  return {
    method,
    url: `http://${host}${encodePath(target.path)}${target.queryString}`,
    path: target.path,
    rawPath: target.rawPath,
    query: parseQuery(target.queryString),
    headers,
  };
}

/** Joins repeated headers as StringValues.ToString does; undefined if a value is not UTF-8, which Kestrel refuses. */
function joinHeaders(raw: readonly string[]): Record<string, string> | undefined {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const headers = Object.create(null) as Record<string, string>;
  try {
    for (let index = 0; index < raw.length; index += 2) {
      const name = (raw[index] ?? "").toLowerCase();
      const value = utf8.decode(Buffer.from(raw[index + 1] ?? "", "latin1"));
      headers[name] = name in headers ? `${headers[name] ?? ""},${value}` : value;
    }
    return headers;
  } catch {
    return undefined;
  }
}

/** A body over the limit is not read and its connection closed (Http1ContentLengthMessageBody.OnReadStarting). */
function bodyReader(incoming: IncomingMessage, outgoing: ServerResponse, goOn: () => void, maxBytes: number): ReadBody {
  const tooLarge = () => {
    outgoing.setHeader("connection", "close");
    return new Error(`read body: more than ${maxBytes} bytes`);
  };
  return async () => {
    if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
    goOn();
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Destroying the request would close the connection before the response.
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
}
