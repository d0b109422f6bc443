import type pg from "pg";

/**
 * What Guacamole lets one of its users do, derived from the tables alone, as `workspace/connection`. Users also have
 * the permissions of user groups that are not disabled, and READ on a BALANCING group opens all its connections.
 */
export interface View {
  /** In the tree: READ on the connection and on every group above it (ConnectionGroupTree). */
  sees: string[];
  /** By its address: READ on the connection is enough (ConnectionService.connect). */
  mayOpen: string[];
}

/**
 * What Home does after a login: it opens the only connection that the user sees, unless they can reach pages of settings
 * (userPageService.generateHomePage, guacamole-client 1.6.0; measured on a real 1.6.0 in November 2026: the link does not
 * survive Guacamole's own login, and Home opens the desktop if exactly one is in the tree). Null: the list of connections.
 */
export function openedByHome({ sees }: View): string | null {
  return sees.length === 1 ? (sees[0] ?? null) : null;
}

/** $1 the user's name. */
const rules = `
  WITH RECURSIVE
  holder AS (
    SELECT entity_id FROM guacamole_entity WHERE type = 'USER' AND name = $1
    UNION
    SELECT g.entity_id
    FROM holder h
    JOIN guacamole_user_group_member m ON m.member_entity_id = h.entity_id
    JOIN guacamole_user_group g ON g.user_group_id = m.user_group_id AND NOT g.disabled
  ),
  readable_group AS (
    SELECT connection_group_id
    FROM guacamole_connection_group_permission
    WHERE permission = 'READ' AND entity_id IN (SELECT entity_id FROM holder)
  ),
  readable AS (
    SELECT c.connection_id, c.connection_name, c.parent_id, g.connection_group_name
    FROM guacamole_connection c
    LEFT JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
    WHERE c.connection_id IN (
        SELECT connection_id
        FROM guacamole_connection_permission
        WHERE permission = 'READ' AND entity_id IN (SELECT entity_id FROM holder)
      )
      OR (g.type = 'BALANCING' AND g.connection_group_id IN (SELECT connection_group_id FROM readable_group))
  ),
  above AS (
    SELECT connection_id, parent_id AS group_id FROM readable WHERE parent_id IS NOT NULL
    UNION
    SELECT a.connection_id, g.parent_id
    FROM above a
    JOIN guacamole_connection_group g ON g.connection_group_id = a.group_id
    WHERE g.parent_id IS NOT NULL
  )
  SELECT
    concat_ws('/', r.connection_group_name, r.connection_name) AS connection,
    NOT EXISTS (
      SELECT FROM above a
      WHERE a.connection_id = r.connection_id
        AND a.group_id NOT IN (SELECT connection_group_id FROM readable_group)
    ) AS shown
  FROM readable r
  ORDER BY 1`;

/** Returns what the user with this name sees and may open now. */
export async function viewOf(guacamole: pg.Client, entity: string): Promise<View> {
  const { rows } = await guacamole.query<{ connection: string; shown: boolean }>(rules, [entity]);
  return {
    sees: rows.filter(({ shown }) => shown).map(({ connection }) => connection),
    mayOpen: rows.map(({ connection }) => connection),
  };
}
