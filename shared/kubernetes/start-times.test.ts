import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { clusterOf } from "./cluster.ts";
import { startTimesIn, type StoredStartTimes } from "./start-times.ts";

const namespace = "guacamole";
const name = "desktop-start-times";
const now = new Date("2026-06-15T09:00:00Z");
const start = (seconds: number) => ({ at: now.toISOString(), seconds });
let server: LocalCluster;
let core: CoreV1Api;
let stored: StoredStartTimes;

beforeAll(async () => {
  server = await startLocalCluster({ store: ":memory:" });
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  stored = startTimesIn(clusterOf(config), namespace);
});
afterAll(() => server.close());

it("processes that write at the same time lose nothing of each other's", async () => {
  expect(await stored.read()).toEqual({});
  await Promise.all([1, 2, 3].map((seconds) => stored.add({ a: [start(seconds)], [`b${seconds}`]: [start(9)] }, now)));
  const all = await stored.read();
  expect(all["a"]).toEqual([start(1), start(2), start(3)]);
  expect(Object.keys(all).sort()).toEqual(["a", "b1", "b2", "b3"]);
  const { metadata } = await core.readNamespacedConfigMap({ name, namespace });
  expect(metadata?.labels).toMatchObject({ "xlscsde.nhs.uk/managedBy": "guacamole-workspaces" });
});

it("what somebody made of it counts as nothing, and is written anew", async () => {
  for (const starts of ["{", '{"a":[{"seconds":"long"}]}']) {
    const found = await core.readNamespacedConfigMap({ name, namespace });
    await core.replaceNamespacedConfigMap({ name, namespace, body: { ...found, data: { starts } } });
    expect(await stored.read()).toEqual({});
    expect(await stored.add({ a: [start(4)] }, now)).toEqual({ a: [start(4)] });
  }
});

it("somebody else's object of that name stays as it is", async () => {
  await core.deleteNamespacedConfigMap({ name, namespace });
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name }, data: { starts: "theirs" } } });
  expect(await stored.read()).toEqual({});
  await expect(stored.add({ a: [start(4)] }, now)).rejects.toThrow(/it is not ours/);
  expect((await core.readNamespacedConfigMap({ name, namespace })).data).toEqual({ starts: "theirs" });
});
