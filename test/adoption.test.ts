import { describeAdoption } from "./adoption.ts";
import { namespace, startTestEstate } from "./estate.ts";

describeAdoption("what the operator left", async () => {
  const estate = await startTestEstate();
  const breakImage = (deployment: string) => {
    estate.cluster.setFault({ namespace, deployment }, "image-pull");
  };
  return Object.assign(estate, { breakImage });
});
