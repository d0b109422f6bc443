import { once } from "node:events";
import { createServer, type IncomingMessage, request as send } from "node:http";
import type { AddressInfo } from "node:net";

/** An answer in place of the one that the server behind would give. */
export interface Answer {
  status: number;
  body: unknown;
}

/** The way to an HTTP server on this machine, on which some calls are answered otherwise. */
export interface Proxy {
  /** http://127.0.0.1:port */
  url: string;
  close(): Promise<void>;
}

/** @param answer undefined lets the call through */
export async function startProxy(
  to: string,
  answer: (method: string, url: URL, body: string) => Answer | undefined,
): Promise<Proxy> {
  const server = createServer((request, response) => {
    readBody(request)
      .then((body) => {
        const { method = "GET", headers, url = "/" } = request;
        const own = answer(method, new URL(url, to), body);
        if (own) {
          response.writeHead(own.status, { "content-type": "application/json" }).end(JSON.stringify(own.body));
          return;
        }
        const { host } = new URL(to);
        const far = send(new URL(url, to), { method, headers: { ...headers, host } }, (reply) => {
          response.writeHead(reply.statusCode ?? 502, reply.headers);
          response.flushHeaders(); // a watch may have nothing to tell for long
          reply.pipe(response);
        });
        far.on("error", () => response.destroy());
        far.end(body);
      })
      .catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
