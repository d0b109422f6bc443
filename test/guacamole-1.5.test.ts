import { createHash } from "node:crypto";
import type pg from "pg";
import { describe, expect, it } from "vitest";
import { startTestEstate } from "./estate.ts";
import { startGuacamoleDatabase } from "./guacamole-database.ts";
import { viewOf } from "./guacamole-rules.ts";

/**
 * Everything in the catalogue that belongs to Guacamole's schema, one line each: columns, enums, constraints, indexes,
 * sequences. `pg_dump --schema-only` of this schema and of the real ones was compared in November 2026 (PostgreSQL 15.18):
 * the dump of 1.6.0 is the same but for a random token, 1.5.4 lacks the label AUDIT.
 */
const catalogue = `
  SELECT line FROM (
    SELECT concat_ws(' ', 'column', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attnotnull THEN 'NOT NULL' END, pg_get_expr(d.adbin, d.adrelid)) AS line
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT concat_ws(' ', 'enum', t.typname, string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder))
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid GROUP BY t.typname
    UNION ALL
    SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL
    SELECT concat_ws(' ', 'index', pg_get_indexdef(indexrelid))
    FROM pg_index JOIN pg_class c ON c.oid = indrelid AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', 'other', relkind, relname)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('r', 'i')
  ) AS lines ORDER BY line COLLATE "C"`;

async function linesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(catalogue);
  return rows.map(({ line }) => line);
}

/** Makes 1.5.4's schema of 1.6.0's: an enum cannot lose a label, so the type is made again. */
const as154 = `
  ALTER TYPE guacamole_system_permission_type RENAME TO of_1_6_0;
  CREATE TYPE guacamole_system_permission_type AS ENUM (
    'CREATE_CONNECTION', 'CREATE_CONNECTION_GROUP', 'CREATE_SHARING_PROFILE', 'CREATE_USER', 'CREATE_USER_GROUP', 'ADMINISTER'
  );
  ALTER TABLE guacamole_system_permission ALTER COLUMN permission TYPE guacamole_system_permission_type
    USING permission::text::guacamole_system_permission_type;
  DROP TYPE of_1_6_0`;

describe("Guacamole's schema", () => {
  it("is the one that was compared with the real 1.6.0; 1.5.4's lacks the label AUDIT and nothing else", async () => {
    const database = await startGuacamoleDatabase();
    try {
      const lines = await linesOf(database.owner);
      const digest = createHash("sha256").update(lines.join("\n")).digest("hex");
      expect(digest, "compare guacamole-schema.sql with the real schema again, then record the new digest").toBe(
        "69ab9158c07384ea873811b219bb79421c3655d14e6548072389882d1a0b4bfc",
      );
      await database.owner.query(as154);
      expect(await linesOf(database.owner)).toEqual(lines.map((line) => line.replace(",AUDIT,", ",")));
    } finally {
      await database.close();
    }
  });

  it.each(["{workspace}@{username}", "{username}"])(
    "of 1.5.4 is enough for a start, a switch, a suspension, reconciliation and the end, with users called %s",
    async (template) => {
      const estate = await startTestEstate(undefined, { GUACAMOLE_ENTITY_TEMPLATE: template });
      try {
        await estate.guacamole.query(as154);
        const empty = (await estate.world()).rows;
        const user = (workspace: string) => template.replace("{workspace}", workspace).replace("{username}", "alice");
        for (const workspace of ["asthma-cohort", "cancer-registry"]) {
          expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
          const only = [`${workspace}/alice`];
          expect(await viewOf(estate.guacamole, user(workspace))).toEqual({ sees: only, mayOpen: only });
        }
        const { body } = await estate.call<{ drifts: unknown[] }>("olga", "POST", "/maintenance/reconcile?dryRun=true");
        expect(body.drifts).toEqual([]);
        expect(await estate.ask("alice", null)).toMatchObject({ state: "done" });
        const end = await estate.call("olga", "DELETE", "/users/alice");
        expect(await estate.end("olga", end.body)).toMatchObject({ state: "done" });
        expect((await estate.world()).rows).toEqual(empty);
      } finally {
        await estate.close();
      }
    },
  );
});
