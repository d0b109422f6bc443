import { type KubernetesObject, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { DriftKind } from "../shared/lifecycle/drift.ts";
import { type NamedDesktop, nameDesktop, personId } from "../shared/desktop/names.ts";
import { namespace, type TestEstate } from "./estate.ts";

/** An estate in which a Deployment's image can be one that nobody can pull. */
export type DriftEstate = TestEstate & { breakImage(deployment: string): void };

/** Something that is made amiss with a desktop that was as it should be. */
export interface Seed {
  username: string;
  workspace?: string;
  /** In words, after "a desktop". */
  what: string;
  /** Whether its person has it by their claims alone. */
  byClaims?: true;
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

export const kinds = {
  secret: { apiVersion: "v1", kind: "Secret" },
  service: { apiVersion: "v1", kind: "Service" },
  networkPolicy: { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  deployment: { apiVersion: "apps/v1", kind: "Deployment" },
} as const;
export type Part = keyof typeof kinds;
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
