import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** The way to something that listens on this machine. While it is cut, connections are reset and new ones are refused. */
export interface Link {
  /** The address of what it leads to, with the port of the link. */
  readonly url: string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startLink(to: string): Promise<Link> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server: Server = createServer((near) => {
    if (isCut) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: target.hostname, port: Number(target.port) });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const resetAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  // Replaces the port as text: a URL of another scheme than http would come back changed.
  const url = to.replace(`${target.hostname}:${target.port}`, `127.0.0.1:${port}`);
  return {
    url,
    cut() {
      isCut = true;
      resetAll();
    },
    mend() {
      isCut = false;
    },
    async close() {
      isCut = true;
      resetAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
