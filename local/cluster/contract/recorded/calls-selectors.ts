import { call, type Call, paths } from "./call.ts";
import { another, anotherDeployment, configMap, deployment, networkPolicy, service, withContainer } from "./objects.ts";

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
  create("a negative number of old replica sets", { revisionHistoryLimit: -1 }),
  create("a negative deadline", { progressDeadlineSeconds: -1 }),
  create("no deadline at all", { progressDeadlineSeconds: 0 }),
  create("a deadline before a pod is available", { progressDeadlineSeconds: 10, minReadySeconds: 10 }),
  ...["", "*", "a/b/c", "a b", "/a", "a..b/c", "x".repeat(64)].map((key) =>
    create(`a template whose annotations have the key ${key}`, {
      template: { ...deployment.spec.template, metadata: { labels: { app: "desk" }, annotations: { [key]: "1" } } },
    }),
  ),
  ...["", "/a", "Example.org/a", "a..b/c"].map((key) =>
    call(`create a config map with the label ${key}`, "POST", paths.configMaps, {
      ...configMap,
      metadata: { name: "another", labels: { [key]: "1" } },
    }),
  ),
  pod("a seccomp profile without a type", { securityContext: { seccompProfile: {} } }),
  container("a seccomp profile without a type", { securityContext: { seccompProfile: {} } }),
  container("a seccomp profile that there is not", { securityContext: { seccompProfile: { type: "Maybe" } } }),
  ...["*", "A_B", "1", "a--b", "-a", "x".repeat(16)].map((name) =>
    container(`a port called ${name}`, { ports: [{ name, containerPort: 5900 }] }),
  ),
  container("two ports of one name", {
    ports: [
      { name: "vnc", containerPort: 5900 },
      { name: "vnc", containerPort: 5901 },
    ],
  }),
  container("null for a port", { ports: [null] }),
  container("null for a variable", { env: [null] }),
  container("null for a source of variables", { envFrom: [null] }),
  ...(["secretKeyRef", "configMapKeyRef"] as const).flatMap((source) =>
    [{}, { name: "pass" }, { key: "password" }, { name: "A_B", key: "a b" }, { name: "pass", key: "" }].map((chosen) =>
      container(`a variable by ${source} ${JSON.stringify(chosen)}`, {
        env: [{ name: "A", valueFrom: { [source]: chosen } }],
      }),
    ),
  ),
  container("a resource with an odd name", { resources: { limits: { "a..b/c": "1" } } }),
  container("a resource without a prefix", { resources: { limits: { "/a": "1" } } }),
  ...[0, 2, -1, 1.5, 70_000].map((amount) =>
    container(`a limit of the number ${amount}`, { resources: { limits: { cpu: amount } } }),
  ),
  ...["initialDelaySeconds", "timeoutSeconds", "successThreshold", "failureThreshold"].map((field) =>
    container(`a probe with a negative ${field}`, { readinessProbe: { tcpSocket: { port: 1 }, [field]: -1 } }),
  ),
  pod("two mounts at one path", {
    volumes: [{ name: "v", emptyDir: {} }],
    containers: [
      {
        ...deployment.spec.template.spec.containers[0],
        volumeMounts: [
          { name: "v", mountPath: "/a" },
          { name: "v", mountPath: "/a" },
        ],
      },
    ],
  }),
  container("null for a mount", { volumeMounts: [null] }),
  pod("null for a toleration", { tolerations: [null] }),
  pod("a toleration with a bad key", { tolerations: [{ key: "*", operator: "Exists" }] }),
  pod("a toleration with a bad value", { tolerations: [{ key: "a", value: "*" }] }),
  pod("a volume of a config map with a bad name", { volumes: [{ name: "v", configMap: { name: "A_B" } }] }),
  wall("null for a peer", { egress: [{ to: [null] }] }),
  wall("an empty name for a port", { ingress: [{ ports: [{ port: "" }] }] }),
  wall("an empty protocol", { ingress: [{ ports: [{ port: 5900, protocol: "" }] }] }),
  call("create a service with null for a port", "POST", paths.services, another(service, { spec: { ports: [null] } })),
  pod("a seccomp profile that there is not", { securityContext: { seccompProfile: { type: "Maybe" } } }),
];
