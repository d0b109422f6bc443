/** What is read of the history of sessions, each in one statement. */

/** The user of a connection in a workspace, by the template $3. */
const entityOf = "replace(replace($3, '{workspace}', o.workspace), '{username}', o.username)";
const recent = "($1::timestamptz IS NULL OR h.end_date IS NULL OR h.end_date >= $1)";
/**
 * Foreign rows may hold infinity, and years that no ISO 8601 text of ours can have. Subtracting infinities is an error before
 * PostgreSQL 17, and one such row would hide everybody's history.
 */
const bounded = (column: string) =>
  `least(greatest(${column}, '0001-01-01 00:00:00+00'::timestamptz), '9999-12-31 23:59:59.999+00'::timestamptz)`;
const startDate = bounded("h.start_date");
// least() ignores NULL, which is an open session.
const endDate = `CASE WHEN h.end_date IS NOT NULL THEN ${bounded("h.end_date")} END`;

/**
 * Every connection in a root group with its sessions that are open or ended at $1 or later (null: all); of the usernames $2,
 * or of everybody (null). Connections without any are there too: a new one has no history. $4: the seconds below which a
 * row that ended is an attempt, not a session. A connection that leads to a desktop ($5: the end of their hosts) counts
 * wherever somebody moved it; without a root group its workspace is an empty text.
 *
 * If a connection is removed while a session is open, the session goes on, and its row keeps the names and loses the id.
 */
export const sessions = `
  WITH ours AS (
    SELECT coalesce(g.connection_group_name, '') AS workspace, c.connection_name AS username, c.connection_id,
      p.parameter_value AS host
    FROM guacamole_connection c
    LEFT JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id AND g.parent_id IS NULL
    LEFT JOIN guacamole_workspaces.parameter p ON p.connection_id = c.connection_id AND p.parameter_name = 'hostname'
    WHERE ($2::text[] IS NULL OR c.connection_name = ANY ($2))
      AND (
        g.connection_group_id IS NOT NULL
        OR (p.parameter_value LIKE 'client-%' AND right(p.parameter_value, length($5)) = $5)
      )
  ),
  visits AS (
    SELECT o.connection_id, ${startDate} AS start_date, ${endDate} AS end_date
    FROM ours o
    JOIN guacamole_connection_history h ON h.connection_id = o.connection_id
    WHERE ${recent}
    UNION ALL
    SELECT o.connection_id, ${startDate} AS start_date, ${endDate} AS end_date
    FROM guacamole_connection_history h
    JOIN ours o ON o.username = h.connection_name AND ${entityOf} = h.username
    WHERE h.connection_id IS NULL AND ${recent}
  ),
  judged AS (
    SELECT *, end_date IS NULL OR end_date - start_date >= make_interval(secs => $4) AS counts FROM visits
  )
  SELECT o.workspace, o.username, o.connection_id AS "connectionId", o.host,
    coalesce(array_agg(j.start_date) FILTER (WHERE j.counts AND j.end_date IS NULL), '{}') AS open,
    max(j.start_date) FILTER (WHERE j.counts) AS "lastStart",
    max(j.end_date) FILTER (WHERE j.counts) AS "lastEnd",
    max(j.start_date) FILTER (WHERE NOT j.counts) AS "lastAttempt"
  FROM ours o
  LEFT JOIN judged j USING (connection_id)
  GROUP BY o.workspace, o.username, o.connection_id, o.host`;

/**
 * True if a session to $2 (a username) in $1 (a workspace), to a connection that leads to $6 (the desktop's host), or of the
 * user $4 to a connection of that name that was removed since, began at $3 or later, and did not end within $5 seconds.
 */
export const openedSince = `
  SELECT EXISTS (
    SELECT FROM guacamole_connection_history h
    WHERE h.start_date >= $3::timestamptz
      AND (h.end_date IS NULL OR ${endDate} - ${startDate} >= make_interval(secs => $5))
      AND (
        h.connection_id IN (
          SELECT c.connection_id
          FROM guacamole_connection c
          JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id AND g.parent_id IS NULL
          WHERE g.connection_group_name = $1 AND c.connection_name = $2
        )
        OR h.connection_id IN (
          SELECT connection_id FROM guacamole_workspaces.parameter
          WHERE parameter_name = 'hostname' AND parameter_value = $6
        )
        OR (h.connection_id IS NULL AND h.connection_name = $2 AND h.username = $4)
      )
  ) AS opened`;
