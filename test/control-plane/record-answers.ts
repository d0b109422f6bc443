/**
 * `npm run record:cluster`: sends the stand-in cluster's recorded calls to a real API server, and overwrites the
 * recorded answers. Needs KUBEBUILDER_ASSETS.
 */
import { recordAnswers } from "@stand-in/cluster/record";
import { startControlPlane } from "./control-plane.ts";
import { applyManifest } from "./custom-resources.ts";

const assets = process.env["KUBEBUILDER_ASSETS"];
if (assets === undefined)
  throw new Error("record answers: KUBEBUILDER_ASSETS is not set (README says how to get the programs)");

const plane = await startControlPlane(assets);
try {
  await applyManifest(plane, "base/custom-resources");
  console.log(`recorded ${await recordAnswers(plane.admin)}`);
} finally {
  await plane.close();
}
