import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";

/** A way to an HTTP server that counts the calls, and may answer in its place. */
export interface CountedCalls {
  url: string;
  /** The calls since the last `clear`: `GET /path?query`. */
  calls: string[];
  /** The next calls that match are answered so, in this order; then they reach the server again. */
  answerInstead(matching: RegExp, answers: readonly Instead[]): void;
  close(): Promise<void>;
}

export interface Instead {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export async function startCounting(target: string): Promise<CountedCalls> {
  const calls: string[] = [];
  let instead: { matching: RegExp; answers: Instead[] } = { matching: /$^/, answers: [] };
  const server = createServer((incoming, outgoing) => {
    const call = `${incoming.method} ${incoming.url}`;
    calls.push(call);
    const answer = instead.matching.test(call) ? instead.answers.shift() : undefined;
    if (answer) {
      outgoing.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(answer.body);
      return;
    }
    const { method, headers, url = "" } = incoming;
    const onward = httpRequest(new URL(url, target), { method, headers, agent: false }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
      // A watch has begun when its headers are there; its first line may come much later.
      outgoing.flushHeaders();
      reply.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answerInstead(matching, answers) {
      instead = { matching, answers: [...answers] };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
