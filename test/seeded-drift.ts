import {
  CustomObjectsApi,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type V1NetworkPolicy,
} from "@kubernetes/client-node";
import type { DriftKind } from "../shared/lifecycle/drift.ts";
import { type NamedDesktop, nameDesktop, personId } from "../shared/desktop/names.ts";
import { askFor, endOf } from "./bound-people.ts";
import { namespace, type TestEstate } from "./estate.ts";
import { openSession, realmAdministrator, subjectOf } from "./keycloak-person.ts";

/** An estate in which a Deployment's image can be one that nobody can pull. */
export type DriftEstate = TestEstate & { breakImage(deployment: string): void };

/** Something that is made amiss with a desktop that was as it should be. */
export interface Seed {
  username: string;
  workspace?: string;
  /** In words, after "a desktop". */
  what: string;
  /** Whether it is suspended before. */
  suspended?: true;
  /** What a look finds, and what it says of each. */
  found: readonly (readonly [DriftKind, RegExp])[];
  end: "gone" | "as before" | "suspended";
  seed(estate: DriftEstate, desktop: NamedDesktop): Promise<unknown>;
}

/** Where most of the people are. */
export const cohort = "cohort";
const rules = { namespace, clusterDomain: "cluster.local", entityTemplate: "{workspace}@{username}" };
const custom = { apiVersion: "xlscsde.nhs.uk/v1" };

export function desktopOf({ workspace = cohort, username }: { workspace?: string; username: string }): NamedDesktop {
  const key = { workspace, username };
  return { ...key, names: nameDesktop(key, rules) };
}

export const bindingOf = ({ workspace, username }: NamedDesktop) => ({
  ...custom,
  kind: "AnalyticsWorkspaceBinding",
  metadata: { name: `${workspace}-${username}`, namespace },
});
export const workspaceOf = (name: string) => ({
  ...custom,
  kind: "AnalyticsWorkspace",
  metadata: { name, namespace },
});

export const recordOf = (username: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: `desktop-request-${personId(username)}`, namespace },
});

const kinds = {
  secret: { apiVersion: "v1", kind: "Secret" },
  service: { apiVersion: "v1", kind: "Service" },
  networkPolicy: { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  deployment: { apiVersion: "apps/v1", kind: "Deployment" },
} as const;
type Part = keyof typeof kinds;
export const partOf = (part: Part, { names }: NamedDesktop) => ({
  ...kinds[part],
  metadata: { name: names[part], namespace },
});

/** Writes into an object as somebody with kubectl does. */
export async function edit(estate: TestEstate, object: KubernetesObject & Record<string, unknown>): Promise<void> {
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  await objects.patch(object, undefined, undefined, "somebody", undefined, PatchStrategy.MergePatch);
}

export async function remove(estate: TestEstate, object: KubernetesObject): Promise<void> {
  await KubernetesObjectApi.makeApiClient(estate.kubeconfig).delete(object);
}

/** Only this of a desktop is left. */
async function leaveOnly(estate: TestEstate, desktop: NamedDesktop, left: Part | "connection"): Promise<void> {
  for (const part of Object.keys(kinds) as Part[]) if (part !== left) await remove(estate, partOf(part, desktop));
  if (left !== "connection") await dropConnection(estate, desktop);
  await dropUser(estate, desktop);
}

const theConnection = `(
  SELECT c.connection_id
  FROM guacamole_connection c JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
  WHERE g.connection_group_name = $1 AND c.connection_name = $2
)`;
const theEntity = "(SELECT entity_id FROM guacamole_entity WHERE name = $1)";

const onConnection = ({ guacamole }: TestEstate, { workspace, username }: NamedDesktop, statement: string) =>
  guacamole.query(statement, [workspace, username]);
const onUser = ({ guacamole }: TestEstate, { names }: NamedDesktop, statement: string) =>
  guacamole.query(statement, [names.entity]);

const dropConnection = (estate: TestEstate, desktop: NamedDesktop) =>
  onConnection(estate, desktop, `DELETE FROM guacamole_connection WHERE connection_id = ${theConnection}`);
const dropUser = (estate: TestEstate, desktop: NamedDesktop) =>
  onUser(estate, desktop, "DELETE FROM guacamole_entity WHERE name = $1");
const setParameter = (name: string, value: string) => (estate: TestEstate, desktop: NamedDesktop) =>
  onConnection(
    estate,
    desktop,
    `INSERT INTO guacamole_connection_parameter (connection_id, parameter_name, parameter_value)
     VALUES (${theConnection}, '${name}', '${value}')
     ON CONFLICT (connection_id, parameter_name) DO UPDATE SET parameter_value = EXCLUDED.parameter_value`,
  );

async function setStatus(estate: TestEstate, desktop: NamedDesktop, status: object): Promise<void> {
  const api = estate.kubeconfig.makeApiClient(CustomObjectsApi);
  const { name } = bindingOf(desktop).metadata;
  const target = { group: "xlscsde.nhs.uk", version: "v1", namespace, plural: "analyticsworkspacebindings", name };
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  await api.patchNamespacedCustomObjectStatus({ ...target, body: { status } }, merge);
}

/** It was not ready, and could not be taken down when that was undone; a long time ago. */
async function startInVain(estate: DriftEstate, desktop: NamedDesktop): Promise<void> {
  estate.breakImage(desktop.names.deployment);
  estate.faults.beforeActivity = ({ name, input }) => {
    const mine = JSON.stringify(input).includes(desktop.names.deployment);
    if (mine && name === "removeDeployment") throw new Error("no");
  };
  const ended = await endOf(estate, await askFor(estate, desktop.username, desktop.workspace));
  estate.mend();
  if (ended.state !== "failed") throw new Error(`start in vain: ${JSON.stringify(ended)}`);
  // As release 0.1.0 left it: what was left behind was no goal.
  await edit(estate, { ...recordOf(desktop.username), data: { rollback: null } });
  const { metadata, ...kind } = partOf("deployment", desktop);
  await edit(estate, {
    ...kind,
    metadata: { ...metadata, annotations: { "xlscsde.nhs.uk/started-at": "2026-01-01T00:00:00.000Z" } },
  });
}

const alone = (what: string) => new RegExp(`^the ${what} exists without its Deployment$`);

export const seeds: readonly Seed[] = [
  {
    username: "binding-expired",
    what: "that is in use when its binding expires",
    found: [["entitlement-ended", /2020-01-01/]],
    end: "gone",
    async seed(estate, desktop) {
      await openSession(estate, desktop.workspace, desktop.username);
      await edit(estate, { ...bindingOf(desktop), spec: { expires: "2020-01-01" } });
    },
  },
  {
    username: "binding-deleted",
    what: "whose binding was deleted",
    found: [["entitlement-ended", /binding/]],
    end: "gone",
    seed: (estate, desktop) => remove(estate, bindingOf(desktop)),
  },
  {
    username: "unbound-while-suspended",
    what: "that is suspended and whose binding was deleted",
    suspended: true,
    found: [["entitlement-ended", /binding/]],
    end: "gone",
    seed: (estate, desktop) => remove(estate, bindingOf(desktop)),
  },
  {
    username: "workspace-expired",
    workspace: "closed",
    what: "whose workspace expired",
    found: [["entitlement-ended", /2020-12-31/]],
    end: "gone",
    seed: (estate) => edit(estate, { ...workspaceOf("closed"), spec: { validity: { expires: "2020-12-31" } } }),
  },
  {
    username: "workspace-deleted",
    workspace: "dissolved",
    what: "whose workspace was deleted",
    found: [["entitlement-ended", /dissolved/]],
    end: "gone",
    seed: (estate) => remove(estate, workspaceOf("dissolved")),
  },
  {
    username: "only-service",
    what: "of which only the Service is left",
    found: [["service-alone", alone("Service")]],
    end: "gone",
    seed: (estate, desktop) => leaveOnly(estate, desktop, "service"),
  },
  {
    username: "only-secret",
    what: "of which only the Secret is left",
    found: [["credential-alone", alone("Secret")]],
    end: "gone",
    seed: (estate, desktop) => leaveOnly(estate, desktop, "secret"),
  },
  {
    username: "only-policy",
    what: "of which only the NetworkPolicy is left",
    found: [["network-policy-alone", alone("NetworkPolicy")]],
    end: "gone",
    seed: (estate, desktop) => leaveOnly(estate, desktop, "networkPolicy"),
  },
  {
    username: "only-connection",
    what: "of which only the connection is left",
    found: [["connection-alone", alone("connection")]],
    end: "gone",
    seed: (estate, desktop) => leaveOnly(estate, desktop, "connection"),
  },
  {
    username: "deployment-deleted",
    what: "whose Deployment was deleted",
    found: [
      ["connection-alone", alone("connection")],
      ["credential-alone", alone("Secret")],
      ["network-policy-alone", alone("NetworkPolicy")],
      ["service-alone", alone("Service")],
    ],
    end: "gone",
    seed: (estate, desktop) => remove(estate, partOf("deployment", desktop)),
  },
  {
    username: "open-while-suspended",
    what: "that is suspended and can be opened",
    suspended: true,
    found: [["access-without-desktop", /^cohort@open-while-suspended may open it, but it is not running$/]],
    end: "as before",
    seed: (estate, { workspace, username, names }) =>
      estate.guacamole.query(
        `INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission)
         SELECT entity_id, ${theConnection}, 'READ' FROM guacamole_entity WHERE name = $3`,
        [workspace, username, names.entity],
      ),
  },
  {
    username: "shut-out",
    what: "that is ready and cannot be opened",
    found: [["access-missing", /^cohort@shut-out may not open it, though it is ready$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(estate, desktop, `DELETE FROM guacamole_connection_permission WHERE entity_id = ${theEntity}`),
  },
  {
    username: "unseen",
    what: "that is ready and not shown, since somebody took READ on its group away",
    found: [["access-missing", /^cohort@unseen may open it, but does not see it: READ on its group is missing$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(estate, desktop, `DELETE FROM guacamole_connection_group_permission WHERE entity_id = ${theEntity}`),
  },
  {
    username: "parameter-added",
    what: "whose connection was given file transfer",
    found: [["connection", /^wrong parameters: enable-sftp$/]],
    end: "as before",
    seed: setParameter("enable-sftp", "true"),
  },
  {
    username: "parameter-removed",
    what: "whose connection lets copy",
    found: [["connection", /^wrong parameters: disable-copy$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onConnection(
        estate,
        desktop,
        `DELETE FROM guacamole_connection_parameter WHERE connection_id = ${theConnection} AND parameter_name = 'disable-copy'`,
      ),
  },
  {
    username: "connection-deleted",
    what: "whose connection was deleted",
    found: [["connection", /^Guacamole has no connection for it$/]],
    end: "as before",
    seed: dropConnection,
  },
  {
    username: "user-deleted",
    what: "whose user in Guacamole was deleted",
    found: [["connection", /^Guacamole has no user for it$/]],
    end: "as before",
    seed: dropUser,
  },
  {
    username: "other-password",
    what: "whose password in Guacamole is another",
    found: [["credential", /^its password in Guacamole is not the one in its Secret$/]],
    end: "as before",
    seed: setParameter("password", "changed!"),
  },
  {
    username: "no-password",
    what: "whose connection has no password, so that Guacamole asks its person for one",
    found: [["credential", /^its password in Guacamole is not the one in its Secret$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onConnection(
        estate,
        desktop,
        `DELETE FROM guacamole_connection_parameter WHERE connection_id = ${theConnection} AND parameter_name = 'password'`,
      ),
  },
  {
    username: "empty-password",
    what: "whose connection has an empty password",
    found: [["credential", /^its password in Guacamole is not the one in its Secret$/]],
    end: "as before",
    seed: setParameter("password", ""),
  },
  {
    username: "edited-secret",
    what: "whose Secret was edited after its container started with it",
    found: [["pod-credential", /^its Secret was changed after its container had started with it$/]],
    end: "suspended",
    seed: (estate, desktop) => edit(estate, { ...partOf("secret", desktop), data: { password: "Y2hhbmdlZCE=" } }),
  },
  {
    username: "other-start",
    what: "whose Secret was made for another start",
    found: [["pod-credential", /^its Secret was changed after its container had started with it$/]],
    end: "suspended",
    seed: (estate, desktop) => {
      const { metadata, ...secret } = partOf("secret", desktop);
      const annotations = { "xlscsde.nhs.uk/request": "another" };
      return edit(estate, { ...secret, metadata: { ...metadata, annotations } });
    },
  },
  {
    username: "longer-day",
    what: "whose user may log in for longer",
    found: [["last-day", /^cohort@longer-day may log in until 2100-06-01 instead of until 2099-12-31$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(estate, desktop, `UPDATE guacamole_user SET valid_until = '2100-06-01' WHERE entity_id = ${theEntity}`),
  },
  {
    username: "endless-day",
    what: "whose user may log in for ever",
    found: [["last-day", /^cohort@endless-day may log in without an end instead of until 2099-12-31$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(estate, desktop, `UPDATE guacamole_user SET valid_until = NULL WHERE entity_id = ${theEntity}`),
  },
  {
    username: "policy-opened",
    what: "whose NetworkPolicy lets out more",
    found: [["network-policy", /^its NetworkPolicy is not as planned$/]],
    end: "as before",
    async seed(estate, desktop) {
      const reference = partOf("networkPolicy", desktop);
      const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
      const { spec } = await objects.read<V1NetworkPolicy>(reference);
      const egress = [...(spec?.egress ?? []), { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }];
      const opened = { ...reference, spec: { podSelector: spec?.podSelector, egress } };
      await objects.patch<KubernetesObject>(
        opened,
        undefined,
        undefined,
        "somebody",
        true,
        PatchStrategy.ServerSideApply,
      );
    },
  },
  {
    username: "policy-elsewhere",
    what: "whose NetworkPolicy holds for no pod",
    found: [["network-policy", /^its NetworkPolicy is not as planned$/]],
    end: "as before",
    seed: (estate, desktop) =>
      edit(estate, {
        ...partOf("networkPolicy", desktop),
        spec: { podSelector: { matchLabels: { nobody: "has-it" } } },
      }),
  },
  {
    username: "policy-deleted",
    what: "whose NetworkPolicy was deleted",
    found: [["network-policy", /^its NetworkPolicy is missing$/]],
    end: "as before",
    seed: (estate, desktop) => remove(estate, partOf("networkPolicy", desktop)),
  },
  {
    username: "service-elsewhere",
    what: "whose Service leads to another pod",
    found: [["service", /^its Service is not as planned$/]],
    end: "as before",
    seed: (estate, desktop) =>
      edit(estate, {
        ...partOf("service", desktop),
        spec: { selector: { "xlscsde.nhs.uk/deployment-name": "another" } },
      }),
  },
  {
    username: "service-wider",
    what: "whose Service has a port more",
    found: [["service", /^its Service is not as planned$/]],
    end: "as before",
    async seed(estate, desktop) {
      const ports = [{ name: "more", port: 8080, targetPort: 8080, protocol: "TCP" }];
      const wider = { ...partOf("service", desktop), spec: { ports } };
      const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
      await objects.patch<KubernetesObject>(
        wider,
        undefined,
        undefined,
        "somebody",
        true,
        PatchStrategy.ServerSideApply,
      );
    },
  },
  {
    username: "two-pods",
    what: "that somebody scaled to two pods",
    found: [["too-many-pods", /^it has 2 pods instead of one$/]],
    end: "as before",
    seed: (estate, desktop) => edit(estate, { ...partOf("deployment", desktop), spec: { replicas: 2 } }),
  },
  {
    username: "says-stopped",
    what: "that runs, while its binding says that it does not",
    found: [["binding-status", /^the binding cohort-says-stopped says that it is not running$/]],
    end: "as before",
    seed: (estate, desktop) => setStatus(estate, desktop, { statusText: "READY", replicas: 0 }),
  },
  {
    username: "says-running",
    what: "that is suspended, while its binding says that it runs",
    suspended: true,
    found: [["binding-status", /^the binding cohort-says-running says that it is running$/]],
    end: "as before",
    seed: (estate, desktop) => setStatus(estate, desktop, { statusText: "ACTIVE", replicas: 1 }),
  },
  {
    username: "several-at-once",
    what: "with several things amiss",
    found: [
      ["access-missing", /may not open it/],
      ["connection", /: disable-paste, port$/],
      ["last-day", /2020-01-01/],
      ["network-policy", /missing/],
      ["service", /missing/],
    ],
    end: "as before",
    async seed(estate, desktop) {
      await setParameter("disable-paste", "false")(estate, desktop);
      await setParameter("port", "5901")(estate, desktop);
      await onUser(estate, desktop, `DELETE FROM guacamole_connection_permission WHERE entity_id = ${theEntity}`);
      await onUser(
        estate,
        desktop,
        `UPDATE guacamole_user SET valid_until = '2020-01-01' WHERE entity_id = ${theEntity}`,
      );
      for (const part of ["networkPolicy", "service"] as const) await remove(estate, partOf(part, desktop));
    },
  },
  {
    username: "never-ready",
    what: "that is stuck in starting",
    suspended: true,
    found: [
      ["binding-status", /^the binding cohort-never-ready says that it is not running$/],
      ["stuck-starting", /^it was started at 2026-01-01T00:00:00.000Z and never became ready$/],
    ],
    end: "suspended",
    seed: startInVain,
  },
  {
    username: "scaled-up-again",
    what: "that was suspended, and scaled to one by hand",
    suspended: true,
    found: [
      ["binding-status", /^the binding cohort-scaled-up-again says that it is not running$/],
      ["should-be-suspended", /^it runs, although its person wants none or another one$/],
    ],
    end: "suspended",
    seed: (estate, desktop) => edit(estate, { ...partOf("deployment", desktop), spec: { replicas: 1 } }),
  },
  {
    username: "not-retired",
    what: "that is there although its person's retirement was recorded as done",
    found: [["should-be-retired", /^is there, although everything of its person was removed$/]],
    end: "gone",
    seed(estate, { username }) {
      const requestedAt = "2026-01-01T00:00:00.000Z";
      const request = { id: "r", username, workspace: null, retire: true, requestedAt, claims: {} };
      const outcomes = { r: { state: "done", at: requestedAt, message: "nothing of this person is left" } };
      const data = { request: JSON.stringify(request), outcomes: JSON.stringify(outcomes) };
      return edit(estate, { ...recordOf(username), data });
    },
  },
  {
    username: "alice",
    what: "whose person was deleted at the identity provider",
    found: [["person-gone", /^is no longer known to the identity provider$/]],
    end: "gone",
    async seed(estate) {
      const keycloak = await realmAdministrator(estate);
      await keycloak.users.del({ id: await subjectOf(estate, "alice") });
    },
  },
  {
    username: "dan",
    what: "whose person was disabled at the identity provider",
    found: [["person-gone", /^was disabled at the identity provider$/]],
    end: "gone",
    async seed(estate) {
      const keycloak = await realmAdministrator(estate);
      await keycloak.users.update({ id: await subjectOf(estate, "dan") }, { enabled: false });
    },
  },
];
