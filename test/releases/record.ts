/**
 * `npm run record:release`: records what the current code registers and how its orchestrations run, as the release that
 * package.json names. Run it when a release is made, and commit what it writes, which is never changed afterwards.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import { keycloakAdmin, namespace, startTestEstate, type TestEstate, webhookSecret } from "../estate.ts";
import { refuseRecorded, writeRelease } from "./files.ts";
import { completeRecording, startRecorder } from "./recorder.ts";
import { type Recording, startOf } from "./recording.ts";
import { registeredNames } from "./registered.ts";
import { prepare, scenarios } from "./scenarios.ts";

const root = join(import.meta.dirname, "../..");
const readVersion = async (file: string) =>
  (JSON.parse(await readFile(join(root, file), "utf8")) as { version: string }).version;

const release = await readVersion("package.json");
const origin = {
  release,
  date: new Date().toISOString().slice(0, 10),
  host: "local/functions-host, on the stand-ins",
  library: `durable-functions ${await readVersion("node_modules/durable-functions/package.json")}`,
};

await refuseRecorded(release);
const estate = await startTestEstate(undefined, {
  RECONCILE_SAFETY_PERCENT: "100",
  KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id,
  KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret,
});
try {
  const recordings = await recordAll(estate);
  await writeRelease(registeredNames(estate.app, release), recordings);
  process.stdout.write(`recorded ${recordings.size} orchestrations of release ${release}\n`);
} finally {
  await estate.close();
}

async function recordAll(estate: TestEstate): Promise<Map<string, Recording>> {
  const { app } = estate;
  const recorder = startRecorder(app);
  const recordings = new Map<string, Recording>();
  const secrets = new Set([webhookSecret, keycloakAdmin.secret]);
  await prepare(estate);
  for (const each of scenarios) {
    const { name: scenario } = each;
    await each.before?.(estate);
    recorder.take();
    await each.run(estate);
    for (const secret of await passwordsOf(estate)) secrets.add(secret);
    const executions = recorder.take();
    for (const [index, history] of executions.entries()) {
      const name = [scenario, kebab(startOf(history).Name), String(index + 1)];
      const file = executions.length === 1 ? scenario : name.join("-");
      recordings.set(file, await completeRecording(app, { ...origin, scenario }, history));
    }
  }
  recorder.stop();
  const text = JSON.stringify([...recordings]);
  if ([...secrets].some((secret) => text.includes(secret)))
    throw new Error("record release: a secret is in a history (keep it out of inputs and results)");
  return recordings;
}

async function passwordsOf({ kubeconfig }: TestEstate): Promise<string[]> {
  const { items } = await kubeconfig.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace });
  return items.flatMap(({ data }) => Object.values(data ?? {}).map((value) => Buffer.from(value, "base64").toString()));
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
