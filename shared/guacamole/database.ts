import { readFileSync } from "node:fs";
import pg from "pg";
import { ProductError } from "../errors.ts";
import { type DatabaseAddress, parseDatabaseUrl } from "./database-url.ts";

export interface Database {
  /** One statement, one round trip. */
  query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** One short transaction that holds the workspace's lock from before its first statement sees anything. */
  inWorkspace<Row extends pg.QueryResultRow>(
    workspace: string,
    text: string,
    values: readonly unknown[],
  ): Promise<Row[]>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  /** Asked at each new connection, since tokens expire; a password in the URL then does not count. */
  password?: (() => Promise<string>) | undefined;
  maxConnections?: number;
}

/**
 * Connects lazily; an unreachable server is an error of the query, not of the start. Throws if the URL cannot be read, or a
 * file that it names.
 */
export function connectDatabase({ url, password, maxConnections = 10 }: DatabaseOptions): Database {
  const address = parseDatabaseUrl(url);
  if ("fault" in address) throw new Error(`connect to guacamole's database: DATABASE_URL ${address.fault}`);
  const pool = new pg.Pool({
    ...connectionOf(address, password),
    max: maxConnections,
    idleTimeoutMillis: 30_000,
    query_timeout: 15_000,
    statement_timeout: 10_000,
  });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on("error", ignore);

  return {
    async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]) {
      try {
        return (await pool.query<Row>(text, [...values])).rows;
      } catch (error) {
        throw translate(error);
      }
    },
    async inWorkspace<Row extends pg.QueryResultRow>(workspace: string, text: string, values: readonly unknown[]) {
      const client = await pool.connect().catch((error: unknown) => {
        throw translate(error);
      });
      // While a client is taken nobody listens for it: without this, a restart of the server would end our process.
      client.on("error", ignore);
      let broken: Error | undefined;
      try {
        await client.query("BEGIN");
        await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
          `guacamole-workspaces:${workspace}`,
        ]);
        const { rows } = await client.query<Row>(text, [...values]);
        await client.query("COMMIT");
        return rows;
      } catch (error) {
        await client.query("ROLLBACK").catch((failure: unknown) => {
          broken = failure as Error; // the connection is gone: hand it back as broken, so that the pool drops it
        });
        throw translate(error);
      } finally {
        client.off("error", ignore);
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

/**
 * What pg is told, which is everything: for what it is not told it looks into PGPASSWORD, PGHOST, PGSSLMODE and others, and
 * into ~/.pgpass, and an empty string counts as not told. A connection string would win over the password function.
 */
function connectionOf(address: DatabaseAddress, password: DatabaseOptions["password"]): pg.PoolConfig {
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

/** A connection that breaks shows in the query that uses it; the event needs no reaction. */
function ignore(): void {
  return undefined;
}

/**
 * PostgreSQL's error by its code alone: its text may repeat values and names. Class 08 and 57P0x: the connection or the
 * server went away; 28: it does not let us in; 3D: no such database; 42501: our role lacks a right; 53: no room.
 */
function translate(error: unknown): ProductError {
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? "?";
    return /^(08|28|3D|53|57P)|^42501$/.test(code)
      ? new ProductError(
          "guacamole-unavailable",
          `use guacamole's database: PostgreSQL does not allow it (code ${code})`,
        )
      : new ProductError("step-failed", `use guacamole's database: PostgreSQL refused the statement (code ${code})`);
  }
  if (error instanceof ProductError) return error; // of the password function
  const causes: unknown[] = error instanceof AggregateError ? error.errors : [error];
  const reason = causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join(", ");
  return new ProductError("guacamole-unavailable", "reach guacamole's database: it does not answer", {
    cause: `${reason} (check DATABASE_URL)`,
  });
}
