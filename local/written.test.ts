import { KubeConfig } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { startLocalCluster } from "@stand-in/cluster";
import { customResources } from "./custom-resources.ts";
import { describeWritten } from "./written.ts";

const nowhere = "postgres://u:p@127.0.0.1:1/guacamole";

it("each kind that cannot be read is listed with the reason, and nothing is thrown", async () => {
  const cluster = await startLocalCluster({ customResources, store: ":memory:" });
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  await cluster.close();
  const lines = await describeWritten(config, nowhere, "guacamole");
  expect(lines.map((line) => line.split(":")[0])).toEqual([
    ...["Secret", "NetworkPolicy", "Service", "Deployment", "Pod"],
    "rows in Guacamole's database",
  ]);
  for (const line of lines) expect(line).toMatch(/: not read: .*ECONNREFUSED/);
});

it("a cluster's refusal of an unknown caller is quoted in one line", async () => {
  const cluster = await startLocalCluster({ customResources, store: ":memory:", token: "known" });
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig.replace("known", "unknown"));
  const [secret] = await describeWritten(config, nowhere, "guacamole");
  await cluster.close();
  expect(secret).toMatch(/^Secret: not read: (Unauthorized|the cluster answered 401)$/);
});
