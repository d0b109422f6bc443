import { readFile } from "node:fs/promises";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectDatabase, type Database } from "../shared/guacamole/database.ts";
import { type GuacamoleDesktops, guacamoleDesktopsIn } from "../shared/guacamole/desktops.ts";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "./guacamole-database.ts";
import { samplePlan, sampleRules } from "./sample-plan.ts";

const sql = await readFile(new URL("../infra/database/role.sql", import.meta.url), "utf8");

/** Every single permission in the file, e.g. `SELECT ON guacamole_entity`. */
const rights = [...sql.matchAll(/^GRANT ([A-Z, ]+) ON ((?:SEQUENCE |SCHEMA )?\w+) TO/gm)].flatMap(
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
  guacamole = guacamoleDesktopsIn(database, sampleRules);
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
  expect(await guacamole.findOpenWorkspaces("alice")).toEqual(["cohort-a"]);
  expect(await guacamole.openedSince("cohort-a", "alice", "2026-01-01T00:00:00.000Z")).toBe(false);
  await guacamole.writeConnection({ ...plan, until: "2027-01-31" }, "Hijklmn8");
  expect(await guacamole.sessions(null)).toMatchObject([{ workspace: "cohort-a", history: { open: [] } }]);
  expect(await guacamole.details("alice")).toMatchObject([{ readers: ["cohort-a@alice"] }]);
  expect((await guacamole.lastDays()).get("cohort-a@alice")).toBe("2027-01-31");
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

  it.each(rights)("cannot do the product's work without %s", async (right) => {
    // Without the schema, its tables do not exist for the role.
    const sqlState = right === "USAGE ON SCHEMA public" ? "42P01" : "42501";
    await owner.query(`REVOKE ${right} FROM guacamole_workspaces`);
    try {
      await expect(wholeLife()).rejects.toThrow(`(code ${sqlState})`);
    } finally {
      await owner.query(`GRANT ${right} TO guacamole_workspaces`);
      await owner.query("DELETE FROM guacamole_connection_group");
      await owner.query("DELETE FROM guacamole_entity");
    }
  });
});
