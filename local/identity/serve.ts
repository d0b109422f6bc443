import { once } from "node:events";
import type { IncomingMessage, OutgoingHttpHeaders, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, problem } from "./answer.ts";

/** Listens on 127.0.0.1, and returns the port. Throws if it is taken. */
export async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new Error(`start identity provider: cannot listen on port ${port} (free it, or choose another)`, { cause });
  }
  return (server.address() as AddressInfo).port;
}

/** Answers every request. A fault is logged and answered with 500. */
export function answerAll(
  server: Server,
  answer: (request: IncomingMessage) => Promise<Answer>,
  log: (line: string) => void,
): void {
  server.on("request", (request, response) => {
    answer(request)
      .catch((error: unknown) => {
        log(`could not answer: ${String(error)}`);
        return problem(500, "server_error");
      })
      .then(({ status, headers, body, page }) => {
        const type = page === undefined ? "application/json" : "text/html; charset=utf-8";
        const written = { "content-type": type, "cache-control": "no-store", ...headers } as OutgoingHttpHeaders;
        response.writeHead(status, written).end(page ?? (body && JSON.stringify(body)));
      })
      .catch(() => request.destroy());
  });
}
