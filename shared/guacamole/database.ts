import pg from "pg";
import { ProductError } from "../errors.ts";

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
  /** If the password is not in the URL: asked for at each new connection, since tokens expire. */
  password?: (() => Promise<string>) | undefined;
  maxConnections?: number;
}

/** Connects lazily; an unreachable server is an error of the query, not of the start. */
export function connectDatabase({ url, password, maxConnections = 10 }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    ...(password ? { password } : {}),
    max: maxConnections,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    query_timeout: 15_000,
    statement_timeout: 10_000,
    application_name: "guacamole-workspaces",
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
  const causes: unknown[] = error instanceof AggregateError ? error.errors : [error];
  const reason = causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join(", ");
  return new ProductError("guacamole-unavailable", "reach guacamole's database: it does not answer", {
    cause: `${reason} (check DATABASE_URL)`,
  });
}
