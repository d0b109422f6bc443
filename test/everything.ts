import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
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
 * if nothing may change. How long starts took is written some seconds after the last one.
 */
export async function everything(estate: TestEstate): Promise<Record<string, string[]>> {
  await estate.host.whenIdle();
  const api = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const objects: string[] = [];
  for (const [apiVersion, kind] of kinds) {
    const { items } = await api.list<KubernetesObject>(apiVersion, kind, namespace);
    objects.push(
      ...items
        .filter(isNoEstimate)
        .map(({ metadata }) => `${kind} ${metadata?.name ?? ""} ${metadata?.resourceVersion ?? ""}`)
        .sort(),
    );
  }
  return { objects, rows: await allRows(estate), hub: await taskHub(estate) };
}

export function isNoEstimate({ metadata }: KubernetesObject): boolean {
  return metadata?.name !== "desktop-start-times";
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

/**
 * Returns every row of the task hub, read from a copy of its file and journal: the host holds the lock. The host's claims on
 * its current work are left out; it renews them as time passes.
 */
async function taskHub({ taskHub: file }: TestEstate): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "task-hub-"));
  try {
    const copy = join(folder, "hub");
    for (const suffix of ["", "-wal"]) await copyFile(`${file}${suffix}`, `${copy}${suffix}`);
    const hub = new DatabaseSync(copy);
    const tables = hub.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'claims'").all();
    const rows = tables.flatMap(({ name }) =>
      hub
        .prepare(`SELECT * FROM "${String(name)}"`)
        .all()
        .map((row) => `${String(name)} ${JSON.stringify(row)}`),
    );
    hub.close();
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
