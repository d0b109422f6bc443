import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { connectionOf } from "../shared/guacamole/connection.ts";
import { readSchema, recognizeSchema, type SchemaRow } from "../shared/guacamole/known-schema.ts";
import { checkRightsOf, describeRights, neededPairs, type RightsFound } from "../shared/guacamole/rights.ts";
import type { Finding } from "../shared/lifecycle/doctor/check.ts";
import { checkSchema } from "../shared/lifecycle/doctor/guacamole.ts";
import type { SchemaFound } from "../shared/lifecycle/doctor/facts.ts";
import { findingOf } from "../shared/lifecycle/doctor/finding-of.ts";

const roleFile = new URL("../infra/database/role.sql", import.meta.url);
const role = "guacamole_workspaces";

export interface PrepareOptions {
  /** Of the database that is to be prepared, as the owner of its tables. */
  ownerUrl: string;
  /** The folder with Guacamole's own SQL; needed only if the tables are missing. */
  schema?: string | undefined;
  /** The password of the product's role; undefined leaves it as it is. */
  password?: string | undefined;
  /** A role that becomes a member of the product's. */
  member?: string | undefined;
  clusterDomain: string;
  /** True to change nothing. */
  verify: boolean;
}

/**
 * Does what is missing, and returns what is wrong in the end. Throws what PostgreSQL refuses, and if the tables are missing
 * and nobody says where Guacamole's SQL is.
 */
export async function prepareDatabase(options: PrepareOptions, tell: (line: string) => void): Promise<Finding[]> {
  if (!options.verify) await createDatabase(options.ownerUrl, tell);
  const client = await connect(options.ownerUrl);
  try {
    if (!options.verify) {
      await createTables(client, options.schema, tell);
      await createRole(client, options, tell);
    }
    return await verify(client);
  } finally {
    await client.end();
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(connectionOf(url, undefined));
  await client.connect();
  return client;
}

/** Creates the database from another one of the same server: `postgres`, which each has. */
async function createDatabase(ownerUrl: string, tell: (line: string) => void): Promise<void> {
  try {
    await (await connect(ownerUrl)).end();
    return;
  } catch (error) {
    // invalid_catalog_name: the server is there, and the database is not.
    if (!(error instanceof pg.DatabaseError) || error.code !== "3D000") throw error;
  }
  const url = new URL(ownerUrl);
  const name = decodeURIComponent(url.pathname.slice(1));
  url.pathname = "/postgres";
  const client = await connect(url.href);
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  tell(`created the database ${name}`);
}

/** In one transaction, which ends only if the tables are of a known version: what is half there is not there. */
async function createTables(
  client: pg.Client,
  folder: string | undefined,
  tell: (line: string) => void,
): Promise<void> {
  const found = await findSchema(client);
  if (found.schema !== null) return;
  if (folder === undefined)
    throw new Error(
      "the database has no tables of Guacamole's (name the folder with its own 001-create-schema.sql: --schema)",
    );
  const file = join(folder, "001-create-schema.sql");
  const sql = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Error(`read ${file}: ${(error as Error).message} (name the folder with Guacamole's own SQL: --schema)`, {
      cause: error,
    });
  });
  await client.query("BEGIN");
  try {
    await client.query(sql);
    const made = await findSchema(client);
    const fault = faultOf(made);
    if (fault) throw new Error(`${file}: ${fault.what} (${fault.advice})`);
    await client.query("COMMIT");
    tell(`created the tables of Guacamole ${made.version ?? ""}`);
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}

async function createRole(
  client: pg.Client,
  { password, member, clusterDomain }: PrepareOptions,
  tell: (line: string) => void,
): Promise<void> {
  const sql = await readFile(roleFile, "utf8");
  // The one place in which the file knows the cluster's domain (docs/database.md).
  await client.query(sql.replaceAll("svc\\.cluster\\.local$", () => `svc\\.${clusterDomain.replaceAll(".", "\\.")}$`));
  tell(`ran infra/database/role.sql: the role ${role}, its permissions and its triggers`);
  if (password !== undefined) {
    await client.query(`ALTER ROLE ${role} PASSWORD ${client.escapeLiteral(password)}`);
    tell(`set the password of ${role}`);
  }
  if (member !== undefined) {
    await client.query(`GRANT ${role} TO ${client.escapeIdentifier(member)}`);
    tell(`let ${member} be ${role}`);
  }
}

async function verify(client: pg.Client): Promise<Finding[]> {
  const found = await findSchema(client);
  const fault = faultOf(found);
  if (fault) return [fault];
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS there",
    [role],
  );
  if (rows[0]?.there !== true)
    return [{ what: `there is no role ${role}`, advice: "run this command without --verify" }];
  const [names, verbs] = neededPairs();
  const rights = await client.query<RightsFound>(checkRightsOf(`'${role}'::name`), [names, verbs]);
  const missing = describeRights(rights.rows[0] ?? { schema: null, usable: false, inPath: false, missing: [] });
  return missing === null ? [] : [findingOf(new Error(missing))];
}

async function findSchema(client: pg.Client): Promise<SchemaFound> {
  const { rows } = await client.query<SchemaRow>(readSchema);
  return recognizeSchema(rows[0] ?? { schema: null, columns: [], labels: [] });
}

function faultOf(schema: SchemaFound): Finding | null {
  const unknown = { unknown: { what: "", advice: "" } };
  const { findings } = checkSchema({ fault: null, schema: { known: schema }, rightsFault: unknown, names: unknown });
  return findings[0] ?? null;
}
