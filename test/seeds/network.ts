import {
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1NetworkPolicy,
} from "@kubernetes/client-node";
import { edit, partOf, remove, type Seed } from "../seeded-drift.ts";

/** The rule of shared/kubernetes/manifests.ts in 0.1.0. */
const dnsOfBefore = {
  to: [{ namespaceSelector: {}, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }],
  ports: [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ],
};

export const networkSeeds: readonly Seed[] = [
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
    async seed(estate, desktop) {
      const ports = [{ name: "more", port: 8080, targetPort: 8080, protocol: "TCP" }];
      const wider = { ...partOf("service", desktop), spec: { ports } };
      const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
      await objects.patch<KubernetesObject>(
        wider,
        undefined,
        undefined,
        "somebody",
        true,
        PatchStrategy.ServerSideApply,
      );
    },
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
