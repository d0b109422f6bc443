import { CoreV1Api } from "@kubernetes/client-node";
import { installCustomResources } from "./custom-resources.ts";
import { writeSampleEstate } from "../../local/sample-estate.ts";
import { assets, type ControlPlane, startControlPlane } from "./control-plane.ts";

/** Where the desktops of these tests are. */
export const namespace = "guacamole";

/**
 * Starts the control plane that KUBEBUILDER_ASSETS names, with the custom resources and the sample estate in it, or says
 * why there is none to test with. A build of an API server can be broken: Kubernetes 1.20 built with Go 1.18 or newer and
 * its own reflect2 (before 1.0.2) ends as soon as it reads a custom resource back.
 */
export async function usableControlPlane(): Promise<{ plane: ControlPlane } | { missing: string }> {
  if (assets === undefined) return { missing: "KUBEBUILDER_ASSETS is not set (README says how to get the binaries)" };
  const plane = await startControlPlane(assets);
  try {
    await installCustomResources(plane);
    await writeSampleEstate(plane.admin, namespace);
    return { plane };
  } catch (error) {
    const answers = await plane.admin
      .makeApiClient(CoreV1Api)
      .listNamespace()
      .then(
        () => true,
        () => false,
      );
    await plane.close();
    if (answers) throw error;
    return { missing: `the API server in ${assets} ended at the first custom resource: it is a broken build` };
  }
}
