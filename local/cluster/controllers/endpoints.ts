import { isDeepStrictEqual } from "node:util";
import { matchesSelector } from "../api/selectors.ts";
import { typed, type KubeObject, type Pod, type Service } from "../objects.ts";
import { createAs, remove, updateAs, type ClusterState } from "./cluster-state.ts";
import { isReady } from "./replica-sets.ts";

/** Keeps the Endpoints and the EndpointSlice of a Service with a selector equal to its pods that have an address. */
export function reconcileEndpoints(state: ClusterState, object: KubeObject): void {
  const service = typed("services", object);
  const { selector } = service.spec;
  if (selector === undefined || service.spec.type === "ExternalName") return;
  const pods = state.store
    .list("pods", service.metadata.namespace)
    .filter((pod) => matchesSelector(pod.metadata.labels ?? {}, { matchLabels: selector }))
    .map((pod) => typed("pods", pod))
    .filter((pod) => pod.status?.podIP !== undefined && pod.metadata.deletionTimestamp === undefined);
  const isHeadless = service.spec.clusterIP === "None";
  const labels = { ...service.metadata.labels, ...(isHeadless ? { "service.kubernetes.io/headless": "" } : {}) };
  write(state, "endpoints", service.metadata.name, service, { metadata: { labels }, ...subsets(service, pods) });
  write(
    state,
    "endpointslices.discovery.k8s.io",
    `${service.metadata.name}-local`,
    service,
    slice(service, pods, labels),
  );
}

/** Endpoints have the name of their Service and go with it. */
export function removeEndpoints(state: ClusterState, service: KubeObject): void {
  const { namespace = "", name } = service.metadata;
  const endpoints = state.store.get("endpoints", namespace, name);
  if (endpoints !== undefined && state.store.get("services", namespace, name) === undefined)
    remove(state, "endpoints", endpoints);
}

const counts = (service: Service, pod: Pod): boolean => service.spec.publishNotReadyAddresses === true || isReady(pod);

const reference = (pod: Pod): object => ({
  ...{ kind: "Pod", name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
});

function portsOf(service: Service, pod: Pod): object[] {
  return (service.spec.ports ?? []).flatMap(({ name, port, protocol, targetPort }) => {
    const named = pod.spec.containers
      .flatMap((container) => container.ports ?? [])
      .find((each) => each.name === targetPort);
    const number =
      typeof targetPort === "number" ? targetPort : typeof targetPort === "string" ? named?.containerPort : port;
    return number === undefined ? [] : [{ ...(name === undefined ? {} : { name }), port: number, protocol }];
  });
}

function subsets(service: Service, pods: readonly Pod[]): object {
  const [first] = pods;
  if (first === undefined) return {};
  const address = (pod: Pod): object => ({
    ip: pod.status?.podIP,
    nodeName: pod.spec.nodeName,
    targetRef: reference(pod),
  });
  const ready = pods.filter((pod) => counts(service, pod)).map(address);
  const notReady = pods.filter((pod) => !counts(service, pod)).map(address);
  const lists = {
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
  };
  return { subsets: [{ ...lists, ports: portsOf(service, first) }] };
}

function slice(service: Service, pods: readonly Pod[], labels: Record<string, string>): object {
  const { name, uid } = service.metadata;
  const owner = { apiVersion: "v1", kind: "Service", name, uid, controller: true, blockOwnerDeletion: true };
  const managedBy = {
    "kubernetes.io/service-name": name,
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
  };
  const [first] = pods;
  return {
    metadata: { labels: { ...labels, ...managedBy }, ownerReferences: [owner] },
    addressType: "IPv4",
    endpoints: pods.map((pod) => ({
      addresses: [pod.status?.podIP],
      conditions: { ready: counts(service, pod), serving: isReady(pod), terminating: false },
      ...{ nodeName: pod.spec.nodeName, targetRef: reference(pod) },
    })),
    ports: first === undefined ? [] : portsOf(service, first),
  };
}

function write(
  state: ClusterState,
  kind: string,
  name: string,
  service: Service,
  content: { metadata?: object },
): void {
  const namespace = service.metadata.namespace ?? "";
  const before = state.store.get(kind, namespace, name);
  if (before === undefined) {
    createAs(state, "kube-controller-manager", kind, namespace, {
      ...content,
      metadata: { ...content.metadata, name },
    });
    return;
  }
  const { apiVersion, kind: own } = before;
  const after = { apiVersion, kind: own, ...content, metadata: { ...before.metadata, ...content.metadata } };
  if (!isDeepStrictEqual(after, before)) updateAs(state, "kube-controller-manager", kind, before, after);
}
