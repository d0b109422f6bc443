import { apply, call, paths, type Call } from "./call.ts";
import { anotherDeployment, another, configMap } from "./objects.ts";

/** Changes of built-in kinds. */
export const changeCalls: readonly Call[] = [
  call("merge replicas text into a deployment", "PATCH", paths.deployment, { spec: { replicas: "x" } }),
  call("merge replicas -1 into a deployment", "PATCH", paths.deployment, { spec: { replicas: -1 } }),
  call("wipe a deployment's spec by a merge patch", "PATCH", paths.deployment, { spec: null }),
  call("wipe a deployment's selector by a merge patch", "PATCH", paths.deployment, { spec: { selector: null } }),
  call("merge another selector into a deployment", "PATCH", paths.deployment, {
    spec: { selector: { matchLabels: { app: "x" } } },
  }),
  call("merge another kind into a config map", "PATCH", paths.configMap, { kind: "Secret" }),
  call("merge another version into a config map", "PATCH", paths.configMap, { apiVersion: "v2" }),
  call("merge another name into a config map", "PATCH", paths.configMap, { metadata: { name: "eve" } }),
  call("merge another namespace into a config map", "PATCH", paths.configMap, { metadata: { namespace: "default" } }),
  call("merge another uid into a config map", "PATCH", paths.configMap, { metadata: { uid: "1" } }),
  call("merge a list into a config map", "PATCH", paths.configMap, "[]"),
  call("merge what is no JSON into a config map", "PATCH", paths.configMap, "{"),
  call("merge an empty body into a config map", "PATCH", paths.configMap, ""),
  call("merge a value that is a number into a config map", "PATCH", paths.configMap, { data: { a: 1 } }),
  call("a JSON patch that is none", "PATCH", paths.configMap, {}, { type: "application/json-patch+json" }),
  call("a JSON patch of what is not there", "PATCH", paths.configMap, [{ op: "remove", path: "/data/x" }], {
    type: "application/json-patch+json",
  }),
  call("a JSON patch that tests in vain", "PATCH", paths.configMap, [{ op: "test", path: "/data/a", value: "x" }], {
    type: "application/json-patch+json",
  }),
  call("a patch without a type", "PATCH", paths.configMap, {}, { type: "" }),
  call("a patch as JSON", "PATCH", paths.configMap, {}, { type: "application/json" }),
  call(
    "a strategic patch with a wrong type",
    "PATCH",
    paths.deployment,
    { spec: { template: { spec: { containers: "x" } } } },
    { type: "application/strategic-merge-patch+json" },
  ),
  call(
    "a strategic patch without a merge key",
    "PATCH",
    paths.deployment,
    { spec: { template: { spec: { containers: [{ image: "x" }] } } } },
    { type: "application/strategic-merge-patch+json" },
  ),
  call("replace a config map with an old resourceVersion", "PUT", paths.configMap, {
    ...configMap,
    metadata: { name: "notes", resourceVersion: "1" },
  }),
  call("replace a config map by another name", "PUT", paths.configMap, { ...configMap, metadata: { name: "eve" } }),
  call("replace a config map without a name", "PUT", paths.configMap, { ...configMap, metadata: {} }),
  call("replace a config map of another namespace", "PUT", paths.configMap, {
    ...configMap,
    metadata: { name: "notes", namespace: "default" },
  }),
  call("replace a config map of another uid", "PUT", paths.configMap, {
    ...configMap,
    metadata: { name: "notes", uid: "1" },
  }),
  call("replace a config map that is not there", "PUT", `${paths.configMaps}/nobody`, {
    ...configMap,
    metadata: { name: "nobody" },
  }),
  call("replace a config map with a resourceVersion that is none", "PUT", paths.configMap, {
    ...configMap,
    metadata: { name: "notes", resourceVersion: "x" },
  }),
  apply("apply a config map without kind", `${paths.configMaps}/another`, { apiVersion: "v1", metadata: {} }),
  apply("apply a config map as another kind", `${paths.configMaps}/another`, { apiVersion: "v1", kind: "Secret" }),
  apply("apply a config map of another version", `${paths.configMaps}/another`, {
    apiVersion: "v2",
    kind: "ConfigMap",
  }),
  apply("apply a config map with an unknown field", `${paths.configMaps}/another`, {
    ...configMap,
    metadata: {},
    extra: 1,
  }),
  apply("apply a config map with a number", `${paths.configMaps}/another`, {
    ...configMap,
    metadata: {},
    data: { a: 1 },
  }),
  apply("apply a config map by another name", `${paths.configMaps}/another`, configMap),
  apply(
    "apply a config map without a field manager",
    `${paths.configMaps}/another`,
    { ...configMap, metadata: {} },
    "",
  ),
  apply("apply a deployment with replicas -1", `${paths.deployments}/another`, anotherDeployment({ replicas: -1 })),
  apply("apply a deployment with replicas text", `${paths.deployments}/another`, anotherDeployment({ replicas: "x" })),
  apply("apply with force text", `${paths.configMaps}/another`, another(configMap, {}), "?fieldManager=us&force=x"),
  call("create a namespace with a bad name", "POST", "/api/v1/namespaces", { metadata: { name: "Bad_Name" } }),
  call("create a namespace with a long name", "POST", "/api/v1/namespaces", { metadata: { name: "x".repeat(64) } }),
  call("create a taken namespace", "POST", "/api/v1/namespaces", { metadata: { name: "default" } }),
  call("create a pod without spec", "POST", paths.pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "another" },
  }),
];
