import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "../../test/guacamole-database.ts";
import { samplePlan, sampleRules } from "../../test/sample-plan.ts";
import { connectDatabase, type Database } from "./database.ts";
import { type GuacamoleDesktops, guacamoleDesktopsIn } from "./desktops.ts";

/**
 * What is read from guacamole_connection_history. Rows are as a real Guacamole 1.6.0 left them in measurements of November
 * 2026: single samples, with TigerVNC 1.12, and PostgreSQL with Guacamole's schema.
 */

let server: GuacamoleDatabase;
let admin: pg.Client;
let database: Database;
let guacamole: GuacamoleDesktops;
let connectionId: number;

const noon = Date.parse("2026-06-15T12:00:00.000Z");
/** So many milliseconds after noon. */
const at = (milliseconds: number) => new Date(noon + milliseconds).toISOString();
const minute = 60_000;
const forgottenTab = 15_000;
const plan = samplePlan();
const none = { open: [], lastStart: null, lastEnd: null, lastAttempt: null };

interface Row {
  start?: number;
  /** How long it lasted; null: it has no end. */
  milliseconds: number | null;
  id?: number | null;
  entity?: string;
  connection?: string;
}

async function wrote({ start = 0, milliseconds, id = connectionId, ...names }: Row): Promise<void> {
  const { entity = "cohort-a@alice", connection = "alice" } = names;
  const end = milliseconds === null ? null : at(start + milliseconds);
  await admin.query(
    `INSERT INTO guacamole_connection_history (username, connection_id, connection_name, start_date, end_date)
     VALUES ($1, $2, $3, $4, $5)`,
    [entity, id, connection, at(start), end],
  );
}

async function history(since: string | null = null) {
  const [only] = await guacamole.sessions(since);
  return only?.history;
}

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
  await admin.query("DELETE FROM guacamole_connection_history");
  await admin.query("DELETE FROM guacamole_connection_group");
  connectionId = await guacamole.writeConnection(plan, "Abcdefg8");
});

describe("a row of the history", () => {
  it.each([
    ["of a name that does not resolve", 35],
    ["of a name that does not resolve, at the longest", 91],
    ["of a port that is closed", 65],
    ["of a password that is wrong", 100],
    ["that ended just too soon", 4_999],
    ["that ended before it began, because a clock was put back", -100],
  ])("%s is an attempt, not a session", async (_, milliseconds) => {
    await wrote({ milliseconds });
    expect(await history()).toEqual({ ...none, lastAttempt: at(0) });
    expect(await guacamole.openedSince("cohort-a", "alice", at(0))).toBe(false);
  });

  it.each([
    ["that lasted just long enough", 5_000],
    ["that lasted for an hour", 60 * minute],
  ])("%s is a session", async (_, milliseconds) => {
    await wrote({ milliseconds });
    expect(await history()).toEqual({ ...none, lastStart: at(0), lastEnd: at(milliseconds) });
    expect(await guacamole.openedSince("cohort-a", "alice", at(0))).toBe(true);
    expect(await guacamole.openedSince("cohort-a", "alice", at(1))).toBe(false);
  });

  // The prompt for a password that the connection does not have is such a session, too.
  it("that has no end is an open session", async () => {
    await wrote({ milliseconds: null });
    expect(await history()).toEqual({ ...none, open: [new Date(noon).toISOString()], lastStart: at(0) });
    expect(await guacamole.openedSince("cohort-a", "alice", at(0))).toBe(true);
  });
});

it("a tab that tries every 15 seconds to reach a desktop that is down neither begins nor ends a session", async () => {
  await wrote({ start: -60 * minute, milliseconds: 10 * minute });
  for (let attempt = 0; attempt < 20; attempt += 1) await wrote({ start: attempt * forgottenTab, milliseconds: 65 });
  expect(await history()).toEqual({
    open: [],
    lastStart: at(-60 * minute),
    lastEnd: at(-50 * minute),
    lastAttempt: at(19 * forgottenTab),
  });
});

describe("a session to a connection that is deleted meanwhile", () => {
  beforeEach(async () => {
    await wrote({ milliseconds: null });
    // The database does this itself: ON DELETE SET NULL.
    await admin.query("DELETE FROM guacamole_connection");
    const { rows } = await admin.query("SELECT connection_id, connection_name FROM guacamole_connection_history");
    expect(rows).toEqual([{ connection_id: null, connection_name: "alice" }]);
  });

  it("is not seen as long as there is no connection", async () => {
    expect(await guacamole.sessions(null)).toEqual([]);
    expect(await guacamole.openedSince("cohort-a", "alice", at(0))).toBe(true);
  });

  it("goes on with the connection that is written in its place, and ends with it", async () => {
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await history()).toEqual({ ...none, open: [at(0)], lastStart: at(0) });
    await admin.query("UPDATE guacamole_connection_history SET end_date = $1", [at(minute)]);
    expect(await history()).toEqual({ ...none, lastStart: at(0), lastEnd: at(minute) });
    expect(await history(at(minute + 1))).toEqual(none);
  });

  it.each([
    ["the person's in another workspace", { entity: "cohort-b@alice" }],
    ["another person's", { entity: "cohort-a@bob", connection: "bob" }],
    ["another user's to a connection of that name", { entity: "guacadmin" }],
    ["the person's to another connection", { connection: "shared server" }],
  ])("is not %s", async (_, names) => {
    await admin.query("DELETE FROM guacamole_connection_history");
    await wrote({ milliseconds: null, id: null, ...names });
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await history()).toEqual(none);
    expect(await guacamole.openedSince("cohort-a", "alice", at(0))).toBe(false);
  });

  it("is one of the person's desktops, if their user is the same for all of them", async () => {
    const byUsername = guacamoleDesktopsIn(database, { ...sampleRules, entityTemplate: "{username}" }, "UTC");
    await admin.query("DELETE FROM guacamole_connection_history");
    await wrote({ milliseconds: null, id: null, entity: "alice" });
    await guacamole.writeConnection(plan, "Abcdefg8");
    expect(await byUsername.sessions(null, ["alice"])).toMatchObject([{ history: { open: [at(0)] } }]);
  });
});

// pg returns null for a time in these styles.
describe("a role whose DateStyle is not ISO", () => {
  it.each(["German", "SQL, DMY", "Postgres, MDY"])("(%s) reads the same times", async (style) => {
    await wrote({ milliseconds: minute });
    await wrote({ milliseconds: null });
    const { user, database: name } = admin;
    await admin.query(`ALTER ROLE "${user}" IN DATABASE "${name}" SET DateStyle = '${style}'`);
    const other = connectDatabase({ url: server.url });
    try {
      const [only] = await guacamoleDesktopsIn(other, sampleRules, "Europe/London").sessions(null);
      expect(only?.history).toEqual({ ...none, open: [at(0)], lastStart: at(0), lastEnd: at(minute) });
    } finally {
      await other.close();
      await admin.query(`ALTER ROLE "${user}" IN DATABASE "${name}" RESET DateStyle`);
    }
  });
});
