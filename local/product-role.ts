import { readFile } from "node:fs/promises";
import pg from "pg";

const file = new URL("../infra/database/role.sql", import.meta.url);

/** Gives the product its own role in a database, as an installation does, and returns the role's address. */
export async function productRole(ownersUrl: string, password: string): Promise<string> {
  const owner = new pg.Client({ connectionString: ownersUrl });
  await owner.connect();
  try {
    await owner.query(await readFile(file, "utf8"));
    await owner.query(`ALTER ROLE guacamole_workspaces PASSWORD ${owner.escapeLiteral(password)}`);
  } finally {
    await owner.end();
  }
  return urlOfRole(ownersUrl, password);
}

export function urlOfRole(ownersUrl: string, password: string): string {
  const url = new URL(ownersUrl);
  [url.username, url.password] = ["guacamole_workspaces", encodeURIComponent(password)];
  return url.href;
}
