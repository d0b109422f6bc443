import { ApiException } from "@kubernetes/client-node";
import { writeSampleEstate } from "../../local/sample-estate.ts";
import { assets, type ControlPlane, startControlPlane } from "./control-plane.ts";
import { installCustomResources } from "./custom-resources.ts";
import { startFront } from "./front.ts";

/** Where the desktops of these tests are. */
export const namespace = "guacamole";

export type Found =
  | { missing: string }
  | {
      plane: ControlPlane;
      /** Why the two custom resources are the stand-in's, where the API server's own do not work. */
      brokenCustomResources?: string;
    };

/**
 * Starts the control plane that KUBEBUILDER_ASSETS names, with the custom resources and the sample estate in it, or says
 * why there is none to test with. A build of an API server can be broken: Kubernetes 1.20 built with Go 1.18 or newer and
 * its own reflect2 (before 1.0.2) panics when it reads a custom resource back. Then the front keeps them off it.
 */
export async function usableControlPlane(): Promise<Found> {
  if (assets === undefined) return { missing: "KUBEBUILDER_ASSETS is not set (README says how to get the binaries)" };
  const plane = await startControlPlane(assets);
  try {
    await installCustomResources(plane);
    await writeSampleEstate(plane.admin, namespace);
    return { plane };
  } catch (error) {
    await plane.close();
    // An answer is no crash. A broken build gives none: the request breaks off, and sooner or later the whole server.
    if (error instanceof ApiException) throw error;
    // What it could not read back is in its etcd: only a new one starts.
    return {
      plane: await behindFront(await startControlPlane(assets)),
      brokenCustomResources: `the API server in ${assets} is a broken build: it breaks off at the first custom resource`,
    };
  }
}

async function behindFront(plane: ControlPlane): Promise<ControlPlane> {
  let close = () => plane.close();
  try {
    await installCustomResources(plane);
    const front = await startFront(plane);
    close = () => front.close();
    await writeSampleEstate(front.admin, namespace);
    return front;
  } catch (error) {
    await close();
    throw error;
  }
}
