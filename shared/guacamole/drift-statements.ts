/** What a reconciliation reads of everybody in few statements, and how it merges groups. */
import { administrators, lastDayText } from "./statements.ts";

/**
 * Every connection in a root group (of one username $1, or of everybody: null) with what must be right about it. Values of
 * parameters are returned as digests (SHA-256 in hex), because some are secret; only `host` is returned as it is. Of those who may read the group only those who may open the
 * connection too.
 */
export const details = `
  WITH RECURSIVE ${administrators},
  hosts AS (
    SELECT connection_id, count(*) OVER (PARTITION BY parameter_value)::int - 1 AS others
    FROM guacamole_workspaces.parameter
    WHERE parameter_name = 'hostname' AND parameter_value LIKE 'client-%'
  ),
  shares AS (
    SELECT primary_connection_id AS connection_id, count(*)::int AS count FROM guacamole_sharing_profile GROUP BY 1
  ),
  rights AS (
    SELECT p.connection_id, jsonb_agg(jsonb_build_object('holder', e.name, 'type', e.type, 'permission', p.permission) ORDER BY e.name, p.permission) AS held
    FROM guacamole_connection_permission p JOIN guacamole_entity e USING (entity_id)
    WHERE p.entity_id NOT IN (SELECT entity_id FROM administrators)
    GROUP BY p.connection_id
  ),
  group_rights AS (
    SELECT p.connection_group_id, jsonb_agg(jsonb_build_object('holder', e.name, 'type', e.type, 'permission', p.permission) ORDER BY e.name, p.permission) AS held
    FROM guacamole_connection_group_permission p JOIN guacamole_entity e USING (entity_id)
    WHERE p.permission <> 'READ' AND p.entity_id NOT IN (SELECT entity_id FROM administrators)
    GROUP BY p.connection_group_id
  )
  SELECT g.connection_group_name AS workspace, c.connection_name AS username, c.connection_id AS "connectionId", c.protocol,
    (SELECT p.parameter_value FROM guacamole_workspaces.parameter p
      WHERE p.connection_id = c.connection_id AND p.parameter_name = 'hostname') AS host,
    coalesce((
      SELECT jsonb_object_agg(p.parameter_name, encode(sha256(convert_to(p.parameter_value, 'UTF8')), 'hex'))
      FROM guacamole_workspaces.parameter p WHERE p.connection_id = c.connection_id
    ), '{}') AS digests,
    coalesce((
      SELECT array_agg(e.name::text)
      FROM guacamole_connection_permission p
      JOIN guacamole_entity e ON e.entity_id = p.entity_id AND e.type = 'USER'
      WHERE p.connection_id = c.connection_id AND p.permission = 'READ'
    ), '{}') AS readers,
    coalesce((
      SELECT array_agg(e.name::text)
      FROM guacamole_connection_group_permission p
      JOIN guacamole_entity e ON e.entity_id = p.entity_id AND e.type = 'USER'
      WHERE p.connection_group_id = g.connection_group_id AND p.permission = 'READ'
        AND EXISTS (
          SELECT FROM guacamole_connection_permission r
          WHERE r.entity_id = p.entity_id AND r.connection_id = c.connection_id AND r.permission = 'READ'
        )
    ), '{}') AS "groupReaders",
    coalesce(r.held, '[]') AS rights,
    coalesce(gr.held, '[]') AS "groupRights",
    coalesce(s.count, 0) AS shares,
    coalesce(l.others, 0) AS "othersLeadingThere",
    coalesce(c.proxy_hostname, c.proxy_port::text, c.proxy_encryption_method::text) IS NOT NULL AS "otherGuacd"
  FROM guacamole_connection c
  JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id AND g.parent_id IS NULL
  LEFT JOIN rights r USING (connection_id)
  LEFT JOIN group_rights gr ON gr.connection_group_id = g.connection_group_id
  LEFT JOIN shares s USING (connection_id)
  LEFT JOIN hosts l USING (connection_id)
  WHERE $1::text IS NULL OR c.connection_name = $1
  ORDER BY g.connection_group_name, c.connection_name, c.connection_id`;

/** The last day of each user, or of those called $1 (null: all), and its time zone, whether a password may fit, and who may do what with them. */
export const users = `
  WITH RECURSIVE ${administrators},
  privileged AS (
    SELECT entity_id FROM guacamole_system_permission
    UNION
    SELECT m.member_entity_id
    FROM privileged p
    JOIN guacamole_user_group g ON g.entity_id = p.entity_id
    JOIN guacamole_user_group_member m USING (user_group_id)
  ),
  rights AS (
    SELECT p.affected_user_id AS user_id, jsonb_agg(jsonb_build_object('holder', h.name, 'type', h.type, 'permission', p.permission) ORDER BY h.name, p.permission) AS held
    FROM guacamole_user_permission p
    JOIN guacamole_entity h ON h.entity_id = p.entity_id
    JOIN guacamole_user u ON u.user_id = p.affected_user_id
    WHERE NOT (p.permission = 'READ' AND p.entity_id = u.entity_id)
      AND p.entity_id NOT IN (SELECT entity_id FROM administrators)
    GROUP BY 1
  )
  SELECT e.name, ${lastDayText("u.valid_until")} AS "validUntil", u.timezone AS "timeZone",
    a.has_password AS "hasPassword",
    e.entity_id IN (SELECT entity_id FROM privileged) AS "isPrivileged",
    coalesce(r.held, '[]') AS rights
  FROM guacamole_user u
  JOIN guacamole_entity e ON e.entity_id = u.entity_id AND e.type = 'USER'
  JOIN guacamole_workspaces.account a ON a.user_id = u.user_id
  LEFT JOIN rights r ON r.user_id = u.user_id
  WHERE $1::text[] IS NULL OR e.name = ANY($1)`;

/** Names that several root groups have; a BALANCING group is not ours. */
export const duplicateGroups = `
  SELECT connection_group_name AS workspace, count(*)::int AS count
  FROM guacamole_connection_group
  WHERE parent_id IS NULL AND type = 'ORGANIZATIONAL'
  GROUP BY connection_group_name
  HAVING count(*) > 1
  ORDER BY connection_group_name`;

/**
 * Moves the connections of all root groups called $1 into the one that has most of them, which everybody may see who may
 * see any of them. Only connections that lead to desktops ($2: the end of their hosts) are moved; one whose name exists
 * there already stays where it is. A BALANCING group is not ours.
 */
export const mergeGroups = `
  WITH named AS (
    SELECT g.connection_group_id AS id,
      (SELECT count(*) FROM guacamole_connection c WHERE c.parent_id = g.connection_group_id) AS connections
    FROM guacamole_connection_group g
    WHERE g.parent_id IS NULL AND g.connection_group_name = $1 AND g.type = 'ORGANIZATIONAL'
  ),
  kept AS (SELECT id FROM named ORDER BY connections DESC, id LIMIT 1),
  movable AS (
    SELECT DISTINCT ON (c.connection_name) c.connection_id
    FROM guacamole_connection c
    JOIN guacamole_workspaces.parameter p ON p.connection_id = c.connection_id AND p.parameter_name = 'hostname'
    WHERE c.parent_id IN (SELECT id FROM named EXCEPT SELECT id FROM kept)
      AND p.parameter_value LIKE 'client-%' AND right(p.parameter_value, length($2)) = $2
      AND NOT EXISTS (
        SELECT FROM guacamole_connection other
        WHERE other.parent_id = (SELECT id FROM kept) AND other.connection_name = c.connection_name
      )
    ORDER BY c.connection_name, c.connection_id
  ),
  moved AS (
    UPDATE guacamole_connection c SET parent_id = (SELECT id FROM kept)
    FROM movable WHERE c.connection_id = movable.connection_id
  )
  INSERT INTO guacamole_connection_group_permission (entity_id, connection_group_id, permission)
  SELECT DISTINCT p.entity_id, (SELECT id FROM kept), p.permission
  FROM guacamole_connection_group_permission p
  JOIN named ON named.id = p.connection_group_id
  WHERE p.permission = 'READ'
  ON CONFLICT DO NOTHING`;

/** Of several root groups called $1, removes those with nothing in them; one always stays. */
export const removeSpareGroups = `
  DELETE FROM guacamole_connection_group g
  WHERE g.parent_id IS NULL AND g.connection_group_name = $1 AND g.type = 'ORGANIZATIONAL'
    AND NOT EXISTS (SELECT FROM guacamole_connection c WHERE c.parent_id = g.connection_group_id)
    AND NOT EXISTS (SELECT FROM guacamole_connection_group child WHERE child.parent_id = g.connection_group_id)
    AND EXISTS (
      SELECT FROM guacamole_connection_group other
      WHERE other.parent_id IS NULL AND other.connection_group_name = $1 AND other.type = 'ORGANIZATIONAL'
        AND other.connection_group_id <> g.connection_group_id
        AND (
          other.connection_group_id < g.connection_group_id
          OR EXISTS (SELECT FROM guacamole_connection c WHERE c.parent_id = other.connection_group_id)
        )
    )`;
