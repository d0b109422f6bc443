import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Azurite, startAzurite } from "./azurite.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "azurite-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Returns the addresses in a connection string: blob, queue, table. */
const endpointsOf = ({ connectionString }: Azurite) =>
  [...connectionString.matchAll(/\w+Endpoint=([^;]+)/g)].map(([, url]) => url ?? "");

/** A preload for Azurite that writes every connection attempt to this file, one per line, and refuses it. */
const watchConnections = (log: string) => `
  import { appendFileSync } from "node:fs";
  import net from "node:net";
  net.Socket.prototype.connect = function (...given) {
    const [{ host, port }] = given.flat();
    appendFileSync(${JSON.stringify(log)}, host + ":" + port + "\\n");
    process.nextTick(() => this.destroy(new Error("no connections here")));
    return this;
  };
`;

it("Azurite serves blobs, queues and tables on loopback, keeps its data in its folder, and makes no connections", async () => {
  const [preload, log] = [join(folder, "watch.mjs"), join(folder, "connections")];
  await writeFile(preload, watchConnections(log));
  await writeFile(log, "");
  const azurite = await startAzurite(folder, ["--import", pathToFileURL(preload).href]);
  const endpoints = endpointsOf(azurite);
  for (const [index, service] of ["Blob", "Queue", "Table"].entries()) {
    const endpoint = endpoints[index] ?? "";
    expect(new URL(endpoint).hostname).toBe("127.0.0.1");
    expect((await fetch(endpoint)).headers.get("server")).toMatch(new RegExp(`^Azurite-${service}/`));
  }
  await azurite.close();
  expect(await readdir(folder)).toContain("__azurite_db_queue__.json");
  expect(await readFile(log, "utf8")).toBe("");
  await expect(fetch(endpoints[0] ?? "")).rejects.toThrow("fetch failed");
});

it("an Azurite that does not start is reported with its own output", async () => {
  await expect(startAzurite(folder, ["--import", "file:///no/such.mjs"])).rejects.toThrow(
    /start Azurite: it ended[^]*no.such\.mjs/,
  );
});
