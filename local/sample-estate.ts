import { readFile } from "node:fs/promises";
import {
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  loadYaml,
  PatchStrategy,
} from "@kubernetes/client-node";
import type { Client, User } from "@stand-in/identity";
import type { PolicyTexts } from "../shared/desktop/policy.ts";

/**
 * The sample people. Their passwords are public: the identity provider listens on loopback only and has no other users.
 */
export const sampleUsers: readonly User[] = [
  {
    username: "alice",
    password: "alice",
    claims: { groups: ["/asthma"] },
    about: "may use two workspaces; a third has expired",
  },
  {
    username: "bob",
    password: "bob",
    claims: { groups: ["/registry/readers"] },
    about: "may use one workspace, by a group",
  },
  { username: "carol", password: "carol", about: "may use none any more: the binding has expired" },
  { username: "dan", password: "dan", about: "may use none yet: the workspace is not open" },
  {
    username: "olga",
    password: "olga",
    roles: ["desktop-admin"],
    about: "an administrator of the desktops: see the console",
  },
];

/** The client that Keycloak's login flow uses: it acts for any person. */
export function serviceClient(secret: string): Client {
  return { id: "workspace-action", secret, roles: ["desktop-service"] };
}

/** The client that administers the realm: it plays Keycloak's administrators and looks up people for the product. */
export function realmAdministrator(secret: string): Client {
  return { id: "realm-admin", secret, roles: [], managementRoles: ["view-users", "manage-users"] };
}

/** What the main job activates. */
export const sampleActivation = { username: "alice", workspace: "asthma-cohort" };

interface Row {
  workspace: string;
  displayName: string;
  availableFrom: string;
  expires: string;
  policy?: { name: string; data: PolicyTexts };
  bindings: { name: string; expires: string; username?: string; claims?: object[] }[];
}

/** Workspaces and bindings, among them one expired, one not yet valid, one matched by claims, and one with a policy. */
const estate: readonly Row[] = [
  {
    workspace: "asthma-cohort",
    displayName: "Asthma cohort",
    availableFrom: "2024-01-01",
    expires: "2099-12-31",
    bindings: [
      { name: "asthma-cohort-alice", username: "alice", expires: "2099-12-31" },
      { name: "asthma-cohort-carol", username: "carol", expires: "2024-12-31" },
    ],
  },
  {
    workspace: "cancer-registry",
    displayName: "Cancer registry",
    availableFrom: "2024-01-01",
    expires: "2099-12-31",
    policy: { name: "registry-desktops", data: { cpuLimit: "4", memoryLimit: "8Gi", allowPaste: "true" } },
    bindings: [
      { name: "cancer-registry-alice", username: "alice", expires: "2099-06-30" },
      {
        name: "cancer-registry-readers",
        claims: [{ name: "groups", operator: "EQUALS", value: "/registry/readers" }],
        expires: "2099-12-31",
      },
    ],
  },
  {
    workspace: "flu-season-2023",
    displayName: "Flu season 2023",
    availableFrom: "2023-09-01",
    expires: "2024-04-30",
    bindings: [{ name: "flu-season-2023-alice", username: "alice", expires: "2099-12-31" }],
  },
  {
    workspace: "rare-diseases",
    displayName: "Rare diseases",
    availableFrom: "2098-01-01",
    expires: "2099-12-31",
    bindings: [{ name: "rare-diseases-dan", username: "dan", expires: "2099-12-31" }],
  },
];

/** Writes the sample estate. Objects that exist stay as people left them, including their status. */
export async function writeSampleEstate(config: KubeConfig, namespace: string): Promise<void> {
  const objects = KubernetesObjectApi.makeApiClient(config);
  const apply = (manifest: KubernetesObject) =>
    objects.patch(manifest, undefined, undefined, "sample-estate", true, PatchStrategy.ServerSideApply);

  await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  for (const manifest of estate.flatMap((row) => manifestsOf(row, namespace))) await apply(manifest);
}

/** Applies infra/kubernetes/base/default-deny.yaml in this namespace, as administrators do. */
export async function applyDefaultDeny(config: KubeConfig, namespace: string): Promise<void> {
  const file = new URL("../infra/kubernetes/base/default-deny.yaml", import.meta.url);
  const policy = loadYaml<KubernetesObject>(await readFile(file, "utf8"));
  policy.metadata = Object.assign(policy.metadata ?? {}, { namespace });
  const objects = KubernetesObjectApi.makeApiClient(config);
  await objects.patch(policy, undefined, undefined, "sample-estate", true, PatchStrategy.ServerSideApply);
}

function manifestsOf({ workspace, displayName, availableFrom, expires, policy, bindings }: Row, namespace: string) {
  const apiVersion = "xlscsde.nhs.uk/v1";
  const labels = { "xlscsde.nhs.uk/purpose": "desktop-policy" };
  const annotations = policy && { "xlscsde.nhs.uk/desktop-policy": policy.name };
  return [
    ...(policy
      ? [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: policy.name, namespace, labels }, data: policy.data }]
      : []),
    {
      apiVersion,
      kind: "AnalyticsWorkspace",
      metadata: { name: workspace, namespace, ...(annotations && { annotations }) },
      spec: {
        displayName,
        description: `Sample workspace: ${displayName}`,
        validity: { availableFrom, expires },
        jupyterWorkspace: { image: "example/notebook:1.0.0" },
      },
    },
    ...bindings.map(({ name, expires: until, username, claims }) => ({
      apiVersion,
      kind: "AnalyticsWorkspaceBinding",
      metadata: { name, namespace, labels: username === undefined ? {} : { "xlscsde.nhs.uk/username": username } },
      spec: {
        workspace,
        expires: until,
        ...(username === undefined ? {} : { username }),
        ...(claims === undefined ? {} : { claims }),
      },
    })),
  ];
}
