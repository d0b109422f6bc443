import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "../guacamole-database.ts";

const run = promisify(execFile);
const hasPsql = spawnSync("psql", ["--version"]).status === 0;
if (!hasPsql) console.warn("skipped: the role of the app's identity: psql is not there (PostgreSQL's client)");

const root = join(import.meta.dirname, "../..");
const mine = "0a1b2c3d-0000-4000-8000-00000000beef";

/**
 * Azure's functions, as far as their documentation says (learn.microsoft.com/azure/postgresql/security/
 * security-manage-entra-users, November 2026): one makes a role for an object id, the other lists them. No Azure server was asked.
 */
const azuresFunctions = `
  CREATE TABLE principal (rolname text, principaltype text, objectid text, tenantid text, ismfa int, isadmin int);
  CREATE FUNCTION pgaadauth_create_principal_with_oid(rolename text, objectid text, objecttype text, isadmin boolean, ismfa boolean)
  RETURNS text LANGUAGE plpgsql AS $$
  BEGIN
    EXECUTE format('CREATE ROLE %I LOGIN', rolename);
    INSERT INTO principal VALUES (rolename, objecttype, objectid, 'tenant', ismfa::int, isadmin::int);
    RETURN format('Created role for "%s"', rolename);
  END $$;
  CREATE FUNCTION pgaadauth_list_principals(isadminvalue boolean) RETURNS SETOF principal LANGUAGE sql AS
    'SELECT * FROM principal WHERE NOT isadminvalue OR isadmin = 1';`;

describe.skipIf(!hasPsql)("the role of the app's identity", () => {
  let database: GuacamoleDatabase;
  beforeAll(async () => {
    database = await startGuacamoleDatabase();
    await database.owner.query(azuresFunctions);
  });
  afterAll(() => database.close());

  const psql = (file: string, role: string, objectId: string) =>
    run("psql", [
      ...[
        "--no-psqlrc",
        "--quiet",
        "--set",
        "ON_ERROR_STOP=1",
        "--set",
        `role=${role}`,
        "--set",
        `object_id=${objectId}`,
      ],
      ...["--dbname", database.url, "--file", join(root, "infra/azure/hooks", file)],
    ]);

  it("is made once, and gets what role.sql grants", async () => {
    for (let time = 0; time < 2; time++) {
      await psql("entra-role.sql", "id-app", mine.toUpperCase());
      await psql("grant-role.sql", "id-app", mine);
    }
    const { rows } = await database.owner.query(
      `SELECT rolcanlogin, pg_has_role(oid, 'guacamole_workspaces', 'USAGE') AS may FROM pg_roles WHERE rolname = 'id-app'`,
    );
    expect(rows).toEqual([{ rolcanlogin: true, may: true }]);
    expect((await database.owner.query("SELECT * FROM principal")).rows).toMatchObject([
      { principaltype: "service", objectid: mine.toUpperCase(), isadmin: 0, ismfa: 0 },
    ]);
  });

  it("is not given to another identity of that name", async () => {
    const failed = psql("entra-role.sql", "id-app", "ffffffff-0000-4000-8000-00000000beef");
    await expect(failed).rejects.toThrow(/the role belongs to another identity than the app's .*id-app/);
  });
});
