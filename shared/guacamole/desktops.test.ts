import { createHash } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "../../test/guacamole-database.ts";
import { samplePlan, sampleRules } from "../../test/sample-plan.ts";
import { foreignDrift } from "../lifecycle/foreign-access.ts";
import { connectDatabase, type Database } from "./database.ts";
import { type GuacamoleDesktops, guacamoleDesktopsIn } from "./desktops.ts";

let server: GuacamoleDatabase;
let admin: pg.Client;
let database: Database;
let guacamole: GuacamoleDesktops;

const plan = samplePlan();
const nothing = {
  group: false,
  balancing: false,
  connectionId: null,
  password: false,
  user: false,
  validUntil: null,
  timeZone: null,
  permissions: { connection: false, group: false, self: false },
};
const all = { connection: true, group: true, self: true };

beforeAll(async () => {
  server = await startGuacamoleDatabase();
  admin = server.owner;
  database = connectDatabase({ url: server.url });
  guacamole = guacamoleDesktopsIn(database, sampleRules, "Europe/London");
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

async function rows(text: string): Promise<unknown[]> {
  return (await admin.query({ text, rowMode: "array" })).rows.map((row: unknown[]) => row.join("|"));
}
const groups = () => rows("SELECT connection_group_name, type, parent_id FROM guacamole_connection_group ORDER BY 1");
const connections = () => rows("SELECT connection_name, protocol FROM guacamole_connection ORDER BY 1");
const lastDaysIn = async (there: GuacamoleDesktops) =>
  new Map([...(await there.users())].map(([name, { lastDay }]) => [name, lastDay]));
const users = () =>
  rows("SELECT e.name, u.valid_until::text FROM guacamole_entity e JOIN guacamole_user u USING (entity_id) ORDER BY 1");
const parameters = () =>
  rows("SELECT parameter_name, parameter_value FROM guacamole_connection_parameter ORDER BY parameter_name");
const permissions = () =>
  rows(`SELECT 'connection' AS kind, e.name, p.permission FROM guacamole_connection_permission p JOIN guacamole_entity e USING (entity_id)
        UNION ALL SELECT 'group', e.name, p.permission FROM guacamole_connection_group_permission p JOIN guacamole_entity e USING (entity_id)
        UNION ALL SELECT 'self', e.name, p.permission FROM guacamole_user_permission p JOIN guacamole_entity e USING (entity_id)
        UNION ALL SELECT 'system', e.name, p.permission::text::guacamole_object_permission_type FROM guacamole_system_permission p JOIN guacamole_entity e USING (entity_id)
        ORDER BY 1, 2, 3`);

describe("what others may do with a desktop", () => {
  const on = `guacamole_entity e, guacamole_connection c, guacamole_user u JOIN guacamole_entity own USING (entity_id)
    WHERE own.name = 'cohort-a@alice' AND c.connection_name = 'alice'`;
  const connection = (who: string, verb: string) =>
    `INSERT INTO guacamole_connection_permission SELECT e.entity_id, c.connection_id, '${verb}' FROM ${on} AND e.name = '${who}'`;
  const foreign: [string, string][] = [
    ["opening it", connection("eve", "READ")],
    ["opening it through a group", connection("staff", "READ")],
    ["changing its connection", connection("eve", "UPDATE")],
    ["changing its connection through a group", connection("staff", "ADMINISTER")],
    ["removing its connection", connection("eve", "DELETE")],
    ["changing its own connection", connection("cohort-a@alice", "UPDATE")],
    [
      "changing its group",
      `INSERT INTO guacamole_connection_group_permission SELECT e.entity_id, c.parent_id, 'UPDATE' FROM ${on} AND e.name = 'staff'`,
    ],
    [
      "administering its user",
      `INSERT INTO guacamole_user_permission SELECT e.entity_id, u.user_id, 'ADMINISTER' FROM ${on} AND e.name = 'eve'`,
    ],
    [
      "changing its own user, and so its password",
      `INSERT INTO guacamole_user_permission SELECT e.entity_id, u.user_id, 'UPDATE' FROM ${on} AND e.name = 'cohort-a@alice'`,
    ],
    [
      "watching it",
      `INSERT INTO guacamole_sharing_profile (sharing_profile_name, primary_connection_id) SELECT 'watch', c.connection_id FROM ${on} AND e.name = 'eve'`,
    ],
  ];
  const shares = () => rows("SELECT sharing_profile_name FROM guacamole_sharing_profile");
  const state = async () => [await permissions(), await shares()];
  const isForeign = async () => {
    const [details] = await guacamole.details("alice");
    return foreignDrift(
      { entity: plan.names.entity, former: undefined },
      details,
      (await guacamole.users()).get(plan.names.entity),
    ).map(({ kind }) => kind);
  };
  let asRole: Database;

  beforeAll(() => {
    asRole = connectDatabase({ url: server.productUrl });
  });
  afterAll(() => asRole.close());
  beforeEach(async () => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    await guacamole.grantPermission(plan.names);
    await admin.query(`
      INSERT INTO guacamole_entity (name, type) VALUES
        ('eve', 'USER'), ('staff', 'USER_GROUP'), ('carol', 'USER'), ('admins', 'USER_GROUP');
      INSERT INTO guacamole_user_group (entity_id) SELECT entity_id FROM guacamole_entity WHERE name = 'admins';
      INSERT INTO guacamole_user_group_member
        SELECT user_group_id, e.entity_id FROM guacamole_user_group, guacamole_entity e WHERE e.name = 'carol';
      INSERT INTO guacamole_system_permission SELECT entity_id, 'ADMINISTER' FROM guacamole_entity WHERE name = 'admins'`);
  });

  it.each(foreign)("is found, and ends at a start and at a repair: %s", async (_, change) => {
    const there = guacamoleDesktopsIn(asRole, sampleRules, "Europe/London");
    const before = await state();
    for (const end of [
      async () => {
        await there.writeConnection(plan, "Abcdefg8");
        await there.grantPermission(plan.names);
      },
      () => there.grantPermission(plan.names),
      () => there.endForeignAccess(plan.names),
    ]) {
      await admin.query(change);
      expect(await state()).not.toEqual(before);
      expect(await isForeign()).toEqual(["foreign-access"]);
      await end();
      expect(await state()).toEqual(before);
      expect(await isForeign()).toEqual([]);
    }
  });

  it.each(foreign.slice(0, 5))("ends before the desktop is up: %s", async (_, change) => {
    const before = await state();
    await admin.query(change);
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await state()).toEqual(before);
  });

  it("stays if they administer Guacamole, which lets them do it anyway", async () => {
    await admin.query(connection("carol", "UPDATE"));
    const before = await state();
    expect(await isForeign()).toEqual([]);
    await guacamole.grantPermission(plan.names);
    expect(await state()).toEqual(before);
  });

  it("is told, and stays, if it is a connection of their own", async () => {
    await admin.query(`
      WITH made AS (
        INSERT INTO guacamole_connection (connection_name, protocol) VALUES ('spy', 'vnc') RETURNING connection_id
      )
      INSERT INTO guacamole_connection_parameter SELECT connection_id, 'hostname', '${plan.names.host}' FROM made`);
    expect(await isForeign()).toEqual(["foreign-connection"]);
    await guacamole.endForeignAccess(plan.names);
    expect(await connections()).toEqual(["alice|vnc", "spy|vnc"]);
  });

  it("is not more because its user has a system permission, which is told", async () => {
    await admin.query(
      "INSERT INTO guacamole_user_group_member SELECT user_group_id, e.entity_id FROM guacamole_user_group, guacamole_entity e WHERE e.name = 'cohort-a@alice'",
    );
    expect(await isForeign()).toEqual(["privileged-user"]);
    const there = guacamoleDesktopsIn(asRole, sampleRules, "Europe/London");
    await expect(there.endForeignAccess(plan.names)).rejects.toThrow("who has a system permission (code 42501)");
  });

  it("cannot be another guacd after a start", async () => {
    await admin.query(
      "UPDATE guacamole_connection SET proxy_hostname = 'x', proxy_port = 1, proxy_encryption_method = 'SSL'",
    );
    expect(await guacamole.details("alice")).toMatchObject([{ otherGuacd: true }]);
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await guacamole.details("alice")).toMatchObject([{ otherGuacd: false }]);
  });

  it("does not end an administrator's lock", async () => {
    await admin.query("UPDATE guacamole_user SET disabled = true");
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await rows("SELECT disabled FROM guacamole_user")).toEqual(["true"]);
  });
});

describe("writing a connection", () => {
  // Measured on 1.6.0 in November 2026: each hanging attempt holds a place for about 15 seconds, as long as the client waits.
  it("leaves room for two tabs and the tunnels that each of them has lost, also in a connection of an earlier release", async () => {
    const limits = () =>
      rows("SELECT max_connections_per_user, coalesce(max_connections::text, 'default') FROM guacamole_connection");
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await limits()).toEqual(["4|default"]);
    await admin.query("UPDATE guacamole_connection SET max_connections_per_user = 2");
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await limits()).toEqual(["4|default"]);
  });

  it("makes group, connection with locked-down parameters, and user, and grants nothing", async () => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await groups()).toEqual(["cohort-a|ORGANIZATIONAL|"]);
    expect(await connections()).toEqual(["alice|vnc"]);
    expect(await users()).toEqual(["cohort-a@alice|2026-12-31"]);
    expect(await parameters()).toEqual([
      "disable-copy|true",
      "disable-paste|true",
      `hostname|${plan.names.host}`,
      "password|Abcdefg8",
      "port|5900",
    ]);
    expect(await permissions()).toEqual([]);
    expect(await guacamole.observe(plan.names)).toEqual({
      ...nothing,
      group: true,
      connectionId: expect.any(Number) as number,
      user: true,
      password: true,
      validUntil: "2026-12-31",
      timeZone: "Europe/London",
    });
  });

  it("twice changes nothing but the password, and keeps the connection's id", async () => {
    const id = await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await guacamole.writeConnection(plan, "Hijklmn8")).toBe(id);
    expect(await groups()).toHaveLength(1);
    expect(await users()).toHaveLength(1);
    expect(await parameters()).toContain("password|Hijklmn8");
  });

  it.each([
    ["the operator's one hash for all", 48, false],
    ["a password that somebody set", 32, true],
  ])("takes %s from a user, and writes a hash that shows that no password fits", async (_, length, hasPassword) => {
    const { entity } = plan.names;
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect((await guacamole.users()).get(entity)).toMatchObject({ hasPassword: false });
    await admin.query("UPDATE guacamole_user SET password_hash = $1", [Buffer.from("x".repeat(length))]);
    expect((await guacamole.users()).get(entity)).toMatchObject({ hasPassword });
    await guacamole.writeConnection(plan, "Abcdefg8");
    const { rows: found } = await admin.query<{ hash: Buffer; salt: Buffer }>(
      "SELECT password_hash AS hash, password_salt AS salt FROM guacamole_user",
    );
    const [{ hash, salt } = { hash: null, salt: Buffer.of() }] = found;
    const text = Buffer.concat([salt, Buffer.from("guacamole-workspaces: no password")]);
    expect(hash).toEqual(createHash("sha256").update(text).digest());
    expect(salt).toHaveLength(32);
  });

  // SHA256PasswordEncryptionService appends the salt in upper-case hex: with an empty one, the text itself would be a password.
  it.each([
    ["no salt", null],
    ["an empty salt", Buffer.of()],
    ["a short salt", Buffer.alloc(31)],
  ])("takes a hash of the same text with %s for a password", async (_, salt) => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    await admin.query(
      "UPDATE guacamole_user SET password_salt = $1, password_hash = sha256(coalesce($1, ''::bytea) || 'guacamole-workspaces: no password'::bytea)",
      [salt],
    );
    expect((await guacamole.users()).get(plan.names.entity)).toMatchObject({ hasPassword: true });
  });

  it("removes parameters that are not ours, and moves the user's last day", async () => {
    const id = await guacamole.writeConnection(plan, "Abcdefg8");
    await admin.query("INSERT INTO guacamole_connection_parameter VALUES ($1, 'enable-sftp', 'true')", [id]);
    await guacamole.writeConnection({ ...plan, until: "2027-01-31" }, "Abcdefg8");
    expect(await parameters()).toHaveLength(5);
    expect(await users()).toEqual(["cohort-a@alice|2027-01-31"]);
  });

  it.each([
    ["Europe/London", "2026-12-31", "2026-12-31|Europe/London"],
    ["America/New_York", "2026-12-31", "2027-01-01|America/New_York"],
    ["America/New_York", "9999-12-31", "10000-01-01|America/New_York"],
    ["Pacific/Kiritimati", "9999-12-31", "9999-12-31|Pacific/Kiritimati"],
  ])("lets the user in until the day ends in %s: %s", async (timeZone, until, expected) => {
    const there = guacamoleDesktopsIn(database, sampleRules, timeZone);
    await there.writeConnection({ ...plan, until }, "Abcdefg8");
    expect(await rows("SELECT valid_until::text, timezone FROM guacamole_user")).toEqual([expected]);
    expect(await lastDaysIn(there)).toEqual(new Map([["cohort-a@alice", until]]));
  });

  it.each([
    ["2027-06-30", "Asia/Tokyo", "2027-06-30 in Asia/Tokyo"],
    ["2027-06-30", null, "2027-06-30 in Guacamole's own time zone"],
    [null, null, null],
    ["infinity", null, null],
  ])("gives a user back the last day %s in %s that they had", async (validUntil, timeZone, told) => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    await admin.query("UPDATE guacamole_user SET valid_until = $1, timezone = $2", [validUntil, timeZone]);
    const before = await guacamole.observe(plan.names);
    expect(await lastDaysIn(guacamole)).toEqual(new Map([["cohort-a@alice", told]]));
    await guacamole.writeConnection(plan, "Abcdefg8");
    await guacamole.removeConnection(plan.names, before);
    expect(await lastDaysIn(guacamole)).toEqual(new Map([["cohort-a@alice", told]]));
  });

  it("by thirty at once makes one group and thirty connections", async () => {
    const people = Array.from({ length: 30 }, (_, n) => samplePlan({ username: `person-${n}` }));
    await Promise.all([...people, ...people].map((each) => guacamole.writeConnection(each, "Abcdefg8")));
    expect(await groups()).toHaveLength(1);
    expect(await connections()).toHaveLength(30);
    expect(await users()).toHaveLength(30);
  });

  it("gives each user random bytes for a password that nobody has", async () => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    await guacamole.writeConnection(samplePlan({ username: "bob" }), "Abcdefg8");
    const [row] = await rows(
      "SELECT count(DISTINCT password_hash), count(DISTINCT password_salt), min(length(password_hash)) FROM guacamole_user",
    );
    expect(row).toBe("2|2|32");
  });

  it("of two root groups of one name takes the one that has the connection", async () => {
    await admin.query(
      "INSERT INTO guacamole_connection_group (connection_group_name) VALUES ('cohort-a'), ('cohort-a')",
    );
    await admin.query(`INSERT INTO guacamole_connection (connection_name, parent_id, protocol)
      SELECT 'alice', max(connection_group_id), 'vnc' FROM guacamole_connection_group`);
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await connections()).toEqual(["alice|vnc"]);
    expect(await groups()).toHaveLength(2);
  });

  it("does not take a user group of the same name for the user", async () => {
    await admin.query("INSERT INTO guacamole_entity (name, type) VALUES ('cohort-a@alice', 'USER_GROUP')");
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await users()).toEqual(["cohort-a@alice|2026-12-31"]);
  });
});

describe("granting permission", () => {
  it("gives READ on connection, group and self, and nothing else, once", async () => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    await guacamole.grantPermission(plan.names);
    await guacamole.grantPermission(plan.names);
    expect(await permissions()).toEqual([
      "connection|cohort-a@alice|READ",
      "group|cohort-a@alice|READ",
      "self|cohort-a@alice|READ",
    ]);
    expect((await guacamole.observe(plan.names)).permissions).toEqual(all);
    expect(await guacamole.findOpenWorkspaces("alice")).toEqual(["cohort-a"]);
    expect(await guacamole.findOpenWorkspaces("bob")).toEqual([]);
  });

  it("without a connection is an error, and grants nothing", async () => {
    await expect(guacamole.grantPermission(plan.names)).rejects.toThrow("its connection or user is missing");
    expect(await permissions()).toEqual([]);
  });

  it("is taken back whole, twice if need be, and leaves others' rows alone", async () => {
    const other = samplePlan({ username: "bob" });
    for (const each of [plan, other]) {
      await guacamole.writeConnection(each, "Abcdefg8");
      await guacamole.grantPermission(each.names);
    }
    await guacamole.revokePermission(plan.names, all);
    await guacamole.revokePermission(plan.names, all);
    expect(await permissions()).toEqual([
      "connection|cohort-a@bob|READ",
      "group|cohort-a@bob|READ",
      "self|cohort-a@bob|READ",
    ]);
  });
});

describe("taking permission back", () => {
  it("leaves what was there before", async () => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    await guacamole.grantPermission(plan.names);
    await guacamole.revokePermission(plan.names, { connection: true, group: true, self: false });
    expect(await permissions()).toEqual(["self|cohort-a@alice|READ"]);
  });
});

describe("a group that somebody made BALANCING", () => {
  it("is seen, and gives nobody permission: it would open every desktop in it", async () => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    await admin.query("UPDATE guacamole_connection_group SET type = 'BALANCING'");
    expect(await guacamole.observe(plan.names)).toMatchObject({ balancing: true });
    await expect(guacamole.grantPermission(plan.names)).rejects.toThrow("BALANCING");
    expect(await permissions()).toEqual([]);
  });
});

describe("removing a connection", () => {
  it("removes what was not there before, and an empty group", async () => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    await guacamole.removeConnection(plan.names, nothing);
    expect([await groups(), await connections(), await users()]).toEqual([[], [], []]);
  });

  it("can run twice, or without anything to remove", async () => {
    await guacamole.removeConnection(plan.names, nothing);
    await guacamole.removeConnection(plan.names, nothing);
    expect(await groups()).toEqual([]);
  });

  it("keeps what was there before", async () => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    const before = await guacamole.observe(plan.names);
    await guacamole.writeConnection({ ...plan, until: "2027-01-31" }, "Abcdefg8");
    await guacamole.removeConnection(plan.names, before);
    expect([(await groups()).length, (await connections()).length]).toEqual([1, 1]);
    expect(await users()).toEqual(["cohort-a@alice|2026-12-31"]);
  });

  it("keeps the group while another person's connection is in it", async () => {
    const other = samplePlan({ username: "bob" });
    await guacamole.writeConnection(plan, "Abcdefg8");
    await guacamole.writeConnection(other, "Abcdefg8");
    await guacamole.removeConnection(plan.names, nothing);
    expect(await connections()).toEqual(["bob|vnc"]);
    expect(await groups()).toHaveLength(1);
  });
});

describe("retiring", () => {
  async function ready(of = plan) {
    const id = await guacamole.writeConnection(of, "Abcdefg8");
    await guacamole.grantPermission(of.names);
    return id;
  }

  it("removes connection, user and group, keeps the history, and can run twice", async () => {
    const id = await ready();
    await admin.query(
      "INSERT INTO guacamole_connection_history (username, connection_id, connection_name, start_date) VALUES ('cohort-a@alice', $1, 'alice', now())",
      [id],
    );
    await guacamole.retire(plan.names);
    await guacamole.retire(plan.names);
    expect([await groups(), await connections(), await users(), await permissions()]).toEqual([[], [], [], []]);
    expect(await rows("SELECT username FROM guacamole_connection_history")).toEqual(["cohort-a@alice"]);
    await admin.query("DELETE FROM guacamole_connection_history");
  });

  it("leaves the group and everything of another person's in it; the group goes with the last", async () => {
    const other = samplePlan({ username: "bob" });
    await ready();
    await ready(other);
    await guacamole.retire(plan.names);
    expect([await groups(), await connections()]).toEqual([["cohort-a|ORGANIZATIONAL|"], ["bob|vnc"]]);
    expect((await guacamole.observe(other.names)).permissions).toEqual(all);
    await guacamole.retire(other.names);
    expect(await groups()).toEqual([]);
  });

  it("takes along the empty group that two makers at once left, unless somebody else may see it or uses it", async () => {
    const twin =
      "INSERT INTO guacamole_connection_group (connection_group_name) VALUES ('cohort-a') RETURNING connection_group_id AS id";
    const other = samplePlan({ username: "bob" });
    await ready();
    await admin.query(twin);
    await guacamole.retire(plan.names);
    expect(await groups()).toEqual([]);

    await ready();
    const { rows: made } = await admin.query<{ id: number }>(twin);
    await guacamole.writeConnection(
      { ...other, workspace: "cohort-b", names: { ...other.names, group: "cohort-b" } },
      "x",
    );
    await admin.query(
      `INSERT INTO guacamole_connection_group_permission (entity_id, connection_group_id, permission)
       SELECT entity_id, $1, 'READ' FROM guacamole_entity WHERE name = $2`,
      [made[0]?.id, other.names.entity],
    );
    await guacamole.retire(plan.names);
    expect(await groups()).toEqual(["cohort-a|ORGANIZATIONAL|", "cohort-b|ORGANIZATIONAL|"]);
  });

  it("touches nothing where the connection leads to another host", async () => {
    await ready();
    await admin.query(
      "UPDATE guacamole_connection_parameter SET parameter_value = 'x' WHERE parameter_name = 'hostname'",
    );
    const before = [await groups(), await connections(), await users(), await permissions()];
    await guacamole.retire(plan.names);
    expect([await groups(), await connections(), await users(), await permissions()]).toEqual(before);
  });

  it.each([
    [
      "a system permission",
      "INSERT INTO guacamole_system_permission SELECT entity_id, 'ADMINISTER' FROM guacamole_entity",
    ],
    [
      "more than READ on its connection",
      "INSERT INTO guacamole_connection_permission SELECT entity_id, connection_id, 'UPDATE' FROM guacamole_entity, guacamole_connection",
    ],
    [
      "more than READ on itself",
      "INSERT INTO guacamole_user_permission SELECT entity_id, user_id, 'UPDATE' FROM guacamole_user",
    ],
    [
      "a place in a user group",
      `WITH entity AS (INSERT INTO guacamole_entity (name, type) VALUES ('readers', 'USER_GROUP') RETURNING entity_id),
         readers AS (INSERT INTO guacamole_user_group (entity_id) SELECT entity_id FROM entity RETURNING user_group_id)
       INSERT INTO guacamole_user_group_member
       SELECT user_group_id, e.entity_id FROM readers, guacamole_entity e WHERE e.type = 'USER'`,
    ],
    [
      "a right on a user group",
      `WITH entity AS (INSERT INTO guacamole_entity (name, type) VALUES ('readers', 'USER_GROUP') RETURNING entity_id),
         readers AS (INSERT INTO guacamole_user_group (entity_id) SELECT entity_id FROM entity RETURNING user_group_id)
       INSERT INTO guacamole_user_group_permission
       SELECT e.entity_id, user_group_id, 'READ' FROM readers, guacamole_entity e WHERE e.type = 'USER'`,
    ],
    [
      "a right on a connection of somebody else's",
      `WITH other AS (
         INSERT INTO guacamole_connection (connection_name, protocol) VALUES ('other', 'ssh') RETURNING connection_id
       )
       INSERT INTO guacamole_connection_permission SELECT entity_id, connection_id, 'READ' FROM guacamole_entity, other`,
    ],
    [
      "a right on a sharing profile",
      `WITH other AS (
         INSERT INTO guacamole_connection (connection_name, protocol) VALUES ('other', 'ssh') RETURNING connection_id
       ), profile AS (
         INSERT INTO guacamole_sharing_profile (sharing_profile_name, primary_connection_id)
         SELECT 'watch', connection_id FROM other RETURNING sharing_profile_id
       )
       INSERT INTO guacamole_sharing_profile_permission
       SELECT entity_id, sharing_profile_id, 'READ' FROM guacamole_entity, profile`,
    ],
  ])("keeps a user who holds %s", async (_words, grant) => {
    await ready();
    await admin.query(grant);
    await guacamole.retire(plan.names);
    const own = (await connections()).filter((connection) => String(connection).startsWith("alice"));
    expect([own, await users()]).toEqual([[], ["cohort-a@alice|2026-12-31"]]);
  });

  it("keeps a group that has a group in it", async () => {
    await ready();
    await admin.query(
      "INSERT INTO guacamole_connection_group (connection_group_name, parent_id) SELECT 'child', connection_group_id FROM guacamole_connection_group",
    );
    await guacamole.retire(plan.names);
    expect(await groups()).toHaveLength(2);
  });
});

describe("the database", () => {
  it("is checked for Guacamole's schema", async () => {
    expect(await guacamole.check()).toBeNull();
    const empty = connectDatabase({ url: server.url.replace(/\/guacamole$/, "/postgres") });
    expect(await guacamoleDesktopsIn(empty, sampleRules, "Europe/London").check()).toContain(
      "no table guacamole_entity",
    );
    await empty.close();
  });

  it("that is away is told as such, without the password", async () => {
    const away = connectDatabase({ url: "postgres://u:topsecret@127.0.0.1:1/guacamole" });
    const failure = await guacamoleDesktopsIn(away, sampleRules, "Europe/London")
      .check()
      .catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: "guacamole-unavailable" });
    expect(String(failure)).not.toContain("topsecret");
    await away.close();
  });

  it("that restarts while a transaction waits is an error of that transaction alone", async () => {
    const holder = new pg.Client({ connectionString: server.url });
    await holder.connect();
    await holder.query("SELECT pg_advisory_lock(hashtextextended('guacamole-workspaces:cohort-a', 0))");
    const write = guacamole.writeConnection(plan, "Abcdefg8").catch((error: unknown) => error);
    const waiting = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory' AND application_name = 'guacamole-workspaces'`;
    let found: { pid: number }[] = [];
    while (found.length === 0) found = (await admin.query<{ pid: number }>(waiting)).rows;
    await admin.query("SELECT pg_terminate_backend($1)", [found[0]?.pid]);
    expect(await write).toMatchObject({ code: "guacamole-unavailable" });
    await holder.end();
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await connections()).toEqual(["alice|vnc"]);
  });

  it("tells a statement's failure without its values", async () => {
    const failure = await guacamole
      .writeConnection({ ...plan, names: { ...plan.names, connection: "x".repeat(129) } }, "Abcdefg8")
      .catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: "step-failed" });
    expect(String(failure)).not.toContain("Abcdefg8");
  });
});

describe("several root groups of one name", () => {
  it("become one for the desktops in them; a stranger's connection stays where it is", async () => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    await guacamole.writeConnection(samplePlan({ username: "bob" }), "Abcdefg8");
    const { rows: added } = await admin.query<{ id: number }>(
      `INSERT INTO guacamole_connection_group (connection_group_name, type) VALUES ('cohort-a', 'ORGANIZATIONAL')
       RETURNING connection_group_id AS id`,
    );
    const other = added[0]?.id;
    await admin.query(
      `WITH stranger AS (
         INSERT INTO guacamole_connection (connection_name, parent_id, protocol) VALUES ('a server', $1, 'ssh')
         RETURNING connection_id
       )
       INSERT INTO guacamole_connection_parameter SELECT connection_id, 'hostname', 'server.example.org' FROM stranger`,
      [other],
    );
    await guacamole.writeConnection(samplePlan({ username: "carol" }), "Abcdefg8");
    await admin.query("UPDATE guacamole_connection SET parent_id = $1 WHERE connection_name = 'carol'", [other]);

    await guacamole.mergeGroups("cohort-a");
    await guacamole.mergeGroups("cohort-a");
    const inOther = await rows(
      `SELECT connection_name FROM guacamole_connection WHERE parent_id = ${String(other)} ORDER BY 1`,
    );
    const elsewhere = await rows(
      `SELECT connection_name FROM guacamole_connection WHERE parent_id <> ${String(other)} ORDER BY 1`,
    );
    expect([inOther, elsewhere]).toEqual([["a server"], ["alice", "bob", "carol"]]);
  });
});
