import { type KubeConfig, type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import type pg from "pg";

/** Everything that the product may change, by name, in a form that can be compared. */
export interface World {
  objects: Record<string, unknown>;
  rows: string[];
}

const kinds = [
  ["v1", "Secret"],
  ["v1", "Service"],
  ["v1", "ConfigMap"],
  ["apps/v1", "Deployment"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["xlscsde.nhs.uk/v1", "AnalyticsWorkspace"],
  ["xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding"],
] as const;

const tables = [
  "SELECT 'group ' || connection_group_name FROM guacamole_connection_group",
  "SELECT 'connection ' || connection_id || ' ' || connection_name FROM guacamole_connection",
  "SELECT 'parameter ' || connection_id || ' ' || parameter_name FROM guacamole_connection_parameter",
  "SELECT 'entity ' || type || ' ' || name FROM guacamole_entity",
  "SELECT 'user ' || name || ' until ' || coalesce(valid_until::text, 'ever') || coalesce(' in ' || timezone, '') FROM guacamole_user JOIN guacamole_entity USING (entity_id)",
  "SELECT 'may open ' || name || ' ' || connection_id || ' ' || permission FROM guacamole_connection_permission JOIN guacamole_entity USING (entity_id)",
  "SELECT 'sees group ' || name || ' ' || permission FROM guacamole_connection_group_permission JOIN guacamole_entity USING (entity_id)",
  "SELECT 'self ' || name || ' ' || permission FROM guacamole_user_permission JOIN guacamole_entity USING (entity_id)",
  "SELECT 'system ' || name || ' ' || permission FROM guacamole_system_permission JOIN guacamole_entity USING (entity_id)",
];

/**
 * The request that something was created for, its time, and the last seen scale of a binding: notes on an object, not
 * part of its state.
 */
const bookkeeping = new Set(["xlscsde.nhs.uk/request", "xlscsde.nhs.uk/replicas-seen", "xlscsde.nhs.uk/started-at"]);

/**
 * Reads both systems, without what changes by itself (versions, times, what controllers report), what every start
 * creates again (the password, the request that a pod was started for), and the request objects, which record what was
 * asked for, and how long the last starts took.
 */
export async function describeWorld(config: KubeConfig, guacamole: pg.Client, namespace: string): Promise<World> {
  const api = KubernetesObjectApi.makeApiClient(config);
  const objects: Record<string, unknown> = {};
  for (const [apiVersion, kind] of kinds) {
    const { items } = await api.list<KubernetesObject>(apiVersion, kind, namespace);
    for (const item of items) {
      const name = item.metadata?.name ?? "";
      const isNote = name.startsWith("desktop-request-") || name === "desktop-start-times";
      if (!isNote) objects[`${kind} ${name}`] = lasting(kind, item);
    }
  }
  const rows: string[] = [];
  for (const table of tables) {
    const { rows: found } = await guacamole.query<{ line: string }>(`SELECT * FROM (${table}) AS found (line)`);
    rows.push(...found.map(({ line }) => line).sort());
  }
  return { objects, rows };
}

function lasting(kind: string, { metadata, ...rest }: KubernetesObject): unknown {
  const { spec, status } = rest as { spec?: Record<string, unknown>; status?: Record<string, unknown> };
  const annotations = Object.entries(metadata?.annotations ?? {}).filter(([key]) => !bookkeeping.has(key));
  const template = spec?.["template"] as { metadata?: object } | undefined;
  return {
    uid: metadata?.uid,
    labels: metadata?.labels,
    annotations: Object.fromEntries(annotations.filter(([key]) => !key.startsWith("deployment.kubernetes.io/"))),
    spec: template ? { ...spec, template: { ...template, metadata: undefined } } : spec,
    // Controllers report the status of other objects; a binding's is ours. A field that was removed is the same as one
    // that was never there.
    ...(kind === "AnalyticsWorkspaceBinding"
      ? { status: Object.fromEntries(Object.entries(status ?? {}).filter(([, value]) => value !== null)) }
      : {}),
  };
}
