import { call, paths, type Call } from "./call.ts";
import {
  another,
  anotherDeployment,
  configMap,
  deployment,
  networkPolicy,
  secret,
  service,
  withContainer,
} from "./objects.ts";

type Changes = Record<string, unknown>;
const create = (what: string, changes: Changes): Call =>
  call(`create a deployment with ${what}`, "POST", paths.deployments, anotherDeployment(changes));
const container = (what: string, changes: Changes): Call =>
  call(`create a deployment whose container has ${what}`, "POST", paths.deployments, withContainer(changes));
const map = (what: string, changes: Changes): Call =>
  call(`create a config map with ${what}`, "POST", paths.configMaps, another(configMap, changes));
const sealed = (what: string, changes: Changes): Call =>
  call(`create a secret with ${what}`, "POST", paths.secrets, another(secret, changes));
const serve = (what: string, spec: Changes): Call =>
  call(
    `create a service with ${what}`,
    "POST",
    paths.services,
    another(service, { spec: { ...service.spec, ...spec } }),
  );
const wall = (what: string, spec: Changes | null): Call =>
  call(
    `create a network policy with ${what}`,
    "POST",
    paths.networkPolicies,
    another(networkPolicy, { spec: spec && { ...networkPolicy.spec, ...spec } }),
  );
const template = (spec: Changes, labels: unknown = { app: "desk" }): Changes => ({
  template: { metadata: { labels }, spec: { ...deployment.spec.template.spec, ...spec } },
});

/** What the built-in kinds accept. */
export const builtInCalls: readonly Call[] = [
  create("nothing wrong", {}),
  create("replicas -1", { replicas: -1 }),
  create("replicas 5000000000", { replicas: 5000000000 }),
  create("replicas 1.5", { replicas: 1.5 }),
  create("replicas text", { replicas: "1" }),
  create("replicas true", { replicas: true }),
  create("replicas null", { replicas: null }),
  create("no selector", { selector: undefined }),
  create("an empty selector", { selector: {} }),
  create("a selector that is text", { selector: "text" }),
  create("another selector", { selector: { matchLabels: { app: "x" } } }),
  create("no template", { template: undefined }),
  create("template null", { template: null }),
  create("no containers", template({ containers: [] })),
  create("containers null", template({ containers: null })),
  create("containers text", template({ containers: "x" })),
  create("restart policy Never", template({ restartPolicy: "Never" })),
  create("an unknown restart policy", template({ restartPolicy: "Maybe" })),
  create("an unknown strategy", { strategy: { type: "Sudden" } }),
  create("a template label that is a number", template({}, { app: 1 })),
  create("a template label that is bad", template({}, { app: "desk", b: "c d" })),
  create("a node selector that is a list", template({ nodeSelector: [] })),
  create("a volume without name", template({ volumes: [{ emptyDir: {} }] })),
  create("an unknown DNS policy", template({ dnsPolicy: "Guess" })),
  container("no image", { image: undefined }),
  container("an empty image", { image: "" }),
  container("an image with a space", { image: " a" }),
  container("no name", { name: undefined }),
  container("a bad name", { name: "Bad_Name" }),
  container("a port that is text", { ports: [{ containerPort: "vnc" }] }),
  container("port 0", { ports: [{ containerPort: 0 }] }),
  container("port 70000", { ports: [{ containerPort: 70000 }] }),
  container("no port in the list's item", { ports: [{}] }),
  container("an unknown protocol", { ports: [{ containerPort: 1, protocol: "ICMP" }] }),
  container("a variable without name", { env: [{ value: "x" }] }),
  container("a variable whose value is a number", { env: [{ name: "A", value: 1 }] }),
  container("a mount of nothing", { volumeMounts: [{ name: "none", mountPath: "/x" }] }),
  container("an unknown pull policy", { imagePullPolicy: "Perhaps" }),
  container("resources that are none", { resources: { requests: { cpu: "much" } } }),
  container("requests over limits", { resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
  container("a probe without handler", { readinessProbe: {} }),

  map("data that is text", { data: "text" }),
  map("data that is a list", { data: [] }),
  map("data null", { data: null }),
  map("a value that is a number", { data: { a: 1 } }),
  map("a value that is null", { data: { a: null } }),
  map("a value that is an object", { data: { a: {} } }),
  map("a bad key", { data: { "a b": "1" } }),
  map("an unknown field", { extra: 1 }),
  map("immutable text", { immutable: "yes" }),
  map("no metadata", { metadata: undefined }),
  map("metadata text", { metadata: "text" }),
  map("no name", { metadata: {} }),
  map("a name that is a number", { metadata: { name: 1 } }),
  map("a name in capitals", { metadata: { name: "Another" } }),
  map("a long name", { metadata: { name: "x".repeat(254) } }),
  map("a name of another namespace", { metadata: { name: "another", namespace: "default" } }),
  map("a taken name", { metadata: { name: "notes" } }),
  map("a label that is a number", { metadata: { name: "another", labels: { a: 1 } } }),
  map("labels that are a list", { metadata: { name: "another", labels: [] } }),
  map("a label with a space", { metadata: { name: "another", labels: { a: "b c" } } }),
  map("a label with a bad key", { metadata: { name: "another", labels: { "a b": "c" } } }),
  map("a long label", { metadata: { name: "another", labels: { a: "x".repeat(64) } } }),
  map("an annotation that is a number", { metadata: { name: "another", annotations: { a: 1 } } }),
  map("an annotation with a bad key", { metadata: { name: "another", annotations: { "a b": "c" } } }),
  map("a finalizer without a domain", { metadata: { name: "another", finalizers: ["x"] } }),
  map("an owner without uid", {
    metadata: { name: "another", ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "x" }] },
  }),
  map("a resourceVersion", { metadata: { name: "another", resourceVersion: "1" } }),
  map("a creation time that is none", { metadata: { name: "another", creationTimestamp: "yesterday" } }),
  map("an unknown field in metadata", { metadata: { name: "another", extra: 1 } }),
  sealed("data that is not base64", { data: { a: "not base64!" } }),
  sealed("a value that is a number", { data: { a: 1 } }),
  sealed("text that is a number", { stringData: { a: 1 } }),
  sealed("a bad key", { stringData: { "a b": "1" } }),
  sealed("a type that is a number", { type: 1 }),
  serve("no ports", { ports: [] }),
  serve("port 0", { ports: [{ port: 0 }] }),
  serve("port 70000", { ports: [{ port: 70000 }] }),
  serve("a port that is text", { ports: [{ port: "vnc" }] }),
  serve("a bad target port", { ports: [{ port: 1, targetPort: 0 }] }),
  serve("a target port with a bad name", { ports: [{ port: 1, targetPort: "Bad_Name" }] }),
  serve("two ports without names", { ports: [{ port: 1 }, { port: 2 }] }),
  serve("one port twice", {
    ports: [
      { name: "a", port: 1 },
      { name: "a", port: 1 },
    ],
  }),
  serve("an unknown type", { type: "Magic" }),
  serve("an unknown protocol", { ports: [{ port: 1, protocol: "ICMP" }] }),
  serve("a bad cluster address", { clusterIP: "x" }),
  serve("a selector that is a list", { selector: [] }),
  call("create a service with a bad name", "POST", paths.services, another(service, { metadata: { name: "1front" } })),
  wall("no spec", null),
  wall("no pod selector", { podSelector: undefined }),
  wall("an unknown policy type", { policyTypes: ["Sideways"] }),
  wall("a port that is none", { ingress: [{ ports: [{ port: 0 }] }] }),
  wall("a network that is none", { egress: [{ to: [{ ipBlock: { cidr: "everywhere" } }] }] }),
  wall("a peer of nothing", { ingress: [{ from: [{}] }] }),
  wall("a selector with an unknown operator", { podSelector: { matchExpressions: [{ key: "a", operator: "Like" }] } }),
  wall("ingress that is text", { ingress: "all" }),

  container("a long name", { name: "x".repeat(64) }),
  map("a long key", { data: { ["x".repeat(254)]: "" } }),
  map("a label with a long key", { metadata: { name: "another", labels: { ["x".repeat(64)]: "c" } } }),
  map("a label with a long prefix", { metadata: { name: "another", labels: { [`${"x".repeat(254)}/a`]: "c" } } }),
  call(
    "create a service with a long name",
    "POST",
    paths.services,
    another(service, { metadata: { name: "x".repeat(64) } }),
  ),
];
