import { AppsV1Api, CoreV1Api, type KubeConfig, NetworkingV1Api } from "@kubernetes/client-node";
import pg from "pg";
import { sampleActivation } from "./sample-estate.ts";

/** What the main job wrote for the sample person, one line each, read back from the two systems themselves. */
export async function describeWritten(config: KubeConfig, databaseUrl: string, namespace: string): Promise<string[]> {
  return [...(await objectsOf(config, namespace)), ...(await rowsOf(databaseUrl))];
}

async function objectsOf(config: KubeConfig, namespace: string): Promise<string[]> {
  const query = { namespace };
  const lists = await Promise.all([
    kind("Secret", config.makeApiClient(CoreV1Api).listNamespacedSecret(query)),
    kind("NetworkPolicy", config.makeApiClient(NetworkingV1Api).listNamespacedNetworkPolicy(query)),
    kind("Service", config.makeApiClient(CoreV1Api).listNamespacedService(query)),
    kind("Deployment", config.makeApiClient(AppsV1Api).listNamespacedDeployment(query)),
    kind("Pod", config.makeApiClient(CoreV1Api).listNamespacedPod(query)),
  ]);
  return lists.flat();
}

interface Named {
  metadata?: { name?: string; annotations?: Record<string, string> };
}

async function kind(name: string, list: Promise<{ items: Named[] }>): Promise<string[]> {
  const { username, workspace } = sampleActivation;
  const own = (await list).items.filter(
    ({ metadata }) =>
      metadata?.annotations?.["xlscsde.nhs.uk/username"] === username &&
      metadata.annotations["xlscsde.nhs.uk/workspace"] === workspace,
  );
  return own.map(({ metadata }) => `${name} ${metadata?.name ?? ""}`);
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
