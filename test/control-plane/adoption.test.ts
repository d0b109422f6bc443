import { describeAdoption } from "../adoption.ts";
import { startTestEstate } from "../estate.ts";
import { describeOnControlPlane } from "./available.ts";
import { brokenPod } from "./broken-pod.ts";
import { prepare } from "./prepared.ts";

/** The same tests on a real API server, whose field ownership the stand-in only imitates. */
describeOnControlPlane("on a real control plane", () => {
  describeAdoption("what the operator left", async () => {
    const broken = new Set<string>();
    const prepared = await prepare(({ metadata }) =>
      broken.has(metadata?.labels?.["xlscsde.nhs.uk/deployment-name"] ?? "") ? brokenPod : "ready",
    );
    const { plane, token } = prepared;
    const estate = await startTestEstate({ admin: plane.admin, product: plane.as(token) });
    return {
      ...estate,
      breakImage: (deployment) => void broken.add(deployment),
      async close() {
        await estate.close();
        await prepared.close();
      },
    };
  });
});
