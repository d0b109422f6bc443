import type { V1ManagedFieldsEntry, V1ObjectMeta, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { podFaults } from "./pod-faults.ts";

const site = { namespace: "guacamole", guacd: { namespace: "guacamole", labels: { app: "guacd", tier: "x" } } };
const own = { "xlscsde.nhs.uk/deployment-name": "d1", "pod-template-hash": "h1" };
const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "d1-h1", uid: "u", controller: true };
const image = { "f:containers": { 'k:{"name":"desktop"}': { "f:image": {} } } };
const entry = (manager: string, fieldsV1: object): V1ManagedFieldsEntry => ({
  ...{ manager, operation: "Update", fieldsV1 },
});
/** Some distributions have all controllers in a program with another name. */
const creator = (spec: object) => entry("k3s", { "f:metadata": { "f:generateName": {} }, "f:spec": spec });

const podWith = (metadata: Partial<V1ObjectMeta>, spec: Partial<V1PodSpec> = {}): V1Pod => ({
  metadata: {
    ...{ name: "d1-h1-x", generateName: "d1-h1-", labels: own, ownerReferences: [owner] },
    managedFields: [creator(image)],
    ...metadata,
  },
  spec: { containers: [{ name: "desktop" }], ...spec },
});
const label = "metadata.labels.xlscsde.nhs.uk/deployment-name";

it.each<[string, V1Pod, string[]]>([
  ["is as it was made", podWith({}), []],
  ["has labels that admission added", podWith({ labels: { ...own, "istio.io/rev": "1", app: "guacd" } }), []],
  ["has no managed fields", podWith({ managedFields: [] }), []],
  ["lost its label", podWith({ labels: {}, ownerReferences: [] }), [label, "metadata.ownerReferences"]],
  [
    "has another desktop's label",
    podWith({ labels: { ...own, "xlscsde.nhs.uk/deployment-name": "d2" }, ownerReferences: [] }),
    [label, "metadata.ownerReferences"],
  ],
  ["was let go", podWith({ ownerReferences: [] }), ["metadata.ownerReferences"]],
  ["says that it is guacd", podWith({ labels: { ...own, app: "guacd", tier: "x" } }), ["metadata.labels"]],
  [
    "has an ephemeral container",
    podWith({}, { ephemeralContainers: [{ name: "debugger" }] }),
    ["spec.ephemeralContainers"],
  ],
  [
    "has another image",
    podWith({ managedFields: [creator({}), entry("kubectl-set", { "f:spec": image })] }),
    ["spec.containers.desktop.image"],
  ],
])("of a pod that %s", (_what, pod, faults) => {
  expect(podFaults(pod, site)).toEqual(faults);
});
