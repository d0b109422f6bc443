import { Agent, createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A way to an HTTP server that counts the calls, and may answer in its place. */
export interface CountedCalls {
  url: string;
  /** The calls since the last `clear`: `GET /path?query`. */
  calls: string[];
  /** The bytes of the answers in the same time, those of watches aside: what they tell is nobody's call. */
  bytes: number;
  /** The next calls that match are answered so, in this order; then they reach the server again. */
  answerInstead(matching: RegExp, answers: readonly Instead[]): void;
  /** Each call from now on goes on to the server when this says so, or gets its answer; replaces what was said before. */
  decide(answer: (call: string) => Instead | undefined | Promise<Instead | undefined>): void;
  close(): Promise<void>;
}

export interface Instead {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/**
 * @param keepAlive if its own connections to the server are used again: it costs less, where that is measured, and must not
 * be used where the server goes away
 */
export async function startCounting(target: string, keepAlive = false): Promise<CountedCalls> {
  const calls: string[] = [];
  const agent = keepAlive && new Agent({ keepAlive });
  let decided: (call: string) => Instead | undefined | Promise<Instead | undefined> = () => undefined;
  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const call = `${incoming.method} ${incoming.url}`;
    calls.push(call);
    const answer = await decided(call);
    if (answer) {
      outgoing.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(answer.body);
      return;
    }
    const { method, headers, url = "" } = incoming;
    const onward = httpRequest(new URL(url, target), { method, headers, agent }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
      // A watch has begun when its headers are there; its first line may come much later.
      outgoing.flushHeaders();
      reply.pipe(outgoing);
      if (!call.includes("watch=")) reply.on("data", (part: Buffer) => (counted.bytes += part.length));
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  }
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const counted: CountedCalls = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    bytes: 0,
    answerInstead(matching, answers) {
      const left = [...answers];
      decided = (call) => (matching.test(call) ? left.shift() : undefined);
    },
    decide(answer) {
      decided = answer;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
        if (agent) agent.destroy();
      }),
  };
  return counted;
}
