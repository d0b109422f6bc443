import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { namespace, type TestEstate } from "./estate.ts";

const kinds = [
  ["v1", "Secret"],
  ["v1", "Service"],
  ["v1", "ConfigMap"],
  ["v1", "Pod"],
  ["apps/v1", "Deployment"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["xlscsde.nhs.uk/v1", "AnalyticsWorkspace"],
  ["xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding"],
] as const;

/**
 * Returns every object with its version, every row of every table, and the whole task hub: all that must stay the same
 * if nothing may change.
 */
export async function everything(estate: TestEstate): Promise<Record<string, string[]>> {
  await estate.host.whenIdle();
  const api = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const objects: string[] = [];
  for (const [apiVersion, kind] of kinds) {
    const { items } = await api.list<KubernetesObject>(apiVersion, kind, namespace);
    objects.push(
      ...items.map(({ metadata }) => `${kind} ${metadata?.name ?? ""} ${metadata?.resourceVersion ?? ""}`).sort(),
    );
  }
  return { objects, rows: await allRows(estate), hub: await taskHub(estate) };
}

async function allRows({ guacamole }: TestEstate): Promise<string[]> {
  const { rows: tables } = await guacamole.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
  );
  const all: string[] = [];
  for (const { name } of tables) {
    const { rows } = await guacamole.query<{ line: string }>(`SELECT t::text AS line FROM "${name}" t ORDER BY 1`);
    all.push(...rows.map(({ line }) => `${name} ${line}`));
  }
  return all;
}

/** The task hub's file and its journal, byte for byte: the host holds the lock, and every commit changes them. */
async function taskHub({ taskHub: file }: TestEstate): Promise<string[]> {
  const files = await Promise.all([file, `${file}-wal`].map((name) => readFile(name)));
  return files.map((bytes) => createHash("sha256").update(bytes).digest("hex"));
}
