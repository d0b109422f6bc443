import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TappedCall {
  method: string;
  /** With the query. */
  path: string;
  /** Parsed; undefined if there was none. */
  body: Readonly<Record<string, unknown>> | undefined;
}

/** What the product's place does instead of answering. */
export type Fault = "never answers" | { status: number; type?: string; text: string };

/** Stands between Keycloak and the product: keeps every call, and answers in the product's place when told to. */
export interface ApiTap {
  readonly url: string;
  calls: TappedCall[];
  /** Calls with this method. */
  count(method: string): number;
  fault: Fault | undefined;
  close(): Promise<void>;
}

export async function startApiTap(product: string): Promise<ApiTap> {
  const server = createServer((request, response) => {
    void pass(request, response);
  });
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { method = "", url: path = "" } = request;
    tap.calls.push({ method, path, body: text === "" ? undefined : (JSON.parse(text) as TappedCall["body"]) });
    if (tap.fault === "never answers") return;
    if (tap.fault) {
      response.writeHead(tap.fault.status, { "content-type": tap.fault.type ?? "application/json" });
      response.end(tap.fault.text);
      return;
    }
    const { authorization = "", "content-type": contentType } = request.headers;
    const answer = await fetch(`${product}${path}`, {
      method,
      headers: { authorization, ...(contentType !== undefined && { "content-type": contentType }) },
      ...(text !== "" && { body: text }),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(await answer.text());
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const tap: ApiTap = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    count: (wanted) => tap.calls.filter(({ method }) => method === wanted).length,
    fault: undefined,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return tap;
}
