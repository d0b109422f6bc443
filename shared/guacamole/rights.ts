/**
 * What the product's role needs, as in infra/database/role.sql; a test compares the two. Of some tables it has certain columns
 * only. Where the schema is, the triggers are too: they are made together.
 */
export const neededRights: Readonly<Record<string, readonly string[]>> = {
  guacamole_entity: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  guacamole_user: ["SELECT", "INSERT", "UPDATE"],
  guacamole_connection_group: ["SELECT", "INSERT", "DELETE"],
  guacamole_connection: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  guacamole_connection_parameter: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  guacamole_connection_permission: ["SELECT", "INSERT", "DELETE"],
  guacamole_connection_group_permission: ["SELECT", "INSERT", "DELETE"],
  guacamole_user_permission: ["SELECT", "INSERT", "DELETE"],
  guacamole_sharing_profile: ["SELECT", "DELETE"],
  guacamole_system_permission: ["SELECT"],
  guacamole_user_group: ["SELECT"],
  guacamole_user_group_member: ["SELECT"],
  guacamole_user_group_permission: ["SELECT"],
  guacamole_sharing_profile_permission: ["SELECT"],
  guacamole_connection_history: ["SELECT"],
  guacamole_entity_entity_id_seq: ["USAGE"],
  guacamole_user_user_id_seq: ["USAGE"],
  guacamole_connection_group_connection_group_id_seq: ["USAGE"],
  guacamole_connection_connection_id_seq: ["USAGE"],
  "SCHEMA guacamole_workspaces": ["USAGE"],
  "guacamole_workspaces.account": ["SELECT"],
  "guacamole_workspaces.parameter": ["SELECT"],
};

/** What `checkRightsOf` returns: one row, of the schema that has Guacamole's tables. */
export interface RightsFound {
  /** Null if there are no tables of Guacamole's. */
  schema: string | null;
  /** False if our role may not use the schema. */
  usable: boolean;
  /** True if the tables are found by their names alone. */
  inPath: boolean;
  /** `VERB ON name` for each right that is missing, also because the table is. */
  missing: string[];
}

/** The names and verbs of the needed rights, side by side. */
export function neededPairs(): [names: string[], verbs: string[]] {
  const pairs = Object.entries(neededRights).flatMap(([name, verbs]) => verbs.map((verb) => [name, verb] as const));
  return [pairs.map(([name]) => name), pairs.map(([, verb]) => verb)];
}

/**
 * $1 names and $2 verbs; `role` is an expression, of whose rights it is about. Reads the catalogue by ids: a name in a schema that the role may not use would be an error, and
 * does not exist for to_regclass. A sequence has another name if the column was an identity from the start: then INSERT is
 * enough, and what is not there is not missing.
 */
export const checkRightsOf = (role: string): string => `
  WITH home AS (
    SELECT n.oid, n.nspname
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'guacamole_entity' AND c.relkind IN ('r', 'p', 'v', 'f')
    ORDER BY n.nspname = ANY (current_schemas(false)) DESC, n.nspname = 'public' DESC, n.nspname
    LIMIT 1
  ),
  needed AS (SELECT * FROM unnest($1::text[], $2::text[]) AS needed (name, verb))
  SELECT (SELECT nspname FROM home) AS schema,
    coalesce((SELECT has_schema_privilege(${role}, oid, 'USAGE') FROM home), false) AS usable,
    to_regclass('guacamole_entity') IS NOT NULL AS "inPath",
    coalesce((
      SELECT array_agg(n.verb || ' ON ' || n.name ORDER BY n.name, n.verb)
      FROM needed n
      CROSS JOIN home
      LEFT JOIN pg_namespace s ON n.name IN ('SCHEMA ' || s.nspname, s.nspname || '.' || split_part(n.name, '.', 2))
      LEFT JOIN pg_class c ON c.relnamespace = coalesce(s.oid, home.oid) AND c.relname = coalesce(nullif(split_part(n.name, '.', 2), ''), n.name)
      WHERE NOT CASE
        WHEN n.name LIKE 'SCHEMA %' THEN coalesce(has_schema_privilege(${role}, s.oid, n.verb), false)
        WHEN c.oid IS NULL THEN n.verb = 'USAGE'
        WHEN c.relkind = 'S' THEN has_sequence_privilege(${role}, c.oid, n.verb)
        WHEN n.verb = 'DELETE' THEN has_table_privilege(${role}, c.oid, n.verb)
        ELSE has_any_column_privilege(${role}, c.oid, n.verb)
      END
    ), '{}') AS missing`;

/** Null if all is there; else what is wrong and what to do. */
export function describeRights({ schema, usable, inPath, missing }: RightsFound): string | null {
  if (schema === null) return "the database has no table guacamole_entity (load Guacamole's schema, 1.0.0 or newer)";
  const remedy = "run infra/database/role.sql as the owner of the tables";
  if (!usable) return `the product's role may not use the schema ${schema}, which has Guacamole's tables (${remedy})`;
  if (!inPath)
    return `Guacamole's tables are in the schema ${schema}, which is not in the role's search_path (ALTER ROLE … SET search_path)`;
  return missing.length > 0 ? `the product's role lacks ${missing.join(", ")} (${remedy})` : null;
}
