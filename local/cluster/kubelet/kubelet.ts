import { controllerOf, remove, updateAs, writeStatus, type ClusterState } from "../controllers/cluster-state.ts";
import { recordEvent } from "../controllers/events.ts";
import { typed, type KubeObject } from "../objects.ts";
import { nextStep, type PodStep } from "./pod-steps.ts";

export interface Kubelet {
  /** Schedules a pod's next step. */
  look(pod: KubeObject): void;
  forget(uid: string): void;
  stop(): void;
}

interface Planned {
  name: string;
  timer: NodeJS.Timeout;
}

/** The scheduler, and the kubelet of the only node: performs every pod's steps, each after its delay. */
export function startKubelet(state: ClusterState): Kubelet {
  const planned = new Map<string, Planned>();

  const forget = (uid: string): void => {
    clearTimeout(planned.get(uid)?.timer);
    planned.delete(uid);
  };
  const stepOf = (object: KubeObject): PodStep | undefined => {
    const pod = typed("pods", object);
    const images = pod.spec.containers.map((container) => container.image ?? "");
    const fault = state.faults.of(pod.metadata.namespace ?? "", deploymentOf(state, object), images);
    return nextStep(pod, fault, state.delays);
  };
  const look = (pod: KubeObject): void => {
    const { uid } = pod.metadata;
    const step = stepOf(pod);
    const before = planned.get(uid);
    if (before !== undefined && before.name === step?.name) return;
    forget(uid);
    if (step === undefined) return;
    const take = (): void => {
      planned.delete(uid);
      const current = state.store.byUid(uid)?.object;
      const due = current === undefined ? undefined : stepOf(current);
      if (current !== undefined && due?.name === step.name) takeStep(state, current, due);
    };
    planned.set(uid, { name: step.name, timer: setTimeout(take, step.afterMs) });
  };
  return {
    look,
    forget,
    stop() {
      for (const uid of [...planned.keys()]) forget(uid);
    },
  };
}

function takeStep(state: ClusterState, pod: KubeObject, step: PodStep): void {
  if (step.gone === true) {
    remove(state, "pods", pod, { propagation: "Background", gracePeriodSeconds: 0 });
    return;
  }
  const status = step.status?.();
  if (step.nodeName !== undefined) {
    pod = updateAs(state, "kube-scheduler", "pods", pod, { ...pod, spec: { ...pod.spec, nodeName: step.nodeName } });
  }
  if (status !== undefined) writeStatus(state, "kubelet", "pods", pod.metadata, status);
  for (const event of step.events ?? []) recordEvent(state, pod, event);
}

/** Returns a pod's Deployment, through its ReplicaSet. */
function deploymentOf(state: ClusterState, pod: KubeObject): string | undefined {
  const owner = controllerOf(pod);
  const set = owner === undefined ? undefined : state.store.byUid(owner.uid)?.object;
  return set === undefined ? undefined : controllerOf(set)?.name;
}
