import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectDatabase, type Database } from "../shared/guacamole/database.ts";
import { guacamoleDesktopsIn } from "../shared/guacamole/desktops.ts";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "./guacamole-database.ts";
import { type PgBouncer, pgBouncer, startPgBouncer } from "./pgbouncer.ts";
import { samplePlan, sampleRules } from "./sample-plan.ts";

/** The parameters of a startup message (protocol 3.0): names and values that end with a zero byte, after two numbers. */
async function startupParameters(url: (port: number) => string): Promise<string[]> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const database = connectDatabase({ url: url((server.address() as AddressInfo).port) });
  const asked = database.query("SELECT 1", []).catch(() => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [message] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  await asked;
  await database.close();
  server.close();
  return message.subarray(8).toString().split("\0").filter(Boolean);
}

describe("a new connection", () => {
  // PgBouncer 1.18.0 refuses every other parameter but client_encoding, DateStyle, TimeZone and
  // standard_conforming_strings (src/client.c, decide_startup_pool; src/varcache.c).
  it("asks for nothing that PgBouncer refuses", async () => {
    expect(await startupParameters((port) => `postgres://u:p@127.0.0.1:${port}/guacamole`)).toEqual([
      "user",
      "u",
      "database",
      "guacamole",
      "application_name",
      "guacamole-workspaces",
      "client_encoding",
      "UTF8",
    ]);
  });

  it("asks for more only if DATABASE_URL does", async () => {
    const url = (port: number) => `postgres://u:p@127.0.0.1:${port}/guacamole?options=-c%20search_path%3Dguac`;
    expect(await startupParameters(url)).toContain("-c search_path=guac");
  });
});

const words = "PgBouncer in transaction mode";
const skipped = `${words} (skipped: there is no pgbouncer: install it, or name the program in PGBOUNCER)`;
if (pgBouncer === undefined) console.warn(skipped);

describe.skipIf(pgBouncer === undefined)(pgBouncer === undefined ? skipped : words, () => {
  let server: GuacamoleDatabase;
  let bouncer: PgBouncer;
  let database: Database;
  /** Through PgBouncer, and so on the same connection to the server. */
  let other: pg.Client;

  beforeAll(async () => {
    server = await startGuacamoleDatabase();
    bouncer = await startPgBouncer(pgBouncer ?? "", server.url);
    database = connectDatabase({ url: bouncer.url });
    other = new pg.Client({ connectionString: bouncer.url });
    await other.connect();
  });
  afterAll(async () => {
    await other.end();
    await database.close();
    await bouncer.close();
    await server.close();
  });
  beforeEach(() => server.owner.query("DELETE FROM guacamole_connection_group"));

  const limits = "SELECT current_setting('statement_timeout') AS statement, pg_backend_pid() AS pid";

  it("lets every verb work, also for many people at once", async () => {
    const guacamole = guacamoleDesktopsIn(database, sampleRules, "UTC");
    expect(await guacamole.check()).toBeNull();
    const people = Array.from({ length: 20 }, (_, n) => samplePlan({ username: `person${n}` }));
    await Promise.all(
      people.map(async (plan) => {
        const before = await guacamole.observe(plan.names);
        await guacamole.writeConnection(plan, "Abcdefg8");
        await guacamole.grantPermission(plan.names);
        expect(await guacamole.observe(plan.names)).toMatchObject({ permissions: { connection: true } });
        await guacamole.revokePermission(plan.names, { connection: true, group: true, self: true });
        await guacamole.retire(plan.names);
        expect(await guacamole.observe(plan.names)).toMatchObject({ connectionId: before.connectionId, user: false });
      }),
    );
    expect(await guacamole.sessions(null)).toEqual([]);
  });

  it("gives every transaction its time limit, and others none of it, nor any lock", async () => {
    const [mine] = await database.query<{ statement: string; pid: number }>(limits, []);
    expect(mine?.statement).toBe("10s");
    const [locked] = await database.inWorkspace<{ statement: string; pid: number }>("cohort-a", limits, []);
    expect(locked).toEqual(mine);
    await expect(database.inWorkspace("cohort-a", "SELECT 1 / 0", [])).rejects.toMatchObject({ code: "step-failed" });
    const { rows } = await other.query(limits);
    expect(rows, "the same connection, without limits").toEqual([{ statement: "0", pid: mine?.pid }]);
    const locks = await other.query("SELECT count(*)::int AS held FROM pg_locks WHERE locktype = 'advisory'");
    expect(locks.rows).toEqual([{ held: 0 }]);
    const named = await other.query("SELECT count(*)::int AS prepared FROM pg_prepared_statements");
    expect(named.rows).toEqual([{ prepared: 0 }]);
  });

  it("that lost its server is told as a database that is away, and works again afterwards", async () => {
    await expect(database.query("SELECT pg_terminate_backend(pg_backend_pid())", [])).rejects.toMatchObject({
      code: "guacamole-unavailable",
    });
    expect(await database.query("SELECT 1 AS one", [])).toEqual([{ one: 1 }]);
  });
});
