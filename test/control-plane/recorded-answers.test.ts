import { describe, it } from "vitest";
import { describeRecordedAnswers } from "../../local/cluster/contract/recorded-answers.ts";
import { startControlPlane } from "./control-plane.ts";
import { installCustomResources } from "./custom-resources.ts";

/** The recording, asked anew: what the stand-in imitates is still what a real server says. */
const assets = process.env["KUBEBUILDER_ASSETS"];
if (assets !== undefined)
  describeRecordedAnswers("a real server", async () => {
    const plane = await startControlPlane(assets);
    await installCustomResources(plane);
    return { config: plane.admin, close: () => plane.close() };
  });
else
  describe("a real server answers as recorded", () => {
    it.skip("is not tested: KUBEBUILDER_ASSETS is not set (README says how to get the binaries)", () => undefined);
  });
