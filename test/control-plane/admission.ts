import { type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { vi } from "vitest";
import type { ControlPlane } from "./control-plane.ts";
import { applyManifest } from "./custom-resources.ts";

/** A ConfigMap that the product's account may not write once the policy is in force. */
const probe = (namespace: string): KubernetesObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "admission-probe", namespace },
});

/** Applies infra/kubernetes/base/admission.yaml, and waits until the API server goes by it, which takes some seconds. */
export async function limitAccount(plane: ControlPlane, token: string, namespace: string): Promise<void> {
  await applyManifest(plane, "base/admission");
  const api = KubernetesObjectApi.makeApiClient(plane.as(token));
  await vi.waitFor(
    async () => {
      const refusal: unknown = await api.create(probe(namespace), undefined, "All").catch((error: unknown) => error);
      if (!String(refusal).includes("no record of a person")) throw new Error("the policy is not in force yet");
    },
    { timeout: 60_000, interval: 100 },
  );
}
