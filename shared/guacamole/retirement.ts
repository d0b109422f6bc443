/**
 * Removes a desktop's connection and user, and the group when nothing else is in it: all or nothing, so that what is left
 * after a failure can still be found by its connection. $1 group (workspace), $2 connection (username), $3 entity, $4 host,
 * $5 whether all desktops of a person have the same user, $6 the end of all desktops' hosts,
 * $7 the name that the desktop's own user had before, or null.
 *
 * Ours is a connection that leads to the desktop's host and has its name or is in a root group of the workspace's name: the
 * one or the other may have been changed by hand. A user stays if
 * they hold anything else, if somebody else's connection has their name, or if another desktop of the person has the same
 * user, suspended or not. An empty group with the workspace's name, as
 * the operator left when it made two, is removed too if nobody else may see it.
 */
export const retireRows = `
  WITH named AS (
    SELECT c.connection_id, c.parent_id, p.parameter_value IS NOT DISTINCT FROM $4 AS ours
    FROM guacamole_connection c
    LEFT JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id AND g.parent_id IS NULL
    LEFT JOIN guacamole_workspaces.parameter p ON p.connection_id = c.connection_id AND p.parameter_name = 'hostname'
    WHERE (g.connection_group_name = $1 AND (c.connection_name = $2 OR p.parameter_value = $4))
      OR (c.connection_name = $2 AND p.parameter_value = $4)
  ),
  own AS (SELECT connection_id, parent_id FROM named WHERE ours),
  own_user AS (
    SELECT e.entity_id
    FROM guacamole_entity e
    LEFT JOIN guacamole_user u USING (entity_id)
    WHERE e.type = 'USER' AND (e.name = $3 OR e.name = $7)
      AND NOT EXISTS (SELECT FROM named WHERE NOT ours)
      AND NOT (e.name = $3 AND $5::boolean AND EXISTS (
        SELECT
        FROM guacamole_connection c
        JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id AND g.parent_id IS NULL
        JOIN guacamole_workspaces.parameter p ON p.connection_id = c.connection_id AND p.parameter_name = 'hostname'
        WHERE c.connection_name = $2 AND c.connection_id NOT IN (SELECT connection_id FROM own)
          AND p.parameter_value LIKE 'client-%' AND right(p.parameter_value, length($6)) = $6
      ))
      AND NOT EXISTS (SELECT FROM guacamole_system_permission s WHERE s.entity_id = e.entity_id)
      AND NOT EXISTS (SELECT FROM guacamole_user_group_member m WHERE m.member_entity_id = e.entity_id)
      AND NOT EXISTS (SELECT FROM guacamole_user_group_permission p WHERE p.entity_id = e.entity_id)
      AND NOT EXISTS (SELECT FROM guacamole_sharing_profile_permission p WHERE p.entity_id = e.entity_id)
      AND NOT EXISTS (
        SELECT FROM guacamole_connection_permission p
        WHERE p.entity_id = e.entity_id
          AND (p.permission <> 'READ' OR p.connection_id NOT IN (SELECT connection_id FROM own))
      )
      AND NOT EXISTS (
        SELECT FROM guacamole_connection_group_permission p
        JOIN guacamole_connection_group g USING (connection_group_id)
        WHERE p.entity_id = e.entity_id
          AND (p.permission <> 'READ' OR g.parent_id IS NOT NULL OR g.connection_group_name <> $1)
          AND (p.permission <> 'READ' OR g.connection_group_id NOT IN (SELECT parent_id FROM own WHERE parent_id IS NOT NULL))
      )
      AND NOT EXISTS (
        SELECT FROM guacamole_user_permission p
        WHERE p.entity_id = e.entity_id AND (p.permission <> 'READ' OR p.affected_user_id IS DISTINCT FROM u.user_id)
      )
  ),
  gone_user AS (
    DELETE FROM guacamole_entity e USING own_user u WHERE e.entity_id = u.entity_id
  ),
  gone_connection AS (
    DELETE FROM guacamole_connection c USING own o WHERE c.connection_id = o.connection_id
  )
  DELETE FROM guacamole_connection_group g
  WHERE g.parent_id IS NULL AND g.connection_group_name = $1 AND g.type = 'ORGANIZATIONAL'
    AND EXISTS (SELECT FROM own)
    AND (
      g.connection_group_id IN (SELECT parent_id FROM own WHERE parent_id IS NOT NULL)
      OR NOT EXISTS (
        SELECT FROM guacamole_connection_group_permission p
        WHERE p.connection_group_id = g.connection_group_id AND p.entity_id NOT IN (SELECT entity_id FROM own_user)
      )
    )
    AND NOT EXISTS (
      SELECT FROM guacamole_connection c
      WHERE c.parent_id = g.connection_group_id AND c.connection_id NOT IN (SELECT connection_id FROM own)
    )
    AND NOT EXISTS (SELECT FROM guacamole_connection_group child WHERE child.parent_id = g.connection_group_id)`;

/**
 * What stays after that, in words: $1 group (workspace), $2 connection (username), $3 entity, $4 host, $5 whether all desktops of
 * a person have the same user.
 */
export const staysAfterRetirement = `
  SELECT 'the connection ' || c.connection_id || ' (' || c.connection_name || '), which leads to it and was not made by this product' AS what
  FROM guacamole_connection c
  JOIN guacamole_workspaces.parameter p ON p.connection_id = c.connection_id AND p.parameter_name = 'hostname'
  WHERE p.parameter_value = $4
  UNION ALL
  SELECT 'the connection ' || c.connection_id || ' (' || c.connection_name || '), which leads elsewhere'
  FROM guacamole_connection c
  JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id AND g.parent_id IS NULL
  LEFT JOIN guacamole_workspaces.parameter p ON p.connection_id = c.connection_id AND p.parameter_name = 'hostname'
  WHERE g.connection_group_name = $1 AND c.connection_name = $2 AND p.parameter_value IS DISTINCT FROM $4
  UNION ALL
  SELECT 'the Guacamole user ' || e.name || ', who holds something else'
  FROM guacamole_entity e
  WHERE e.type = 'USER' AND e.name = $3 AND NOT $5::boolean`;
