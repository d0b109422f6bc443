import type { KubeObject } from "../objects.ts";
import { createAs, remove, type ClusterState } from "./cluster-state.ts";

/** The namespaces of a new cluster. */
export const firstNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** Creates the default objects of a new namespace, and empties a terminating one before it is removed. */
export function reconcileNamespace(state: ClusterState, namespace: KubeObject): void {
  const { name, deletionTimestamp } = namespace.metadata;
  if (deletionTimestamp === undefined) {
    furnish(state, name);
    return;
  }
  let left = 0;
  for (const kind of state.kinds.filter((each) => each.namespaced)) {
    for (const object of state.store.list(kind.key, name)) {
      if (object.metadata.deletionTimestamp === undefined) remove(state, kind.key, object);
      if (state.store.byUid(object.metadata.uid) !== undefined) left += 1;
    }
  }
  if (left === 0) state.store.remove("namespaces", "", name);
}

function furnish(state: ClusterState, namespace: string): void {
  if (state.store.get("serviceaccounts", namespace, "default") === undefined) {
    createAs(state, "kube-controller-manager", "serviceaccounts", namespace, { metadata: { name: "default" } });
  }
  if (state.store.get("configmaps", namespace, "kube-root-ca.crt") === undefined) {
    const data = { "ca.crt": "the local cluster has no certificate authority\n" };
    createAs(state, "kube-controller-manager", "configmaps", namespace, {
      metadata: { name: "kube-root-ca.crt" },
      data,
    });
  }
}
