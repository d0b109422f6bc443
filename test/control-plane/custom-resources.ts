import { readFile } from "node:fs/promises";
import { type KubernetesObject, KubernetesObjectApi, loadAllYaml, PatchStrategy } from "@kubernetes/client-node";
import { vi } from "vitest";
import type { ControlPlane } from "./control-plane.ts";

/** The namespace of the tests' desktops, in place of that of the manifests. */
const moved = { from: "desktops", to: "guacamole" };

/** Returns the objects of a manifest under infra/kubernetes, as they are there. */
export async function manifests(path: string): Promise<KubernetesObject[]> {
  return loadAllYaml(await textOf(path)) as KubernetesObject[];
}

async function textOf(path: string): Promise<string> {
  return readFile(new URL(`../../infra/kubernetes/${path}.yaml`, import.meta.url), "utf8");
}

/** Returns them in the tests' namespace, as an overlay with another one renders them. */
export async function movedManifests(path: string): Promise<KubernetesObject[]> {
  const text = (await textOf(path))
    .replaceAll(`namespace: ${moved.from}`, `namespace: ${moved.to}`)
    .replaceAll(`serviceaccount:${moved.from}:`, `serviceaccount:${moved.to}:`);
  return loadAllYaml(text) as KubernetesObject[];
}

/** Applies a manifest under infra/kubernetes in the tests' namespace as an administrator does. */
export async function applyManifest({ admin }: ControlPlane, path: string): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(admin);
  for (const object of await movedManifests(path))
    await api.patch(object, undefined, undefined, "tests", true, PatchStrategy.ServerSideApply);
}

/** Installs the two definitions and waits until they are served. */
export async function installCustomResources(plane: ControlPlane): Promise<void> {
  await applyManifest(plane, "base/custom-resources");
  const api = KubernetesObjectApi.makeApiClient(plane.admin);
  const served = () => api.list("xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding", "default");
  await vi.waitFor(served, { timeout: 60_000, interval: 100 });
}
