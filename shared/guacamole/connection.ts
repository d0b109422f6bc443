import { readFileSync } from "node:fs";
import pg from "pg";
import { type DatabaseAddress, parseDatabaseUrl } from "./database-url.ts";

/**
 * What pg is told, which is everything: for what it is not told it looks into PGPASSWORD, PGHOST, PGSSLMODE and others, and
 * into ~/.pgpass, and an empty string counts as not told. A connection string would win over the password function.
 *
 * No time limits: pg sends them when it connects, and PgBouncer ends such a connection with "unsupported startup parameter"
 * (1.18.0, src/client.c and src/varcache.c: application_name is among the few that pass).
 *
 * Throws if the URL cannot be read, or a file that it names.
 */
export function connectionOf(url: string, password: (() => Promise<string>) | undefined): pg.PoolConfig {
  const address = parseDatabaseUrl(url);
  if ("fault" in address) throw new Error(`connect to guacamole's database: DATABASE_URL ${address.fault}`);
  const { user, host, port, database, options } = address;
  return {
    ...{ user, host, port, database },
    password: password ?? (() => address.password),
    ssl: address.tls === "off" ? false : { rejectUnauthorized: address.tls !== "unverified", ...readFiles(address) },
    sslnegotiation: address.direct ? "direct" : "postgres",
    application_name: address.applicationName ?? "guacamole-workspaces",
    client_encoding: "UTF8",
    connectionTimeoutMillis: (address.connectTimeoutSeconds ?? 10) * 1000,
    Client: clientWith(options),
  };
}

function readFiles({ files }: DatabaseAddress): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, path]) => {
      try {
        return [name, readFileSync(path, "utf8")];
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw new Error(`connect to guacamole's database: ${path}, named in DATABASE_URL, cannot be read (${code})`, {
          cause: error,
        });
      }
    }),
  );
}

/** pg's client without PGOPTIONS and PGREPLICATION, and without a socket that stays open after a login that failed. */
function clientWith(options = ""): new (config?: pg.ClientConfig) => pg.Client {
  return class extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super(config);
      const { connectionParameters } = this as unknown as { connectionParameters: Record<string, unknown> };
      Object.assign(connectionParameters, { options, replication: undefined });
    }
    // The pool gives a callback. A server that got no password keeps the place for its authentication_timeout, a minute.
    override connect(): Promise<this>;
    override connect(done: (error: Error) => void): void;
    override connect(done: (error: Error) => void = () => undefined): Promise<this> | undefined {
      super.connect((error: Error | null) => {
        if (error) void this.end();
        done(error as Error);
      });
      return undefined;
    }
  };
}
