import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Binaries } from "./binaries.ts";
import { broken, LocalDatabaseError } from "./error.ts";
import type { RunAs } from "./run-as.ts";
import { startServer, type Server } from "./server.ts";

/** How long the processes of a killed server may take to end. */
const retrySeconds = 15;

/**
 * Starts the server on the wanted port of 127.0.0.1, or on a free one if that is 0. Throws LocalDatabaseError on
 * failure.
 */
export async function startOnPort(
  { postgres }: Binaries,
  runAs: RunAs,
  folder: string,
  data: string,
  wanted: number,
  log: (line: string) => void,
): Promise<{ server: Server; port: number }> {
  const deadline = Date.now() + retrySeconds * 1000;
  for (;;) {
    const port = wanted === 0 ? await freePort() : wanted;
    const outcome = await startServer(postgres, runAs, data, port, log);
    if ("server" in outcome) return { server: outcome.server, port };
    const { refused, reason } = outcome;
    // A free port can be taken just before we use it.
    const passing = refused === "memory" || (refused === "port" && wanted === 0);
    if (passing && Date.now() < deadline) {
      await delay(25);
      continue;
    }
    if (refused === "data") throw broken(folder, `PostgreSQL cannot open ${data}: ${reason}`);
    throw refused === "port"
      ? new LocalDatabaseError("port-in-use", `port ${port} is taken (free it, or choose another): ${reason}`)
      : new LocalDatabaseError("in-use", `processes of a killed server still use ${data} (end them): ${reason}`);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
