import {
  AppsV1Api,
  CoreV1Api,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1NetworkPolicy,
} from "@kubernetes/client-node";
import { vi } from "vitest";
import type { NamedDesktop } from "../../shared/desktop/names.ts";
import { namespace } from "../estate.ts";
import { type DriftEstate, edit, partOf, remove, type Seed } from "../seeded-drift.ts";

/** The rule of shared/kubernetes/manifests.ts in 0.1.0. */
const dnsOfBefore = {
  to: [{ namespaceSelector: {}, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }],
  ports: [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ],
};

/** Its pod is replaced by one that does not get ready. */
async function makeUnready(estate: DriftEstate, { names }: NamedDesktop): Promise<void> {
  estate.breakImage(names.deployment);
  const labelSelector = `xlscsde.nhs.uk/deployment-name=${names.deployment}`;
  await estate.kubeconfig.makeApiClient(CoreV1Api).deleteCollectionNamespacedPod({ namespace, labelSelector });
  const apps = estate.kubeconfig.makeApiClient(AppsV1Api);
  await vi.waitFor(
    async () => {
      const { status } = await apps.readNamespacedDeployment({ namespace, name: names.deployment });
      if (status?.readyReplicas) throw new Error("its pod is still ready");
    },
    { timeout: 60_000 },
  );
}

async function addPort(estate: DriftEstate, desktop: NamedDesktop): Promise<void> {
  const ports = [{ name: "more", port: 8080, targetPort: 8080, protocol: "TCP" }];
  const wider = { ...partOf("service", desktop), spec: { ports } };
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  await objects.patch<KubernetesObject>(wider, undefined, undefined, "somebody", true, PatchStrategy.ServerSideApply);
}

export const networkSeeds: readonly Seed[] = [
  {
    username: "unready-opened",
    what: "that is not ready, and whose network somebody changed",
    found: [
      ["network-policy", /^its NetworkPolicy is not as planned$/],
      ["service", /^its Service is not as planned$/],
    ],
    end: "as before",
    async seed(estate, desktop) {
      await makeUnready(estate, desktop);
      await edit(estate, { ...partOf("networkPolicy", desktop), spec: { ingress: [{}] } });
      await addPort(estate, desktop);
    },
  },
  {
    username: "service-for-addresses",
    what: "whose Service takes what is sent to somebody's address",
    found: [["service", /^its Service is not as planned$/]],
    end: "as before",
    seed: (estate, desktop) => edit(estate, { ...partOf("service", desktop), spec: { externalIPs: ["203.0.113.7"] } }),
  },
  {
    username: "service-before-ready",
    what: "whose Service leads to a pod that is not ready",
    found: [["service", /^its Service is not as planned$/]],
    end: "as before",
    seed: (estate, desktop) =>
      edit(estate, { ...partOf("service", desktop), spec: { publishNotReadyAddresses: true } }),
  },
  {
    username: "policy-opened",
    what: "whose NetworkPolicy lets out more",
    found: [["network-policy", /^its NetworkPolicy is not as planned$/]],
    end: "as before",
    async seed(estate, desktop) {
      const reference = partOf("networkPolicy", desktop);
      const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
      const { spec } = await objects.read<V1NetworkPolicy>(reference);
      const egress = [...(spec?.egress ?? []), { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }];
      const opened = { ...reference, spec: { podSelector: spec?.podSelector, egress } };
      await objects.patch<KubernetesObject>(
        opened,
        undefined,
        undefined,
        "somebody",
        true,
        PatchStrategy.ServerSideApply,
      );
    },
  },
  {
    username: "policy-elsewhere",
    what: "whose NetworkPolicy holds for no pod",
    found: [["network-policy", /^its NetworkPolicy is not as planned$/]],
    end: "as before",
    seed: (estate, desktop) =>
      edit(estate, {
        ...partOf("networkPolicy", desktop),
        spec: { podSelector: { matchLabels: { nobody: "has-it" } } },
      }),
  },
  {
    username: "policy-deleted",
    what: "whose NetworkPolicy was deleted",
    found: [["network-policy", /^its NetworkPolicy is missing$/]],
    end: "as before",
    seed: (estate, desktop) => remove(estate, partOf("networkPolicy", desktop)),
  },
  {
    username: "service-elsewhere",
    what: "whose Service leads to another pod",
    found: [["service", /^its Service is not as planned$/]],
    end: "as before",
    seed: (estate, desktop) =>
      edit(estate, {
        ...partOf("service", desktop),
        spec: { selector: { "xlscsde.nhs.uk/deployment-name": "another" } },
      }),
  },
  {
    username: "service-wider",
    what: "whose Service has a port more",
    found: [["service", /^its Service is not as planned$/]],
    end: "as before",
    seed: addPort,
  },
  {
    username: "policy-of-before",
    what: "whose NetworkPolicy opens only the DNS servers that release 0.1.0 knew",
    found: [["network-policy", /^its NetworkPolicy is not as planned$/]],
    end: "as before",
    async seed(estate, desktop) {
      const reference = partOf("networkPolicy", desktop);
      const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
      const { spec } = await objects.read<V1NetworkPolicy>(reference);
      const [, ...rest] = spec?.egress ?? [];
      await edit(estate, { ...reference, spec: { egress: [dnsOfBefore, ...rest] } });
    },
  },
];
