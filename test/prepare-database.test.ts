import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runPrepareDatabase } from "../local/run-prepare-database.ts";
import { readSchema, recognizeSchema, type SchemaRow } from "../shared/guacamole/known-schema.ts";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "./guacamole-database.ts";

const schemaFile = new URL("../local/database/guacamole-schema.sql", import.meta.url);

let server: GuacamoleDatabase;
let folder: string;
let ownerUrl: string;

/** Of another database on the server of the tests. */
const urlOf = (database: string, user?: string) => {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  if (user !== undefined) [url.username, url.password] = [user, "of the test"];
  return url.href;
};

beforeAll(async () => {
  server = await startGuacamoleDatabase();
  folder = await mkdtemp(join(tmpdir(), "schema-"));
  ownerUrl = urlOf("prepared");
  // Named as in guacamole-auth-jdbc-VERSION.tar.gz.
  await copyFile(schemaFile, join(folder, "001-create-schema.sql"));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await server.owner.query("DROP DATABASE IF EXISTS prepared");
});

async function prepare(args: readonly string[], environment: Record<string, string> = {}) {
  const lines: string[] = [];
  const status = await runPrepareDatabase(args, { OWNER_URL: ownerUrl, ...environment }, (line) => lines.push(line));
  return { status, lines };
}

async function inDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

describe("preparing Guacamole's database", () => {
  it("makes the database, Guacamole's tables and the role; a second time only role.sql is run again", async () => {
    const first = await prepare(["--schema", folder], { ROLE_PASSWORD: "of the test" });
    expect(first.lines).toEqual([
      "created the database prepared",
      "created the tables of Guacamole 1.6",
      "ran infra/database/role.sql: the role guacamole_workspaces, its permissions and its triggers",
      "set the password of guacamole_workspaces",
      "the database is as it must be",
    ]);
    expect(first.status).toBe(0);
    const rows = await inDatabase(urlOf("prepared", "guacamole_workspaces"), (client) =>
      client.query("SELECT name FROM guacamole_entity"),
    );
    expect(rows.rows).toEqual([]); // and no administrator whose password everybody knows

    const second = await prepare([]);
    expect(second.lines).toEqual([
      "ran infra/database/role.sql: the role guacamole_workspaces, its permissions and its triggers",
      "the database is as it must be",
    ]);
    expect(second.status).toBe(0);
    expect((await prepare(["--verify"])).lines).toEqual(["the database is as it must be"]);
  });

  it("knows the tables of 1.5", async () => {
    const of15 = await mkdtemp(join(tmpdir(), "schema-"));
    // The one difference (test/guacamole-1.5.test.ts compares them).
    const sql = (await readFile(schemaFile, "utf8")).replace(/^ +'AUDIT',.*\n/m, "");
    await writeFile(join(of15, "001-create-schema.sql"), sql);
    expect((await prepare(["--schema", of15])).lines).toContain("created the tables of Guacamole 1.0 to 1.5");
    await rm(of15, { recursive: true });
  });

  it("leaves no half of the tables if they are of no known version", async () => {
    const other = await mkdtemp(join(tmpdir(), "schema-"));
    const sql = (await readFile(schemaFile, "utf8")).replace("  valid_until         date,\n", "");
    await writeFile(join(other, "001-create-schema.sql"), sql);
    await expect(prepare(["--schema", other])).rejects.toThrow(
      /001-create-schema\.sql: the tables in public are of no known version of Guacamole: it lacks guacamole_user\.valid_until/,
    );
    const { rows } = await inDatabase(ownerUrl, (client) => client.query<SchemaRow>(readSchema));
    expect(recognizeSchema(rows[0] ?? { schema: "", columns: [], labels: [] }).schema).toBeNull();
    await rm(other, { recursive: true });
  });

  it.each([
    [[], /the database has no tables of Guacamole's \(name the folder with its own 001-create-schema\.sql: --schema\)/],
    [["--schema", "/nowhere"], /read \/nowhere\/001-create-schema\.sql: .* \(name the folder with Guacamole's own SQL/],
  ])("asks for Guacamole's SQL if the tables are missing: %j", async (args, words) => {
    await expect(prepare(args)).rejects.toThrow(words);
  });

  it("changes nothing when it only verifies, and says what is wrong", async () => {
    await prepare(["--schema", folder]);
    await inDatabase(ownerUrl, (client) =>
      client.query("REVOKE INSERT ON guacamole_connection FROM guacamole_workspaces"),
    );
    const wrong =
      "wrong: the product's role lacks INSERT ON guacamole_connection (run infra/database/role.sql as the owner of the tables)";
    expect(await prepare(["--verify"])).toEqual({ status: 1, lines: [wrong] });
    expect(await prepare(["--verify"])).toEqual({ status: 1, lines: [wrong] });
    expect((await prepare([])).status).toBe(0);
    expect((await prepare(["--verify"])).status).toBe(0);
  });

  it("lets an identity's role be the product's, and takes the cluster's domain for that of desktops", async () => {
    await server.owner.query("CREATE ROLE an_app");
    const { lines } = await prepare(["--schema", folder, "--member", "an_app"], { CLUSTER_DOMAIN: "k8s.example.org" });
    expect(lines).toContain("let an_app be guacamole_workspaces");
    const { rows } = await inDatabase(ownerUrl, (client) =>
      client.query(
        `SELECT guacamole_workspaces.is_desktop_host('client-0a.ns.svc.k8s.example.org') AS own,
           guacamole_workspaces.is_desktop_host('client-0a.ns.svc.cluster.local') AS other,
           guacamole_workspaces.is_desktop_host('client-0a.ns.svc.k8sxexample.org') AS similar`,
      ),
    );
    expect(rows).toEqual([{ own: true, other: false, similar: false }]);
    await server.owner.query("DROP DATABASE prepared");
    await server.owner.query("DROP ROLE an_app");
  });

  it.each([
    ["an option that there is none of", ["--drop"], {}, 64],
    ["no address", [], { OWNER_URL: "" }, 64],
    ["a question for help", ["--help"], {}, 0],
  ])("explains itself to %s", async (_, args, environment, expected) => {
    const { status, lines } = await prepare(args, environment);
    expect(lines.join("\n")).toContain("npm run -s prepare:database");
    expect(status).toBe(expected);
  });
});
