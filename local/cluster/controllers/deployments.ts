import { isDeepStrictEqual } from "node:util";
import { safeHash } from "../api/random-suffix.ts";
import { matchesSelector } from "../api/selectors.ts";
import { typed, type Deployment, type JsonObject, type KubeObject, type ReplicaSet } from "../objects.ts";
import { controllerOf, createAs, hasEnded, remove, updateAs, writeStatus, type ClusterState } from "./cluster-state.ts";
import { deploymentStatus, msUntilOverdue, progressing, withCondition } from "./deployment-status.ts";
import { recordEvent } from "./events.ts";
import { rollingStep } from "./rollout.ts";

const revision = "deployment.kubernetes.io/revision";
const hashLabel = "pod-template-hash";

/**
 * Takes one step towards a Deployment's template and replicas, as the real controller does: Deployment → ReplicaSets →
 * pods.
 */
export function reconcileDeployment(state: ClusterState, object: KubeObject): void {
  const deployment = typed("deployments.apps", object);
  if (deployment.metadata.deletionTimestamp === undefined) adoptSets(state, object, deployment);
  let current = ownedSets(state, object).find((set) => hasTemplate(set, deployment));
  if (deployment.metadata.deletionTimestamp === undefined && deployment.spec.paused !== true) {
    current ??= createSet(state, object, deployment);
    if (deployment.spec.strategy?.type === "Recreate") recreate(state, object, deployment, current);
    else scaleSets(state, object, rollingStep(deployment, current, without(ownedSets(state, object), current)));
    forgetOldSets(state, object, deployment, current);
  }
  const sets = ownedSets(state, object);
  const latest = sets.find((set) => set.metadata.uid === current?.metadata.uid);
  const stored = state.store.byUid(object.metadata.uid)?.object;
  if (stored === undefined) return;
  const known = typed("deployments.apps", stored);
  writeStatus(
    state,
    "kube-controller-manager",
    "deployments.apps",
    object.metadata,
    deploymentStatus(known, latest, sets, new Date()),
  );
  const dueInMs = msUntilOverdue(known, new Date());
  if (dueInMs !== undefined && dueInMs > 0) state.lookAgain("deployments.apps", deployment, dueInMs + 1);
}

const ownedSets = (state: ClusterState, deployment: KubeObject): ReplicaSet[] =>
  state.store
    .dependents(deployment.metadata.uid)
    .filter(({ kind, object }) => kind === "replicasets.apps" && controllerOf(object)?.uid === deployment.metadata.uid)
    .map(({ object }) => typed("replicasets.apps", object));

const without = (sets: ReplicaSet[], one: ReplicaSet): ReplicaSet[] =>
  sets.filter((set) => set.metadata.uid !== one.metadata.uid);

function hasTemplate(set: ReplicaSet, deployment: Deployment): boolean {
  const template = structuredClone(set.spec.template);
  const labels = template?.metadata?.labels;
  if (labels !== undefined) Reflect.deleteProperty(labels, hashLabel);
  return isDeepStrictEqual(template, deployment.spec.template);
}

/**
 * Adopts the ReplicaSets that nobody controls and that the Deployment's selector selects (ClaimReplicaSets,
 * pkg/controller/controller_ref_manager.go, v1.36.0).
 */
function adoptSets(state: ClusterState, object: KubeObject, deployment: Deployment): void {
  for (const set of state.store.list("replicasets.apps", object.metadata.namespace)) {
    const { labels = {}, ownerReferences = [], deletionTimestamp } = set.metadata;
    if (controllerOf(set) !== undefined || deletionTimestamp !== undefined) continue;
    if (!matchesSelector(labels, deployment.spec.selector)) continue;
    const metadata = { ...set.metadata, ownerReferences: [...ownerReferences, ownerOf(deployment)] };
    updateAs(state, "kube-controller-manager", "replicasets.apps", set, { ...set, metadata });
  }
}

function ownerOf({ metadata: { name, uid } }: Deployment) {
  return { apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true, blockOwnerDeletion: true };
}

function createSet(state: ClusterState, object: KubeObject, deployment: Deployment): ReplicaSet {
  const { name, namespace = "" } = deployment.metadata;
  const hash = safeHash(JSON.stringify(deployment.spec.template));
  const number =
    Math.max(0, ...ownedSets(state, object).map((set) => Number(set.metadata.annotations?.[revision] ?? 0))) + 1;
  const { template, selector } = deployment.spec;
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const created = createAs(state, "kube-controller-manager", "replicasets.apps", namespace, {
    metadata: {
      name: `${name}-${hash}`,
      labels,
      ownerReferences: [ownerOf(deployment)],
      annotations: { [revision]: String(number) },
    },
    spec: {
      replicas: 0,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
  noteNewSet(state, object, created.metadata.name, number);
  return typed("replicasets.apps", created);
}

function noteNewSet(state: ClusterState, object: KubeObject, set: string, number: number): void {
  const annotations = { ...object.metadata.annotations, [revision]: String(number) };
  const metadata = { ...object.metadata, annotations };
  const noted = updateAs(state, "kube-controller-manager", "deployments.apps", object, { ...object, metadata });
  const status = typed("deployments.apps", noted).status ?? {};
  const news = progressing("True", "NewReplicaSetCreated", `Created new replica set "${set}"`);
  const conditions = withCondition(status.conditions ?? [], new Date(), news, true);
  writeStatus(state, "kube-controller-manager", "deployments.apps", object.metadata, { ...status, conditions });
}

/**
 * The Recreate strategy: new pods are created only after the last old one is gone. Old ones that have ended may stay (since
 * 1.36, kubernetes/kubernetes #136639; seen on 1.37.2).
 */
function recreate(state: ClusterState, object: KubeObject, deployment: Deployment, current: ReplicaSet): void {
  const old = without(ownedSets(state, object), current);
  scaleSets(state, object, new Map(old.map((set) => [set.metadata.name, 0])));
  const left = old
    .flatMap((set) => state.store.dependents(set.metadata.uid))
    .some((each) => each.kind === "pods" && !hasEnded(each.object));
  if (!left) scaleSets(state, object, new Map([[current.metadata.name, deployment.spec.replicas ?? 1]]));
}

function scaleSets(state: ClusterState, deployment: KubeObject, next: ReadonlyMap<string, number>): void {
  for (const [name, replicas] of next) {
    const set = state.store.get("replicasets.apps", deployment.metadata.namespace ?? "", name);
    const before = set?.spec?.["replicas"];
    if (set === undefined || before === replicas) continue;
    updateAs(state, "kube-controller-manager", "replicasets.apps", set, {
      ...set,
      spec: { ...(set.spec as JsonObject), replicas },
    });
    const direction = typeof before === "number" && replicas > before ? "up" : "down";
    const message = `Scaled ${direction} replica set ${name} to ${replicas}`;
    recordEvent(state, deployment, {
      type: "Normal",
      reason: "ScalingReplicaSet",
      message,
      component: "deployment-controller",
    });
  }
}

function forgetOldSets(state: ClusterState, object: KubeObject, deployment: Deployment, current: ReplicaSet): void {
  const empty = without(ownedSets(state, object), current).filter(
    (set) => set.spec.replicas === 0 && (set.status?.replicas ?? 0) === 0,
  );
  const oldestFirst = empty.sort(
    (one, other) =>
      Number(one.metadata.annotations?.[revision] ?? 0) - Number(other.metadata.annotations?.[revision] ?? 0),
  );
  const surplus = empty.length - (deployment.spec.revisionHistoryLimit ?? 10);
  for (const set of oldestFirst.slice(0, Math.max(0, surplus))) {
    const stored = state.store.byUid(set.metadata.uid)?.object;
    if (stored !== undefined) remove(state, "replicasets.apps", stored);
  }
}
