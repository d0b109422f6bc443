import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { CoreV1Api, type KubeConfig, VersionApi } from "@kubernetes/client-node";
import { type Answer, askerIn, send } from "./recorded/answer.ts";
import { type Recording, recordingFile } from "./recorded/answers.ts";
import { paths } from "./recorded/call.ts";
import { calls } from "./recorded/calls.ts";

const namespace = "recorded-calls";

/**
 * Sends every recorded call to a real API server and overwrites the recording with its answers. The server must have
 * the two custom resource definitions and no other work. Returns a summary.
 */
export async function recordAnswers(admin: KubeConfig): Promise<string> {
  const served = { method: "GET", path: paths.bindings.replace("{ns}", "default") };
  while ((await send(admin, served)).status !== 200) await pause(100);
  await admin.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name: namespace } } });
  const answers: Record<string, Answer> = {};
  const ask = askerIn(admin, namespace);
  for (const call of calls) answers[call.name] = await ask(call);
  const { gitVersion } = await admin.makeApiClient(VersionApi).getCode();
  const origin = {
    server: `Kubernetes ${gitVersion}`,
    date: new Date().toISOString().slice(0, 10),
    how: "kube-apiserver and kube-controller-manager with infra/kubernetes/base/custom-resources.yaml, asked by test/control-plane/record-answers.ts with the calls in calls.ts, after the objects in objects.ts were made anew for each; what differs in every run (uid, resourceVersion, times, managedFields) is left out",
  };
  const recording: Recording = { origin, answers };
  await writeFile(recordingFile, `${JSON.stringify(recording, inOrder, 2)}\n`);
  return `${calls.length} answers of ${origin.server}`;
}

/** Sorts keys, so that a new recording differs only where the answers do. */
function inOrder(key: string, value: unknown): unknown {
  if (key === "answers" || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
