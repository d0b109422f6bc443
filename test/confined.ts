import { KubernetesObjectApi, type V1NetworkPolicy, type V1Pod } from "@kubernetes/client-node";
import { expect } from "vitest";
import { namespace, type TestEstate } from "./estate.ts";
import { selects } from "./network-policy.ts";

const deploymentLabel = "xlscsde.nhs.uk/deployment-name";

/**
 * Fails if a desktop's pod may run that no policy of its own confines. A pod is seen before and after the policies are read,
 * so it was there when they were.
 */
export async function expectConfined(estate: Pick<TestEstate, "kubeconfig">): Promise<void> {
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const pods = async () => {
    const { items } = await objects.list<V1Pod>("v1", "Pod", namespace);
    return items.filter(
      ({ metadata, status }) =>
        metadata?.labels?.[deploymentLabel] !== undefined &&
        status?.phase !== "Failed" &&
        status?.phase !== "Succeeded",
    );
  };
  const before = await pods();
  const { items: policies } = await objects.list<V1NetworkPolicy>("networking.k8s.io/v1", "NetworkPolicy", namespace);
  const after = new Set((await pods()).map(({ metadata }) => metadata?.uid));
  const bare = before.filter(
    ({ metadata }) =>
      after.has(metadata?.uid) &&
      !policies.some(({ spec }) => spec !== undefined && selects(spec.podSelector ?? {}, metadata?.labels ?? {})),
  );
  expect(
    bare.map(({ metadata }) => metadata?.name),
    "pods that no policy confines",
  ).toEqual([]);
}
