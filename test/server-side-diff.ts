import { type KubeConfig, type KubernetesObject, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { DesktopPlan } from "../shared/desktop/plan.ts";
import type { ClusterDesktops } from "../shared/kubernetes/desktops.ts";
import {
  deploymentManifest,
  networkPolicyManifest,
  secretManifest,
  serviceManifest,
  type Site,
  type Start,
} from "../shared/kubernetes/manifests.ts";

/**
 * Returns what `kubectl diff --server-side --field-manager=guacamole-workspaces` shows for a desktop's manifests: for
 * each object, its live state and the state after applying it again. Nothing is applied.
 */
export async function diffOf(
  config: KubeConfig,
  desktops: ClusterDesktops,
  plan: DesktopPlan,
  site: Site,
  start: Start,
): Promise<{ live: unknown; applied: unknown }[]> {
  const objects = KubernetesObjectApi.makeApiClient(config);
  const manifests = [
    secretManifest(plan, site, start.id, await desktops.readCredential(plan)),
    networkPolicyManifest(plan, site),
    serviceManifest(plan, site),
    deploymentManifest(plan, site, start),
  ] as (KubernetesObject & { metadata: { name: string; namespace: string } })[];
  return Promise.all(
    manifests.map(async (manifest) => {
      const live = await objects.read(manifest);
      const manager = "guacamole-workspaces";
      const applied = await objects.patch(manifest, undefined, "All", manager, true, PatchStrategy.ServerSideApply);
      return { live: withoutReports(live), applied: withoutReports(applied) };
    }),
  );
}

/** Returns an object without what controllers report. */
function withoutReports({ kind, metadata, ...rest }: KubernetesObject) {
  const { labels, annotations, generation, uid } = metadata ?? {};
  return {
    kind,
    labels,
    annotations,
    generation,
    uid,
    ...Object.fromEntries(Object.entries(rest).filter(([key]) => key !== "status")),
  };
}
