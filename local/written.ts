import { AppsV1Api, CoreV1Api, type KubeConfig, NetworkingV1Api } from "@kubernetes/client-node";
import pg from "pg";
import { sampleActivation } from "./sample-estate.ts";
import { said } from "./said.ts";

/**
 * What the main job wrote for the sample person, one line each, read back from the two systems themselves. A failure to
 * read is a line too: the desktop exists all the same.
 */
export async function describeWritten(config: KubeConfig, databaseUrl: string, namespace: string): Promise<string[]> {
  const rows = rowsOf(databaseUrl).catch((error: unknown) => [
    `rows in Guacamole's database: not read: ${said(error)}`,
  ]);
  return [...(await objectsOf(config, namespace)), ...(await rows)];
}

async function objectsOf(config: KubeConfig, namespace: string): Promise<string[]> {
  const query = { namespace };
  const core = config.makeApiClient(CoreV1Api);
  const lists = await Promise.all([
    namesOf("Secret", core.listNamespacedSecret(query)),
    namesOf("NetworkPolicy", config.makeApiClient(NetworkingV1Api).listNamespacedNetworkPolicy(query)),
    namesOf("Service", core.listNamespacedService(query)),
    namesOf("Deployment", config.makeApiClient(AppsV1Api).listNamespacedDeployment(query)),
    namesOf("Pod", core.listNamespacedPod(query)),
  ]);
  return lists.flat();
}

interface Named {
  metadata?: { name?: string; annotations?: Record<string, string> };
}

async function namesOf(kind: string, list: Promise<{ items: Named[] }>): Promise<string[]> {
  const { username, workspace } = sampleActivation;
  try {
    const own = (await list).items.filter(
      ({ metadata }) =>
        metadata?.annotations?.["xlscsde.nhs.uk/username"] === username &&
        metadata.annotations["xlscsde.nhs.uk/workspace"] === workspace,
    );
    return own.map(({ metadata }) => `${kind} ${metadata?.name ?? ""}`);
  } catch (error) {
    return [`${kind}: not read: ${said(error)}`];
  }
}

async function rowsOf(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ line: string }>(
      `SELECT 'connection ' || g.connection_group_name || '/' || c.connection_name || ' (id ' || c.connection_id || ', ' || c.protocol || ')' AS line
       FROM guacamole_connection c JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
       WHERE g.connection_group_name = $1 AND c.connection_name = $2
       UNION ALL
       SELECT p.permission || ' on that connection for ' || e.name
       FROM guacamole_connection_permission p
       JOIN guacamole_connection c USING (connection_id)
       JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
       JOIN guacamole_entity e USING (entity_id)
       WHERE g.connection_group_name = $1 AND c.connection_name = $2`,
      [sampleActivation.workspace, sampleActivation.username],
    );
    return rows.map(({ line }) => line);
  } finally {
    await client.end();
  }
}
