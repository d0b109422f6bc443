import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A call as it arrived. */
export interface Call {
  path: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}

/** A server on loopback that keeps what it is sent, and answers each call with the same status. */
export interface Recorder {
  readonly url: string;
  readonly calls: readonly Call[];
  /** Answers with this status from now on; at first with 200. */
  answer(status: number): void;
  /** Returns the first call that matches; waits for it if it has not come yet. */
  call(matches: (call: Call) => boolean): Promise<Call>;
  close(): Promise<void>;
}

export async function startRecorder(): Promise<Recorder> {
  const calls: Call[] = [];
  const waiting = new Set<() => void>();
  let status = 200;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const headers = request.headers as Record<string, string | undefined>;
      calls.push({ path: request.url ?? "", headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(status).end();
      for (const look of waiting) look();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answer(next) {
      status = next;
    },
    call: (matches) =>
      new Promise((resolve) => {
        const look = () => {
          const found = calls.find(matches);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
