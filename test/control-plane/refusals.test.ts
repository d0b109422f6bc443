import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { startLocalCluster } from "@stand-in/cluster";
import { send } from "@stand-in/cluster/recorded-answers";
import { expect, it } from "vitest";
import {
  deploymentManifest,
  networkPolicyManifest,
  secretManifest,
  serviceManifest,
} from "../../shared/kubernetes/manifests.ts";
import { samplePlan, samplePolicy, sampleSite, sampleStart } from "../sample-plan.ts";
import { assets, describeOnControlPlane } from "./available.ts";
import { startControlPlane } from "./control-plane.ts";
import { type Change, changesOf, type Json } from "./every-change.ts";

const namespace = "desktops";

const plan = samplePlan(
  samplePolicy({
    pullSecrets: "pull",
    environmentFrom: "configmap/proxy,secret/licence",
    nodeSelector: "pool=desktops",
    tolerations: "for=desktops:NoSchedule,spot:NoExecute",
    destinations: "jupyterhub/app=jupyterhub:8000,10.0.0.0/8:443,0.0.0.0/0:80",
  }),
);
const site = { ...sampleSite, namespace };
const start = sampleStart("request-1");

/** Our objects as they are sent: the client library calls the field `from` of a network policy `_from`. */
const objects: readonly [path: string, manifest: Json][] = (
  [
    ["/apis/apps/v1/namespaces/desktops/deployments", deploymentManifest(plan, site, start)],
    ["/apis/networking.k8s.io/v1/namespaces/desktops/networkpolicies", networkPolicyManifest(plan, site)],
    ["/api/v1/namespaces/desktops/secrets", secretManifest(plan, site, start.id, "a password")],
    ["/api/v1/namespaces/desktops/services", serviceManifest(plan, site)],
  ] as const
).map(([path, manifest]) => [path, JSON.parse(JSON.stringify(manifest).replaceAll('"_from":', '"from":')) as Json]);

const atOnce = 8;

/** Status of an attempt to create the object that creates nothing. */
async function statusOf(server: KubeConfig, path: string, object: Json): Promise<number> {
  const headers = { "content-type": "application/json" };
  const call = { method: "POST", path: `${path}?dryRun=All`, headers, body: JSON.stringify(object) };
  return (await send(server, call)).status;
}

/** What the stand-in refuses although a real server takes it. */
const known = new Set(["data.password = []"]);

describeOnControlPlane("our own objects with one thing changed", () => {
  it("are refused by the stand-in exactly where a real server refuses them", async () => {
    const cluster = await startLocalCluster({ store: ":memory:", customResources: "", token: "refusals" });
    const plane = await startControlPlane(assets ?? "");
    try {
      const local = new KubeConfig();
      local.loadFromString(cluster.kubeconfig);
      const servers = [local, plane.admin];
      for (const server of servers)
        await server.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name: namespace } } });

      const differences: string[] = [];
      for (const [path, manifest] of objects) {
        const changes = changesOf(manifest);
        for (let i = 0; i < changes.length; i += atOnce) {
          const compare = async ({ change, changed }: Change) => {
            const [ours, theirs] = await Promise.all(servers.map((server) => statusOf(server, path, changed)));
            if (ours !== theirs && !known.has(change))
              differences.push(`${path}: ${change}: ${ours} instead of ${theirs}`);
          };
          await Promise.all(changes.slice(i, i + atOnce).map(compare));
        }
      }
      expect(differences).toEqual([]);
    } finally {
      await plane.close();
      await cluster.close();
    }
  });
});
