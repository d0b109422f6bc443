import { once } from "node:events";
import { type AddressInfo, connect as connectTo, createServer, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startCountingExchanges } from "../../test/counted-exchanges.ts";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "../../test/guacamole-database.ts";
import { connectDatabase, type Database, type DatabaseOptions } from "./database.ts";

let server: GuacamoleDatabase;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startGuacamoleDatabase();
  await server.owner.query(`
    CREATE TABLE written (what text PRIMARY KEY, later text REFERENCES written (what) DEFERRABLE INITIALLY DEFERRED);
    GRANT ALL ON written TO PUBLIC`);
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
  await server.owner.query("DELETE FROM written");
});
afterAll(() => server.close());

function open(options: Partial<DatabaseOptions> = {}): Database {
  const database = connectDatabase({ url: server.url, ...options });
  opened.push(database);
  return database;
}

const written = async () => (await server.owner.query<{ what: string }>("SELECT what FROM written")).rows;
const insert = "INSERT INTO written (what, later) VALUES ($1, $2)";
const pid = "SELECT pg_backend_pid() AS pid";
/** The lock that `inWorkspace` takes. */
const lockOf = "hashtextextended('guacamole-workspaces:cohort-a', 0)";

describe("a transaction", () => {
  it("is one round trip, with the workspace's lock and without", async () => {
    const counted = await startCountingExchanges(server.url);
    opened.push(counted);
    const database = open({ url: counted.url });
    await database.query("SELECT 1", []);
    counted.clear();
    expect(await database.query("SELECT $1::text AS what", ["a"])).toEqual([{ what: "a" }]);
    expect(counted.count()).toBe(1);
    await database.inWorkspace("cohort-a", insert, ["a", null]);
    expect(counted.count()).toBe(2);
    await expect(database.inWorkspace("cohort-a", insert, ["a", null])).rejects.toThrow("(code 23505)");
    expect(counted.count()).toBe(3);
    expect(await written()).toEqual([{ what: "a" }]);
  });

  it("that fails leaves nothing behind, and its connection to the next one", async () => {
    const database = open({ maxConnections: 1 });
    const before = await database.query(pid, []);
    await expect(
      database.inWorkspace("cohort-a", "WITH new AS (INSERT INTO written VALUES ('a')) SELECT 1 / $1::int", [0]),
    ).rejects.toThrow("(code 22012)");
    await expect(database.query("SELECT nothing", [])).rejects.toThrow("(code 42703)");
    expect(await written()).toEqual([]);
    await database.query(insert, ["b", null]);
    expect(await written()).toEqual([{ what: "b" }]);
    expect(await database.query(pid, [])).toEqual(before);
    const { rows } = await server.owner.query("SELECT FROM pg_locks WHERE locktype = 'advisory'");
    expect(rows).toEqual([]);
  });

  it("that only its end refuses has failed", async () => {
    const database = open();
    await expect(database.inWorkspace("cohort-a", insert, ["a", "nobody"])).rejects.toThrow("(code 23503)");
    expect(await written()).toEqual([]);
    expect(await database.query("SELECT 1 AS one", [])).toEqual([{ one: 1 }]);
  });

  it("sees what was written before it got the workspace's lock, though all of it was sent before", async () => {
    const database = open();
    await server.owner.query(`SELECT pg_advisory_lock(${lockOf})`);
    const seen = database.inWorkspace("cohort-a", "SELECT what FROM written", []);
    const waiting = async () =>
      (await server.owner.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).rowCount;
    await expect.poll(waiting).toBe(1);
    await server.owner.query("INSERT INTO written VALUES ('late')");
    await server.owner.query(`SELECT pg_advisory_unlock(${lockOf})`);
    expect(await seen).toEqual([{ what: "late" }]);
  });

  it("whose connection the server ends is told as that, and the next one has another", async () => {
    const database = open({ maxConnections: 1 });
    const end = "SELECT pg_terminate_backend(pg_backend_pid())";
    for (const ends of [database.query(end, []), database.inWorkspace("cohort-a", end, [])])
      await expect(ends).rejects.toThrow("PostgreSQL is starting or stopping, or ended the statement (code 57P01)");
    expect(await database.query("SELECT 1 AS one", [])).toEqual([{ one: 1 }]);
  });
});

it("a statement that waits too long for its turn is told when to ask again, and is never sent", async () => {
  const database = open({ maxConnections: 1, patienceMilliseconds: 1 });
  await server.owner.query(`SELECT pg_advisory_lock(${lockOf})`);
  const long = database.inWorkspace("cohort-a", insert, ["long", null]);
  for (let n = 0; n < 6; n += 1)
    await expect(database.query(insert, ["late", null])).rejects.toMatchObject({
      code: "guacamole-unavailable",
      message: expect.stringContaining("it has too much to do") as string,
      retryAfterSeconds: 5,
    });
  await server.owner.query(`SELECT pg_advisory_unlock(${lockOf})`);
  await long;
  await database.query(insert, ["next", null]);
  expect(await written()).toEqual([{ what: "long" }, { what: "next" }]);
});

/** Says whether it took what a client sent on its connection: then it is not passed on. */
type Takes = (socket: Socket, connection: number) => boolean;
const nothing: Takes = () => false;

/** An address that leads to the server, where a test decides what becomes of what is sent. */
async function startAddress() {
  const sockets: Socket[] = [];
  let connections = 0;
  const it = {
    takes: nothing,
    connections: () => connections,
    url: "",
    async close() {
      for (const socket of sockets) socket.destroy();
      address.close();
      await once(address, "close");
    },
  };
  const address = createServer((near) => {
    const number = (connections += 1);
    const far = connectTo(Number(new URL(server.url).port), "127.0.0.1");
    for (const each of [near, far]) {
      sockets.push(each);
      each.on("error", () => undefined);
    }
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    far.pipe(near);
    near.on("data", (bytes) => {
      if (!it.takes(near, number)) far.write(bytes);
    });
  }).listen(0, "127.0.0.1");
  await once(address, "listening");
  const url = new URL(server.url);
  url.port = String((address.address() as AddressInfo).port);
  it.url = url.href;
  opened.push(it);
  return it;
}

describe("while the database cannot be reached", () => {
  it("five statements find out, the next ones are told at once, and one a second looks whether it is back", async () => {
    let milliseconds = 0;
    const address = await startAddress();
    const database = open({ url: address.url, now: () => milliseconds });
    const ask = () => database.query("SELECT 1 AS one", []).catch((error: unknown) => error);
    address.takes = (socket) => socket.destroy().destroyed;

    const outage = { code: "guacamole-unavailable", message: "reach guacamole's database: the connection broke" };
    for (let n = 0; n < 5; n += 1) expect(await ask()).toMatchObject({ ...outage, retryAfterSeconds: undefined });
    for (let n = 0; n < 20; n += 1) expect(await ask()).toMatchObject({ ...outage, retryAfterSeconds: 2 });
    expect(address.connections()).toBe(5);

    milliseconds += 1000;
    expect(await Promise.all([ask(), ask()])).toMatchObject([
      { retryAfterSeconds: undefined },
      { retryAfterSeconds: 2 },
    ]);
    expect(address.connections()).toBe(6);

    address.takes = nothing;
    milliseconds += 1000;
    expect(await ask()).toEqual([{ one: 1 }]);
    expect(await Promise.all([ask(), ask()])).toEqual([[{ one: 1 }], [{ one: 1 }]]);
  });

  it("a server that refuses statements has answered, however often", async () => {
    const database = open();
    for (let n = 0; n < 10; n += 1)
      await expect(database.query("SELECT 1 / $1::int", [0])).rejects.toThrow("(code 22012)");
    for (let n = 0; n < 10; n += 1)
      await expect(
        database.query("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '57P03'; END $$", []),
      ).rejects.toMatchObject({ code: "guacamole-unavailable", retryAfterSeconds: undefined });
  });

  it("one connection that breaks is reason enough to use none of the older ones, which may lead nowhere", async () => {
    const address = await startAddress();
    const database = open({ url: address.url });
    const ask = () => database.query("SELECT 1 AS one, pg_sleep(0.02)", []);
    await Promise.all([ask(), ask(), ask()]);
    const old = address.connections();
    expect(old).toBe(3);
    // The first one that is used breaks; the others swallow what they are given, and never answer.
    let isFirst = true;
    address.takes = (socket, connection) => {
      if (isFirst) socket.destroy();
      isFirst = false;
      return connection <= old;
    };
    await expect(ask()).rejects.toThrow("the connection broke");
    expect(await ask()).toMatchObject([{ one: 1 }]);
    expect(address.connections()).toBe(old + 1);
  });
});
