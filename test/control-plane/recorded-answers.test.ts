import { describeRecordedAnswers } from "@stand-in/cluster/recorded-answers";
import { assets, describeOnControlPlane } from "./available.ts";
import { startControlPlane } from "./control-plane.ts";
import { installCustomResources } from "./custom-resources.ts";

/** A real server still gives the answers that the stand-in imitates. */
describeOnControlPlane("recorded answers", () => {
  describeRecordedAnswers("a real server", async () => {
    const plane = await startControlPlane(assets ?? "");
    await installCustomResources(plane);
    return { config: plane.admin, close: () => plane.close() };
  });
});
