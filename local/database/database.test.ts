import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, unlink, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startLocalDatabase, type LocalDatabase } from "./database.ts";
import { LocalDatabaseError } from "./error.ts";
import { readProcess } from "./process-table.ts";

let base: string;
let directory: string;
let log: string[] = [];

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "local-database-"));
  await chmod(base, 0o755);
  directory = join(base, "with a space");
});
beforeEach(() => {
  log = [];
});
afterAll(() => rm(base, { recursive: true }));

// Closed after each test, so that a failed test does not make the next ones fail.
let opened: LocalDatabase[] = [];
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()));
  opened = [];
});

async function start(options: { directory?: string; port?: number } = {}): Promise<LocalDatabase> {
  const database = await startLocalDatabase({ directory, log: (line) => log.push(line), ...options });
  opened.push(database);
  return database;
}

/** Runs one statement in a started database. */
async function query(database: LocalDatabase, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function addEntity(database: LocalDatabase, name: string): Promise<void> {
  await query(database, `INSERT INTO guacamole_entity (name, type) VALUES ('${name}', 'USER')`);
}

async function startAndReadEntities(): Promise<unknown[]> {
  const database = await start();
  try {
    return (await query(database, "SELECT name FROM guacamole_entity ORDER BY entity_id")).map(({ name }) => name);
  } finally {
    await database.close();
  }
}

async function serverPid(): Promise<number> {
  return Number.parseInt(await readFile(join(directory, "data/postmaster.pid"), "utf8"));
}

async function failure(starting: Promise<LocalDatabase>): Promise<LocalDatabaseError> {
  const error: unknown = await starting.then(
    (database) => database.close(),
    (reason: unknown) => reason,
  );
  if (!(error instanceof LocalDatabaseError))
    throw new Error("should have failed with a LocalDatabaseError", { cause: error });
  return error;
}

/** Starts the database in another process, which then runs `script` with `database` and `query` in scope. */
function startElsewhere(script: string, folder = directory): { child: ChildProcess; lines: AsyncIterator<string> } {
  const program = `
    import { startLocalDatabase } from ${JSON.stringify(new URL("database.ts", import.meta.url).href)};
    import { Client } from "pg";
    async function query(sql) {
      const client = new Client({ connectionString: database.url });
      await client.connect();
      await client.query(sql);
      await client.end();
    }
    const database = await startLocalDatabase({ directory: ${JSON.stringify(folder)} });
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: import.meta.dirname,
    detached: true, // a separate process group, as a shell gives each command
    stdio: ["ignore", "pipe", "inherit"],
  });
  return { child, lines: createInterface(child.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]() };
}

describe("starting", () => {
  test("the first start creates a database that is reachable from this machine only, as its owner and not a superuser", async () => {
    const database = await start();
    await addEntity(database, "alice");
    expect(database.url).toMatch(/^postgres:\/\/guacamole:[\w-]{32}@127\.0\.0\.1:\d+\/guacamole$/);
    expect(database.url).toContain(`:${database.port}/`);
    const [facts] = await query(
      database,
      `SELECT current_setting('listen_addresses') AS addresses,
              (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser`,
    );
    expect(facts).toEqual({ addresses: "127.0.0.1", superuser: false });
    const [, , , , socketFolder] = (await readFile(join(directory, "data/postmaster.pid"), "utf8")).split("\n");
    expect(socketFolder).toBe("");
    await database.close();
  });

  test("a second start keeps the data", async () => {
    expect(await startAndReadEntities()).toEqual(["alice"]);
  });

  test("the password is readable by this user only, and required", async () => {
    expect((await stat(join(directory, "password"))).mode & 0o777).toBe(0o600);
    const database = await start();
    for (const role of ["guacamole", "postgres"]) {
      const wrong = database.url.replace(/\/\/.*@/, `//${role}:wrong@`);
      const client = new Client({ connectionString: wrong });
      await expect(client.connect()).rejects.toMatchObject({ code: "28P01" });
    }
    await database.close();
  });

  test("the server's output goes to the log, and the password does not", async () => {
    const database = await start();
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query("SELECT no_such_column").catch(() => undefined);
    await client.end();
    await database.close();
    expect(log.join("\n")).toContain("no_such_column");
    expect(log.join("\n")).toContain("database system is shut down");
    expect(log.join("\n")).not.toContain(await readFile(join(directory, "password"), "utf8"));
  });

  test("it listens on the requested port, and reports it if it is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const error = await failure(start({ port }));
    expect(error).toMatchObject({ code: "port-in-use", resettable: false });
    expect(error.message).toContain(`start local database: port ${port} is taken`);
    await new Promise((resolve) => other.close(resolve));

    const database = await start({ port });
    expect(database.port).toBe(port);
    await query(database, "SELECT 1");
    await database.close();
  });

  test("a folder cannot be opened twice, and the attempt does not disturb the first", async () => {
    const database = await start();
    const error = await failure(start());
    expect(error).toMatchObject({ code: "in-use", resettable: false });
    expect(error.message).toContain(`process ${process.pid} has it open`);
    await query(database, "SELECT 1");
    await database.close();
  });

  test("closing disconnects everybody, stops the server and may be repeated", async () => {
    const database = await start();
    const pid = await serverPid();
    const client = new Client({ connectionString: database.url });
    client.on("error", () => undefined);
    await client.connect();
    const disconnected = new Promise<void>((resolve) => client.on("end", resolve));
    await Promise.all([database.close(), database.close()]);
    await database.close();
    await disconnected;
    expect(await readProcess(pid)).toBeUndefined();
    expect((await readdir(directory)).sort()).toEqual(["data", "password"]);
  });

  test("it starts in a folder below one that only its owner may enter", async () => {
    const closed = join(base, "closed");
    await mkdir(closed, { mode: 0o700 });
    const database = await start({ directory: join(closed, "database") });
    await addEntity(database, "alice");
    await database.close();
  });
});

describe("healing", () => {
  test("a killed server is started again with everything that was committed", async () => {
    const database = await start();
    await addEntity(database, "committed before the kill");
    process.kill(await serverPid(), "SIGKILL");
    await database.close();
    expect(await startAndReadEntities()).toEqual(["alice", "committed before the kill"]);
  });

  test("it waits for a killed server's remaining processes to end", async () => {
    const database = await start();
    const client = new Client({ connectionString: database.url });
    client.on("error", () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const slow = rows[0]?.pid ?? 0;
    process.kill(slow, "SIGSTOP");
    process.kill(await serverPid(), "SIGKILL");
    await database.close();

    const again = start();
    while (!log.some((line) => line.includes("still in use"))) await setImmediate();
    process.kill(slow, "SIGCONT");
    await query(await again, "SELECT 1");
  });

  test("a server that outlived its killed parent is stopped cleanly and replaced", async () => {
    const { child, lines } = startElsewhere(`console.log("started");`);
    await lines.next();
    const orphan = await serverPid();
    child.kill("SIGKILL");
    await once(child, "exit");
    expect((await readProcess(orphan))?.command).toContain("postgres -D ");

    expect(await startAndReadEntities()).toContain("alice");
    expect(await readProcess(orphan)).toBeUndefined();
    expect(log).toContainEqual(expect.stringContaining(`stopping process ${orphan}`));
    expect(log).toContainEqual(expect.stringContaining("database system was shut down at")); // no recovery needed
  });

  test("an unrelated process with the dead server's process id is left alone", async () => {
    // As the server's user, because only that user's processes keep PostgreSQL from starting.
    const { uid, gid } = await stat(join(directory, "data"));
    const stranger = spawn("sleep", ["1000"], process.getuid?.() === 0 ? { uid, gid } : {});
    await writeFile(join(directory, "data/postmaster.pid"), `${stranger.pid ?? 0}\n${join(directory, "data")}\n`);
    try {
      expect(await startAndReadEntities()).toContain("alice");
      expect(await readProcess(stranger.pid ?? 0)).toBeDefined();
    } finally {
      stranger.kill();
    }
  });

  test("an interrupted initdb is started again", async () => {
    const folder = join(base, "cut off");
    await mkdir(join(folder, "initialising-1/base"), { recursive: true });
    await writeFile(join(folder, "initialising-1/PG_VERSION"), "18\n");
    const { child } = startElsewhere("", folder);
    for (;;) {
      // until its own draft is there and the planted one is gone
      const drafts = (await readdir(folder)).filter((name) => name.startsWith("initialising-"));
      if (drafts.length === 1 && drafts[0] !== "initialising-1") break;
    }
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await readdir(folder)).not.toContain("data");

    const database = await start({ directory: folder });
    await addEntity(database, "alice");
    await database.close();
    expect((await readdir(folder)).sort()).toEqual(["data", "password"]);
  });

  test("a database whose creation was interrupted before its tables gets them at the next start", async () => {
    const before = await start();
    await query(before, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    await before.close();
    const after = await start();
    await addEntity(after, "alice");
    await after.close();
  });

  test("a lost password is replaced and nothing else changes", async () => {
    await unlink(join(directory, "password"));
    expect(await startAndReadEntities()).toEqual(["alice"]);
    expect(await startAndReadEntities()).toEqual(["alice"]);
  });
});

describe("files that cannot be opened", () => {
  const inData = (name: string) => join(directory, "data", name);

  test.each([
    "PG_VERSION",
    "global/pg_control",
    "postgresql.conf",
    "pg_hba.conf",
    "pg_wal",
    "base",
    "global/pg_filenode.map",
  ])("without %s the error says what is wrong and that deleting the folder helps", async (name) => {
    await rename(inData(name), inData("aside"));
    const error = await failure(start());
    await rename(inData("aside"), inData(name));
    expect(error).toMatchObject({ code: "broken", resettable: true });
    expect(error.message).toContain(name);
    expect(error.message).toContain(`delete ${directory} to start again`);
  });

  test.each([
    ["17", "other-version", "was created by PostgreSQL 17, this is 18"],
    ["19", "other-version", "was created by PostgreSQL 19, this is 18"],
    ["", "broken", "is not a version"],
  ])("with a PG_VERSION of %j the error is %s", async (version, code, words) => {
    await writeFile(inData("PG_VERSION"), `${version}\n`);
    const error = await failure(start());
    await writeFile(inData("PG_VERSION"), "18\n");
    expect(error).toMatchObject({ code, resettable: true });
    expect(error.message).toContain(words);
  });

  test("tables that it did not create are refused and left alone", async () => {
    const before = await start();
    await query(before, "COMMENT ON SCHEMA public IS 'not ours'");
    await before.close();
    for (let again = 0; again < 2; again++) {
      const error = await failure(start());
      expect(error).toMatchObject({ code: "broken" });
      expect(error.message).toContain("already exists");
    }
  });

  test("after each of these errors the folder is unlocked, and works once it is repaired", async () => {
    await rm(directory, { recursive: true });
    expect(await startAndReadEntities()).toEqual([]);
  });
});

describe("the process that started the database", () => {
  test("exits with its own exit code, and the server stops after it", async () => {
    const { child, lines } = startElsewhere(`
      process.once("SIGTERM", () => process.exit(7));
      console.log("started");`);
    await lines.next();
    const server = await serverPid();
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([7, null]);
    while ((await readProcess(server)) !== undefined) await setImmediate();
    expect(await startAndReadEntities()).toEqual([]);
    expect(log).toContainEqual(expect.stringContaining("database system was shut down at"));
  });

  test("can still use the server after Ctrl-C in the terminal, until it closes it", async () => {
    const { child, lines } = startElsewhere(`
      process.once("SIGINT", async () => {
        await query("INSERT INTO guacamole_entity (name, type) VALUES ('after ctrl-c', 'USER')");
        await database.close();
        process.exitCode = 3;
      });
      console.log("started");`);
    await lines.next();
    process.kill(-(child.pid ?? 0), "SIGINT"); // the whole group, as a terminal does
    expect(await once(child, "exit")).toEqual([3, null]);
    expect(await startAndReadEntities()).toEqual(["after ctrl-c"]);
  });
});
