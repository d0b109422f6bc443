import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from "vitest";
import { startLocalDatabase, type LocalDatabase } from "./database.ts";
import { enums, tables, type Table } from "./guacamole-catalogue.ts";
import { applySchema } from "./schema.ts";

let directory: string;
let database: LocalDatabase;
let client: Client;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "local-database-"));
  database = await startLocalDatabase({ directory });
  client = new Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.close();
  await rm(directory, { recursive: true });
});

async function rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return (await client.query<Record<string, unknown>>(sql, values)).rows;
}

async function list(sql: string, values: unknown[] = []): Promise<string[]> {
  return (await rows(sql, values)).map((row) => String(Object.values(row)[0]));
}

describe("the database catalogue is Guacamole 1.6.0's", () => {
  test("there are these 23 tables, and nothing else that could hold or change a row", async () => {
    const relations = await list(
      `SELECT relname FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'S') ORDER BY relname`,
    );
    expect(relations).toEqual(Object.keys(tables).sort());
    expect(relations).toHaveLength(23);
    expect(await list("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")).toEqual([]);
    expect(await list("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")).toEqual([]);
  });

  test("there are these enums, labels in this order", async () => {
    const found = await rows(
      `SELECT typname, string_agg(enumlabel, ', ' ORDER BY enumsortorder) AS labels
       FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid GROUP BY typname`,
    );
    expect(Object.fromEntries(found.map(({ typname, labels }) => [typname, labels]))).toEqual(enums);
  });

  test("there are 30 foreign keys", async () => {
    expect(await list("SELECT conname FROM pg_constraint WHERE contype = 'f'")).toHaveLength(30);
  });

  describe.each(Object.entries(tables))("%s", (table, wanted) => {
    test("has these columns, in this order", async () => {
      const columns = await rows(
        `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS required, attidentity AS identity,
                pg_get_expr(adbin, adrelid) AS fallback, pg_get_serial_sequence(attrelid::regclass::text, attname) AS sequence
         FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
         WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
        [table],
      );
      expect(columns.map((column) => describeColumn(table, column))).toEqual(wanted.columns);
    });

    test("has these keys and rules", async () => {
      const constraints = await rows(
        `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
         WHERE conrelid = $1::regclass AND contype <> 'n'`,
        [table],
      );
      const found = Object.fromEntries(constraints.map(({ name, definition }) => [String(name), definition]));
      expect(found).toEqual(constraintsOf(table, wanted));
    });

    test("has these indexes in addition to those of its keys", async () => {
      const indexes = await list(
        `SELECT pg_get_indexdef(indexrelid) FROM pg_index
         WHERE indrelid = $1::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)`,
        [table],
      );
      const expected = (wanted.indexes ?? []).map(
        (columns) =>
          `CREATE INDEX ${table}_${columns.replaceAll(", ", "_")} ON public.${table} USING btree (${columns})`,
      );
      expect(indexes.sort()).toEqual(expected.sort());
    });
  });
});

const shortTypes: Readonly<Record<string, string>> = {
  "timestamp with time zone": "timestamptz",
  "time without time zone": "time",
};

function describeColumn(table: string, column: Record<string, unknown>): string {
  const name = String(column["name"]);
  const type = String(column["type"]).replace("character varying", "varchar");
  const sequence = `${table}_${name}_seq`;
  if (column["sequence"] === `public.${sequence}` && column["identity"] === "") {
    const isSerial =
      type === "integer" && column["required"] && column["fallback"] === `nextval('${sequence}'::regclass)`;
    return `${name} ${isSerial ? "serial" : "odd serial"}`;
  }
  const fallback = typeof column["fallback"] === "string" ? ` default ${column["fallback"].replace(/::.*/, "")}` : "";
  return `${name} ${shortTypes[type] ?? type}${column["required"] === true ? " not null" : ""}${fallback}`;
}

/** The constraints as pg_get_constraintdef prints them, which would include "deferrable" or "on update". */
function constraintsOf(table: string, { primaryKey, unique = {}, foreignKeys = {} }: Table): Record<string, string> {
  const all: Record<string, string> = { [`${table}_pkey`]: `PRIMARY KEY (${primaryKey})` };
  for (const [name, columns] of Object.entries(unique)) all[name] = `UNIQUE (${columns})`;
  for (const [name, rule] of Object.entries(foreignKeys)) {
    const [, column = "", target = "", key = column, action = ""] =
      /^(\w+) → (\w+)(?:\((\w+)\))?, (.*)$/.exec(rule) ?? [];
    all[name] = `FOREIGN KEY (${column}) REFERENCES ${target}(${key}) ON DELETE ${action.toUpperCase()}`;
  }
  return all;
}

describe("the schema behaves like Guacamole's", () => {
  beforeEach(() => client.query("BEGIN"));
  afterEach(() => client.query("ROLLBACK"));

  async function addAlice(): Promise<{ entity: number; user: number; group: number; connection: number }> {
    const [ids] = await rows(
      `WITH entity AS (INSERT INTO guacamole_entity (name, type) VALUES ('alice', 'USER') RETURNING entity_id),
            person AS (INSERT INTO guacamole_user (entity_id, password_hash, password_date)
                       SELECT entity_id, '\\x00', now() FROM entity RETURNING user_id),
            folder AS (INSERT INTO guacamole_connection_group (connection_group_name) VALUES ('ws') RETURNING connection_group_id),
            desktop AS (INSERT INTO guacamole_connection (connection_name, parent_id, protocol)
                        SELECT 'alice', connection_group_id, 'vnc' FROM folder RETURNING connection_id),
            permission AS (INSERT INTO guacamole_connection_permission SELECT entity_id, connection_id, 'READ' FROM entity, desktop),
            parameter AS (INSERT INTO guacamole_connection_parameter SELECT connection_id, 'port', '5900' FROM desktop),
            session AS (INSERT INTO guacamole_connection_history (user_id, username, connection_id, connection_name, start_date)
                        SELECT user_id, 'alice', connection_id, 'alice', now() FROM person, desktop)
       SELECT entity_id AS entity, user_id AS user, connection_group_id AS group, connection_id AS connection
       FROM entity, person, folder, desktop`,
    );
    return ids as { entity: number; user: number; group: number; connection: number };
  }

  test("two root groups may have the same name, two groups with the same parent may not", async () => {
    const { group } = await addAlice();
    const insert = "INSERT INTO guacamole_connection_group (connection_group_name, parent_id) VALUES ('ws', $1)";
    await client.query(insert, [null]);
    await client.query(insert, [group]);
    await expect(client.query(insert, [group])).rejects.toMatchObject({ code: "23505" });
  });

  test("deleting an entity deletes its user and permissions", async () => {
    const { entity } = await addAlice();
    await client.query("DELETE FROM guacamole_entity WHERE entity_id = $1", [entity]);
    expect(await rows("SELECT 1 FROM guacamole_user")).toEqual([]);
    expect(await rows("SELECT 1 FROM guacamole_connection_permission")).toEqual([]);
    expect(await rows("SELECT 1 FROM guacamole_connection")).toHaveLength(1);
  });

  test("deleting a group deletes its connections, their parameters and permissions", async () => {
    const { group } = await addAlice();
    await client.query("DELETE FROM guacamole_connection_group WHERE connection_group_id = $1", [group]);
    for (const table of ["guacamole_connection", "guacamole_connection_parameter", "guacamole_connection_permission"]) {
      expect(await rows(`SELECT 1 FROM ${table}`)).toEqual([]);
    }
  });

  test("history keeps the names of deleted rows, and loses their ids", async () => {
    const { entity, group } = await addAlice();
    await client.query("DELETE FROM guacamole_entity WHERE entity_id = $1", [entity]);
    await client.query("DELETE FROM guacamole_connection_group WHERE connection_group_id = $1", [group]);
    expect(
      await rows("SELECT user_id, username, connection_id, connection_name FROM guacamole_connection_history"),
    ).toEqual([{ user_id: null, username: "alice", connection_id: null, connection_name: "alice" }]);
  });

  test("a name has at most 128 characters and is case-sensitive", async () => {
    const insert = "INSERT INTO guacamole_entity (name, type) VALUES ($1, 'USER')";
    for (const name of ["alice", "Alice", "x".repeat(128)]) await client.query(insert, [name]);
    await expect(client.query(insert, ["x".repeat(129)])).rejects.toMatchObject({ code: "22001" });
  });

  test("it has no users, in particular no guacadmin with a well-known password", async () => {
    expect(await rows("SELECT name FROM guacamole_entity")).toEqual([]);
  });
});

test("the schema is applied completely or not at all, and only once", async () => {
  await client.query("CREATE DATABASE half TEMPLATE template0");
  const half = new Client({ connectionString: database.url.replace(/guacamole$/, "half") });
  await half.connect();
  const count = async () =>
    (await half.query("SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")).rowCount;
  try {
    await half.query("CREATE TABLE guacamole_user_history (in_the_way integer)"); // the last table of the schema
    await expect(applySchema(half)).rejects.toMatchObject({ code: "42P07" });
    await half.query("ROLLBACK; DROP TABLE guacamole_user_history");
    expect(await count()).toBe(0);
    await applySchema(half);
    await applySchema(half);
    expect(await count()).toBe(23);
  } finally {
    await half.end();
  }
});
