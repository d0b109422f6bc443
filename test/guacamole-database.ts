import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startTestDatabase } from "./test-database.ts";

/** A new PostgreSQL with Guacamole's schema, and its owner's connection, for tests that check rows directly. */
export interface GuacamoleDatabase {
  url: string;
  /** As the product's role. */
  productUrl: string;
  owner: pg.Client;
  close(): Promise<void>;
}

export async function startGuacamoleDatabase(): Promise<GuacamoleDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "guacamole-"));
  const server = await startTestDatabase(join(folder, "database"));
  const owner = new pg.Client({ connectionString: server.url });
  await owner.connect();
  return {
    url: server.url,
    productUrl: server.productUrl,
    owner,
    async close() {
      await owner.end();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
