import { readFile } from "node:fs/promises";
import type { Client } from "pg";

/** Kept as the comment on the schema: a table of ours would be one that Guacamole does not know. */
const marker = "Guacamole 1.6.0, complete";

/** Gives an empty database Guacamole's tables; does nothing to one that has them. All or nothing, whenever it is interrupted. */
export async function applySchema(client: Client): Promise<void> {
  const found = await client.query<{ marker: string | null }>(
    "SELECT obj_description('public'::regnamespace, 'pg_namespace') AS marker",
  );
  if (found.rows[0]?.marker === marker) return;
  const sql = await readFile(new URL("guacamole-schema.sql", import.meta.url), "utf8");
  await client.query(`BEGIN;\n${sql}\nCOMMENT ON SCHEMA public IS '${marker}';\nCOMMIT;`);
}
