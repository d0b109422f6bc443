import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { customResources } from "../../local/custom-resources.ts";
import { clusterOf } from "./cluster.ts";
import { type MaintenanceSwitch, maintenanceSwitchIn } from "./maintenance-switch.ts";

const namespace = "guacamole";
const name = "desktop-maintenance";
const pause = { by: "olga", since: "2026-06-15T12:00:00.000Z" };
let server: LocalCluster;
let core: CoreV1Api;
let maintenance: MaintenanceSwitch;

beforeAll(async () => {
  server = await startLocalCluster({ customResources, store: ":memory:" });
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  maintenance = maintenanceSwitchIn(clusterOf(config), namespace);
});
afterAll(() => server.close());

async function edit(data: Record<string, string>): Promise<void> {
  const { metadata } = await core.readNamespacedConfigMap({ namespace, name });
  const { labels = {} } = metadata ?? {};
  await core.replaceNamespacedConfigMap({ namespace, name, body: { metadata: { name, labels }, data } });
}

describe("the maintenance switch", () => {
  it("keeps what a newer release wrote", async () => {
    await maintenance.update(() => ({ reaping: pause }));
    const newer = { reaping: { ...pause, newer: 1 }, deletion: pause };
    await edit({ paused: JSON.stringify(newer), newer: "not JSON" });
    await maintenance.update((current) => ({ ...current, activation: pause }));
    const { data } = await core.readNamespacedConfigMap({ namespace, name });
    expect(JSON.parse(data?.["paused"] ?? "")).toEqual({ ...newer, activation: pause });
    expect(data?.["newer"]).toBe("not JSON");
  });

  it("with a time that is none is damaged: decisions that rest on it could not be stored", async () => {
    await maintenance.update(() => ({ reaping: pause }));
    await edit({ paused: JSON.stringify({ reaping: { ...pause, since: "yesterday" } }) });
    await expect(maintenance.read()).rejects.toThrow(/desktop-maintenance is damaged/);
  });
});
