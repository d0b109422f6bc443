import { CoreV1Api } from "@kubernetes/client-node";
import type { NamedDesktop } from "../shared/desktop/names.ts";
import { namespace, type TestEstate } from "./estate.ts";
import { cohort } from "./seeded-drift.ts";
import { isNoEstimate } from "./everything.ts";
import type { World } from "./world.ts";

/** Everything in both systems, to the last value. */
export interface Everything {
  world: World;
  /** Guacamole's rows by names, with their values. */
  rows: string[];
  /** The request objects by name, with their versions. */
  requests: Record<string, unknown>;
}

const connection = `'connection ' || coalesce(g.connection_group_name, '-') || '/' || c.connection_name || ': '`;
const ofConnection = `
  FROM guacamole_connection c LEFT JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id`;

const tables = [
  `SELECT ${connection} || 'id ' || c.connection_id ${ofConnection}`,
  `SELECT ${connection} || c.protocol || ' ' || coalesce(c.max_connections_per_user::text, '-') ${ofConnection}`,
  `SELECT ${connection} || parameter_name || '=' || parameter_value ${ofConnection}
   JOIN guacamole_connection_parameter USING (connection_id)`,
  `SELECT ${connection} || p.permission || ' for ' || e.name ${ofConnection}
   JOIN guacamole_connection_permission p USING (connection_id) JOIN guacamole_entity e ON e.entity_id = p.entity_id`,
  `SELECT 'user ' || e.name || ': until ' || coalesce(u.valid_until::text, 'ever') || coalesce(' in ' || u.timezone, '')
   FROM guacamole_user u JOIN guacamole_entity e USING (entity_id)`,
  `SELECT DISTINCT 'user ' || e.name || ': ' || p.permission || ' on group ' || g.connection_group_name
   FROM guacamole_connection_group_permission p
   JOIN guacamole_connection_group g USING (connection_group_id) JOIN guacamole_entity e ON e.entity_id = p.entity_id`,
  `SELECT 'user ' || e.name || ': ' || p.permission || ' on user ' || u.user_id
   FROM guacamole_user_permission p
   JOIN guacamole_entity e ON e.entity_id = p.entity_id JOIN guacamole_user u ON u.user_id = p.affected_user_id`,
  "SELECT DISTINCT 'group ' || connection_group_name || ' ' || type FROM guacamole_connection_group",
  "SELECT 'session ' || username || ' ' || start_date || ' ' || coalesce(end_date::text, 'open') FROM guacamole_connection_history",
];

export async function everythingIn(estate: TestEstate): Promise<Everything> {
  const core = estate.kubeconfig.makeApiClient(CoreV1Api);
  const [world, { items }] = await Promise.all([estate.world(), core.listNamespacedConfigMap({ namespace })]);
  const rows: string[] = [];
  for (const table of tables) {
    const { rows: found } = await estate.guacamole.query<{ line: string }>(`SELECT * FROM (${table}) AS found (line)`);
    rows.push(...found.map(({ line }) => line).sort());
  }
  const requests = Object.fromEntries(
    items
      .filter(isNoEstimate)
      .map(({ metadata, data }) => [metadata?.name ?? "", { version: metadata?.resourceVersion, data }]),
  );
  return { world, rows, requests };
}

/** Returns what belongs to one desktop, without what is new if it had to be created again. */
export function partsOf({ world, rows }: Everything, desktop: NamedDesktop) {
  const own = Object.entries(world.objects).filter(([name]) => name.includes(desktop.names.deployment));
  const objects = own.map(([name, object]) => [
    name,
    { ...(object as object), ...(name.startsWith("Deployment") ? {} : { uid: "" }) },
  ]);
  const binding = world.objects[`AnalyticsWorkspaceBinding ${desktop.workspace}-${desktop.username}`];
  const plain = (row: string) => row.replace(/: id \d+$/, ": id").replace(/ on user \d+$/, " on user");
  return {
    objects: Object.fromEntries(objects) as Record<string, unknown>,
    rows: rows.filter((row) => isRowOf(row, desktop)).map(plain),
    binding: binding && {
      ...binding,
      status: { ...(binding as { status?: object }).status, lastActiveCheck: undefined },
    },
  };
}

/** Returns what belongs to none of these desktops, nor to workspaces that only they are in. */
export function withoutAllOf({ world, rows, requests }: Everything, desktops: readonly NamedDesktop[]) {
  const names = new Set(
    desktops.flatMap(({ workspace, username, names }) => [
      `Deployment ${names.deployment}`,
      ...["Secret", "Service", "NetworkPolicy"].map((kind) => `${kind} ${names.service}`),
      `AnalyticsWorkspaceBinding ${workspace}-${username}`,
      `AnalyticsWorkspace ${workspace}`,
    ]),
  );
  const workspaces = new Set(desktops.map(({ workspace }) => workspace).filter((workspace) => workspace !== cohort));
  const people = desktops.map(({ username }) => JSON.stringify(username));
  const without = (all: Record<string, unknown>, theirs: (name: string, value: unknown) => boolean) =>
    Object.fromEntries(Object.entries(all).filter(([name, value]) => !theirs(name, value)));
  return {
    objects: without(world.objects, (name) => names.has(name)),
    rows: rows.filter(
      (row) =>
        !desktops.some((desktop) => isRowOf(row, desktop) || row.startsWith(`session ${desktop.names.entity} `)) &&
        !workspaces.has(/^group (\S+) /.exec(row)?.[1] ?? ""),
    ),
    requests: without(requests, (_, value) => {
      const text = (value as { data?: Record<string, string> }).data?.["request"] ?? "";
      return people.some((person) => text.includes(`"username":${person}`));
    }),
  };
}

function isRowOf(row: string, { names }: NamedDesktop): boolean {
  return row.startsWith(`connection ${names.group}/${names.connection}: `) || row.startsWith(`user ${names.entity}: `);
}
