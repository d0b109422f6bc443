import type pg from "pg";
import type { Whose } from "./operator-objects.ts";

/**
 * What the AWMS operator writes into Guacamole's database through psycopg2: the statements of `service.py`
 * (lsc-sde/awms-guacamole-operator, 445d965), with their columns. Each looks for its row by name first and inserts it if there
 * is none; the group also if it is not a root group.
 */

const maxConnections = 1_000;

/** The same for everybody: `create_user` reads these 64 hex digits as base64, which gives 48 bytes. */
const hash = Buffer.from("a42b83d79d300dbcd585c8d8f12564d3c5951578d057879c428bc553d84b7ede", "base64");
const salt = Buffer.from("e52dc1ea654a674ece9232116bba5bb4f8aed12baeb797d09109807d63f9027b", "base64");

type Value = string | number | boolean | Buffer | Date;

export interface OperatorRows {
  connection: number;
  /** What was inserted, as the operator's events say it. */
  events: string[];
}

/** Writes the rows of one desktop. */
export async function writeOperatorRows(
  database: pg.Client,
  { username, workspace, host }: Whose & { host: string },
): Promise<OperatorRows> {
  const events: string[] = [];
  const idOf = async (text: string, values: Value[]) => {
    const { rows } = await database.query<{ id: number }>(text, values);
    return rows[0]?.id;
  };
  /** `fetchone`, insert if there is none, `fetchone`. */
  const ensure = async (what: string, find: [string, Value[]], insert: [string, Value[]]): Promise<number> => {
    const found = await idOf(...find);
    if (found !== undefined) return found;
    await database.query(...insert);
    events.push(`${what} has been created`);
    return (await idOf(...find)) ?? 0;
  };

  // Two passes at once made two groups of one name. It goes on with whichever the database returns first: here the newer.
  const theGroup =
    "SELECT connection_group_id AS id FROM guacamole_connection_group WHERE connection_group_name = $1 ORDER BY 1 DESC";
  const newGroup = `
    INSERT INTO guacamole_connection_group (connection_group_name, type, max_connections, max_connections_per_user, enable_session_affinity)
    VALUES ($1, 'ORGANIZATIONAL', $2, $3, true)`;
  const ofGroup = [workspace, maxConnections, maxConnections];
  if ((await idOf(theGroup, [workspace])) === undefined) {
    await database.query(newGroup, ofGroup);
    await database.query(newGroup, ofGroup);
    events.push(`Connection group \`${workspace}\` has been created`);
  }
  const group = (await idOf(theGroup, [workspace])) ?? 0;
  const connection = await ensure(
    `Connection \`${username}\``,
    [
      "SELECT connection_id AS id FROM guacamole_connection WHERE parent_id = $1 AND connection_name = $2",
      [group, username],
    ],
    [
      "INSERT INTO guacamole_connection (parent_id, connection_name, protocol, failover_only) VALUES ($1, $2, 'vnc', false)",
      [group, username],
    ],
  );
  const name = `${workspace}@${username}`;
  const entity = await ensure(
    `Entity \`${name}\``,
    ["SELECT entity_id AS id FROM guacamole_entity WHERE name = $1", [name]],
    ["INSERT INTO guacamole_entity (name, type) VALUES ($1, 'USER')", [name]],
  );
  const user = await ensure(
    `User \`${entity}\``,
    ["SELECT user_id AS id FROM guacamole_user WHERE entity_id = $1", [entity]],
    [
      `INSERT INTO guacamole_user (entity_id, disabled, expired, password_hash, password_salt, password_date)
       VALUES ($1, false, false, $2, $3, $4)`,
      [entity, hash, salt, new Date()],
    ],
  );
  await allow(database, "user", "affected_user_id", entity, user);
  await allow(database, "connection_group", "connection_group_id", entity, group);
  for (const [parameter, value] of [
    ["disable-copy", "true"],
    ["disable-paste", "true"],
    ["hostname", host],
    ["password", "1234"],
    ["port", "5900"],
  ] as const)
    // It compares a tuple with a text, and so updates each parameter at each pass.
    await database.query(
      `INSERT INTO guacamole_connection_parameter (connection_id, parameter_name, parameter_value) VALUES ($1, $2, $3)
       ON CONFLICT (connection_id, parameter_name) DO UPDATE SET parameter_value = EXCLUDED.parameter_value`,
      [connection, parameter, value],
    );
  await allow(database, "connection", "connection_id", entity, connection);
  return { connection, events };
}

async function allow(database: pg.Client, what: string, column: string, entity: number, id: number): Promise<void> {
  await database.query(
    `INSERT INTO guacamole_${what}_permission (${column}, entity_id, permission) VALUES ($1, $2, 'READ') ON CONFLICT DO NOTHING`,
    [id, entity],
  );
}
