import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";

/** The ports on which everything listens. */
export interface Ports {
  functions: number;
  cluster: number;
  identity: number;
  database: number;
  /** The page that plays Guacamole for a real Keycloak. */
  guacamolePage?: number;
}

/** The ports of the last start with this state; empty if there was none. */
export async function readPorts(file: string): Promise<Partial<Ports>> {
  try {
    const ports: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof ports === "object" && ports !== null ? ports : {};
  } catch {
    return {}; // any ports will do
  }
}

export async function writePorts(file: string, ports: Ports): Promise<void> {
  await writeFile(file, JSON.stringify(ports));
}

/** The first of these ports that is free, or 0, which lets the server choose one. */
export async function firstFree(...ports: readonly unknown[]): Promise<number> {
  for (const port of ports) if (isPort(port) && (await isFree(port))) return port;
  return 0;
}

function isPort(port: unknown): port is number {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => {
      resolve(false);
    });
    probe.listen(port, "127.0.0.1", () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}
