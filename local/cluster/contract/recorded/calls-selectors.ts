import { call, type Call, paths } from "./call.ts";
import { another, anotherDeployment, deployment, networkPolicy, service, withContainer } from "./objects.ts";

type Changes = Record<string, unknown>;

const wall = (what: string, spec: Changes): Call =>
  call(
    `create a network policy with ${what}`,
    "POST",
    paths.networkPolicies,
    another(networkPolicy, { spec: { ...networkPolicy.spec, ...spec } }),
  );
const serve = (what: string, selector: Changes): Call =>
  call(
    `create a service that selects by ${what}`,
    "POST",
    paths.services,
    another(service, { spec: { ...service.spec, selector } }),
  );
const create = (what: string, changes: Changes): Call =>
  call(`create a deployment with ${what}`, "POST", paths.deployments, anotherDeployment(changes));
const pod = (what: string, spec: Changes): Call =>
  create(what, {
    template: { ...deployment.spec.template, spec: { ...deployment.spec.template.spec, ...spec } },
  });
const container = (what: string, changes: Changes): Call =>
  call(`create a deployment whose container has ${what}`, "POST", paths.deployments, withContainer(changes));

/** Selectors that a server refuses, or accepts although they look odd. */
const selectors: readonly [what: string, selector: unknown][] = [
  ["a star for everything", { matchLabels: { "*": "*" } }],
  ["a star as value", { matchLabels: { app: "*" } }],
  ["an empty key", { matchLabels: { "": "a" } }],
  ["an empty value", { matchLabels: { app: "" } }],
  ["a value with a space", { matchLabels: { app: "a b" } }],
  ["a value that is a number", { matchLabels: { app: 1 } }],
  ["a long value", { matchLabels: { app: "x".repeat(64) } }],
  ["a key with two slashes", { matchLabels: { "a/b/c": "d" } }],
  ["a prefix in capitals", { matchLabels: { "Example.org/a": "d" } }],
  ["labels that are a list", { matchLabels: [] }],
  ["an expression without a key", { matchExpressions: [{ operator: "Exists" }] }],
  ["an expression with a bad key", { matchExpressions: [{ key: "*", operator: "Exists" }] }],
  ["an expression without an operator", { matchExpressions: [{ key: "app" }] }],
  ["an operator in lower case", { matchExpressions: [{ key: "app", operator: "exists" }] }],
  ["In without values", { matchExpressions: [{ key: "app", operator: "In" }] }],
  ["In with no value in its list", { matchExpressions: [{ key: "app", operator: "In", values: [] }] }],
  ["NotIn without values", { matchExpressions: [{ key: "app", operator: "NotIn" }] }],
  ["Exists with values", { matchExpressions: [{ key: "app", operator: "Exists", values: ["a"] }] }],
  ["DoesNotExist with values", { matchExpressions: [{ key: "app", operator: "DoesNotExist", values: ["a"] }] }],
  ["In with a bad value", { matchExpressions: [{ key: "app", operator: "In", values: ["a", "b c"] }] }],
  ["Gt", { matchExpressions: [{ key: "app", operator: "Gt", values: ["1"] }] }],
  ["an unknown field", { matchNames: { app: "a" } }],
];

const queries = [
  "*=*",
  "*",
  "app=*",
  "app in ()",
  "app in (a,)",
  "app in (a b)",
  "app notin (*)",
  "!*",
  "app=a,",
  ",",
  "app==a=b",
  "a/b/c",
  "Example.org/a=b",
  `${"x".repeat(64)}=a`,
  `app=${"x".repeat(64)}`,
  "app>1",
  "app<x",
  "app=-a",
];

/** What servers say of selectors, networks and other parts of the objects that desktops are made of. */
export const selectorCalls: readonly Call[] = [
  ...selectors.flatMap(([what, selector]) => [
    wall(`a pod selector with ${what}`, { podSelector: selector }),
    wall(`a peer whose pods have ${what}`, { ingress: [{ from: [{ podSelector: selector }] }] }),
    wall(`a peer whose namespaces have ${what}`, { egress: [{ to: [{ namespaceSelector: selector }] }] }),
    create(`a selector with ${what}`, { selector }),
  ]),
  ...selectors.flatMap(([what, selector]) =>
    "matchLabels" in (selector as object)
      ? [
          serve(what, (selector as { matchLabels: Changes }).matchLabels),
          pod(`a node selector with ${what}`, { nodeSelector: (selector as { matchLabels: Changes }).matchLabels }),
        ]
      : [],
  ),
  ...queries.map((query) =>
    call(
      `list config maps selected by ${query}`,
      "GET",
      `${paths.configMaps}?labelSelector=${encodeURIComponent(query)}`,
    ),
  ),

  wall("a network and pods in one peer", { egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }] }] }),
  wall("an exception outside its network", {
    egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] } }] }],
  }),
  wall("an exception that is the whole network", {
    egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/8"] } }] }],
  }),
  wall("an exception of the other family", {
    egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["fd00::/16"] } }] }],
  }),
  wall("a network with bits of a host", { egress: [{ to: [{ ipBlock: { cidr: "10.0.0.1/8" } }] }] }),
  wall("an address without length", { egress: [{ to: [{ ipBlock: { cidr: "10.0.0.1" } }] }] }),
  wall("a length with a leading zero", { egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/08" } }] }] }),
  wall("an address with a leading zero", { egress: [{ to: [{ ipBlock: { cidr: "010.0.0.0/8" } }] }] }),
  wall("no network in a block", { egress: [{ to: [{ ipBlock: {} }] }] }),
  wall("an IPv4 address inside an IPv6 one", { egress: [{ to: [{ ipBlock: { cidr: "::ffff:10.0.0.0/104" } }] }] }),
  wall("an end port", { ingress: [{ ports: [{ port: 5900, endPort: 5910 }] }] }),
  wall("an end port below its port", { ingress: [{ ports: [{ port: 5900, endPort: 5899 }] }] }),
  wall("an end port without a port", { ingress: [{ ports: [{ endPort: 5899 }] }] }),
  wall("an end port of a name", { ingress: [{ ports: [{ port: "vnc", endPort: 5899 }] }] }),
  wall("an end port beyond all", { ingress: [{ ports: [{ port: 5900, endPort: 70000 }] }] }),
  wall("an unknown protocol", { ingress: [{ ports: [{ port: 5900, protocol: "ICMP" }] }] }),
  wall("three policy types", { policyTypes: ["Ingress", "Egress", "Ingress"] }),
  wall("the same policy type twice", { policyTypes: ["Ingress", "Ingress"] }),

  container("a quantity of nothing", { resources: { limits: { memory: "" } } }),
  container("a negative limit", { resources: { limits: { memory: "-1Gi" } } }),
  container("ephemeral storage", { resources: { limits: { "ephemeral-storage": "2Gi" } } }),
  container("ephemeral storage over its limit", {
    resources: { requests: { "ephemeral-storage": "3Gi" }, limits: { "ephemeral-storage": "2Gi" } },
  }),
  container("a resource that there is not", { resources: { limits: { disk: "2Gi" } } }),
  container("a resource of somebody", { resources: { limits: { "example.org/gpu": "1" } } }),
  container("more of somebody's resource asked than allowed", {
    resources: { requests: { "example.org/gpu": "1" }, limits: { "example.org/gpu": "2" } },
  }),
  container("a variable with an odd name", { env: [{ name: "A B", value: "x" }] }),
  container("a variable with an equals sign in its name", { env: [{ name: "A=B", value: "x" }] }),
  container("a variable with a value and a source", {
    env: [{ name: "A", value: "x", valueFrom: { secretKeyRef: { name: "pass", key: "password" } } }],
  }),
  container("a variable from nowhere", { env: [{ name: "A", valueFrom: {} }] }),
  container("variables from a secret without a name", { envFrom: [{ secretRef: {} }] }),
  container("variables from a secret with a bad name", { envFrom: [{ secretRef: { name: "Bad_Name" } }] }),
  container("variables from two sources in one", {
    envFrom: [{ secretRef: { name: "pass" }, configMapRef: { name: "notes" } }],
  }),
  container("variables from nowhere", { envFrom: [{}] }),
  container("a mount without a path", { volumeMounts: [{ name: "x" }] }),
  container("a probe of port 0", { readinessProbe: { tcpSocket: { port: 0 } } }),
  container("a probe with a negative period", { readinessProbe: { tcpSocket: { port: 1 }, periodSeconds: -1 } }),
  container("a capability added and escalation refused", {
    securityContext: { allowPrivilegeEscalation: false, capabilities: { add: ["SYS_ADMIN"] } },
  }),
  pod("a toleration with an unknown operator", { tolerations: [{ key: "a", operator: "Like" }] }),
  pod("a toleration that exists with a value", { tolerations: [{ key: "a", operator: "Exists", value: "b" }] }),
  pod("a toleration without a key", { tolerations: [{ operator: "Equal", value: "b" }] }),
  pod("a toleration with an unknown effect", { tolerations: [{ key: "a", operator: "Exists", effect: "Never" }] }),
  pod("a service account with a bad name", { serviceAccountName: "Bad_Name" }),
  pod("a volume of a config map without a name", { volumes: [{ name: "v", configMap: {} }] }),
  pod("a volume of two kinds", { volumes: [{ name: "v", emptyDir: {}, configMap: { name: "notes" } }] }),
  pod("a volume twice", {
    volumes: [
      { name: "v", emptyDir: {} },
      { name: "v", emptyDir: {} },
    ],
  }),
  pod("a volume of the host's without a path", { volumes: [{ name: "v", hostPath: {} }] }),
  pod("a seccomp profile that there is not", { securityContext: { seccompProfile: { type: "Maybe" } } }),
];
