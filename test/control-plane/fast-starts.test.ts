import {
  AppsV1Api,
  CoreV1Api,
  type KubernetesObject,
  KubernetesObjectApi,
  type V1Pod,
  type V1PodSpec,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type DesktopPolicy, parsePolicy } from "../../shared/desktop/policy.ts";
import { clusterOf } from "../../shared/kubernetes/cluster.ts";
import { placeholdersManifest, pullerManifest } from "../../shared/kubernetes/fast-start-manifests.ts";
import { type FastStarts, fastStartsIn } from "../../shared/kubernetes/fast-starts.ts";
import { deploymentManifest } from "../../shared/kubernetes/manifests.ts";
import { samplePlan, sampleSite, sampleStart } from "../sample-plan.ts";
import { describeOnControlPlane } from "./available.ts";
import { applyManifest } from "./custom-resources.ts";
import { nodePrograms } from "./kwok.ts";
import { namespace, prepareMilliseconds, type Prepared, prepareWithNode } from "./prepared.ts";

/** More than half of the node of the tests, so that one pod of the size fits. */
const mostOfANode = "6000";
const usual = parsePolicy({ image: "example.org/desktop:1", cpuRequest: mostOfANode, cpuLimit: mostOfANode });
const policy = usual as DesktopPolicy;
const group = {
  images: ["example.org/a:1", "example.org/b:1"],
  pullSecrets: ["registry"],
  nodeSelector: {},
  tolerations: [],
};
const withinMilliseconds = 60_000;

describeOnControlPlane(
  "fast starts on a real cluster with a scheduler and a node",
  () => {
    let prepared: Prepared;
    let fastStarts: FastStarts;
    let asAccount: KubernetesObjectApi;
    let apps: AppsV1Api;
    let core: CoreV1Api;

    beforeAll(async () => {
      prepared = await prepareWithNode();
      const { plane, token } = prepared;
      await applyManifest(plane, "components/fast-starts/fast-starts");
      // Within the standard of infra/kubernetes/base/namespace.yaml.
      core = plane.admin.makeApiClient(CoreV1Api);
      const enforced = { metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } } };
      const api = KubernetesObjectApi.makeApiClient(plane.admin);
      await api.patch({
        apiVersion: "v1",
        kind: "Namespace",
        ...enforced,
        metadata: { name: namespace, ...enforced.metadata },
      });
      fastStarts = fastStartsIn(clusterOf(plane.as(token)), namespace);
      asAccount = KubernetesObjectApi.makeApiClient(plane.as(token));
      apps = plane.admin.makeApiClient(AppsV1Api);
    }, prepareMilliseconds);
    afterAll(() => prepared.close());

    async function podsWith(labelSelector: string): Promise<V1Pod[]> {
      return (await core.listNamespacedPod({ namespace, labelSelector })).items;
    }
    const phases = (pods: readonly V1Pod[]) => pods.map(({ status }) => status?.phase ?? "").sort();
    const pullers = "xlscsde.nhs.uk/purpose=desktop-image-puller";
    const places = "xlscsde.nhs.uk/purpose=desktop-placeholder";

    it("has a pod with all images on the node, and writes it once", async () => {
      expect(await fastStarts.pull([group])).toHaveLength(1);
      await vi.waitFor(
        async () => {
          const pods = await podsWith(pullers);
          expect(phases(pods)).toEqual(["Running"]);
          expect(pods[0]?.spec?.containers.map(({ image }) => image)).toEqual(group.images);
        },
        { timeout: withinMilliseconds, interval: 100 },
      );
      expect(await fastStarts.pull([group])).toEqual([]);
    });

    it("pulls a new image, stops pulling for other nodes, and leaves what somebody else pulls alone", async () => {
      const theirs = pullerManifest({ ...group, nodeSelector: { pool: "theirs" } }, namespace);
      Object.assign(theirs.metadata?.labels ?? {}, { "xlscsde.nhs.uk/managedBy": "somebody" });
      await apps.createNamespacedDaemonSet({ namespace, body: theirs });
      await fastStarts.pull([group, { ...group, nodeSelector: { pool: "gpu" } }]);
      expect(await fastStarts.pull([{ ...group, images: ["example.org/c:1"] }])).toHaveLength(2);
      const { items } = await apps.listNamespacedDaemonSet({ namespace });
      const images = items
        .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
        .map(({ spec }) => spec?.template.spec?.containers.map(({ image }) => image));
      expect(images.sort()).toEqual([group.images, ["example.org/c:1"]]);
      await expect(fastStarts.pull([{ ...group, nodeSelector: { pool: "theirs" } }])).rejects.toThrow("is not ours");
      await apps.deleteNamespacedDaemonSet({ namespace, name: theirs.metadata?.name ?? "" });
    });

    it("removes everything when nothing is to be pulled", async () => {
      await vi.waitFor(
        async () => {
          expect((await podsWith(pullers)).length).toBeGreaterThan(0);
        },
        {
          timeout: withinMilliseconds,
        },
      );
      expect(await fastStarts.pull([])).toHaveLength(1);
      await vi.waitFor(
        async () => {
          expect(await podsWith(pullers)).toEqual([]);
        },
        {
          timeout: withinMilliseconds,
          interval: 100,
        },
      );
      expect(await fastStarts.pull([])).toEqual([]);
    });

    it("keeps a place free, which a desktop takes at once", async () => {
      expect(await fastStarts.keepFree(1, policy)).toBe(true);
      expect(await fastStarts.keepFree(1, policy)).toBe(false);
      const running = (selector: string) => async () => {
        expect(phases(await podsWith(selector))).toEqual(["Running"]);
      };
      const patience = { timeout: withinMilliseconds, interval: 100 };
      await vi.waitFor(running(places), patience);

      const plan = samplePlan({ username: "alice", cpuRequest: mostOfANode, cpuLimit: mostOfANode });
      await asAccount.create(deploymentManifest(plan, sampleSite, sampleStart("r1")));
      await vi.waitFor(running(`xlscsde.nhs.uk/deployment-name=${plan.names.deployment}`), patience);
      // The place waits for a node: a cluster that grows brings one.
      await vi.waitFor(async () => {
        expect(phases(await podsWith(places))).toEqual(["Pending"]);
      }, patience);
    });

    it("keeps as many places free as it is told, and none when it is over", async () => {
      expect(await fastStarts.keepFree(3, policy)).toBe(true);
      await apps.patchNamespacedDeploymentScale({
        namespace,
        name: "desktop-placeholders",
        body: [{ op: "replace", path: "/spec/replicas", value: 1 }],
      });
      expect(await fastStarts.keepFree(3, policy)).toBe(true);
      expect(await fastStarts.keepFree(0, policy)).toBe(true);
      expect(await fastStarts.removePlaceholders()).toBe(true);
      expect(await fastStarts.keepFree(0, policy)).toBe(false);
    });

    it("leaves a Deployment of that name alone that somebody else made", async () => {
      await vi.waitFor(
        async () => {
          const body = placeholdersManifest(policy, 0, namespace);
          Object.assign(body.metadata?.labels ?? {}, { "xlscsde.nhs.uk/managedBy": "somebody" });
          await apps.createNamespacedDeployment({ namespace, body });
        },
        { timeout: withinMilliseconds, interval: 100 },
      );
      await expect(fastStarts.keepFree(2, policy)).rejects.toThrow("is not ours");
      expect(await fastStarts.removePlaceholders()).toBe(false);
      await apps.deleteNamespacedDeployment({ namespace, name: "desktop-placeholders" });
    });

    const changed = (change: (spec: V1PodSpec) => void): KubernetesObject => {
      const manifest = pullerManifest(group, namespace);
      if (manifest.spec?.template.spec) change(manifest.spec.template.spec);
      return manifest;
    };
    const renamed = (name: string): KubernetesObject => {
      const manifest = pullerManifest(group, namespace);
      Object.assign(manifest.metadata ?? {}, { name });
      return manifest;
    };
    it.each<[string, KubernetesObject]>([
      ["one of another name", renamed("miner")],
      [
        "one that runs something",
        changed((spec) => {
          spec.containers.forEach((each) => (each.command = ["/bin/miner"]));
        }),
      ],
      [
        "one with arguments",
        changed((spec) => {
          spec.containers.forEach((each) => (each.args = ["x"]));
        }),
      ],
      [
        "one with variables",
        changed((spec) => {
          spec.containers.forEach((each) => (each.env = [{ name: "A", value: "b" }]));
        }),
      ],
      ["one on the network of its node", changed((spec) => (spec.hostNetwork = true))],
      ["one with the disk of its node", changed((spec) => (spec.volumes = [{ name: "v", hostPath: { path: "/" } }]))],
      ["one with a token", changed((spec) => (spec.automountServiceAccountToken = true))],
      ["one with another account", changed((spec) => (spec.serviceAccountName = "guacamole-workspaces"))],
      [
        "one with an init container",
        changed(
          (spec) => (spec.initContainers = spec.containers.map((each) => ({ ...each, name: `before-${each.name}` }))),
        ),
      ],
      ["one that others make way for", changed((spec) => (spec.priorityClassName = "system-node-critical"))],
      [
        "one whose processes may gain privileges",
        changed((spec) => {
          for (const each of spec.containers)
            each.securityContext = { allowPrivilegeEscalation: true, capabilities: { drop: ["ALL"] } };
        }),
      ],
    ])("the product's account may not make a DaemonSet for images: %s", async (_, manifest) => {
      await expect(asAccount.create(manifest, undefined, "All")).rejects.toThrow(/guacamole-workspaces' with binding/);
    });

    it("may make the one that it makes, and no thousand and one places", async () => {
      await asAccount.create(pullerManifest(group, namespace), undefined, "All");
      await asAccount.create(placeholdersManifest(policy, 1_000, namespace), undefined, "All");
      await expect(asAccount.create(placeholdersManifest(policy, 1_001, namespace), undefined, "All")).rejects.toThrow(
        "do something else than sleep",
      );
    });
  },
  nodePrograms,
);
