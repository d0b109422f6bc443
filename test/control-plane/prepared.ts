import { CoreV1Api } from "@kubernetes/client-node";
import type { ControlPlane } from "./control-plane.ts";
import { applyManifest } from "./custom-resources.ts";
import { playKubelet, type PodFate } from "./kubelet.ts";
import { namespace } from "./usable.ts";

/** A usable control plane with the product's account, and somebody who runs pods. */
export interface Prepared {
  plane: ControlPlane;
  /** Of the product's service account. */
  token: string;
  close(): Promise<void>;
}

export async function prepare(plane: ControlPlane, fate?: PodFate): Promise<Prepared> {
  await applyManifest(plane, "access");
  const reply = await plane.admin.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({
    namespace,
    name: "guacamole-workspaces",
    body: { spec: { audiences: ["https://kubernetes.default.svc"] } },
  });
  const stopKubelet = await playKubelet(plane.admin, namespace, fate);
  return {
    plane,
    token: reply.status?.token ?? "",
    async close() {
      stopKubelet();
      await plane.close();
    },
  };
}
