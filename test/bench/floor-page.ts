import pg from "pg";
import { sampleSite } from "../sample-plan.ts";

let database: pg.Client | undefined;

/** The least that shows 100 desktops: their Deployments, and one statement about their connections, with `fetch` and `pg` alone. */
export async function floorPage(server: string, databaseUrl: string): Promise<void> {
  if (!database) {
    database = new pg.Client({ connectionString: databaseUrl });
    await database.connect();
  }
  const answer = await fetch(`${server}/apis/apps/v1/namespaces/${sampleSite.namespace}/deployments?limit=100`);
  const { items } = (await answer.json()) as { items: { metadata: { annotations: Record<string, string> } }[] };
  const usernames = items.map(({ metadata }) => metadata.annotations["xlscsde.nhs.uk/username"]);
  const { rows } = await database.query(sessions, [usernames]);
  if (rows.length !== 100) throw new Error(`measure: ${rows.length} connections`);
}

const sessions = `
  SELECT c.connection_id, max(h.end_date) AS last_end, count(*) FILTER (WHERE h.end_date IS NULL) AS open
  FROM guacamole_connection c LEFT JOIN guacamole_connection_history h USING (connection_id)
  WHERE c.connection_name = ANY ($1) GROUP BY c.connection_id`;
