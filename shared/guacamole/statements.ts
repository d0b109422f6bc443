/**
 * The statements: each runs in a short transaction (database.ts). Columns are always named, because upgraded databases have another order.
 * Names: $1 group (workspace), $2 connection (username), $3 entity.
 *
 * A root group is not unique in the schema (a NULL parent never conflicts), so ours are written under the workspace's
 * lock, and of older duplicates the one that has the connection counts, else the oldest.
 */
const theGroup = `
  existing_group AS (
    SELECT g.connection_group_id, g.type
    FROM guacamole_connection_group g
    LEFT JOIN guacamole_connection c ON c.parent_id = g.connection_group_id AND c.connection_name = $2
    WHERE g.parent_id IS NULL AND g.connection_group_name = $1
    ORDER BY c.connection_id NULLS LAST, g.connection_group_id
    LIMIT 1
  )`;

const theRows = `
  ${theGroup},
  existing_connection AS (
    SELECT c.connection_id
    FROM guacamole_connection c
    JOIN existing_group g ON g.connection_group_id = c.parent_id
    WHERE c.connection_name = $2
  ),
  existing_user AS (
    SELECT e.entity_id, u.user_id, u.valid_until, u.timezone
    FROM guacamole_entity e
    LEFT JOIN guacamole_user u ON u.entity_id = e.entity_id
    WHERE e.type = 'USER' AND e.name = $3
  )`;

/** Who holds ADMINISTER on the whole system, themselves or through groups, and so needs no permission on anything. */
export const administrators = `
  administrators AS (
    SELECT entity_id FROM guacamole_system_permission WHERE permission = 'ADMINISTER'
    UNION
    SELECT m.member_entity_id
    FROM administrators a
    JOIN guacamole_user_group g ON g.entity_id = a.entity_id
    JOIN guacamole_user_group_member m USING (user_group_id)
  )`;

/**
 * Takes away what others may do with a desktop's connection: open it, share it, or change it, or its group. Whoever may
 * change the group can make it BALANCING, which opens all in it.
 */
const noForeignAccess = `
  ${administrators},
  foreign_on_connection AS (
    DELETE FROM guacamole_connection_permission p
    USING existing_connection c
    WHERE p.connection_id = c.connection_id
      AND NOT (p.permission = 'READ' AND p.entity_id IN (SELECT entity_id FROM existing_user))
      AND p.entity_id NOT IN (SELECT entity_id FROM administrators)
  ),
  foreign_on_group AS (
    DELETE FROM guacamole_connection_group_permission p
    USING existing_group g
    WHERE p.connection_group_id = g.connection_group_id AND p.permission <> 'READ'
      AND EXISTS (SELECT FROM existing_connection)
      AND p.entity_id NOT IN (SELECT entity_id FROM administrators)
  ),
  gone_shares AS (
    DELETE FROM guacamole_sharing_profile s
    USING existing_connection c
    WHERE s.primary_connection_id = c.connection_id
  )`;

/** Takes away what others may do with a desktop's user. */
const foreignOnUser = `
    DELETE FROM guacamole_user_permission p
    USING existing_user u
    WHERE p.affected_user_id = u.user_id
      AND NOT (p.permission = 'READ' AND p.entity_id = u.entity_id)
      AND p.entity_id NOT IN (SELECT entity_id FROM administrators)`;

/**
 * Who opened a desktop's user by a password would be its person. So its hash is one that shows that no password fits:
 * Guacamole computes SHA-256 of the password and the salt in upper-case hex, which cannot end as this text does.
 */
const noPassword = (salt: string) => `sha256(${salt} || 'guacamole-workspaces: no password'::bytea)`;

/** Of the connection, or else of one that leads to the desktop's host ($4): the operator also used groups inside others. */
const thePassword = `
  existing_password AS (
    SELECT p.parameter_value
    FROM guacamole_workspaces.parameter p
    WHERE p.parameter_name = 'password' AND p.parameter_value <> '' AND p.connection_id = coalesce(
      (SELECT connection_id FROM existing_connection),
      (
        SELECT min(h.connection_id) FROM guacamole_workspaces.parameter h
        WHERE h.parameter_name = 'hostname' AND h.parameter_value = $4
      )
    )
  )`;

/**
 * YYYY-MM-DD; null if unlimited. PostgreSQL has dates that to_char refuses, of years after 294276, and writes others without
 * what tells them apart: one such row must not hide everybody's, nor become unlimited when it is written back.
 */
export const lastDayText = (column: string) =>
  `CASE WHEN ${column} <> 'infinity' THEN to_char(least(greatest(${column}, '0001-01-01'::date), '99999-12-31'::date), 'YYYY-MM-DD') END`;

export const observe = `
  WITH ${theRows},
  ${thePassword}
  SELECT
    EXISTS (SELECT FROM existing_group) AS "group",
    EXISTS (SELECT FROM existing_group WHERE type = 'BALANCING') AS "balancing",
    (SELECT connection_id FROM existing_connection) AS "connectionId",
    EXISTS (SELECT FROM existing_password) AS "password",
    EXISTS (SELECT FROM existing_user) AS "user",
    (SELECT ${lastDayText("valid_until")} FROM existing_user) AS "validUntil",
    (SELECT timezone FROM existing_user) AS "timeZone",
    jsonb_build_object(
      'connection', EXISTS (
        SELECT
        FROM guacamole_connection_permission p
        JOIN existing_user USING (entity_id)
        JOIN existing_connection USING (connection_id)
        WHERE p.permission = 'READ'
      ),
      'group', EXISTS (
        SELECT
        FROM guacamole_connection_group_permission p
        JOIN existing_user USING (entity_id)
        JOIN existing_group USING (connection_group_id)
        WHERE p.permission = 'READ'
      ),
      'self', EXISTS (
        SELECT
        FROM guacamole_user_permission p
        JOIN existing_user u ON u.entity_id = p.entity_id AND u.user_id = p.affected_user_id
        WHERE p.permission = 'READ'
      )
    ) AS "permissions"`;

/** The password that Guacamole uses to connect; no row if it has none. */
export const readPassword = `
  WITH ${theRows},
  ${thePassword}
  SELECT parameter_value AS password FROM existing_password`;

/**
 * How many tunnels one user may have to their desktop at once. It is for two tabs: while the network is away, or a desktop
 * does not answer, each old tunnel keeps its place until guacd notices, about 15 seconds, and the client opens the next one
 * after 15 seconds. With 2, one hanging tab made the other one read that it is in use (measured on 1.6.0, November 2026). It
 * still bounds what a broken client can open. `max_connections`, which counts everybody, stays the server's default: only
 * the desktop's person has READ, and an administrator who helps them must not be locked out.
 */
const mostTunnelsPerUser = 4;

/**
 * $4 protocol, $5 parameters as JSON, $6 last day of access, $7 32 random bytes, $8 the time zone of that day. Foreign access
 * ends before the desktop is up.
 */
export const writeConnection = `
  WITH RECURSIVE ${theRows},
  ${noForeignAccess},
  new_group AS (
    INSERT INTO guacamole_connection_group (connection_group_name, parent_id, type)
    SELECT $1, NULL, 'ORGANIZATIONAL'
    WHERE NOT EXISTS (SELECT FROM existing_group)
    RETURNING connection_group_id
  ),
  the_group AS (
    SELECT connection_group_id FROM existing_group
    UNION ALL
    SELECT connection_group_id FROM new_group
  ),
  the_connection AS (
    INSERT INTO guacamole_connection (connection_name, parent_id, protocol, max_connections_per_user)
    SELECT $2, connection_group_id, $4, ${mostTunnelsPerUser}
    FROM the_group
    ON CONFLICT (connection_name, parent_id) DO UPDATE
    SET protocol = EXCLUDED.protocol, max_connections_per_user = EXCLUDED.max_connections_per_user,
      proxy_hostname = NULL, proxy_port = NULL, proxy_encryption_method = NULL
    RETURNING connection_id
  ),
  new_entity AS (
    INSERT INTO guacamole_entity (name, type)
    SELECT $3, 'USER'::guacamole_entity_type
    WHERE NOT EXISTS (SELECT FROM existing_user)
    ON CONFLICT (type, name) DO NOTHING
    RETURNING entity_id
  ),
  the_entity AS (
    SELECT entity_id FROM existing_user
    UNION ALL
    SELECT entity_id FROM new_entity
  ),
  the_user AS (
    INSERT INTO guacamole_user (entity_id, password_hash, password_salt, password_date, valid_until, timezone)
    SELECT entity_id, ${noPassword("$7::bytea")}, $7::bytea, CURRENT_TIMESTAMP, $6::date, $8
    FROM the_entity
    ON CONFLICT (entity_id) DO UPDATE
    SET
      valid_until = EXCLUDED.valid_until,
      timezone = EXCLUDED.timezone,
      password_hash = ${noPassword("$7::bytea")},
      password_salt = $7::bytea
    RETURNING user_id
  ),
  wanted AS (
    SELECT key AS parameter_name, value AS parameter_value FROM jsonb_each_text($5::jsonb)
  ),
  written AS (
    INSERT INTO guacamole_connection_parameter (connection_id, parameter_name, parameter_value)
    SELECT connection_id, parameter_name, parameter_value
    FROM the_connection CROSS JOIN wanted
    WHERE NOT EXISTS (
      SELECT FROM guacamole_workspaces.parameter p
      WHERE p.connection_id = the_connection.connection_id AND p.parameter_name = wanted.parameter_name
        AND p.parameter_value = wanted.parameter_value
    )
    ON CONFLICT (connection_id, parameter_name) DO UPDATE
    -- The role may read no value here, and so not EXCLUDED's either.
    SET parameter_value = (
      SELECT w.parameter_value FROM wanted w WHERE w.parameter_name = guacamole_connection_parameter.parameter_name
    )
  ),
  unwanted AS (
    DELETE FROM guacamole_connection_parameter p
    USING existing_connection c
    WHERE p.connection_id = c.connection_id
      AND p.parameter_name NOT IN (SELECT parameter_name FROM wanted)
  )
  SELECT (SELECT connection_id FROM the_connection) AS connection_id
  WHERE EXISTS (SELECT FROM the_user)`;

/**
 * $4 and $5: whether connection and user were there before and so stay; $6 and $7 the last day that such a user had, and its
 * time zone. A user who
 * has got another desktop meanwhile stays too.
 */
export const removeConnection = `
  WITH ${theRows},
  gone_connection AS (
    DELETE FROM guacamole_connection
    USING existing_connection
    WHERE guacamole_connection.connection_id = existing_connection.connection_id AND NOT $4::boolean
  ),
  gone_entity AS (
    DELETE FROM guacamole_entity
    USING existing_user
    WHERE guacamole_entity.entity_id = existing_user.entity_id AND NOT $5::boolean
      AND NOT EXISTS (
        SELECT FROM guacamole_connection_permission p
        WHERE p.entity_id = existing_user.entity_id
          AND p.connection_id NOT IN (SELECT connection_id FROM existing_connection)
      )
  )
  UPDATE guacamole_user
  SET valid_until = $6::date, timezone = $7
  FROM existing_user
  WHERE guacamole_user.user_id = existing_user.user_id AND $5::boolean`;

/** Runs after the connections are gone: a statement does not see what it removes itself. */
export const removeEmptyGroup = `
  DELETE FROM guacamole_connection_group g
  WHERE g.parent_id IS NULL AND g.connection_group_name = $1
    AND NOT EXISTS (SELECT FROM guacamole_connection c WHERE c.parent_id = g.connection_group_id)
    AND NOT EXISTS (SELECT FROM guacamole_connection_group child WHERE child.parent_id = g.connection_group_id)`;

/**
 * A connection inside a group shows only with READ on both; READ on self is what Guacamole gives each user it makes. Never
 * in a BALANCING group, whatever it was when the run began. Nobody else may open it, or change what it is.
 */
export const grantPermission = `
  WITH RECURSIVE ${theRows},
  ${noForeignAccess},
  grantee AS (
    SELECT entity_id, user_id, connection_id, connection_group_id
    FROM existing_user CROSS JOIN existing_connection CROSS JOIN existing_group
    WHERE user_id IS NOT NULL AND type = 'ORGANIZATIONAL'
  ),
  on_connection AS (
    INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission)
    SELECT entity_id, connection_id, 'READ' FROM grantee
    ON CONFLICT DO NOTHING
    RETURNING entity_id
  ),
  on_group AS (
    INSERT INTO guacamole_connection_group_permission (entity_id, connection_group_id, permission)
    SELECT entity_id, connection_group_id, 'READ' FROM grantee
    ON CONFLICT DO NOTHING
  ),
  on_self AS (
    INSERT INTO guacamole_user_permission (entity_id, affected_user_id, permission)
    SELECT entity_id, user_id, 'READ' FROM grantee
    ON CONFLICT DO NOTHING
  ),
  foreign_on_user AS (${foreignOnUser}
      AND EXISTS (SELECT FROM grantee)
      -- After READ was given, which makes it a desktop's user for the triggers of role.sql.
      AND (SELECT count(*) FROM on_connection) >= 0
  )
  SELECT EXISTS (SELECT FROM grantee) AS granted`;

/** What others may do with a desktop's connection and user ends, and so does a password of its user; $4 32 random bytes. */
export const endForeignAccess = `
  WITH RECURSIVE ${theRows},
  ${noForeignAccess},
  foreign_on_user AS (${foreignOnUser}
  )
  UPDATE guacamole_user
  SET password_hash = ${noPassword("$4::bytea")}, password_salt = $4::bytea
  FROM existing_user
  WHERE guacamole_user.user_id = existing_user.user_id`;

/**
 * $4, $5, $6: whether READ on connection, group and self is to go; $7 the user's former name, whose READ goes too, or null. READ
 * goes from every connection that leads to $8, the desktop's host, wherever somebody moved it.
 */
export const revokePermission = `
  WITH ${theRows},
  its_connection AS (
    SELECT connection_id FROM existing_connection
    UNION
    SELECT connection_id FROM guacamole_workspaces.parameter WHERE parameter_name = 'hostname' AND parameter_value = $8
  ),
  former AS (
    SELECT entity_id FROM guacamole_entity WHERE type = 'USER' AND name = $7
  ),
  formers_connection AS (
    DELETE FROM guacamole_connection_permission p
    USING former f, its_connection c
    WHERE p.entity_id = f.entity_id AND p.connection_id = c.connection_id AND p.permission = 'READ' AND $4::boolean
  ),
  formers_group AS (
    DELETE FROM guacamole_connection_group_permission p
    USING former f, existing_group g
    WHERE p.entity_id = f.entity_id AND p.connection_group_id = g.connection_group_id AND p.permission = 'READ' AND $5::boolean
  ),
  on_connection AS (
    DELETE FROM guacamole_connection_permission p
    USING existing_user u, its_connection c
    WHERE p.entity_id = u.entity_id AND p.connection_id = c.connection_id AND p.permission = 'READ' AND $4::boolean
  ),
  on_group AS (
    DELETE FROM guacamole_connection_group_permission p
    USING existing_user u, existing_group g
    WHERE p.entity_id = u.entity_id AND p.connection_group_id = g.connection_group_id AND p.permission = 'READ' AND $5::boolean
  )
  DELETE FROM guacamole_user_permission p
  USING existing_user u
  WHERE p.entity_id = u.entity_id AND p.affected_user_id = u.user_id AND p.permission = 'READ' AND $6::boolean`;

/**
 * Renames connections called $2 in root groups called $1 to $3, and the users called $4 who may open them to the names
 * in $5. Only connections that lead to desktops ($6: the end of their hosts), and no administrator.
 */
export const respell = `
  WITH spelled AS (
    SELECT c.connection_id, c.parent_id
    FROM guacamole_connection c
    JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
    JOIN guacamole_workspaces.parameter p ON p.connection_id = c.connection_id AND p.parameter_name = 'hostname'
    WHERE g.parent_id IS NULL AND g.connection_group_name = $1 AND c.connection_name = $2
      AND p.parameter_value LIKE 'client-%' AND right(p.parameter_value, length($6)) = $6
  ),
  connections AS (
    UPDATE guacamole_connection c SET connection_name = $3
    FROM spelled s
    WHERE c.connection_id = s.connection_id
      AND NOT EXISTS (
        SELECT FROM guacamole_connection other WHERE other.parent_id = s.parent_id AND other.connection_name = $3
      )
  )
  UPDATE guacamole_entity e SET name = renamed.canonical
  FROM unnest($4::text[], $5::text[]) AS renamed (spelled, canonical)
  WHERE e.type = 'USER' AND e.name = renamed.spelled
    AND EXISTS (
      SELECT FROM guacamole_connection_permission p
      JOIN spelled s USING (connection_id)
      WHERE p.entity_id = e.entity_id
    )
    AND NOT EXISTS (SELECT FROM guacamole_entity other WHERE other.type = 'USER' AND other.name = renamed.canonical)
    AND NOT EXISTS (SELECT FROM guacamole_system_permission s WHERE s.entity_id = e.entity_id)`;

/** The workspaces whose connection called $1 (a username) somebody may open, as which entity, and where it leads. */
const openedBy = (username: string) => `
  SELECT g.connection_group_name AS workspace, e.name AS entity, h.parameter_value AS host
  FROM guacamole_connection c
  JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id AND g.parent_id IS NULL
  JOIN guacamole_connection_permission p ON p.connection_id = c.connection_id AND p.permission = 'READ'
  JOIN guacamole_entity e ON e.entity_id = p.entity_id AND e.type = 'USER'
  LEFT JOIN guacamole_workspaces.parameter h ON h.connection_id = c.connection_id AND h.parameter_name = 'hostname'
  WHERE c.connection_name = ${username}
  ORDER BY g.connection_group_name`;
export const opened = openedBy("$1");

/** True if the user of that name has any system permission, as Guacamole's administrators have, itself or through groups. */
const hasSystemPermission = (name: string) => `
  WITH RECURSIVE held AS (
    SELECT entity_id FROM guacamole_entity WHERE type = 'USER' AND name = ${name}
    UNION
    SELECT g.entity_id
    FROM held
    JOIN guacamole_user_group_member m ON m.member_entity_id = held.entity_id
    JOIN guacamole_user_group g USING (user_group_id)
  )
  SELECT EXISTS (SELECT FROM guacamole_system_permission JOIN held USING (entity_id)) AS held`;

/** A desktop's rows as `observe` has them, where its person ($2) can open desktops, and if its user is an administrator. */
export const observePerson = `
  SELECT side.*, administrator.held AS "administrator",
    (SELECT coalesce(jsonb_agg(to_jsonb(o)), '[]'::jsonb) FROM (${openedBy("$2")}) AS o) AS "open"
  FROM (${observe}) AS side, (${hasSystemPermission("$3")}) AS administrator`;

/** The connections called $1 (a username), with the host that each leads to, and the root group that it is in or null. */
export const connectionsOf = `
  SELECT g.connection_group_name AS workspace, p.parameter_value AS host
  FROM guacamole_connection c
  LEFT JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id AND g.parent_id IS NULL
  LEFT JOIN guacamole_workspaces.parameter p ON p.connection_id = c.connection_id AND p.parameter_name = 'hostname'
  WHERE c.connection_name = $1
  ORDER BY g.connection_group_name`;

/** The workspaces of users whose name begins with one and ends with $1. */
export const workspacesOfUsers = `
  SELECT left(name, length(name) - length($1)) AS workspace
  FROM guacamole_entity
  WHERE type = 'USER' AND right(name, length($1)) = $1
  ORDER BY name`;

/** Every connection in a root group, of the usernames $1 or of everybody (null), with the users who hold READ on it themselves. */
export const connections = `
  SELECT g.connection_group_name AS workspace, c.connection_name AS username, c.connection_id AS "connectionId",
    coalesce(array_agg(e.name::text) FILTER (WHERE e.name IS NOT NULL), '{}') AS readers
  FROM guacamole_connection c
  JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id AND g.parent_id IS NULL
  LEFT JOIN guacamole_connection_permission p ON p.connection_id = c.connection_id AND p.permission = 'READ'
  LEFT JOIN guacamole_entity e ON e.entity_id = p.entity_id AND e.type = 'USER'
  WHERE $1::text[] IS NULL OR c.connection_name = ANY ($1)
  GROUP BY g.connection_group_name, c.connection_name, c.connection_id`;
