import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "../../test/guacamole-database.ts";
import { samplePlan, sampleRules } from "../../test/sample-plan.ts";
import { sessionsByDesktop } from "../lifecycle/sessions.ts";
import { connectDatabase, type Database } from "./database.ts";
import { type GuacamoleDesktops, guacamoleDesktopsIn } from "./desktops.ts";

/** Rows that Guacamole and this product never write: of other tools, restored by hand, or changed by an administrator. */
let server: GuacamoleDatabase;
let admin: pg.Client;
let database: Database;
let guacamole: GuacamoleDesktops;
let alices: number;
let bobs: number;
const alice = samplePlan();
const bob = samplePlan({ username: "bob" });
const start = "2026-06-15T12:00:00.000Z";

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
  for (const table of ["connection_history", "connection_group", "connection", "entity"])
    await admin.query(`DELETE FROM guacamole_${table}`);
  const made = [];
  for (const plan of [alice, bob]) {
    made.push(await guacamole.writeConnection(plan, "Abcdefg8"));
    await guacamole.grantPermission(plan.names);
  }
  [alices = 0, bobs = 0] = made;
  await session(bobs, start, null);
});

async function session(id: number | null, start: string, end: string | null, username = "cohort-a@bob") {
  await admin.query(
    `INSERT INTO guacamole_connection_history (username, connection_id, connection_name, start_date, end_date)
     VALUES ($1, $2, 'alice', $3, $4)`,
    [username, id, start, end],
  );
}
const historyOf = async (plan: typeof alice, since: string | null = null) =>
  sessionsByDesktop(await guacamole.sessions(since), [alice, bob]).get(`${plan.workspace}/${plan.username}`)?.history;

describe("a row of the history", () => {
  it.each([
    ["infinity", null],
    ["-infinity", null],
    ["infinity", "infinity"],
    ["-infinity", "-infinity"],
    ["-infinity", "infinity"],
    ["infinity", "-infinity"],
    [start, "infinity"],
    [start, "-infinity"],
    ["infinity", start],
    ["-infinity", start],
    ["4713-01-01 00:00:00+00 BC", null],
    ["294276-12-31 23:59:59+00", null],
    ["10000-01-01 00:00:00+00", "294276-12-31 23:59:59+00"],
    ["0001-01-01 00:00:00+00 BC", "0001-01-01 00:00:00+00"],
  ])("from %s to %s hides nobody's history, and has times that compare as text", async (from, to) => {
    await session(alices, from, to);
    await session(null, from, to, "cohort-a@alice");
    for (const since of [null, start]) {
      expect(await historyOf(bob, since)).toMatchObject({ open: [start], lastStart: start });
      const { open = [], lastStart, lastEnd, lastAttempt } = (await historyOf(alice, since)) ?? {};
      for (const time of [...open, lastStart, lastEnd, lastAttempt])
        if (time != null) expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/);
      if (to === null) expect(open).toHaveLength(2);
    }
    expect(await guacamole.openedSince("cohort-a", "bob", start)).toBe(true);
    expect(typeof (await guacamole.openedSince("cohort-a", "alice", start))).toBe("boolean");
  });

  it("of a connection that was moved is its desktop's, wherever it is", async () => {
    await session(alices, start, null, "cohort-a@alice");
    for (const move of moves) {
      await move.change();
      expect([move.what, await historyOf(alice)]).toEqual([move.what, expect.objectContaining({ open: [start] })]);
      expect([move.what, await guacamole.openedSince("cohort-a", "alice", start)]).toEqual([move.what, true]);
    }
  });
});

describe("a user's last day", () => {
  it.each([
    ["infinity", null],
    ["-infinity", "0000-12-31"],
    ["0044-03-15 BC", "0000-12-31"],
    ["10000-01-01", "9999-12-31"],
    ["294277-01-01", "9999-12-31"],
    ["5874897-12-31", "9999-12-31"],
  ])("of %s hides nobody's, and is neither lengthened nor shortened when it is given back", async (date, told) => {
    const entity = "(SELECT entity_id FROM guacamole_entity WHERE name = 'cohort-a@alice')";
    await admin.query(
      `UPDATE guacamole_user SET valid_until = $1::date, timezone = 'America/New_York'
      WHERE entity_id = ${entity}`,
      [date],
    );
    const there = guacamoleDesktopsIn(database, sampleRules, "America/New_York");
    const days = async () => {
      const all = await there.users();
      return [all.get("cohort-a@alice")?.lastDay, all.get("cohort-a@bob")?.lastDay];
    };
    const bobs = `${bob.until} in Europe/London`;
    expect(await days()).toEqual([told, bobs]);
    const before = await there.observe(alice.names);
    await there.writeConnection(alice, "Abcdefg8");
    await there.removeConnection(alice.names, before);
    expect(await days()).toEqual([told, bobs]);
  });
});

const groupCalled = (name: string, parent = "NULL") =>
  `INSERT INTO guacamole_connection_group (connection_group_name, parent_id) SELECT '${name}', ${parent} RETURNING connection_group_id`;
const moveInto = (group: string) => () =>
  admin.query(`WITH made AS (${group}) UPDATE guacamole_connection SET parent_id = connection_group_id FROM made
    WHERE connection_id = ${alices}`);
const moves = [
  {
    what: "to the root",
    change: () => admin.query(`UPDATE guacamole_connection SET parent_id = NULL WHERE connection_id = ${alices}`),
  },
  { what: "to another root group", change: moveInto(groupCalled("Linux servers")) },
  {
    what: "to a group in a group",
    change: moveInto(
      groupCalled("inner", "(SELECT min(connection_group_id) FROM guacamole_connection_group WHERE parent_id IS NULL)"),
    ),
  },
  { what: "to a second root group of the workspace's name", change: moveInto(groupCalled("cohort-a")) },
];

describe("a desktop whose rows somebody changed", () => {
  const traces = async () =>
    (
      await admin.query<{ trace: string }>(
        `SELECT 'connection ' || connection_name AS trace FROM guacamole_connection
         UNION ALL SELECT 'user ' || name FROM guacamole_entity ORDER BY 1`,
      )
    ).rows.map(({ trace }) => trace);
  const change = (text: string) => () => admin.query(text);
  const ofAlice = "entity_id = (SELECT entity_id FROM guacamole_entity WHERE name = 'cohort-a@alice')";

  it.each([
    ...moves.map((move): [string, () => Promise<unknown>] => [`moved ${move.what}`, () => move.change()]),
    [
      "renamed",
      () => admin.query(`UPDATE guacamole_connection SET connection_name = 'x' WHERE connection_id = ${alices}`),
    ],
    ["without READ on the group", change(`DELETE FROM guacamole_connection_group_permission WHERE ${ofAlice}`)],
    ["without READ on the connection", change(`DELETE FROM guacamole_connection_permission WHERE ${ofAlice}`)],
    ["without READ on the user", change(`DELETE FROM guacamole_user_permission WHERE ${ofAlice}`)],
    ["without a user, but with its entity", change(`DELETE FROM guacamole_user WHERE ${ofAlice}`)],
    ["without its entity", change(`DELETE FROM guacamole_entity WHERE name = 'cohort-a@alice'`)],
    ["without its connection", () => admin.query(`DELETE FROM guacamole_connection WHERE connection_id = ${alices}`)],
    ["whose workspace has two groups", change(groupCalled("cohort-a"))],
    [
      "whose password is disabled and expired",
      change(`UPDATE guacamole_user SET disabled = true, expired = true, password_salt = NULL WHERE ${ofAlice}`),
    ],
  ])("and that is %s can be looked at, loses its access, and is retired whole", async (_, damage) => {
    await damage();
    for (const look of [guacamole.details(), guacamole.connections(), guacamole.sessions(null), guacamole.users()])
      await look;
    const access = { connection: true, group: true, self: false };
    await guacamole.revokePermission(alice.names, access);
    const { rows } = await admin.query(`SELECT FROM guacamole_connection_permission WHERE ${ofAlice}`);
    expect(rows).toEqual([]);
    expect(await guacamole.retire(alice.names)).toEqual([]);
    expect(await traces()).toEqual(["connection bob", "user cohort-a@bob"]);
    expect((await guacamole.observe(bob.names)).permissions).toEqual({ connection: true, group: true, self: true });
  });

  it.each([
    [
      "leads elsewhere",
      () =>
        admin.query(
          `UPDATE guacamole_connection_parameter SET parameter_value = 'tools.example.org'
           WHERE connection_id = ${alices} AND parameter_name = 'hostname'`,
        ),
      [/^the connection \d+ \(alice\), which leads elsewhere$/, /^the Guacamole user cohort-a@alice, who holds/],
    ],
    [
      "leads nowhere",
      () => admin.query(`DELETE FROM guacamole_connection_parameter WHERE connection_id = ${alices}`),
      [/^the connection \d+ \(alice\), which leads elsewhere$/, /^the Guacamole user cohort-a@alice, who holds/],
    ],
    [
      "was renamed and moved",
      () =>
        admin.query(
          `UPDATE guacamole_connection SET connection_name = 'x', parent_id = NULL WHERE connection_id = ${alices}`,
        ),
      [/^the connection \d+ \(x\), which leads to it/, /^the Guacamole user cohort-a@alice, who holds/],
    ],
  ])("and whose connection %s: it says what stays", async (_, damage, expected) => {
    await damage();
    const stays = await guacamole.retire(alice.names);
    expect(stays).toEqual(expected.map((each) => expect.stringMatching(each) as string));
  });
});

describe("everything of a person", () => {
  it("is found by connections in any group, and by users without one", async () => {
    for (const { change } of moves) {
      await change();
      expect(await guacamole.findConnections("alice")).toMatchObject([{ host: alice.names.host }]);
    }
    await admin.query("DELETE FROM guacamole_connection");
    await admin.query(
      "INSERT INTO guacamole_entity (name, type) VALUES ('x@y@alice', 'USER'), ('g@alice', 'USER_GROUP')",
    );
    expect(await guacamole.findWorkspacesOfUsers("alice")).toEqual(["cohort-a"]);
    expect(await guacamole.findWorkspacesOfUsers("lice")).toEqual([]);
    const onePerPerson = guacamoleDesktopsIn(database, { ...sampleRules, entityTemplate: "{username}" }, "UTC");
    expect(await onePerPerson.findWorkspacesOfUsers("alice")).toEqual([]);
  });
});
