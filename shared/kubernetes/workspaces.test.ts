import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { customResources } from "../../local/custom-resources.ts";
import { writeSampleEstate } from "../../local/sample-estate.ts";
import { clusterOf } from "./cluster.ts";
import { workspacesIn } from "./workspaces.ts";

let standIn: LocalCluster;
const config = new KubeConfig();
beforeAll(async () => {
  standIn = await startLocalCluster({ customResources, store: ":memory:" });
  config.loadFromString(standIn.kubeconfig);
  await writeSampleEstate(config, "guacamole");
});
afterAll(() => standIn.close());

it("a crowd that asks who may use what at once costs two lists of each kind, and each gets all of it", async () => {
  const lists = new Map<string, number>();
  const count = (message: unknown) => {
    const { path } = (message as { request: { path: string } }).request;
    const [, plural] = /\/(analyticsworkspace[a-z]*)\?/.exec(path) ?? [];
    if (plural !== undefined) lists.set(plural, (lists.get(plural) ?? 0) + 1);
  };
  const channel = "undici:request:create";
  subscribe(channel, count);
  const workspaces = workspacesIn(clusterOf(config), "guacamole");
  const answers = await Promise.all(Array.from({ length: 200 }, () => workspaces.known()));
  unsubscribe(channel, count);
  expect(new Set(answers.map(({ bindings, workspaces: known }) => `${bindings.length} ${known.length}`))).toEqual(
    new Set(["6 4"]),
  );
  expect(Object.fromEntries(lists)).toEqual({ analyticsworkspaces: 2, analyticsworkspacebindings: 2 });
});
