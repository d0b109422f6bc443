import { parseArgs } from "node:util";
import { parseDatabaseUrl } from "../shared/guacamole/database-url.ts";
import { prepareDatabase } from "./prepare-guacamole-database.ts";

const usage = `OWNER_URL=postgres://OWNER:PASSWORD@HOST:PORT/DATABASE npm run -s prepare:database -- [options]

Makes Guacamole's database what the product needs. Each step is done only where it is missing, so it may run any number
of times: the database, Guacamole's own tables, the product's role with its permissions and triggers. At the end it
verifies all of it.

  --schema FOLDER     the folder with Guacamole's own 001-create-schema.sql, of the version that you run: postgresql/schema
                      of guacamole-auth-jdbc-VERSION.tar.gz, or what /opt/guacamole/bin/initdb.sh of the image reads.
                      Needed only if the tables are missing. 002-create-admin-user.sql is not run: it makes an
                      administrator whose password everybody knows
  --member ROLE       let this role, which exists, be the product's: for an identity of Entra ID
  --verify            change nothing, only verify
  --help              print this text

OWNER_URL names the owner of Guacamole's tables, or a role that may create the database and roles. ROLE_PASSWORD, if it
is set, becomes the password of the product's role (guacamole_workspaces). CLUSTER_DOMAIN is that of the product's
settings (default: cluster.local).

Exit status: 0 all is as it must be, 1 it is not, 64 the command line cannot be read.`;

/** sysexits.h, EX_USAGE. */
const wrongUsage = 64;

/** The whole command: returns its exit status. Throws what PostgreSQL refuses. */
export async function runPrepareDatabase(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  write: (line: string) => void,
): Promise<number> {
  let values: { schema?: string; member?: string; verify: boolean; help: boolean };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        schema: { type: "string" },
        member: { type: "string" },
        verify: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    write(`${(error as Error).message}\n\n${usage}`);
    return wrongUsage;
  }
  if (values.help) {
    write(usage);
    return 0;
  }
  const { OWNER_URL: ownerUrl = "", ROLE_PASSWORD: password, CLUSTER_DOMAIN: clusterDomain } = environment;
  const address = parseDatabaseUrl(ownerUrl);
  if ("fault" in address) {
    write(`OWNER_URL ${address.fault}\n\n${usage}`);
    return wrongUsage;
  }
  const faults = await prepareDatabase(
    { ownerUrl, password, clusterDomain: clusterDomain ?? "cluster.local", ...values },
    write,
  );
  for (const { what, advice } of faults) write(`wrong: ${what} (${advice})`);
  if (faults.length === 0) write("the database is as it must be");
  return faults.length === 0 ? 0 : 1;
}
