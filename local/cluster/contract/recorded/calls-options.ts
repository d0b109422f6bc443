import { call, paths, type Call } from "./call.ts";
import { another, anotherBinding, binding, configMap, deployment, secret } from "./objects.ts";

const long = "x".repeat(129);
const short = (query: string): string => query.replace(long, "(129 letters)");

const create = (query: string, extra = false): Call =>
  call(
    `create a binding with ?${short(query)}${extra ? " and an unknown field" : ""}`,
    "POST",
    `${paths.bindings}?${query}`,
    anotherBinding(extra ? { extra: 1 } : {}),
  );
const createMap = (query: string, extra = false): Call =>
  call(
    `create a config map with ?${short(query)}${extra ? " and an unknown field" : ""}`,
    "POST",
    `${paths.configMaps}?${query}`,
    another(configMap, extra ? { extra: 1 } : {}),
  );
const list = (query: string): Call =>
  call(`list config maps with ?${query}`, "GET", `${paths.configMaps}?fieldSelector=metadata.name=notes&${query}`);
const listBindings = (query: string): Call => call(`list bindings with ?${query}`, "GET", `${paths.bindings}?${query}`);
const remove = (how: string, body: object | string | undefined, query = "", type?: string): Call =>
  call(`delete a config map ${how}`, "DELETE", paths.configMap + query, body, type === undefined ? {} : { type });
const removeBinding = (how: string, body: object | string | undefined, query = ""): Call =>
  call(`delete a binding ${how}`, "DELETE", paths.binding + query, body);
const options = { apiVersion: "v1", kind: "DeleteOptions" };
const duplicated = (object: object): string => JSON.stringify(object).replace("{", '{"metadata":{"name":"first"},');

/** Query parameters, and the bodies of deletions. */
export const optionCalls: readonly Call[] = [
  ...["dryRun=All", "dryRun=", "dryRun=None", "dryRun=All&dryRun=All", "dryRun=all"].flatMap((query) => [
    create(query),
    createMap(query),
  ]),
  ...["Strict", "Warn", "Ignore", "", "strict", "Bogus"].flatMap((value) => [
    create(`fieldValidation=${value}`, true),
    createMap(`fieldValidation=${value}`, true),
  ]),
  create("fieldValidation=Strict"),
  call(
    "create a binding with a name twice, strictly",
    "POST",
    `${paths.bindings}?fieldValidation=Strict`,
    duplicated(another(binding, {})),
  ),
  call(
    "create a config map with a name twice, strictly",
    "POST",
    `${paths.configMaps}?fieldValidation=Strict`,
    duplicated(another(configMap, {})),
  ),
  call(
    "create a deployment with unknown fields, strictly",
    "POST",
    `${paths.deployments}?fieldValidation=Strict`,
    another(deployment, { extra: 1, spec: { ...deployment.spec, surprise: { a: 1 } } }),
  ),
  call(
    "create a secret with an unknown field, strictly",
    "POST",
    `${paths.secrets}?fieldValidation=Strict`,
    another(secret, { extra: 1 }),
  ),
  call("merge an unknown field strictly into a binding", "PATCH", `${paths.binding}?fieldValidation=Strict`, {
    spec: { extra: 1 },
  }),
  call("merge an unknown field strictly into a config map", "PATCH", `${paths.configMap}?fieldValidation=Strict`, {
    extra: 1,
  }),
  call("replace a config map strictly with an unknown field", "PUT", `${paths.configMap}?fieldValidation=Strict`, {
    ...configMap,
    extra: 1,
  }),
  create(`fieldManager=${long}`),
  create("fieldManager=a%00b"),
  create("fieldManager="),
  create("force=true"),
  create("nonsense=1"),
  create("pretty=true"),
  createMap(`fieldManager=${long}`),
  createMap("nonsense=1"),
  call("merge with force", "PATCH", `${paths.binding}?force=true`, {}),
  call("merge with a dry run of none", "PATCH", `${paths.binding}?dryRun=None`, {}),
  call("merge with a dry run", "PATCH", `${paths.binding}?dryRun=All`, { spec: { replicas: 3 } }),
  call("replace with a dry run of none", "PUT", `${paths.configMap}?dryRun=None`, configMap),
  call("merge with a long field manager", "PATCH", `${paths.configMap}?fieldManager=${long}`, {}),
  ...[
    "limit=x",
    "limit=-1",
    "limit=",
    "limit=1",
    "limit=1.5",
    "limit=1e1",
    "continue=x",
    "continue=",
    "timeoutSeconds=x",
    "resourceVersion=x",
    "resourceVersion=0",
    "resourceVersion=-1",
    "resourceVersion=99999999",
    "resourceVersionMatch=Exact",
    "resourceVersionMatch=Bogus&resourceVersion=1",
    "labelSelector=a%20in",
    "labelSelector=a%3Db%20c",
    "labelSelector=%3D",
    "watch=x&timeoutSeconds=1",
    "nonsense=1",
    "sendInitialEvents=true",
  ].map(list),
  ...[
    "fieldSelector=x",
    "fieldSelector=spec.username%3Dada",
    "fieldSelector=metadata.name%3Dnobody",
    "labelSelector=a%20in",
    "limit=x",
    "continue=x",
    "resourceVersion=x",
  ].map(listBindings),
  call("list pods by a field that cannot be selected", "GET", `${paths.pods}?fieldSelector=spec.bogus%3D1`),
  call("read a config map at a version that is none", "GET", `${paths.configMap}?resourceVersion=x`),
  call("watch from a version that is none", "GET", `${paths.configMaps}?watch=true&resourceVersion=x`),
  call("watch bindings from a version that is none", "GET", `${paths.bindings}?watch=true&resourceVersion=x`),
  call("watch with a limit that is none", "GET", `${paths.configMaps}?watch=true&limit=x`),

  remove("with nothing", undefined),
  remove("with an empty body", ""),
  remove("with an empty object", {}),
  remove("with options", options),
  remove("with options and JSON said to be text", options, "", "text/plain"),
  remove("with options as YAML", "apiVersion: v1\nkind: DeleteOptions\n", "", "application/yaml"),
  remove("with half an object", "{"),
  remove("with a list", "[]"),
  remove("with null", "null"),
  remove("with another kind", { apiVersion: "v1", kind: "ConfigMap" }),
  remove("with an unknown kind", { apiVersion: "v1", kind: "Nothing" }),
  remove("with options of another group", { apiVersion: "meta.k8s.io/v1", kind: "DeleteOptions" }),
  remove("with options of apps/v1", { apiVersion: "apps/v1", kind: "DeleteOptions" }),
  remove("with options of an unknown group", { apiVersion: "example.org/v1", kind: "DeleteOptions" }),
  remove("with a kind and no version", { kind: "DeleteOptions" }),
  remove("with an unknown field", { ...options, extra: 1 }),
  remove("with an unknown policy", { ...options, propagationPolicy: "Bogus" }),
  remove("with an unknown policy in the query", undefined, "?propagationPolicy=Bogus"),
  remove("with a policy that is a number", { ...options, propagationPolicy: 1 }),
  remove("with two policies", { ...options, propagationPolicy: "Background", orphanDependents: true }),
  remove("in the foreground", { ...options, propagationPolicy: "Foreground" }),
  remove("with another uid", { ...options, preconditions: { uid: "1" } }),
  remove("with another resourceVersion", { ...options, preconditions: { resourceVersion: "1" } }),
  remove("with preconditions that are text", { ...options, preconditions: "text" }),
  remove("with a grace that is text", { ...options, gracePeriodSeconds: "soon" }),
  remove("with a grace that is text in the query", undefined, "?gracePeriodSeconds=soon"),
  remove("with a negative grace", { ...options, gracePeriodSeconds: -1 }),
  remove("with a dry run", { ...options, dryRun: ["All"] }),
  remove("with a dry run of none", { ...options, dryRun: ["None"] }),
  remove("with a dry run that is text", { ...options, dryRun: "All" }),
  remove("with a dry run of none in the query", undefined, "?dryRun=None"),
  remove("with an unknown query", undefined, "?nonsense=1"),
  removeBinding("with nothing", undefined),
  removeBinding("with options", options),
  removeBinding("with an unknown policy", { ...options, propagationPolicy: "Bogus" }),
  removeBinding("with another kind", { apiVersion: "v1", kind: "ConfigMap" }),
  removeBinding("with options of its own group", { apiVersion: "xlscsde.nhs.uk/v1", kind: "DeleteOptions" }),
  removeBinding("with half an object", "{"),
  removeBinding("with a dry run of none", { ...options, dryRun: ["None"] }),
  removeBinding("with another uid", { ...options, preconditions: { uid: "1" } }),
  call("delete what is not there", "DELETE", `${paths.configMaps}/nobody`),
  call("delete a binding that is not there", "DELETE", `${paths.bindings}/nobody`),
  call("delete bindings by a selector that is none", "DELETE", `${paths.bindings}?labelSelector=a%20in`),
  call("delete bindings by name", "DELETE", `${paths.bindings}?fieldSelector=metadata.name%3Dada`),
  call("delete no bindings", "DELETE", `${paths.bindings}?fieldSelector=metadata.name%3Dnobody`),
  call("delete the namespace default", "DELETE", "/api/v1/namespaces/default"),
];
