import { describeDrift, driftSettings } from "./drift.ts";
import { namespace, startTestEstate } from "./estate.ts";

describeDrift("drift", async () => {
  const estate = await startTestEstate(undefined, driftSettings);
  const breakImage = (deployment: string) => {
    estate.cluster.setFault({ namespace, deployment }, "image-pull");
  };
  return Object.assign(estate, { breakImage });
});
