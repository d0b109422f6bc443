import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** The way to a PostgreSQL that counts how often the product waits for it. */
export interface CountedExchanges {
  url: string;
  /** Round trips since the last `clear`: what is sent before the server has answered all of it is one. */
  count(): number;
  clear(): void;
  close(): Promise<void>;
}

/** Counts by PostgreSQL's messages: the server answers each Query and each Sync with one ReadyForQuery. */
export async function startCountingExchanges(to: string): Promise<CountedExchanges> {
  const target = new URL(to);
  let exchanges = 0;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host: target.hostname, port: Number(target.port) });
    let open = 0;
    // The first message of a connection has no type; what follows until the first ReadyForQuery is the log-in.
    let isIn = false;
    const asked = messages(true, (type) => {
      if (!isIn || (type !== "Q" && type !== "S")) return;
      if (open === 0) exchanges += 1;
      open += 1;
    });
    const answered = messages(false, (type) => {
      if (type !== "Z") return;
      if (isIn) open -= 1;
      isIn = true;
    });
    near.on("data", (bytes: Buffer) => {
      asked(bytes);
      far.write(bytes);
    });
    far.on("data", (bytes: Buffer) => {
      answered(bytes);
      near.write(bytes);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: to.replace(`${target.hostname}:${target.port}`, `127.0.0.1:${port}`),
    count: () => exchanges,
    clear: () => {
      exchanges = 0;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Calls `onMessage` with the type of each message in a stream: a letter, a length of four bytes that counts itself, and that. */
function messages(startsWithoutType: boolean, onMessage: (type: string) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  let isFirst = startsWithoutType;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const typeLength = isFirst ? 0 : 1;
      if (rest.length < typeLength + 4) return;
      const end = typeLength + rest.readUInt32BE(typeLength);
      if (rest.length < end) return;
      if (!isFirst) onMessage(rest.toString("latin1", 0, 1));
      isFirst = false;
      rest = rest.subarray(end);
    }
  };
}
