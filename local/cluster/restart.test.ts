import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1ConfigMap } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CorruptStoreError, startLocalCluster } from "./cluster.ts";
import { deploymentNamed, refusalOf, watchUntil } from "./contract/clients.ts";
import { clientsFor, isReady, namespace, podOf, startStage } from "./testing.ts";

let folder: string;
let store: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "local-cluster-"));
  store = join(folder, "cluster.sqlite");
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;

describe("a restarted cluster", () => {
  it("has all objects unchanged, including uid and resourceVersion, and continues counting", async () => {
    const first = await startStage({ store });
    const made = await first.core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: "kept" }, data: { a: "1" } },
    });
    await first.cluster.close();
    const second = await startStage({ store });
    const read = await second.core.readNamespacedConfigMap({ name: "kept", namespace });
    expect(read).toEqual(made);
    const next = await second.core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "next" } } });
    expect(Number(next.metadata?.resourceVersion)).toBeGreaterThan(Number(made.metadata?.resourceVersion));
    await second.cluster.close();
  });

  it("lets a watch continue from an earlier resourceVersion", async () => {
    const first = await startStage({ store });
    const { metadata } = await first.core.listNamespacedConfigMap({ namespace });
    await first.core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "missed" } } });
    await first.cluster.close();
    const second = await startStage({ store });
    const query = { resourceVersion: metadata?.resourceVersion ?? "" };
    const seen = await watchUntil<V1ConfigMap>(
      second,
      configMaps,
      query,
      ({ object }) => object.metadata?.name === "missed",
    );
    expect(seen.at(-1)?.type).toBe("ADDED");
    await second.cluster.close();
  });

  it("keeps the faults", async () => {
    const first = await startStage({ store });
    first.cluster.setFault({ namespace, deployment: "desk" }, "unschedulable");
    await first.cluster.close();
    const second = await startStage({ store });
    await second.apps.createNamespacedDeployment({ namespace, body: deploymentNamed("desk", { replicas: 1 }) });
    await podOf(second, "desk", (pod) => pod.status?.conditions?.[0]?.reason === "Unschedulable");
    await second.cluster.close();
  });

  it("does not keep faults that were repaired", async () => {
    const first = await startStage({ store });
    first.cluster.setFault({ namespace, deployment: "desk" }, "unschedulable");
    first.cluster.setFault({ namespace, deployment: "desk" }, null);
    await first.cluster.close();
    const second = await startStage({ store });
    await second.apps.createNamespacedDeployment({ namespace, body: deploymentNamed("desk", { replicas: 1 }) });
    await podOf(second, "desk", (pod) => pod.spec?.nodeName !== undefined);
    await second.cluster.close();
  });

  it("makes a pod ready that was pending when the process was killed", async () => {
    const child = startChild(store, { scheduledAfterMs: 1, runningAfterMs: 3_600_000, readyAfterMs: 3_600_000 });
    const kubeconfig = await kubeconfigOf(child);
    const before = clientsFor({ kubeconfig });
    await before.core.createNamespace({ body: { metadata: { name: namespace } } });
    await before.apps.createNamespacedDeployment({ namespace, body: deploymentNamed("desk", { replicas: 1 }) });
    const pending = await podOf(before, "desk", (pod) => pod.spec?.nodeName !== undefined);
    child.kill("SIGKILL");
    await once(child, "exit");

    const after = await startStage({ store });
    const ready = await podOf(after, "desk", isReady);
    expect(ready.metadata?.uid).toBe(pending.metadata?.uid);
    await after.cluster.close();
  });
});

describe("a watch", () => {
  it("that is too far behind gets Expired, and so does a list's continue token", async () => {
    const stage = await startStage({ keepChanges: 5 });
    const { metadata } = await stage.core.listNamespacedConfigMap({ namespace, limit: 1 });
    await stage.core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "x" } } });
    const page = await stage.core.listNamespacedConfigMap({ namespace, limit: 1 });
    for (const i of [1, 2, 3, 4, 5, 6, 7]) {
      await stage.core.createNamespacedConfigMap({ namespace, body: { metadata: { name: `y${i}` } } });
    }
    const query = { resourceVersion: metadata?.resourceVersion ?? "" };
    const [event] = await watchUntil<{ code?: number; reason?: string }>(stage, configMaps, query, () => true);
    expect(event).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
    const late = stage.core.listNamespacedConfigMap({ namespace, limit: 1, _continue: page.metadata?._continue ?? "" });
    expect(await refusalOf(late)).toMatchObject({ code: 410, reason: "Expired" });
    await stage.cluster.close();
  });

  it("ends when the cluster closes, which may be repeated", async () => {
    const stage = await startStage();
    const ended = watchUntil(stage, configMaps, { labelSelector: "a=b" }, () => false);
    const refused = expect(ended).rejects.toThrow("ended");
    await stage.core.listNamespacedConfigMap({ namespace });
    await stage.cluster.close();
    await stage.cluster.close();
    await refused;
  });
});

describe("starting", () => {
  it("on a file that is not a store throws a CorruptStoreError, so that the caller can offer to start from scratch", async () => {
    writeFileSync(
      store,
      "this was never a database, and it is long enough to be read as one if nobody looks".repeat(50),
    );
    await expect(startLocalCluster({ store })).rejects.toThrow(CorruptStoreError);
    await expect(startLocalCluster({ store })).rejects.toThrow(
      /^open cluster store .*: file is not a database \(delete the file/,
    );
  });

  it("on a store that another cluster uses throws an error that says so", async () => {
    const first = await startStage({ store });
    await expect(startLocalCluster({ store })).rejects.toThrow(/another process uses it \(stop that one/);
    await first.cluster.close();
  });

  it("on a folder throws an error that says what to do", async () => {
    await expect(startLocalCluster({ store: folder })).rejects.toThrow(
      /\(choose a file that this user can read and write\)$/,
    );
  });

  it("on a taken port throws an error that says so, and releases the store", async () => {
    const taken = createServer();
    await once(taken.listen(0, "127.0.0.1"), "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(startLocalCluster({ store, port })).rejects.toThrow(
      `start cluster on 127.0.0.1:${port}: another program is listening there (stop it, or choose another port)`,
    );
    taken.close();
    const second = await startLocalCluster({ store });
    await second.close();
  });

  it("with a token refuses every request without it", async () => {
    const cluster = await startLocalCluster({ store: ":memory:", token: "right" });
    const status = async (token: string): Promise<number> =>
      (await fetch(`${cluster.url}/api/v1/namespaces`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await status("right")).toBe(200);
    expect(await status("wrong")).toBe(401);
    expect((await fetch(`${cluster.url}/api/v1/namespaces`)).status).toBe(401);
    expect((await fetch(`${cluster.url}/readyz`)).status).toBe(200);
    await cluster.close();
  });
});

function startChild(path: string, podDelays: object): ChildProcess {
  const code = `
    import { startLocalCluster } from ${JSON.stringify(new URL("./cluster.ts", import.meta.url).href)};
    const cluster = await startLocalCluster(${JSON.stringify({ store: path, podDelays })});
    process.stdout.write(JSON.stringify(cluster.kubeconfig) + "\\n");`;
  return spawn(process.execPath, ["--input-type=module", "--eval", code], { stdio: ["ignore", "pipe", "inherit"] });
}

async function kubeconfigOf(child: ChildProcess): Promise<string> {
  let text = "";
  if (child.stdout === null) throw new Error("start child: it has no output");
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  return JSON.parse(text) as string;
}
