import { CoreV1Api, CustomObjectsApi, KubeConfig, type V1ConfigMap } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCluster, startLocalCluster } from "../../local/cluster/cluster.ts";
import { bindingNamed, customGroup, refusalOf, watchUntil } from "../../local/cluster/contract/clients.ts";
import type { ControlPlane } from "./control-plane.ts";
import { startFront } from "./front.ts";

/** The front alone, before a stand-in that plays the real server: it has the same API, and one token that it accepts. */
describe("a front that keeps custom resources off an API server", () => {
  let behind: LocalCluster;
  let behindConfig: KubeConfig;
  let front: ControlPlane;
  const namespace = "default";
  const bindings = { ...customGroup, namespace, plural: "analyticsworkspacebindings" };
  const names = async (config: KubeConfig) => {
    const list = (await config.makeApiClient(CustomObjectsApi).listNamespacedCustomObject(bindings)) as {
      items: { metadata: { name: string } }[];
    };
    return list.items.map(({ metadata }) => metadata.name);
  };

  beforeAll(async () => {
    behind = await startLocalCluster({ store: ":memory:", token: "known" });
    behindConfig = new KubeConfig();
    behindConfig.loadFromString(behind.kubeconfig);
    front = await startFront({ url: behind.url, admin: behindConfig, close: () => behind.close() });
  });
  afterAll(() => front.close());

  it("keeps them itself, in the namespaces of the server", async () => {
    const custom = front.admin.makeApiClient(CustomObjectsApi);
    await custom.createNamespacedCustomObject({ ...bindings, body: bindingNamed("kept") });
    expect([await names(front.admin), await names(behindConfig)]).toEqual([["kept"], []]);
    const elsewhere = { ...bindings, namespace: "nowhere", body: bindingNamed("lost") };
    expect((await refusalOf(custom.createNamespacedCustomObject(elsewhere))).code).toBe(404);
  });

  it("gives whom the server refuses the server's refusal", async () => {
    const stranger = front.as("unknown").makeApiClient(CustomObjectsApi);
    expect((await refusalOf(stranger.listNamespacedCustomObject(bindings))).code).toBe(401);
    const body = bindingNamed("smuggled");
    expect((await refusalOf(stranger.createNamespacedCustomObject({ ...bindings, body }))).code).toBe(401);
    expect(await names(front.admin)).not.toContain("smuggled");
  });

  it("passes everything else on, watches as they happen", async () => {
    const core = behindConfig.makeApiClient(CoreV1Api);
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    const query = { resourceVersion: metadata?.resourceVersion ?? "" };
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const seen = watchUntil<V1ConfigMap>({ config: front.admin }, path, query, ({ type }) => type === "DELETED");
    await front.admin
      .makeApiClient(CoreV1Api)
      .createNamespacedConfigMap({ namespace, body: { metadata: { name: "through" } } });
    await core.deleteNamespacedConfigMap({ namespace, name: "through" });
    expect((await seen).map(({ type, object }) => `${type} ${object.metadata?.name}`)).toEqual([
      "ADDED through",
      "DELETED through",
    ]);
  });
});
