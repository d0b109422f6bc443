import { desktopHosts, type NamingRules } from "../desktop/names.ts";
import type { Finding } from "../lifecycle/doctor/check.ts";
import type { NameEvidence, SchemaFound } from "../lifecycle/doctor/facts.ts";
import { findingOf } from "../lifecycle/doctor/finding-of.ts";
import type { Database } from "./database.ts";
import { readSchema, recognizeSchema, type SchemaRow } from "./known-schema.ts";
import { checkRightsOf, describeRights, neededPairs, type RightsFound } from "./rights.ts";

/** What the doctor looks at in Guacamole's database. Nothing is changed. Everything throws what the database's calls throw. */
export interface EstateInDatabase {
  schema(): Promise<SchemaFound>;
  /** What the role lacks, or why role.sql does not fit these settings; null if nothing is wrong. */
  rightsFault(): Promise<Finding | null>;
  /** By which names people use the desktops whose connections are newest. */
  names(): Promise<NameEvidence[]>;
}

/** So many connections are looked at: their names follow one rule. */
const mostConnections = 200;

export function estateOf(database: Database, rules: NamingRules): EstateInDatabase {
  return {
    async schema() {
      const [row] = await database.query<SchemaRow & Record<string, unknown>>(readSchema, []);
      return recognizeSchema(row ?? { schema: null, columns: [], labels: [] });
    },
    async rightsFault() {
      const fault = await findRightsFault(database);
      if (fault !== null) return findingOf(new Error(fault));
      const [row] = await database.query<{ isDesktop: boolean }>(
        'SELECT guacamole_workspaces.is_desktop_host($1) AS "isDesktop"',
        [`client-0123456789abcdef0123456789abcdef${desktopHosts(rules)}`],
      );
      return row?.isDesktop === true
        ? null
        : {
            what: `role.sql takes no host that ends in ${desktopHosts(rules)} for a desktop's, so no desktop's connection may be written`,
            advice:
              "put CLUSTER_DOMAIN and NAMESPACE into is_desktop_host of infra/database/role.sql, and run it again",
          };
    },
    async names() {
      type Row = Omit<NameEvidence, "openedAt"> & { openedAt: Date | null };
      const rows = await database.query<Row>(readNames, [mostConnections, desktopHosts(rules)]);
      return rows.map((row) => ({ ...row, openedAt: row.openedAt?.toISOString() ?? null }));
    },
  };
}

/** What the role lacks, in words; null if nothing. */
export async function findRightsFault(database: Pick<Database, "query">): Promise<string | null> {
  const [names, verbs] = neededPairs();
  const [found] = await database.query<RightsFound & Record<string, unknown>>(checkRightsOf("current_user"), [
    names,
    verbs,
  ]);
  return describeRights(found ?? { schema: null, usable: false, inPath: false, missing: [] });
}

/** $1 how many connections, $2 what the hosts of desktops end in. History is indexed by connection. */
const readNames = `
  SELECT
    g.connection_group_name AS workspace,
    c.connection_name AS username,
    last.username AS "openedBy",
    last.start_date AS "openedAt",
    ARRAY(
      SELECT e.name::text
      FROM guacamole_connection_permission p
      JOIN guacamole_entity e USING (entity_id)
      WHERE p.connection_id = c.connection_id AND p.permission = 'READ' AND e.type = 'USER'
      ORDER BY e.name
    ) AS readers,
    EXISTS (
      SELECT
      FROM guacamole_entity e
      WHERE e.type = 'USER' AND e.name = c.connection_name
        AND NOT EXISTS (SELECT FROM guacamole_system_permission s WHERE s.entity_id = e.entity_id)
    ) AS "hasPlainUser"
  FROM guacamole_connection c
  JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id AND g.parent_id IS NULL
  JOIN guacamole_workspaces.parameter host
    ON host.connection_id = c.connection_id AND host.parameter_name = 'hostname'
    AND host.parameter_value LIKE 'client-%' AND right(host.parameter_value, length($2::text)) = $2::text
  LEFT JOIN LATERAL (
    SELECT h.username::text, h.start_date
    FROM guacamole_connection_history h
    WHERE h.connection_id = c.connection_id
    ORDER BY h.start_date DESC
    LIMIT 1
  ) last ON true
  ORDER BY c.connection_id DESC
  LIMIT $1`;
