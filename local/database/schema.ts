import { readFile } from "node:fs/promises";
import type { Client } from "pg";

/** Stored as the comment on the schema: a table for it would not be part of Guacamole's schema. */
const marker = "Guacamole 1.6.0, complete";

/** Creates Guacamole's tables in an empty database, in one transaction. Does nothing if they exist. */
export async function applySchema(client: Client): Promise<void> {
  const found = await client.query<{ marker: string | null }>(
    "SELECT obj_description('public'::regnamespace, 'pg_namespace') AS marker",
  );
  if (found.rows[0]?.marker === marker) return;
  const sql = await readFile(new URL("guacamole-schema.sql", import.meta.url), "utf8");
  await client.query(`BEGIN;\n${sql}\nCOMMENT ON SCHEMA public IS '${marker}';\nCOMMIT;`);
}
