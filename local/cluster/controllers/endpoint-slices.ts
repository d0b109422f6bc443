import { isDeepStrictEqual } from "node:util";
import { matchesSelector } from "../api/selectors.ts";
import { typed, type EndpointSlice, type KubeObject, type Pod, type Service } from "../objects.ts";
import { createAs, remove, updateAs, type ClusterState } from "./cluster-state.ts";
import { isReady } from "./replica-sets.ts";

const kind = "endpointslices.discovery.k8s.io";
const component = "kube-controller-manager";

type Port = NonNullable<EndpointSlice["ports"]>[number];
type Content = Pick<EndpointSlice, "endpoints" | "ports">;

/**
 * Updates the EndpointSlices of a Service with a selector from its pods with an address, as the endpointslice
 * controller of Kubernetes 1.37.2 does (recorded in endpoint-slices.json). Not imitated, because nothing here needs
 * them: the annotation endpoints.kubernetes.io/last-change-trigger-time, and the limit of 100 endpoints per slice.
 */
export function reconcileEndpointSlices(state: ClusterState, object: KubeObject): void {
  const service = typed("services", object);
  const { selector } = service.spec;
  if (selector === undefined || service.spec.type === "ExternalName") return;
  const pods = state.store
    .list("pods", service.metadata.namespace)
    .filter((pod) => matchesSelector(pod.metadata.labels ?? {}, { matchLabels: selector }))
    .map((pod) => typed("pods", pod))
    .filter(({ status }) => status?.podIP !== undefined && !["Failed", "Succeeded"].includes(status.phase ?? ""));

  const unmatched = slicesOf(state, service);
  const take = (index: number): EndpointSlice | undefined => (index < 0 ? undefined : unmatched.splice(index, 1)[0]);
  const contents = contentsFor(service, pods).map((content) => {
    const same = unmatched.findIndex(({ ports }) => isDeepStrictEqual(ports, content.ports));
    return { content, slice: take(same) };
  });
  for (const { content, slice } of contents) write(state, service, slice ?? unmatched.shift(), content);
  for (const slice of unmatched) remove(state, kind, slice as unknown as KubeObject);
}

function slicesOf(state: ClusterState, { metadata }: Service): EndpointSlice[] {
  return state.store
    .list(kind, metadata.namespace)
    .filter(({ metadata: { labels } }) => labels?.["kubernetes.io/service-name"] === metadata.name)
    .map((slice) => typed(kind, slice));
}

/** One slice per set of ports: a port's name may have a different number in each pod. */
function contentsFor(service: Service, pods: readonly Pod[]): Content[] {
  const groups = new Map<string, { ports: Port[]; pods: Pod[] }>();
  for (const pod of pods) {
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, pods: [] };
    group.pods.push(pod);
    groups.set(key, group);
  }
  // Without pods one empty slice remains.
  if (groups.size === 0) return [{ endpoints: null, ports: null }];
  return [...groups.values()].map((group) => ({
    endpoints: group.pods.map((pod) => endpoint(service, pod)),
    ports: group.ports.length === 0 ? null : group.ports,
  }));
}

function portsOf(service: Service, pod: Pod): Port[] {
  return (service.spec.ports ?? []).flatMap(({ name = "", port, protocol = "TCP", targetPort }) => {
    const named = pod.spec.containers
      .flatMap((container) => container.ports ?? [])
      .find((each) => each.name === targetPort);
    const number =
      typeof targetPort === "number" ? targetPort : typeof targetPort === "string" ? named?.containerPort : port;
    return number === undefined ? [] : [{ name, protocol, port: number }];
  });
}

function endpoint(
  { spec: { publishNotReadyAddresses } }: Service,
  pod: Pod,
): NonNullable<Content["endpoints"]>[number] {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const serving = isReady(pod);
  const terminating = deletionTimestamp !== undefined;
  const ready = publishNotReadyAddresses === true || (serving && !terminating);
  return {
    addresses: [pod.status?.podIP ?? ""],
    conditions: { ready, serving, terminating },
    targetRef: { kind: "Pod", ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
  };
}

function write(state: ClusterState, service: Service, before: EndpointSlice | undefined, content: Content): void {
  const { name, uid, namespace = "", labels } = service.metadata;
  const owner = { apiVersion: "v1", kind: "Service", name, uid, controller: true, blockOwnerDeletion: true };
  const metadata = {
    labels: {
      ...labels,
      "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      "kubernetes.io/service-name": name,
      ...(service.spec.clusterIP === "None" ? { "service.kubernetes.io/headless": "" } : {}),
    },
    ownerReferences: [owner],
  };
  const slice = { addressType: "IPv4", ...content };
  if (before === undefined) {
    createAs(state, component, kind, namespace, { metadata: { generateName: `${name}-`, ...metadata }, ...slice });
    return;
  }
  const after = { ...before, metadata: { ...before.metadata, ...metadata }, ...slice };
  if (!isDeepStrictEqual(after, before)) updateAs(state, component, kind, before as unknown as KubeObject, after);
}
