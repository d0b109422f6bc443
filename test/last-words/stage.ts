import {
  CoreV1Api,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1Deployment,
} from "@kubernetes/client-node";
import type KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import { stableId, type User } from "@stand-in/identity";
import { deploymentName, personId } from "../../shared/desktop/names.ts";
import { bind, openWorkspace } from "../bound-people.ts";
import { keycloakAdmin, namespace, startTestEstate, type TestEstate } from "../estate.ts";
import { type HeldTime, holdTime } from "../faults/held-time.ts";
import { createTroubles, type Troubles } from "../faults/trouble.ts";
import { realmAdministrator } from "../keycloak-person.ts";
import { byGroup, type Seen, type Workspace, workspaces } from "./model.ts";

export const group = "/trials/c";
/** The administrator's extensions, and what desktops may do without being taken down, end after the test. */
const long = "6000";

/** The whole product, with people whom nobody has seen before for each play. */
export interface Stage {
  estate: TestEstate;
  time: HeldTime;
  troubles: Troubles;
  /** Keycloak's admin API, newly authenticated: tokens live for minutes. */
  keycloak(): Promise<KeycloakAdminClient>;
  pass: (seconds: number) => Promise<void>;
  /** Binds new people to the workspaces and returns their names. */
  people(): Promise<string[]>;
  /** What there is of everybody's desktops. */
  look(): Promise<(username: string, workspace: Workspace) => Seen>;
  /** What is neither theirs nor nobody's: a colleague's running desktop, and what others created. */
  bystanders(): Promise<Record<string, string>>;
  /** Removes what is left of the people of a play besides their desktops. */
  forget(usernames: readonly string[]): Promise<void>;
  /** How many desktops each of these people may open. */
  openDesktops(usernames: readonly string[]): Promise<Map<string, number>>;
  close(): Promise<void>;
}

const names = ["ann", "ben", "cat"];

export async function startStage(plays: number): Promise<Stage> {
  const time = holdTime();
  const troubles = createTroubles(time.clock);
  const users = Array.from({ length: plays }, (_, play) => names.map((name) => userOf(`${name}${play}`))).flat();
  const estate = await startTestEstate(
    undefined,
    {
      KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id,
      KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret,
      LEAVE_GRACE_MINUTES: "5",
      KEYCLOAK_SESSION_IDLE_MINUTES: long,
      KEYCLOAK_SESSION_MAX_MINUTES: long,
      DESKTOP_IDLE_MINUTES: long,
      DESKTOP_START_GRACE_MINUTES: long,
      DESKTOP_LONGEST_SESSION_MINUTES: long,
      // With three people, one who leaves is a third of everything.
      RECONCILE_SAFETY_PERCENT: "100",
    },
    time.clock,
    false,
    { linkTo: troubles.linkTo, users: [...users, userOf("zoe")] },
  );
  troubles.watch(estate);
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  for (const workspace of workspaces) await openWorkspace(estate, workspace);
  await objects.create({
    apiVersion: "xlscsde.nhs.uk/v1",
    kind: "AnalyticsWorkspaceBinding",
    metadata: { name: `${byGroup}-by-group`, namespace },
    spec: {
      workspace: byGroup,
      expires: "2099-12-31",
      claims: [{ name: "groups", operator: "EQUALS", value: group }],
    },
  } as KubernetesObject);

  await bind(estate, "zoe", byColleague);
  await estate.identity.signIn("zoe");
  await estate.callAsService("PUT", "/users/zoe/desktop", { workspace: byColleague, subject: stableId("zoe") });
  await time.pass(estate, troubles, 10);
  await addStrangers(estate, objects);
  const around = await estate.world();

  let play = 0;
  return {
    estate,
    time,
    troubles,
    keycloak: () => realmAdministrator(estate),
    pass: (seconds) => time.pass(estate, troubles, seconds),
    async people() {
      if (play === plays) throw new Error("start a play: there are no new people left (tell startStage of more plays)");
      const usernames = names.map((name) => `${name}${play}`);
      play += 1;
      for (const workspace of workspaces)
        if (workspace !== byGroup) for (const username of usernames) await bind(estate, username, workspace);
      return usernames;
    },
    async bystanders() {
      const world = await estate.world();
      const { items } = await estate.kubeconfig.makeApiClient(CoreV1Api).listNamespacedPod({ namespace });
      const deployment = deploymentName({ workspace: byColleague, username: "zoe" });
      const pods = items.filter(({ metadata }) => metadata?.name?.startsWith(deployment));
      // When the status of a running desktop was written last is news every hour.
      const text = (what: unknown) =>
        JSON.stringify(what, (key, value: unknown) => (key === "lastActiveCheck" ? "" : value));
      return {
        ...Object.fromEntries(Object.keys(around.objects).map((key) => [key, text(world.objects[key])])),
        rows: text(world.rows.filter((row) => around.rows.includes(row))),
        pods: text(pods.map(({ metadata }) => metadata?.uid)),
      };
    },
    async forget(usernames) {
      for (const username of usernames) {
        for (const workspace of workspaces)
          await objects.delete(bindingOf(`${workspace}-${username}`)).catch(() => undefined);
        const metadata = { name: `desktop-request-${personId(username)}`, namespace };
        await objects.delete({ apiVersion: "v1", kind: "ConfigMap", metadata }).catch(() => undefined);
      }
    },
    look: () => lookAround(estate, objects),
    async openDesktops(usernames) {
      const { rows } = await estate.guacamole.query<{ person: string; count: number }>(
        `SELECT split_part(e.name, '@', 2) AS person, count(*)::int AS count
         FROM guacamole_connection_permission p JOIN guacamole_entity e USING (entity_id)
         WHERE split_part(e.name, '@', 2) = ANY ($1) GROUP BY 1`,
        [usernames],
      );
      return new Map(rows.map(({ person, count }) => [person, count]));
    },
    async close() {
      await troubles.end();
      await estate.close();
      await troubles.close();
      time.release();
    },
  };
}

/** The workspace of somebody who takes no part. */
const byColleague: Workspace = "trial-a";

/** Objects and rows that somebody else made, next to ours. */
async function addStrangers({ guacamole }: TestEstate, api: KubernetesObjectApi): Promise<void> {
  const labels = { app: "stranger" };
  const metadata = { name: "stranger", namespace, labels };
  await api.create({
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: { ports: [{ port: 80 }] },
  } as KubernetesObject);
  await api.create({ apiVersion: "v1", kind: "Secret", metadata });
  await guacamole.query(`
    WITH g AS (INSERT INTO guacamole_connection_group (connection_group_name) VALUES ('stranger') RETURNING connection_group_id),
    c AS (INSERT INTO guacamole_connection (connection_name, parent_id, protocol) SELECT 'ann0', connection_group_id, 'vnc' FROM g RETURNING connection_id),
    e AS (INSERT INTO guacamole_entity (name, type) VALUES ('stranger', 'USER') RETURNING entity_id)
    INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission) SELECT entity_id, connection_id, 'READ' FROM e, c`);
}

function userOf(username: string): User {
  return { username, password: username, claims: { groups: [group] } };
}

const kinds = [
  ["apps/v1", "Deployment"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["v1", "Secret"],
  ["v1", "Service"],
] as const;

async function lookAround(
  { guacamole }: TestEstate,
  api: KubernetesObjectApi,
): Promise<Awaited<ReturnType<Stage["look"]>>> {
  const found = new Map<string, { kind: string; object: KubernetesObject }[]>();
  for (const [apiVersion, kind] of kinds) {
    const { items } = await api.list<KubernetesObject>(apiVersion, kind, namespace);
    for (const object of items) {
      const name = (object.metadata?.name ?? "").replace(/^client-/, "");
      found.set(name, [...(found.get(name) ?? []), { kind, object }]);
    }
  }
  const texts = async (statement: string) =>
    new Set((await guacamole.query<{ key: string }>(statement)).rows.map(({ key }) => key));
  const connections = await texts(
    `SELECT g.connection_group_name || '@' || c.connection_name AS key
     FROM guacamole_connection c JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id`,
  );
  const users = await texts("SELECT name AS key FROM guacamole_entity");
  const readers = await texts(
    `SELECT e.name AS key FROM guacamole_connection_permission p JOIN guacamole_entity e USING (entity_id)
     WHERE p.permission = 'READ'`,
  );
  const seers = await texts(
    `SELECT e.name AS key FROM guacamole_connection_group_permission p JOIN guacamole_entity e USING (entity_id)
     WHERE p.permission = 'READ'`,
  );
  return (username, workspace) => {
    const parts = found.get(deploymentName({ workspace, username })) ?? [];
    const deployment = parts.find(({ kind }) => kind === "Deployment")?.object as V1Deployment | undefined;
    const key = `${workspace}@${username}`;
    return {
      objects: parts.map(({ kind }) => kind).sort(),
      replicas: deployment?.spec?.replicas,
      connection: connections.has(key),
      user: users.has(key),
      mayOpen: readers.has(key) && seers.has(key),
    };
  };
}

/** Patches a binding as somebody with kubectl does. */
export async function patchBinding(estate: TestEstate, name: string, spec: object): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const binding = { ...bindingOf(name), spec } as KubernetesObject;
  await api.patch(binding, undefined, undefined, "kubectl", undefined, PatchStrategy.MergePatch);
}

export async function removeBinding(estate: TestEstate, name: string): Promise<void> {
  await KubernetesObjectApi.makeApiClient(estate.kubeconfig).delete(bindingOf(name));
}

export async function replicasOf(estate: TestEstate, name: string): Promise<number | undefined> {
  const api = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const { spec } = await api.read<KubernetesObject & { spec?: { replicas?: number } }>(bindingOf(name));
  return spec?.replicas;
}

function bindingOf(name: string) {
  return { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding", metadata: { name, namespace } };
}
