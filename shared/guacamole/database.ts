import pg from "pg";
import { connectionOf } from "./connection.ts";
import { isAborted, readOnly, translate } from "./database-errors.ts";

export interface Database {
  /** One statement, in a transaction of its own. */
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
 * Begins every transaction, in one round trip. The limits hold until its end and not for the session: with PgBouncer in
 * transaction mode the session belongs to others afterwards. A process that dies must not keep a workspace's lock. pg reads
 * times in ISO style only, and role or database may have another.
 */
const begin = `
  BEGIN ISOLATION LEVEL READ COMMITTED;
  SET LOCAL statement_timeout = '10s';
  SET LOCAL idle_in_transaction_session_timeout = '15s';
  SET LOCAL DateStyle = 'ISO';
  SHOW transaction_read_only`;

/**
 * Connects lazily; an unreachable server is an error of the query, not of the start. Throws if the URL cannot be read, or a
 * file that it names.
 */
export function connectDatabase({ url, password, maxConnections = 10 }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    ...connectionOf(url, password),
    max: maxConnections,
    idleTimeoutMillis: 30_000,
    query_timeout: 15_000,
  });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on("error", ignore);
  // After a failover, connections to the former primary may stay: what was connected before that was seen is not used again.
  let generation = 0;
  const generations = new WeakMap<pg.ClientBase, number>();
  pool.on("connect", (client) => generations.set(client, generation));

  async function acquire(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await pool.connect();
      if (generations.get(client) === generation) return client;
      client.release(true);
    }
  }

  async function transact<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await acquire();
    // While a client is taken nobody listens for it: without this, a restart of the server would end our process.
    client.on("error", ignore);
    let isBroken = false;
    try {
      // Also to read: what a server says that is no longer the primary, or on which Guacamole cannot write, is not true now.
      if (await beginIsReadOnly(client)) throw readOnly();
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) isBroken = true;
      else
        await client.query("ROLLBACK").catch(() => {
          isBroken = true; // the connection is gone: hand it back as broken, so that the pool drops it
        });
      if (error instanceof pg.DatabaseError && error.code === readOnly().code) {
        isBroken = true;
        if (generations.get(client) === generation) generation += 1;
      }
      throw error;
    } finally {
      client.off("error", ignore);
      client.release(isBroken);
    }
  }

  /** A second time if the first changed nothing, and a second may go better: on a new connection, or after the others. */
  async function run<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    try {
      return await transact(work).catch((error: unknown) => {
        if (!isAborted(error)) throw error;
        return transact(work);
      });
    } catch (error) {
      throw translate(error);
    }
  }

  return {
    query: <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]) =>
      run(async (client) => (await client.query<Row>(text, [...values])).rows),
    inWorkspace: <Row extends pg.QueryResultRow>(workspace: string, text: string, values: readonly unknown[]) =>
      run(async (client) => {
        await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
          `guacamole-workspaces:${workspace}`,
        ]);
        return (await client.query<Row>(text, [...values])).rows;
      }),
    close: () => pool.end(),
  };
}

async function beginIsReadOnly(client: pg.PoolClient): Promise<boolean> {
  // Several statements have several results, which the types do not know.
  const results = (await client.query(begin)) as unknown as pg.QueryResult<{ transaction_read_only?: string }>[];
  return results.at(-1)?.rows[0]?.transaction_read_only !== "off";
}

/** A connection that breaks shows in the query that uses it; the event needs no reaction. */
function ignore(): void {
  return undefined;
}
