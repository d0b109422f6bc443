import { desktopOf, startOf } from "./many-desktops.ts";

/** Every third desktop is in use; the others were left between one minute and three hours ago. */
export async function fillHistory(
  owner: { query: (text: string, values?: unknown[]) => Promise<unknown> },
  size: number,
  sessionsEach: number,
  now: Date,
): Promise<void> {
  const all = Array.from({ length: size }, (_, index) => ({ ...desktopOf(index), start: startOf(index, now), index }));
  const rows = JSON.stringify(all);
  await owner.query(
    `WITH wanted AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS each (workspace text, username text)),
     made AS (
       INSERT INTO guacamole_connection_group (connection_group_name, type)
       SELECT DISTINCT workspace, 'ORGANIZATIONAL'::guacamole_connection_group_type FROM wanted
       RETURNING connection_group_id, connection_group_name
     )
     INSERT INTO guacamole_connection (connection_name, parent_id, protocol)
     SELECT username, connection_group_id, 'vnc' FROM wanted JOIN made ON connection_group_name = workspace`,
    [rows],
  );
  await owner.query(
    `INSERT INTO guacamole_connection_history (username, connection_id, connection_name, start_date, end_date)
     SELECT c.connection_name, c.connection_id, c.connection_name,
       $2::timestamptz - make_interval(mins => 20 + turn * 400 + each.index % 180),
       CASE WHEN turn = 0 AND each.index % 3 = 0 THEN NULL
         ELSE $2::timestamptz - make_interval(mins => 1 + turn * 400 + each.index % 180) END
     FROM jsonb_to_recordset($1::jsonb) AS each (username text, index int)
     JOIN guacamole_connection c ON c.connection_name = each.username
     CROSS JOIN generate_series(0, $3::int - 1) AS turn`,
    [rows, now.toISOString(), sessionsEach],
  );
  await owner.query("ANALYZE");
}
