import { readFile } from "node:fs/promises";
import { type KubernetesObject, KubernetesObjectApi, loadAllYaml, PatchStrategy } from "@kubernetes/client-node";
import { vi } from "vitest";
import type { ControlPlane } from "./control-plane.ts";

/** Returns the objects of a manifest under infra/kubernetes. */
export async function manifests(name: string): Promise<KubernetesObject[]> {
  const text = await readFile(new URL(`../../infra/kubernetes/${name}.yaml`, import.meta.url), "utf8");
  return loadAllYaml(text) as KubernetesObject[];
}

/** Applies a manifest under infra/kubernetes as an administrator does. */
export async function applyManifest({ admin }: ControlPlane, name: string): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(admin);
  for (const object of await manifests(name))
    await api.patch(object, undefined, undefined, "tests", true, PatchStrategy.ServerSideApply);
}

/** Installs the two definitions and waits until they are served. */
export async function installCustomResources(plane: ControlPlane): Promise<void> {
  await applyManifest(plane, "custom-resources");
  const api = KubernetesObjectApi.makeApiClient(plane.admin);
  const served = () => api.list("xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding", "default");
  await vi.waitFor(served, { timeout: 60_000, interval: 100 });
}
