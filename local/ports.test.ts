import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { firstFree, readPorts, writePorts } from "./ports.ts";

let folder: string;
let server: Server;
let taken: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ports-"));
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  taken = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe("the ports of the last start", () => {
  it("are read back as they were written", async () => {
    const ports = { functions: 1, cluster: 2, identity: 3, database: 4 };
    await writePorts(join(folder, "ports.json"), ports);
    expect(await readPorts(join(folder, "ports.json"))).toEqual(ports);
  });

  it.each(["", "null", "{", '"7071"'])("are unknown if their file holds %j", async (text) => {
    await writeFile(join(folder, "ports.json"), text);
    expect((await readPorts(join(folder, "ports.json"))).functions).toBeUndefined();
  });
});

describe("the first free port", () => {
  it("is not one that is taken", async () => {
    expect(await firstFree(taken)).toBe(0);
  });

  it("can be one that is free again", async () => {
    server.close();
    await once(server, "close");
    expect(await firstFree(taken, 0)).toBe(taken);
  });

  it.each([[undefined], ["80"], [1.5], [-1], [70_000]])("is never %j", async (port) => {
    expect(await firstFree(port)).toBe(0);
  });
});
