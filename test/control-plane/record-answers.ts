/**
 * `npm run record:cluster`: asks a real API server the recorded calls of the stand-in cluster, and writes its answers over the
 * recording. Needs KUBEBUILDER_ASSETS.
 */
import { recordAnswers } from "@stand-in/cluster/record";
import { startControlPlane } from "./control-plane.ts";
import { applyManifest } from "./custom-resources.ts";

const assets = process.env["KUBEBUILDER_ASSETS"];
if (assets === undefined)
  throw new Error("record answers: KUBEBUILDER_ASSETS is not set (README says how to get the binaries)");

const plane = await startControlPlane(assets);
try {
  await applyManifest(plane, "custom-resources");
  console.log(`recorded ${await recordAnswers(plane.admin)}`);
} finally {
  await plane.close();
}
