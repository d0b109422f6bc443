import { readFile } from "node:fs/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultOfParameter } from "../shared/desktop/guacamole-parameters.ts";
import { connectDatabase, type Database } from "../shared/guacamole/database.ts";
import { type GuacamoleDesktops, guacamoleDesktopsIn } from "../shared/guacamole/desktops.ts";
import { connectionParameters } from "../shared/guacamole/parameters.ts";
import { neededRights } from "../shared/guacamole/rights.ts";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "./guacamole-database.ts";
import { samplePlan, sampleRules, samplePolicy } from "./sample-plan.ts";

const sql = await readFile(new URL("../infra/database/role.sql", import.meta.url), "utf8");

/** Every single permission in the file, e.g. `SELECT ON guacamole_entity`. */
const rights = [...sql.matchAll(/^GRANT ([A-Z, ]+?)(?: \([\w, ]+\))? ON ((?:SEQUENCE |SCHEMA )?[\w.]+) TO/gm)].flatMap(
  ([, verbs = "", object = ""]) => verbs.split(", ").map((verb) => `${verb} ON ${object}`),
);

let server: GuacamoleDatabase;
let owner: pg.Client;
let database: Database;
let guacamole: GuacamoleDesktops;

beforeAll(async () => {
  server = await startGuacamoleDatabase();
  owner = server.owner;
  // New databases grant everybody USAGE on schema public; a hardened one does not.
  await owner.query("REVOKE ALL ON SCHEMA public FROM PUBLIC");
  await owner.query(sql);
  await owner.query(sql);
  await owner.query("ALTER ROLE guacamole_workspaces PASSWORD 'of the test'");
  const url = new URL(server.url);
  url.username = "guacamole_workspaces";
  url.password = "of the test";
  database = connectDatabase({ url: url.href });
  guacamole = guacamoleDesktopsIn(database, sampleRules, "Europe/London");
});
afterAll(async () => {
  await database.close();
  await server.close();
});

/** Does everything that the product does with Guacamole's rows, in a database that has none of them. */
async function wholeLife(): Promise<void> {
  const plan = samplePlan();
  const before = await guacamole.observe(plan.names);
  await guacamole.writeConnection(plan, "Abcdefg8");
  await guacamole.grantPermission(plan.names);
  await guacamole.respell(plan, "Alice");
  expect(await guacamole.observePerson(plan.names)).toMatchObject({ open: ["cohort-a"], administrator: false });
  expect(await guacamole.findOpenWorkspaces("alice")).toEqual(["cohort-a"]);
  expect(await guacamole.openedSince("cohort-a", "alice", "2026-01-01T00:00:00.000Z")).toBe(false);
  await guacamole.writeConnection({ ...plan, until: "2027-01-31" }, "Hijklmn8");
  expect(await guacamole.sessions(null)).toMatchObject([{ workspace: "cohort-a", history: { open: [] } }]);
  expect(await guacamole.details("alice")).toMatchObject([{ readers: ["cohort-a@alice"] }]);
  expect((await guacamole.users()).get("cohort-a@alice")).toMatchObject({ lastDay: "2027-01-31" });
  await guacamole.endForeignAccess(plan.names);
  await owner.query(
    "INSERT INTO guacamole_connection_group (connection_group_name, type) VALUES ('cohort-a', 'ORGANIZATIONAL')",
  );
  expect(await guacamole.duplicateGroups()).toEqual([{ workspace: "cohort-a", count: 2 }]);
  await guacamole.mergeGroups("cohort-a");
  expect(await guacamole.duplicateGroups()).toEqual([]);
  await guacamole.revokePermission(plan.names, { connection: true, group: true, self: true });
  await guacamole.removeConnection(plan.names, before);
  expect(await guacamole.observe(plan.names)).toEqual(before);
  await guacamole.writeConnection(plan, "Abcdefg8");
  await guacamole.retire(plan.names);
  expect(await guacamole.observe(plan.names)).toEqual(before);
  expect(await guacamole.check()).toBeNull();
}

describe("who runs role.sql", () => {
  const as = async (role: string, database = "guacamole"): Promise<pg.Client> => {
    const url = new URL(server.url);
    if (role !== "guacamole") [url.username, url.password] = [role, "of the test"];
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    return client;
  };
  /** The file for another role, which does not exist yet. */
  const forNewRole = sql.replaceAll("guacamole_workspaces", "not_yet");
  const roles = async () => (await owner.query("SELECT rolname FROM pg_roles ORDER BY 1")).rows as unknown[];

  beforeAll(async () => {
    await owner.query("CREATE ROLE runner LOGIN PASSWORD 'of the test'");
    await owner.query("GRANT runner TO guacamole");
    await owner.query("CREATE DATABASE theirs OWNER runner");
    const client = await as("runner", "theirs");
    await client.query(await readFile(new URL("../local/database/guacamole-schema.sql", import.meta.url), "utf8"));
    await client.end();
  });
  afterAll(async () => {
    await owner.query("DROP DATABASE theirs");
    await owner.query("DROP ROLE runner");
  });

  it("and owns the tables without CREATEROLE is told to have the role created, before anything is changed", async () => {
    const client = await as("runner", "theirs");
    const before = await roles();
    await expect(client.query(forNewRole)).rejects.toThrow(
      "role.sql: runner has no CREATEROLE (let an administrator run CREATE ROLE not_yet LOGIN; then run this file again)",
    );
    expect(await roles()).toEqual(before);
    await client.end();
  });

  it("and owns the tables without CREATEROLE may run it once the role exists", async () => {
    const client = await as("runner", "theirs");
    await client.query(sql);
    await client.end();
  });

  it("and does not own the tables is told who does", async () => {
    const client = await as("runner");
    await expect(client.query(sql)).rejects.toThrow(
      "role.sql: runner does not own Guacamole's tables (run this file as guacamole)",
    );
    await client.end();
  });

  it("and is connected to another database is told so", async () => {
    const client = await as("guacamole", "postgres");
    await expect(client.query(sql)).rejects.toThrow("role.sql: database postgres has no table public.guacamole_entity");
    await client.end();
  });
});

describe("the product's database role", () => {
  // Guacamole leaves 50 of 50 rows of logins open (measured on 1.6.0, November 2026), and adds one at each refresh.
  it("cannot read who logged in to Guacamole: that table says nothing of who is there", async () => {
    const read = database.query("SELECT end_date FROM guacamole_user_history", []);
    await expect(read).rejects.toMatchObject({
      code: "guacamole-unavailable",
      message: expect.stringContaining("42501") as string,
    });
  });

  it("is enough for everything that the product does", async () => {
    await wholeLife();
  });

  it("cannot make anybody an administrator", async () => {
    await guacamole.writeConnection(samplePlan(), "Abcdefg8");
    const grant = "INSERT INTO guacamole_system_permission SELECT entity_id, 'ADMINISTER' FROM guacamole_entity";
    await expect(database.query(grant, [])).rejects.toMatchObject({ code: "guacamole-unavailable" });
    await guacamole.removeConnection(samplePlan().names, {
      group: false,
      balancing: false,
      connectionId: null,
      user: false,
      validUntil: null,
      permissions: { connection: false, group: false, self: false },
    });
  });

  it("has in role.sql what health looks for", () => {
    const looked = Object.entries(neededRights).flatMap(([name, verbs]) => verbs.map((verb) => `${verb} ON ${name}`));
    const granted = rights.map((right) => right.replace("SEQUENCE ", ""));
    expect(["USAGE ON SCHEMA public", ...looked]).toEqual(granted);
  });

  it("is told to run role.sql again where only an older one was", async () => {
    await owner.query("DROP SCHEMA guacamole_workspaces CASCADE");
    try {
      expect(await guacamole.check()).toMatch(
        /lacks USAGE ON SCHEMA guacamole_workspaces, SELECT ON guacamole_workspaces.account, .*run infra\/database\/role\.sql/,
      );
      await expect(wholeLife()).rejects.toMatchObject({ code: "guacamole-unavailable" });
    } finally {
      await owner.query(sql);
    }
  });

  it("may write the parameters that the product writes, and no others", () => {
    const [, list = ""] = /is_own_parameter.*?IN \((.*?)\)/s.exec(sql) ?? [];
    const allowed = [...list.matchAll(/'([a-z-]+)'/g)].map(([, name = ""]) => name);
    const ofPolicies = (["vnc", "rdp", "ssh"] as const).flatMap((protocol) => {
      const [, names = ""] = /\(([a-z, -]+)\)$/.exec(faultOfParameter(protocol, "?", "") ?? "") ?? [];
      return names.split(", ");
    });
    const everything = { allowUpload: "true", sftpPort: "2222", recordingPath: "/rec", recordKeys: "true" };
    const others = { ...everything, allowUpload: "false", allowDownload: "true" };
    const written = [
      { protocol: "rdp", ...everything },
      { protocol: "rdp", ...others },
    ].flatMap((texts) => Object.keys(connectionParameters(samplePlan(samplePolicy(texts)), "secret")));
    expect(allowed).toEqual([...new Set([...ofPolicies, ...written])].sort());
  });

  it("is told of tables that its search_path does not lead to", async () => {
    await owner.query("ALTER SCHEMA public RENAME TO elsewhere");
    try {
      expect(await guacamole.check()).toContain("are in the schema elsewhere, which is not in the role's search_path");
    } finally {
      await owner.query("ALTER SCHEMA elsewhere RENAME TO public");
    }
  });

  it.each(rights)("cannot do the product's work without %s", async (right) => {
    // Without the schema, its tables do not exist for the role.
    const sqlState = right === "USAGE ON SCHEMA public" ? "42P01" : "42501";
    await owner.query(`REVOKE ${right} FROM guacamole_workspaces`);
    try {
      const work = wholeLife();
      await expect(work).rejects.toThrow(`(code ${sqlState})`);
      await expect(work).rejects.toMatchObject({ code: "guacamole-unavailable" });
      const named =
        sqlState === "42P01" ? "may not use the schema public" : `lacks ${right.replace("SEQUENCE ", "")} (`;
      expect(await guacamole.check(), "as health says it").toContain(named);
    } finally {
      await owner.query(sql);
      await owner.query("DELETE FROM guacamole_connection_group");
      await owner.query("DELETE FROM guacamole_entity");
    }
  });
});
