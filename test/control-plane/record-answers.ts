/**
 * `npm run record:cluster`: asks a real API server what local/cluster/contract/recorded calls, and writes its answers beside
 * the calls. Needs KUBEBUILDER_ASSETS.
 */
import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { CoreV1Api, VersionApi } from "@kubernetes/client-node";
import { type Answer, askerIn, send } from "../../local/cluster/contract/recorded/answer.ts";
import { type Recording, recordingFile } from "../../local/cluster/contract/recorded/answers.ts";
import { paths } from "../../local/cluster/contract/recorded/call.ts";
import { calls } from "../../local/cluster/contract/recorded/calls.ts";
import { startControlPlane } from "./control-plane.ts";
import { applyManifest } from "./custom-resources.ts";

/** Keys in order, so that a new recording differs only where the answers do. */
function inOrder(key: string, value: unknown): unknown {
  if (key === "answers" || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

const assets = process.env["KUBEBUILDER_ASSETS"];
if (assets === undefined)
  throw new Error("record answers: KUBEBUILDER_ASSETS is not set (README says how to get the binaries)");

const plane = await startControlPlane(assets);
try {
  await applyManifest(plane, "custom-resources");
  const served = { method: "GET", path: paths.bindings.replace("{ns}", "default") };
  while ((await send(plane.admin, served)).status !== 200) await pause(100);
  const namespace = "recorded-calls";
  await plane.admin.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name: namespace } } });
  const answers: Record<string, Answer> = {};
  const ask = askerIn(plane.admin, namespace);
  for (const call of calls) answers[call.name] = await ask(call);
  const { gitVersion } = await plane.admin.makeApiClient(VersionApi).getCode();
  const origin = {
    server: `Kubernetes ${gitVersion}`,
    date: new Date().toISOString().slice(0, 10),
    how: "kube-apiserver and kube-controller-manager with infra/kubernetes/custom-resources.yaml, asked by test/control-plane/record-answers.ts with the calls in calls.ts, after the objects in objects.ts were made anew for each; what differs in every run (uid, resourceVersion, times, managedFields) is left out",
  };
  const recording: Recording = { origin, answers };
  await writeFile(recordingFile, `${JSON.stringify(recording, inOrder, 2)}\n`);
  console.log(`recorded ${calls.length} answers of ${origin.server}`);
} finally {
  await plane.close();
}
