import pg from "pg";
import { connectionOf } from "./connection.ts";
import { circuitOf } from "../circuit.ts";
import { turnsOf } from "../turns.ts";
import { isAborted, isUnreachable, readOnly, tooMuchToDo, translate, whileAway } from "./database-errors.ts";

export interface Database {
  /** One statement, in a transaction of its own, in one round trip. */
  query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** One short transaction, in one round trip, that holds the workspace's lock from before its first statement sees anything. */
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
  /** So many statements run at once; the others wait in order. */
  maxConnections?: number;
  /** How long a statement waits for its turn at most. Then `guacamole-unavailable` says when to ask again. */
  patienceMilliseconds?: number;
  /** Monotonic, in milliseconds. */
  now?: () => number;
}

/**
 * Begins every transaction. The limits hold until its end and not for the session: with PgBouncer in
 * transaction mode the session belongs to others afterwards. A process that dies must not keep a workspace's lock. pg reads
 * times in ISO style only, and role or database may have another.
 */
const begin = `
  BEGIN ISOLATION LEVEL READ COMMITTED;
  SET LOCAL statement_timeout = '10s';
  SET LOCAL idle_in_transaction_session_timeout = '15s';
  SET LOCAL DateStyle = 'ISO';
  SHOW transaction_read_only`;

/** How long an answer may take, from when its statement is sent: longer than statement_timeout lets it run. */
const answerMilliseconds = 15_000;

/** What is sent behind the lock may have to wait for it first, as long as statement_timeout allows. */
const behindLock = { query_timeout: answerMilliseconds + 10_000 };

/**
 * Connects lazily; an unreachable server is an error of the query, not of the start. Throws if the URL cannot be read, or a
 * file that it names.
 *
 * A transaction is one round trip: all its statements are sent together (pg's pipeline mode). PostgreSQL runs them in order,
 * and after one that fails it refuses the others, and makes of the COMMIT a ROLLBACK. Each statement sees what was committed
 * before it began (READ COMMITTED), and so what was written before it got the lock.
 */
export function connectDatabase({
  url,
  password,
  maxConnections = 10,
  patienceMilliseconds = 5000,
  now = () => performance.now(),
}: DatabaseOptions): Database {
  const pool = new pg.Pool({
    ...connectionOf(url, password),
    max: maxConnections,
    idleTimeoutMillis: 30_000,
    query_timeout: answerMilliseconds,
    pipeline: true,
  });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on("error", ignore);
  // After a failover, connections to the former primary may stay, and after an outage such as lead nowhere: what was
  // connected before that was seen is not used again.
  let generation = 0;
  const generations = new WeakMap<pg.ClientBase, number>();
  pool.on("connect", (client) => generations.set(client, generation));
  const turns = turnsOf(maxConnections, patienceMilliseconds, tooMuchToDo);
  const circuit = circuitOf(isUnreachable, whileAway, now);

  async function acquire(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await pool.connect();
      if (generations.get(client) === generation) return client;
      client.release(true);
    }
  }

  async function transact<Row extends pg.QueryResultRow>(statements: readonly pg.QueryConfig[]): Promise<Row[]> {
    const client = await acquire();
    // While a client is taken nobody listens for it: without this, a restart of the server would end our process.
    client.on("error", ignore);
    let isBroken = false;
    try {
      return await send<Row>(client, statements);
    } catch (error) {
      const isStale = !(error instanceof pg.DatabaseError) || error.code === readOnly().code;
      // A server that ends the connection says so first, as an error like any other.
      isBroken = isStale || client.getTransactionStatus() !== "I";
      if (isStale && generations.get(client) === generation) generation += 1;
      throw error;
    } finally {
      client.off("error", ignore);
      client.release(isBroken);
    }
  }

  /** A second time if the first changed nothing, and a second may go better: on a new connection, or after the others. */
  async function run<Row extends pg.QueryResultRow>(statements: readonly pg.QueryConfig[]): Promise<Row[]> {
    try {
      return await transact<Row>(statements).catch((error: unknown) => {
        if (!isAborted(error)) throw error;
        return transact<Row>(statements);
      });
    } catch (error) {
      throw translate(error);
    }
  }

  const inTurn = <Row extends pg.QueryResultRow>(statements: readonly pg.QueryConfig[]) =>
    turns.take(() => circuit.run(() => run<Row>(statements)));

  return {
    query: (text, values) => inTurn([{ text, values: [...values] }]),
    inWorkspace: (workspace, text, values) =>
      inTurn([
        {
          text: "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
          values: [`guacamole-workspaces:${workspace}`],
        },
        { text, values: [...values], ...behindLock },
      ]),
    close: () => pool.end(),
  };
}

/** Sends a whole transaction at once; returns the rows of its last statement, or throws its first error. */
async function send<Row extends pg.QueryResultRow>(
  client: pg.PoolClient,
  statements: readonly pg.QueryConfig[],
): Promise<Row[]> {
  const { stream } = client.connection;
  stream.cork();
  // Several statements in one text have several results, which the types do not know.
  const begun = client.query(begin) as unknown as Promise<pg.QueryResult<{ transaction_read_only?: string }>[]>;
  const sent = statements.map((statement) => client.query<Row>(statement));
  const ended = client.query({ text: "COMMIT", ...behindLock });
  stream.uncork();
  const [first, ...others] = await Promise.allSettled([begun, ...sent, ended]);
  // Also to read: what a server says that is no longer the primary, or on which Guacamole cannot write, is not true now.
  if (first.status === "fulfilled" && first.value.at(-1)?.rows[0]?.transaction_read_only !== "off") throw readOnly();
  // After the first error come those of what it prevented.
  for (const each of [first, ...others]) if (each.status === "rejected") throw each.reason;
  return (await sent.at(-1))?.rows ?? [];
}

/** A connection that breaks shows in the query that uses it; the event needs no reaction. */
function ignore(): void {
  return undefined;
}
