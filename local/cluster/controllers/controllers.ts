import { matchesSelector } from "../api/selectors.ts";
import { usedOf } from "../api/quota.ts";
import { startKubelet } from "../kubelet/kubelet.ts";
import { typed, type KubeObject } from "../objects.ts";
import type { Change } from "../store/store.ts";
import { controllerOf, createAs, writeStatus, type ClusterState } from "./cluster-state.ts";
import { reconcileDeployment } from "./deployments.ts";
import { reconcileEndpointSlices } from "./endpoint-slices.ts";
import { forgetOldEvents } from "./events.ts";
import { collectGarbage } from "./garbage.ts";
import { firstNamespaces, reconcileNamespace } from "./namespaces.ts";
import { reconcileReplicaSet } from "./replica-sets.ts";
import { createWorkQueue } from "./work-queue.ts";

export interface Controllers {
  /** Processes all workloads of a namespace again, because its faults have changed. */
  lookAtNamespace(namespace: string): void;
  stop(): void;
}

const forgetEveryMs = 600_000;

type Reconcile = (state: ClusterState, object: KubeObject) => void;

const reconcilers: Readonly<Record<string, Reconcile>> = {
  "deployments.apps": reconcileDeployment,
  "replicasets.apps": reconcileReplicaSet,
  services: reconcileEndpointSlices,
  namespaces: reconcileNamespace,
  resourcequotas(state, quota) {
    const hard = typed("resourcequotas", quota).spec.hard ?? {};
    writeStatus(state, "kube-controller-manager", "resourcequotas", quota.metadata, {
      hard,
      used: usedOf(state.store, quota),
    });
  },
};

/** Starts controllers and kubelet. They process everything in the store, and then every change. */
export function startControllers(parts: Omit<ClusterState, "lookAgain">): Controllers {
  const { store } = parts;
  const queue = createWorkQueue(run, parts.log);
  const state: ClusterState = {
    ...parts,
    lookAgain(kind, { metadata }, afterMs) {
      queue.addAfter(keyOf(kind, metadata), afterMs);
    },
  };
  const kubelet = startKubelet(state);

  function run(key: string): void {
    const [kind = "", namespace = "", name = ""] = key.split(" ");
    const object = store.get(kind, namespace, name);
    if (object === undefined) return;
    reconcilers[kind]?.(state, object);
    if (kind === "pods") kubelet.look(object);
    const current = store.byUid(object.metadata.uid)?.object;
    if (current !== undefined) collectGarbage(state, kind, current);
  }
  const add = (kind: string, object: KubeObject): void => {
    queue.add(keyOf(kind, object.metadata));
  };
  const addByUid = (uid: string | undefined): void => {
    const entry = uid === undefined ? undefined : store.byUid(uid);
    if (entry !== undefined) add(entry.kind, entry.object);
  };

  const follow = ({ type, kind, object, previous }: Change): void => {
    if (kind === "events") return;
    if (type !== "DELETED") add(kind, object);
    if (type === "DELETED") followDeletion(kind, object);
    if (kind === "pods" || kind === "replicasets.apps") addByUid(controllerOf(object)?.uid);
    if (kind === "pods") addServicesOf(object, previous);
    if (kind === "pods" || kind === "resourcequotas") addStuckSets(object.metadata.namespace ?? "", type, kind);
  };
  const followDeletion = (kind: string, object: KubeObject): void => {
    const { uid, namespace } = object.metadata;
    kubelet.forget(uid);
    for (const dependent of store.dependents(uid)) add(dependent.kind, dependent.object);
    for (const owner of object.metadata.ownerReferences ?? []) addByUid(owner.uid);
    // Recreate waits for the last pod of an old set. Only the set's Deployment can see it.
    const set = kind === "pods" ? store.byUid(controllerOf(object)?.uid ?? "")?.object : undefined;
    if (set !== undefined) addByUid(controllerOf(set)?.uid);
    const home = namespace === undefined ? undefined : store.get("namespaces", "", namespace);
    if (home?.metadata.deletionTimestamp !== undefined) add("namespaces", home);
  };
  const addServicesOf = (pod: KubeObject, previous: KubeObject | undefined): void => {
    for (const service of store.list("services", pod.metadata.namespace)) {
      const { selector } = typed("services", service).spec;
      const selects = (labels = {}): boolean =>
        selector !== undefined && matchesSelector(labels, { matchLabels: selector });
      if (selects(pod.metadata.labels) || selects(previous?.metadata.labels)) add("services", service);
    }
  };
  const addStuckSets = (namespace: string, type: Change["type"], kind: string): void => {
    for (const quota of store.list("resourcequotas", namespace)) add("resourcequotas", quota);
    if (kind === "pods" && type !== "DELETED") return;
    for (const set of store.list("replicasets.apps", namespace)) {
      if (typed("replicasets.apps", set).status?.conditions !== undefined) add("replicasets.apps", set);
    }
  };

  const forgetting = setInterval(() => {
    forgetOldEvents(state, new Date());
  }, forgetEveryMs);
  forgetOldEvents(state, new Date());
  const unsubscribe = store.subscribe(follow);
  for (const name of firstNamespaces) {
    if (store.get("namespaces", "", name) === undefined && store.revision() < 1 + firstNamespaces.length) {
      createAs(state, "kube-controller-manager", "namespaces", "", { metadata: { name } });
    }
  }
  for (const kind of state.kinds)
    if (kind.key !== "events") for (const object of store.list(kind.key)) add(kind.key, object);

  return {
    lookAtNamespace(namespace) {
      for (const kind of ["replicasets.apps", "pods"])
        for (const object of store.list(kind, namespace)) add(kind, object);
    },
    stop() {
      unsubscribe();
      clearInterval(forgetting);
      queue.stop();
      kubelet.stop();
    },
  };
}

const keyOf = (kind: string, { namespace = "", name }: { namespace?: string; name: string }): string =>
  `${kind} ${namespace} ${name}`;
