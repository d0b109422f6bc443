import { readFile } from "node:fs/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectDatabase, type Database } from "../shared/guacamole/database.ts";
import { guacamoleDesktopsIn } from "../shared/guacamole/desktops.ts";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "./guacamole-database.ts";
import { samplePlan, sampleRules } from "./sample-plan.ts";

/** What somebody who has the product's role, and nothing else, can do to Guacamole: docs/security.md repeats both tables. */
let server: GuacamoleDatabase;
let owner: pg.Client;
let thief: pg.Client;
let database: Database;
const plan = samplePlan();

beforeAll(async () => {
  server = await startGuacamoleDatabase();
  ({ owner } = server);
  database = connectDatabase({ url: server.productUrl });
  const guacamole = guacamoleDesktopsIn(database, sampleRules, "Europe/London");
  await guacamole.writeConnection(plan, "Abcdefg8");
  await guacamole.grantPermission(plan.names);
  await owner.query(others);
  // A member of the role, as with Entra ID.
  await owner.query("CREATE ROLE app_identity LOGIN PASSWORD 'of the test'");
  await owner.query("GRANT guacamole_workspaces TO app_identity");
  thief = await connect(server.productUrl);
});
afterAll(async () => {
  await thief.end();
  await database.close();
  await server.close();
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

/** Guacamole's administrators, one of them through a group, and people, connections and groups that are not the product's. */
const others = `
  INSERT INTO guacamole_entity (name, type) VALUES
    ('guacadmin', 'USER'), ('carol', 'USER'), ('eve', 'USER'), ('mallory', 'USER'), ('idle', 'USER'), ('keeper', 'USER'), ('admins', 'USER_GROUP'), ('lab', 'USER_GROUP');
  INSERT INTO guacamole_user (entity_id, password_hash, password_salt, password_date)
    SELECT entity_id, sha256(name::bytea), sha256('salt'), now() FROM guacamole_entity
    WHERE name IN ('guacadmin', 'carol', 'eve', 'mallory');
  INSERT INTO guacamole_user_group (entity_id)
    SELECT entity_id FROM guacamole_entity WHERE name IN ('admins', 'lab');
  INSERT INTO guacamole_user_group_member
    SELECT user_group_id, e.entity_id FROM guacamole_user_group g
    JOIN guacamole_entity named ON named.entity_id = g.entity_id
    JOIN guacamole_entity e ON (named.name, e.name) IN (('admins', 'carol'), ('lab', 'eve'));
  INSERT INTO guacamole_system_permission
    SELECT entity_id, 'ADMINISTER' FROM guacamole_entity WHERE name IN ('guacadmin', 'admins');
  INSERT INTO guacamole_user_permission
    SELECT e.entity_id, user_id, permission::guacamole_object_permission_type
    FROM guacamole_entity e JOIN guacamole_user u USING (entity_id), unnest(ARRAY['READ', 'ADMINISTER']) AS permission
    WHERE name = 'guacadmin';
  INSERT INTO guacamole_user_permission
    SELECT g.entity_id, user_id, 'ADMINISTER' FROM guacamole_entity g, guacamole_entity e JOIN guacamole_user USING (entity_id)
    WHERE g.name = 'guacadmin' AND e.name = 'mallory';
  INSERT INTO guacamole_connection_group (connection_group_name, type) VALUES
    ('Servers', 'ORGANIZATIONAL'), ('Empty', 'ORGANIZATIONAL'), ('Pool', 'BALANCING');
  INSERT INTO guacamole_connection (connection_name, protocol) VALUES ('unfinished', 'ssh');
  INSERT INTO guacamole_connection_history (username, connection_name, start_date) VALUES ('mallory', 'records', now());
  INSERT INTO guacamole_connection (connection_name, parent_id, protocol)
    SELECT 'records', connection_group_id, 'ssh' FROM guacamole_connection_group WHERE connection_group_name = 'Servers';
  INSERT INTO guacamole_connection_parameter
    SELECT connection_id, name, value FROM guacamole_connection,
      (VALUES ('hostname', 'records.example.org'), ('password', 'of the records')) AS parameter (name, value)
    WHERE connection_name = 'records';
  INSERT INTO guacamole_sharing_profile (sharing_profile_name, primary_connection_id)
    SELECT 'records', connection_id FROM guacamole_connection WHERE connection_name = 'records';
  INSERT INTO guacamole_connection_permission
    SELECT entity_id, connection_id, permission::guacamole_object_permission_type
    FROM guacamole_entity, guacamole_connection, unnest(ARRAY['READ', 'UPDATE']) AS permission
    WHERE name = 'mallory' AND connection_name = 'records';
  INSERT INTO guacamole_connection_group_permission
    SELECT entity_id, connection_group_id, 'UPDATE' FROM guacamole_entity, guacamole_connection_group
    WHERE name IN ('mallory', 'keeper') AND connection_group_name = 'Servers';
  INSERT INTO guacamole_connection_group_permission
    SELECT entity_id, connection_group_id, 'READ' FROM guacamole_entity, guacamole_connection_group
    WHERE name = 'mallory' AND connection_group_name = 'Pool'`;

const entity = (name: string) => `(SELECT entity_id FROM guacamole_entity WHERE name = '${name}')`;
const user = (name: string) => `(SELECT user_id FROM guacamole_user WHERE entity_id = ${entity(name)})`;
const connection = (name: string) =>
  `(SELECT connection_id FROM guacamole_connection WHERE connection_name = '${name}')`;
const group = (name: string) =>
  `(SELECT connection_group_id FROM guacamole_connection_group WHERE connection_group_name = '${name}')`;
const setPassword = (name: string) =>
  `UPDATE guacamole_user SET password_hash = sha256('known'), password_salt = NULL WHERE entity_id = ${entity(name)}`;
const administer = (name: string) =>
  `INSERT INTO guacamole_user_permission (entity_id, affected_user_id, permission) VALUES (${entity("eve")}, ${user(name)}, 'ADMINISTER')`;
const permit = (whom: string, verb: string, name: string) =>
  `INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission) VALUES (${entity(whom)}, ${connection(name)}, '${verb}')`;
const show = (whom: string, verb: string, name: string) =>
  `INSERT INTO guacamole_connection_group_permission (entity_id, connection_group_id, permission) VALUES (${entity(whom)}, ${group(name)}, '${verb}')`;
const setHost = (name: string, host: string) =>
  `UPDATE guacamole_connection_parameter SET parameter_value = '${host}' WHERE connection_id = ${connection(name)} AND parameter_name = 'hostname'`;
const newConnection = (columns: string, values: string, parent: string) =>
  `INSERT INTO guacamole_connection (connection_name, parent_id, protocol${columns}) VALUES ('new', ${parent}, 'vnc'${values}) RETURNING connection_id`;

const refused: [what: string, attack: string][] = [
  // The three takeovers.
  ["set the password of an administrator", setPassword("guacadmin")],
  ["administer an administrator", administer("guacadmin")],
  [
    "give somebody a system permission",
    `INSERT INTO guacamole_system_permission VALUES (${entity("eve")}, 'ADMINISTER')`,
  ],
  // Their kind.
  ["set the password of an administrator who is one through a group", setPassword("carol")],
  ["administer an administrator who is one through a group", administer("carol")],
  ["set the password of anybody else", setPassword("mallory")],
  [
    "set a password with a text in place of the salt",
    `UPDATE guacamole_user SET password_salt = '', password_hash = sha256('guacamole-workspaces: no password') WHERE entity_id = ${entity("mallory")}`,
  ],
  [
    "make a user with a password",
    `WITH made AS (INSERT INTO guacamole_entity (name, type) VALUES ('new', 'USER') RETURNING entity_id)
     INSERT INTO guacamole_user (entity_id, password_hash, password_date) SELECT entity_id, sha256('known'), now() FROM made`,
  ],
  ["read a password's hash", "SELECT password_hash FROM guacamole_user"],
  ["unlock a user", `UPDATE guacamole_user SET disabled = false WHERE entity_id = ${entity("mallory")}`],
  [
    "give an administrator a last day",
    `UPDATE guacamole_user SET valid_until = '2000-01-01' WHERE entity_id = ${entity("guacadmin")}`,
  ],
  [
    "let an administrator's password be another user's",
    `UPDATE guacamole_user SET entity_id = ${entity("guacadmin")} WHERE entity_id = ${entity("eve")}`,
  ],
  ["remove an administrator", `DELETE FROM guacamole_entity WHERE name = 'guacadmin'`],
  ["remove an administrator who is one through a group", `DELETE FROM guacamole_entity WHERE name = 'carol'`],
  ["rename an administrator", `UPDATE guacamole_entity SET name = 'GUACADMIN' WHERE name = 'guacadmin'`],
  [
    "take an administrator's permissions away",
    `DELETE FROM guacamole_user_permission WHERE affected_user_id = ${user("guacadmin")}`,
  ],
  ["remove a system permission", "DELETE FROM guacamole_system_permission"],
  ["make somebody a member of a group", `INSERT INTO guacamole_user_group_member VALUES (1, ${entity("eve")})`],
  [
    "give a user another name",
    `UPDATE guacamole_entity SET name = 'guacadmin2' WHERE entity_id = ${entity("mallory")}`,
  ],
  [
    "make a group of users of a user",
    `UPDATE guacamole_entity SET type = 'USER_GROUP' WHERE entity_id = ${entity("mallory")}`,
  ],
  ["make a group of users", "INSERT INTO guacamole_entity (name, type) VALUES ('ours', 'USER_GROUP')"],
  ["remove a group of users", "DELETE FROM guacamole_entity WHERE name = 'lab'"],
  ["administer another user", administer("mallory")],
  [
    "read another user",
    `INSERT INTO guacamole_user_permission (entity_id, affected_user_id, permission) VALUES (${entity("eve")}, ${user("mallory")}, 'READ')`,
  ],
  [
    "take away a permission on a user who has no desktop",
    `DELETE FROM guacamole_user_permission WHERE affected_user_id = ${user("mallory")}`,
  ],
  ["remove a user who holds something else", "DELETE FROM guacamole_entity WHERE name = 'mallory'"],
  ["remove a user who is in a group", "DELETE FROM guacamole_entity WHERE name = 'eve'"],
  // Connections that are not desktops'.
  ["open a connection that is not a desktop's", permit("eve", "READ", "records")],
  [
    "take away a permission on a connection that is not a desktop's",
    `DELETE FROM guacamole_connection_permission WHERE connection_id = ${connection("records")}`,
  ],
  [
    "change a connection that is not a desktop's",
    "UPDATE guacamole_connection SET protocol = 'vnc' WHERE connection_name = 'records'",
  ],
  ["remove a connection that is not a desktop's", "DELETE FROM guacamole_connection WHERE connection_name = 'records'"],
  ["let a connection that is not a desktop's lead elsewhere", setHost("records", "mallory.example.org")],
  ["let a connection that is not a desktop's lead to a desktop", setHost("records", plan.names.host)],
  [
    "read a parameter of a connection that is not a desktop's, except where it leads",
    "SELECT parameter_value FROM guacamole_connection_parameter",
  ],
  [
    "add a parameter to a connection that is not a desktop's",
    `INSERT INTO guacamole_connection_parameter VALUES (${connection("records")}, 'recording-path', '/tmp')`,
  ],
  [
    "remove a parameter of a connection that is not a desktop's",
    `DELETE FROM guacamole_connection_parameter WHERE connection_id = ${connection("records")}`,
  ],
  [
    "move a desktop's parameter to another connection",
    `UPDATE guacamole_connection_parameter SET connection_id = ${connection("records")} WHERE connection_id = ${connection("alice")} AND parameter_name = 'disable-copy'`,
  ],
  [
    "remove a group that contains something else",
    "DELETE FROM guacamole_connection_group WHERE connection_group_name = 'Servers'",
  ],
  ["remove a BALANCING group", "DELETE FROM guacamole_connection_group WHERE connection_group_name = 'Pool'"],
  [
    "make a group BALANCING",
    "UPDATE guacamole_connection_group SET type = 'BALANCING' WHERE connection_group_name = 'Servers'",
  ],
  [
    "make a BALANCING group",
    "INSERT INTO guacamole_connection_group (connection_group_name, type) VALUES ('new', 'BALANCING')",
  ],
  ["see a BALANCING group", show("eve", "READ", "Pool")],
  ["administer a group", show("eve", "ADMINISTER", "cohort-a")],
  [
    "take away a permission on a group without desktops",
    `DELETE FROM guacamole_connection_group_permission WHERE connection_group_id = ${group("Servers")}`,
  ],
  [
    "remove a sharing profile of a connection that is not a desktop's",
    "DELETE FROM guacamole_sharing_profile WHERE sharing_profile_name = 'records'",
  ],
  [
    "share a desktop's session",
    `INSERT INTO guacamole_sharing_profile (sharing_profile_name, primary_connection_id) VALUES ('spy', ${connection("alice")})`,
  ],
  // Desktops' connections.
  ["change a desktop's connection as its user", permit("eve", "UPDATE", "alice")],
  ["administer a desktop's connection", permit("eve", "ADMINISTER", "alice")],
  ["let a desktop's connection lead elsewhere", setHost("alice", "mallory.example.org")],
  [
    "let a desktop's files lead elsewhere",
    `INSERT INTO guacamole_connection_parameter VALUES (${connection("alice")}, 'sftp-hostname', 'mallory.example.org')`,
  ],
  ["let a desktop's connection lead out of the cluster", setHost("alice", "client-a.b.svc.mallory.example.org")],
  ["let a desktop's connection lead to a name without a domain", setHost("alice", "client-a.b.svc")],
  ...["gateway-hostname", "drive-path", "typescript-path", "audio-servername", "wol-broadcast-addr"].map(
    (name): [string, string] => [
      `set ${name} of a desktop's connection`,
      `INSERT INTO guacamole_connection_parameter VALUES (${connection("alice")}, '${name}', 'x')`,
    ],
  ),
  [
    "make a desktop's connection one of another protocol",
    "UPDATE guacamole_connection SET protocol = 'kubernetes' WHERE connection_name = 'alice'",
  ],
  ["remove a user who may change a group", "DELETE FROM guacamole_entity WHERE name = 'keeper'"],
  [
    "let a desktop's connection use another guacd",
    "UPDATE guacamole_connection SET proxy_hostname = 'mallory.example.org' WHERE connection_name = 'alice'",
  ],
  [
    "move a desktop's connection into a BALANCING group",
    `UPDATE guacamole_connection SET parent_id = ${group("Pool")} WHERE connection_name = 'alice'`,
  ],
  ["make a connection outside of groups", newConnection("", "", "NULL")],
  ["make a connection with another guacd", newConnection(", proxy_port", ", 4822", group("Servers"))],
  [
    "make a connection that leads elsewhere",
    `WITH made AS (${newConnection("", "", group("Servers"))}) INSERT INTO guacamole_connection_parameter SELECT connection_id, 'hostname', 'records.example.org' FROM made`,
  ],
  // What holds all this.
  ["switch the checks off", "ALTER TABLE guacamole_user DISABLE TRIGGER ALL"],
  [
    "replace the checks",
    "CREATE OR REPLACE FUNCTION guacamole_workspaces.is_restricted() RETURNS boolean LANGUAGE sql AS 'SELECT false'",
  ],
  [
    "mark a connection as a desktop's",
    `INSERT INTO guacamole_workspaces.own_connection VALUES (${connection("records")})`,
  ],
  ["write as a replica does, without checks", "SET session_replication_role = replica"],
  ["become the owner", "SET ROLE guacamole"],
  ["empty a table", "TRUNCATE guacamole_connection_history"],
  ["read who logged in", "SELECT * FROM guacamole_user_history"],
];

/** What remains. */
const possible: [what: string, statement: string][] = [
  [
    "read a desktop's password, with which only guacd can do anything",
    `SELECT parameter_value FROM guacamole_workspaces.parameter WHERE parameter_name = 'password' AND connection_id = ${connection("alice")}`,
  ],
  [
    "let any user without a system permission open any desktop, until reconcile finds it",
    permit("mallory", "READ", "alice"),
  ],
  [
    "change how a desktop is opened: recording, copying, files",
    `DELETE FROM guacamole_connection_parameter WHERE connection_id = ${connection("alice")} AND parameter_name = 'disable-copy'`,
  ],
  [
    "take away the access to any desktop",
    `DELETE FROM guacamole_connection_permission WHERE connection_id = ${connection("alice")}`,
  ],
  ["remove any desktop's connection", `DELETE FROM guacamole_connection WHERE connection_name = 'alice'`],
  [
    "make connections that lead to Services called client-… in any namespace",
    `WITH made AS (${newConnection("", "", group("Servers"))})
     INSERT INTO guacamole_connection_parameter SELECT connection_id, 'hostname', 'client-x.other.svc.cluster.local' FROM made`,
  ],
  [
    "take over a connection that has no parameters",
    "UPDATE guacamole_connection SET protocol = 'vnc' WHERE connection_name = 'unfinished'",
  ],
  [
    "hide any connection group from any user without a system permission",
    `DELETE FROM guacamole_connection_group_permission WHERE connection_group_id = ${group("Pool")} AND entity_id = ${entity("mallory")}`,
  ],
  ["remove an empty root group", "DELETE FROM guacamole_connection_group WHERE connection_group_name = 'Empty'"],
  [
    "end the access of any user without a system permission",
    `UPDATE guacamole_user SET valid_until = '2000-01-01' WHERE entity_id = ${entity("mallory")}`,
  ],
  [
    "take away the password of any user without a system permission",
    `UPDATE guacamole_user SET password_salt = sha256('x'), password_hash = sha256(sha256('x') || 'guacamole-workspaces: no password') WHERE entity_id = ${entity("mallory")}`,
  ],
  ["remove a user who holds nothing but desktops", "DELETE FROM guacamole_entity WHERE name = 'idle'"],
  [
    "make users whom nobody needs, without a password",
    "INSERT INTO guacamole_entity (name, type) VALUES ('new', 'USER')",
  ],
  [
    "read who there is, who may do what, and which connections there are and where they lead",
    "SELECT FROM guacamole_entity, guacamole_connection, guacamole_system_permission, guacamole_user_permission",
  ],
  ["read who was connected to what, and when", "SELECT * FROM guacamole_connection_history"],
  ["lock tables, and so stop Guacamole while it is connected", "LOCK TABLE guacamole_entity IN ACCESS EXCLUSIVE MODE"],
];

/** Every row of every table, of Guacamole and of the product. */
async function allRows(): Promise<string[]> {
  const { rows: tables } = await owner.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'guacamole_workspaces') ORDER BY 1",
  );
  const all: string[] = [];
  for (const { name } of tables) {
    const { rows } = await owner.query<{ line: string }>(`SELECT t::text AS line FROM ${name} t ORDER BY 1`);
    all.push(...rows.map(({ line }) => `${name} ${line}`));
  }
  return all;
}

describe("the product's database role cannot", () => {
  it.each(refused)("%s", async (_, attack) => {
    const before = await allRows();
    await expect(thief.query(attack)).rejects.toMatchObject({ code: "42501" });
    expect(await allRows()).toEqual(before);
  });
});

it("is what docs/security.md says", async () => {
  const text = await readFile(new URL("../docs/security.md", import.meta.url), "utf8");
  const [, section = ""] = text.split("### The product's database role\n");
  const [own = ""] = section.split(/^##/m);
  const [, ...lists] = own.split(/^(?:It cannot|It can):$/m);
  const items = lists.map((list) =>
    [...list.matchAll(/^- (.*(?:\n {2}.*)*)/gm)].map(([, item = ""]) => item.replace(/\s+/g, " ")),
  );
  expect(items).toEqual([refused, possible].map((list) => list.map(([what]) => what)));
});

describe("the product's database role can", () => {
  it.each(possible)("%s", async (_, statement) => {
    await thief.query("BEGIN");
    try {
      const { rowCount, command } = await thief.query(statement);
      if (command !== "LOCK") expect(rowCount).toBeGreaterThan(0);
    } finally {
      await thief.query("ROLLBACK");
    }
  });
});

it("sees only where other connections lead, even with a function that tells what it is given", async () => {
  const told: string[] = [];
  thief.on("notice", ({ message = "" }) => told.push(message));
  await thief.query(`
    CREATE FUNCTION pg_temp.tell(value text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
      'BEGIN RAISE NOTICE ''%'', value; RETURN true; END'`);
  const { rows } = await thief.query<{ parameter_name: string }>(
    `SELECT parameter_name FROM guacamole_workspaces.parameter
     WHERE pg_temp.tell(parameter_value) AND connection_id = ${connection("records")}`,
  );
  expect(rows).toEqual([{ parameter_name: "hostname" }]);
  expect(told).toContain("records.example.org");
  expect(told).not.toContain("of the records");
});

describe("what looks at the role", () => {
  it("looks at its members too", async () => {
    const url = new URL(server.url);
    [url.username, url.password] = ["app_identity", "of the test"];
    const member = await connect(url.href);
    const before = await allRows();
    await expect(member.query(setPassword("guacadmin"))).rejects.toMatchObject({ code: "42501" });
    await member.query("SET ROLE guacamole_workspaces");
    await expect(member.query(setPassword("guacadmin"))).rejects.toMatchObject({ code: "42501" });
    await member.end();
    expect(await allRows()).toEqual(before);
  });

  it.each([
    ["the owner", ""],
    ["an owner who is a member of the role", "GRANT guacamole_workspaces TO guacamole"],
    [
      "Guacamole's own role",
      "CREATE ROLE of_guacamole; GRANT ALL ON ALL TABLES IN SCHEMA public TO of_guacamole; GRANT of_guacamole TO guacamole; SET LOCAL ROLE of_guacamole",
    ],
  ])("does not hinder %s", async (_, first) => {
    await owner.query("BEGIN");
    try {
      await owner.query(first);
      for (const change of [setPassword("guacadmin"), administer("guacadmin"), setHost("records", "other.example.org")])
        expect(await owner.query(change)).toMatchObject({ rowCount: 1 });
      for (const name of ["guacamole_connection", "guacamole_connection_group", "guacamole_entity"])
        await owner.query(`DELETE FROM ${name}`);
    } finally {
      await owner.query("ROLLBACK");
    }
  });

  it("names the row that it refuses, and says that no retry helps", async () => {
    const attempt = database.query(setPassword("guacadmin"), []);
    await expect(attempt).rejects.toMatchObject({
      code: "step-failed",
      message: expect.stringMatching(
        /^use guacamole's database: the role guacamole_workspaces may not change the user \d+, who has a system permission \(code 42501\)/,
      ) as string,
    });
  });

  it("goes with its schema", async () => {
    await owner.query("BEGIN");
    try {
      await owner.query("DROP SCHEMA guacamole_workspaces CASCADE");
      const left = await owner.query("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'guacamole_workspaces%'");
      expect(left.rows).toEqual([]);
    } finally {
      await owner.query("ROLLBACK");
    }
  });
});
