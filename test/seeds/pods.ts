import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { vi } from "vitest";
import type { NamedDesktop } from "../../shared/desktop/names.ts";
import { namespace, type TestEstate } from "../estate.ts";
import type { Seed } from "../seeded-drift.ts";

const deploymentLabel = "xlscsde.nhs.uk/deployment-name";

/** Labels the desktop's pod, as `kubectl label --overwrite` does, and waits until another one stands in for it. */
async function relabel(estate: TestEstate, { names }: NamedDesktop, labels: Record<string, string | null>) {
  const core = estate.kubeconfig.makeApiClient(CoreV1Api);
  const labelSelector = `${deploymentLabel}=${names.deployment}`;
  const pods = async () => (await core.listNamespacedPod({ namespace, labelSelector })).items;
  const [pod] = await pods();
  const { name = "", uid } = pod?.metadata ?? {};
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  await core.patchNamespacedPod({ namespace, name, body: { metadata: { labels } } }, merge);
  await vi.waitFor(async () => {
    const others = (await pods()).filter(({ metadata }) => metadata?.uid !== uid);
    const isReady = others.some(({ status }) =>
      status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
    );
    if (!isReady) throw new Error(`${names.deployment} has no other pod yet`);
  }, 20_000);
}

const relabelled = (username: string, what: string, field: string, labels: Record<string, string | null>): Seed => ({
  username,
  what,
  found: [["pod-changed", new RegExp(`^somebody changed its pod [^ ]+: .*${field.replaceAll(".", "\\.")}`)]],
  end: "as before",
  seed: (estate, desktop) => relabel(estate, desktop, labels),
});

export const podSeeds: readonly Seed[] = [
  relabelled("pod-unlabelled", "whose pod lost the label that its policy selects", `labels.${deploymentLabel}`, {
    [deploymentLabel]: null,
  }),
  relabelled("pod-of-another", "whose pod has another desktop's label", `labels.${deploymentLabel}`, {
    [deploymentLabel]: "0123456789abcdef0123456789abcdef",
  }),
  relabelled("pod-let-go", "whose pod its ReplicaSet let go", "ownerReferences", { "pod-template-hash": "another" }),
  {
    username: "pod-other-image",
    what: "whose pod somebody gave another image",
    found: [["pod-changed", /spec\.containers\.desktop\.image$/]],
    end: "as before",
    async seed(estate, { names }) {
      const core = estate.kubeconfig.makeApiClient(CoreV1Api);
      const labelSelector = `${deploymentLabel}=${names.deployment}`;
      const [pod] = (await core.listNamespacedPod({ namespace, labelSelector })).items;
      const body = { spec: { containers: [{ name: "desktop", image: "registry.example.org/another:1" }] } };
      const patch = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
      const { name = "" } = pod?.metadata ?? {};
      await core.patchNamespacedPod({ namespace, name, body, fieldManager: "somebody" }, patch);
    },
  },
];
