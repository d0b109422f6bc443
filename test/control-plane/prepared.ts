import { CoreV1Api } from "@kubernetes/client-node";
import { writeSampleEstate } from "../../local/sample-estate.ts";
import { limitAccount } from "./admission.ts";
import { assets } from "./available.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { applyManifest, installCustomResources } from "./custom-resources.ts";
import { startNode } from "./kwok.ts";
import { playKubelet, type PodFate } from "./kubelet.ts";

/** The namespace of the desktops in these tests. */
export const namespace = "guacamole";

/** The time that `prepare` may take on a busy machine, for the hooks that call it. */
export const prepareMilliseconds = 180_000;

/** A control plane with the custom resources, the sample estate, and the product's account. */
export interface Prepared {
  plane: ControlPlane;
  /** Of the product's service account. */
  token: string;
  close(): Promise<void>;
}

async function preparePlane({ heartbeats }: { heartbeats: boolean }): Promise<Prepared> {
  const plane = await startControlPlane(assets ?? "", { heartbeats });
  try {
    await installCustomResources(plane);
    await writeSampleEstate(plane.admin, namespace);
    await applyManifest(plane, "base/access");
    await applyManifest(plane, "base/default-deny");
    const token = await tokenOf(plane, "guacamole-workspaces");
    await limitAccount(plane, token, namespace);
    return { plane, token, close: () => plane.close() };
  } catch (error) {
    await plane.close();
    throw error;
  }
}

/** With a scheduler, and with kwok as the kubelet of a node. */
export async function prepareWithNode(): Promise<Prepared> {
  const prepared = await preparePlane({ heartbeats: true });
  try {
    await startNode(prepared.plane);
    return prepared;
  } catch (error) {
    await prepared.close();
    throw error;
  }
}

/** With the tests in place of scheduler and kubelet. */
export async function prepare(fate?: PodFate): Promise<Prepared> {
  const prepared = await preparePlane({ heartbeats: false });
  const stopKubelet = await playKubelet(prepared.plane.admin, namespace, fate);
  return {
    ...prepared,
    async close() {
      stopKubelet();
      await prepared.close();
    },
  };
}

/** A token of a service account, as a pod gets it. */
async function tokenOf({ admin }: ControlPlane, name: string): Promise<string> {
  const reply = await admin.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({
    namespace,
    name,
    body: { spec: { audiences: ["https://kubernetes.default.svc"] } },
  });
  return reply.status?.token ?? "";
}
