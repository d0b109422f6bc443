import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "../../test/guacamole-database.ts";
import { viewOf } from "../../test/guacamole-rules.ts";
import { samplePlan, sampleRules } from "../../test/sample-plan.ts";
import { nameDesktop } from "../desktop/names.ts";
import type { DesktopPlan } from "../desktop/plan.ts";
import { connectDatabase, type Database } from "./database.ts";
import { type GuacamoleDesktops, guacamoleDesktopsIn } from "./desktops.ts";

/** The template `{username}`: all desktops of a person have one user. */
const rules = { ...sampleRules, entityTemplate: "{username}" };
const nobody = { sees: [], mayOpen: [] };
const access = { connection: true, group: true, self: false };

let server: GuacamoleDatabase;
let admin: pg.Client;
let database: Database;
let guacamole: GuacamoleDesktops;
/** The same database under the other template. */
let perDesktop: GuacamoleDesktops;

beforeAll(async () => {
  server = await startGuacamoleDatabase();
  admin = server.owner;
  database = connectDatabase({ url: server.url });
  guacamole = guacamoleDesktopsIn(database, rules, "Europe/London");
  perDesktop = guacamoleDesktopsIn(database, sampleRules, "Europe/London");
});
afterAll(async () => {
  await database.close();
  await server.close();
});
beforeEach(async () => {
  await admin.query("DELETE FROM guacamole_connection_group");
  await admin.query("DELETE FROM guacamole_connection");
  await admin.query("DELETE FROM guacamole_entity");
});

function planIn(workspace: string, change: Partial<DesktopPlan> = {}): DesktopPlan {
  return samplePlan({ workspace, names: nameDesktop({ workspace, username: "alice" }, rules), ...change });
}
const first = planIn("cohort-a");
const second = planIn("cohort-b", { until: "2027-06-30" });

async function users(): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>("SELECT name FROM guacamole_entity ORDER BY 1");
  return rows.map(({ name }) => name);
}
async function ready(plan: DesktopPlan): Promise<void> {
  await guacamole.writeConnection(plan, "Abcdefg8");
  await guacamole.grantPermission(plan.names);
}

describe("one user per person", () => {
  it("is shared by the desktops, of which the newest says until when", async () => {
    await ready(first);
    await ready(second);
    expect(await users()).toEqual(["alice"]);
    expect((await guacamole.users()).get("alice")).toMatchObject({ lastDay: "2027-06-30" });
    expect(await guacamole.findOpenWorkspaces("alice")).toEqual(["cohort-a", "cohort-b"]);
  });

  it("goes back to the last day of the other desktop if the new one does not come up", async () => {
    await ready(first);
    const before = await guacamole.observe(second.names);
    expect(before).toMatchObject({ user: true, validUntil: "2026-12-31", connectionId: null });
    await guacamole.writeConnection(second, "Abcdefg8");
    await guacamole.removeConnection(second.names, before);
    expect((await guacamole.users()).get("alice")).toMatchObject({ lastDay: "2026-12-31" });
    expect(await viewOf(admin, "alice")).toEqual({ sees: ["cohort-a/alice"], mayOpen: ["cohort-a/alice"] });
  });

  it("stays if the desktop that brought it is undone after another one came up", async () => {
    const before = await guacamole.observe(first.names);
    await guacamole.writeConnection(first, "Abcdefg8");
    await ready(second);
    await guacamole.removeConnection(first.names, before);
    expect(await viewOf(admin, "alice")).toEqual({ sees: ["cohort-b/alice"], mayOpen: ["cohort-b/alice"] });
  });

  it.each([
    ["that can be opened", () => ready(second)],
    ["that is suspended", () => guacamole.writeConnection(second, "Abcdefg8")],
  ])("stays when one desktop is retired and the person has another %s; it goes with the last", async (_, make) => {
    await ready(first);
    await make();
    await guacamole.revokePermission(first.names, access);
    await guacamole.retire(first.names);
    expect(await users()).toEqual(["alice"]);
    await guacamole.revokePermission(second.names, access);
    await guacamole.retire(second.names);
    expect(await users()).toEqual([]);
  });

  it("goes although a connection of the person's name leads elsewhere", async () => {
    await admin.query(`
      WITH servers AS (
        INSERT INTO guacamole_connection_group (connection_group_name) VALUES ('servers') RETURNING connection_group_id
      )
      INSERT INTO guacamole_connection (connection_name, parent_id, protocol)
      SELECT 'alice', connection_group_id, 'ssh' FROM servers`);
    await ready(first);
    await guacamole.retire(first.names);
    expect(await users()).toEqual([]);
  });

  it("may have been given connections that are not desktops: those are left alone", async () => {
    await ready(first);
    await admin.query(`
      WITH servers AS (
        INSERT INTO guacamole_connection_group (connection_group_name) VALUES ('servers') RETURNING connection_group_id
      ), server AS (
        INSERT INTO guacamole_connection (connection_name, parent_id, protocol)
        SELECT 'alice', connection_group_id, 'ssh' FROM servers RETURNING connection_id
      )
      INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission)
      SELECT entity_id, connection_id, 'READ' FROM server, guacamole_entity`);
    expect(await guacamole.findOpenWorkspaces("alice")).toEqual(["cohort-a"]);
  });

  it("is told apart from an administrator's account", async () => {
    await ready(first);
    const isAdministrator = async (entity: string) =>
      (await guacamole.observePerson({ ...first.names, entity })).administrator;
    expect(await isAdministrator("alice")).toBe(false);
    await admin.query("INSERT INTO guacamole_system_permission SELECT entity_id, 'CREATE_USER' FROM guacamole_entity");
    expect(await isAdministrator("alice")).toBe(true);
    expect(await isAdministrator("bob")).toBe(false);
  });
});

describe("after the template was changed", () => {
  const old = samplePlan();

  it("the user per desktop loses access at the next start or when the desktop goes down, and goes when it is retired", async () => {
    await perDesktop.writeConnection(old, "Abcdefg8");
    await perDesktop.grantPermission(old.names);
    await ready(first);
    expect((await viewOf(admin, "cohort-a@alice")).mayOpen).toEqual([]);
    await perDesktop.grantPermission(old.names);
    await guacamole.revokePermission(first.names, { ...access, former: true });
    expect(await viewOf(admin, "cohort-a@alice")).toEqual(nobody);
    expect(await viewOf(admin, "alice")).toEqual(nobody);
    await guacamole.retire(first.names);
    expect(await users()).toEqual([]);
  });

  it("back to a user per desktop, the person's user loses access when the desktop goes down, and stays", async () => {
    await ready(first);
    await perDesktop.writeConnection(old, "Abcdefg8");
    await perDesktop.grantPermission(old.names);
    await perDesktop.revokePermission(old.names, { ...access, former: true });
    expect([await viewOf(admin, "alice"), await viewOf(admin, "cohort-a@alice")]).toEqual([nobody, nobody]);
    await perDesktop.retire(old.names);
    expect(await users()).toEqual(["alice"]);
  });

  it("an undo takes nothing from the former user", async () => {
    await perDesktop.writeConnection(old, "Abcdefg8");
    await perDesktop.grantPermission(old.names);
    await guacamole.revokePermission(first.names, { connection: true, group: true, self: true });
    expect((await viewOf(admin, "cohort-a@alice")).mayOpen).toEqual(["cohort-a/alice"]);
  });
});
