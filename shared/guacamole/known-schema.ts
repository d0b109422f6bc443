import type { SchemaFound } from "../lifecycle/doctor/facts.ts";

/**
 * Guacamole's tables and their columns, the same from 1.0.0 to 1.6.0 (guacamole-client, extensions/guacamole-auth-jdbc/
 * modules/guacamole-auth-jdbc-postgresql/schema: no upgrade script between 1.0.0 and 1.6.0 changes a table). A database that
 * was upgraded has columns in another order. A test compares them with the schema of the tests.
 */
const knownColumns: Readonly<Record<string, string>> = {
  guacamole_entity: "entity_id name type",
  guacamole_user:
    "user_id entity_id password_hash password_salt password_date disabled expired access_window_start access_window_end valid_from valid_until timezone full_name email_address organization organizational_role",
  guacamole_user_group: "user_group_id entity_id disabled",
  guacamole_user_group_member: "user_group_id member_entity_id",
  guacamole_user_password_history: "password_history_id user_id password_hash password_salt password_date",
  guacamole_connection_group:
    "connection_group_id parent_id connection_group_name type max_connections max_connections_per_user enable_session_affinity",
  guacamole_connection:
    "connection_id connection_name parent_id protocol max_connections max_connections_per_user connection_weight failover_only proxy_port proxy_hostname proxy_encryption_method",
  guacamole_connection_parameter: "connection_id parameter_name parameter_value",
  guacamole_sharing_profile: "sharing_profile_id sharing_profile_name primary_connection_id",
  guacamole_sharing_profile_parameter: "sharing_profile_id parameter_name parameter_value",
  guacamole_user_attribute: "user_id attribute_name attribute_value",
  guacamole_user_group_attribute: "user_group_id attribute_name attribute_value",
  guacamole_connection_attribute: "connection_id attribute_name attribute_value",
  guacamole_connection_group_attribute: "connection_group_id attribute_name attribute_value",
  guacamole_sharing_profile_attribute: "sharing_profile_id attribute_name attribute_value",
  guacamole_system_permission: "entity_id permission",
  guacamole_connection_permission: "entity_id connection_id permission",
  guacamole_connection_group_permission: "entity_id connection_group_id permission",
  guacamole_sharing_profile_permission: "entity_id sharing_profile_id permission",
  guacamole_user_permission: "entity_id affected_user_id permission",
  guacamole_user_group_permission: "entity_id affected_user_group_id permission",
  guacamole_connection_history:
    "history_id user_id username remote_host connection_id connection_name sharing_profile_id sharing_profile_name start_date end_date",
  guacamole_user_history: "history_id user_id username remote_host start_date end_date",
};

/** Labels of the enums since 1.0.0. */
const knownLabels: Readonly<Record<string, string>> = {
  guacamole_entity_type: "USER USER_GROUP",
  guacamole_connection_group_type: "ORGANIZATIONAL BALANCING",
  guacamole_object_permission_type: "READ UPDATE DELETE ADMINISTER",
  guacamole_proxy_encryption_method: "NONE SSL",
  guacamole_system_permission_type:
    "CREATE_CONNECTION CREATE_CONNECTION_GROUP CREATE_SHARING_PROFILE CREATE_USER CREATE_USER_GROUP ADMINISTER",
};

/** The one thing that 1.6.0 added (upgrade-pre-1.6.0.sql). */
const addedBy16 = "guacamole_system_permission_type AUDIT";

/** What `readSchema` returns: one row. */
export interface SchemaRow {
  schema: string | null;
  /** `table column` */
  columns: string[];
  /** `enum label` */
  labels: string[];
}

/** The catalogue shows tables to every role. The schema is that of the table guacamole_entity, the one in the search_path first. */
export const readSchema = `
  WITH home AS (
    SELECT n.oid, n.nspname
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'guacamole_entity' AND c.relkind IN ('r', 'p', 'v', 'f')
    ORDER BY n.nspname = ANY (current_schemas(false)) DESC, n.nspname = 'public' DESC, n.nspname
    LIMIT 1
  )
  SELECT (SELECT nspname FROM home) AS schema,
    coalesce((
      SELECT array_agg(c.relname || ' ' || a.attname ORDER BY c.relname, a.attnum)
      FROM home
      JOIN pg_class c ON c.relnamespace = home.oid AND c.relname LIKE 'guacamole\\_%' AND c.relkind IN ('r', 'p', 'v', 'f')
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ), '{}') AS columns,
    coalesce((
      SELECT array_agg(t.typname || ' ' || e.enumlabel ORDER BY t.typname, e.enumsortorder)
      FROM home
      JOIN pg_type t ON t.typnamespace = home.oid AND t.typname LIKE 'guacamole\\_%'
      JOIN pg_enum e ON e.enumtypid = t.oid
    ), '{}') AS labels`;

/** Which version has these tables. Tables that are not Guacamole's, as other extensions have them, do not count. */
export function recognizeSchema({ schema, columns, labels }: SchemaRow): SchemaFound {
  if (schema === null) return { schema, version: null, lacks: [], more: [] };
  const known = new Set([...pairsOf(knownColumns), ...pairsOf(knownLabels)]);
  const isOfKnown = (pair: string) => {
    const [name = ""] = pair.split(" ");
    return Object.hasOwn(knownColumns, name) || Object.hasOwn(knownLabels, name);
  };
  const found = new Set([...columns, ...labels].filter(isOfKnown));
  const lacks = [...known].filter((pair) => !found.has(pair)).map(named);
  const more = [...found].filter((pair) => !known.has(pair) && pair !== addedBy16).map(named);
  const version = found.has(addedBy16) ? "1.6" : "1.0 to 1.5";
  return { schema, version: lacks.length + more.length === 0 ? version : null, lacks, more };
}

const pairsOf = (known: Readonly<Record<string, string>>) =>
  Object.entries(known).flatMap(([name, parts]) => parts.split(" ").map((part) => `${name} ${part}`));

const named = (pair: string) => pair.replace(" ", ".");
