import { type KubernetesObject, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { V1Deployment } from "@kubernetes/client-node";
import { deploymentName } from "../shared/desktop/names.ts";
import { namespace, type TestEstate } from "./estate.ts";

export interface Leftover {
  username: string;
  workspace: string;
  replicas: 0 | 1;
  /** The Deployment's labels and pod annotations if they differ from the operator's. */
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** The binding's name if it does not follow from workspace and username. */
  binding?: string;
}

/** The same bytes for everybody: 64 hex digits read as base64. */
const constantHash = Buffer.from("ca458a7d494e3be824f5e1e175a1556c0f8eef2c2d7df3633bec4a29c4411960", "base64");

/**
 * Leaves a desktop as the operator does: Deployment and Service created by a plain client, the binding's status, and
 * rows with the password 1234 in the newer of two root groups with the same name. Waits until its pod is ready, if it
 * has one.
 *
 * @returns the id of the connection
 */
export async function leaveDesktop(estate: TestEstate, leftover: Leftover): Promise<number> {
  const { username, workspace, replicas } = leftover;
  const name = deploymentName({ workspace, username });
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  for (const manifest of [deployment(name, leftover), service(name, leftover)])
    await objects.create(manifest, undefined, undefined, "OpenAPI-Generator");

  const binding = { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" };
  const metadata = { name: leftover.binding ?? `${workspace}-${username}`, namespace };
  await objects.patch(
    { ...binding, metadata, spec: { replicas } } as KubernetesObject,
    undefined,
    undefined,
    "keycloak",
    undefined,
    PatchStrategy.MergePatch,
  );
  const connection = await leaveRows(estate, username, workspace, `client-${name}.${namespace}.svc.cluster.local`);
  const reference = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace } };
  while (((await objects.read<V1Deployment>(reference)).status?.readyReplicas ?? 0) < replicas)
    await new Promise((resolve) => setImmediate(resolve));
  return connection;
}

function deployment(name: string, { workspace, username, replicas, labels, annotations }: Leftover) {
  const selector = { "xlscsde.nhs.uk/deployment-name": name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels: labels ?? { "xlscsde.nhs.uk/purpose": "workspace-client" } },
    spec: {
      replicas,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: selector, annotations: annotations ?? whose({ workspace, username }) },
        spec: {
          containers: [
            {
              name: "vnc-client",
              image: "example.org/analytics-vnc-client:0.9",
              ports: [{ containerPort: 5900 }],
              env: [
                { name: "BROWSER_URL", value: "https://jupyter.example.org" },
                { name: "VNC_PASSWORD", value: "1234" },
                { name: "OLD_SETTING", value: "x" },
              ],
              volumeMounts: [{ name: "certs", mountPath: "/usr/lib/firefox/distribution/certs", readOnly: true }],
            },
          ],
          volumes: [{ name: "certs", configMap: { name: "xlscsde-enterprise-certificate", optional: true } }],
        },
      },
    },
  };
}

function service(name: string, leftover: Leftover) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: `client-${name}`,
      namespace,
      labels: { "xlscsde.nhs.uk/purpose": "workspace-client" },
      annotations: whose(leftover),
    },
    spec: {
      clusterIP: "None",
      ports: [{ port: 5900, targetPort: 5900 }],
      selector: { "xlscsde.nhs.uk/deployment-name": name },
    },
  };
}

function whose({ workspace, username }: Pick<Leftover, "workspace" | "username">): Record<string, string> {
  return { "xlscsde.nhs.uk/workspace": workspace, "xlscsde.nhs.uk/username": username };
}

async function leaveRows(
  { guacamole }: TestEstate,
  username: string,
  workspace: string,
  host: string,
): Promise<number> {
  const one = async (text: string, values: unknown[]) => {
    const { rows } = await guacamole.query<{ id: number }>(text, values);
    return rows[0]?.id ?? 0;
  };
  // Two groups with the same name, as two concurrent passes of the operator created them; desktops went into the newer
  // one.
  const newest = () =>
    one("SELECT max(connection_group_id) AS id FROM guacamole_connection_group WHERE connection_group_name = $1", [
      workspace,
    ]);
  if (!(await newest()))
    await guacamole.query(
      `INSERT INTO guacamole_connection_group (connection_group_name, type)
       VALUES ($1, 'ORGANIZATIONAL'), ($1, 'ORGANIZATIONAL')`,
      [workspace],
    );
  const parent = await newest();
  const connection = await one(
    `INSERT INTO guacamole_connection (connection_name, parent_id, protocol) VALUES ($1, $2, 'vnc')
     RETURNING connection_id AS id`,
    [username, parent],
  );
  await guacamole.query(
    `INSERT INTO guacamole_connection_parameter (connection_id, parameter_name, parameter_value)
     SELECT $1, name, value
     FROM (VALUES ('hostname', $2), ('port', '5900'), ('password', '1234'), ('disable-copy', 'true'), ('disable-paste', 'true'))
       AS given (name, value)`,
    [connection, host],
  );
  const entity = await one(`INSERT INTO guacamole_entity (name, type) VALUES ($1, 'USER') RETURNING entity_id AS id`, [
    `${workspace}@${username}`,
  ]);
  const user = await one(
    `INSERT INTO guacamole_user (entity_id, password_hash, password_date) VALUES ($1, $2, CURRENT_TIMESTAMP)
     RETURNING user_id AS id`,
    [entity, constantHash],
  );
  await guacamole.query(
    `INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission) VALUES ($1, $2, 'READ')`,
    [entity, connection],
  );
  await guacamole.query(
    `INSERT INTO guacamole_connection_group_permission (entity_id, connection_group_id, permission) VALUES ($1, $2, 'READ')`,
    [entity, parent],
  );
  await guacamole.query(
    `INSERT INTO guacamole_user_permission (entity_id, affected_user_id, permission) VALUES ($1, $2, 'READ')`,
    [entity, user],
  );
  return connection;
}
