import { call, paths, type Call } from "./call.ts";
import { another, binding } from "./objects.ts";

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
const partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const partialList = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
const kubectl = `${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`;
const one = "?fieldSelector=metadata.name=";

const get = (name: string, path: string, accept: string): Call =>
  call(name, "GET", path, undefined, { headers: { accept } });

/** What a client may ask the answer to be. */
export const mediaCalls: readonly Call[] = [
  get("a table of bindings", paths.bindings, table),
  get("a table of bindings as kubectl asks", paths.bindings, kubectl),
  get("a table of one binding", paths.binding, table),
  get("a table of bindings with their objects", `${paths.bindings}?includeObject=Object`, table),
  get("a table of bindings without objects", `${paths.bindings}?includeObject=None`, table),
  get("a table of bindings with a strange wish", `${paths.bindings}?includeObject=Strange`, table),
  get("a table of no bindings", `${paths.bindings}${one}nobody`, table),
  get("a page of a table", `/apis/xlscsde.nhs.uk/v1/analyticsworkspacebindings${one}ada&limit=1`, table),
  get("a table of workspaces", paths.workspaces, table),
  get("a table of config maps", `${paths.configMaps}${one}notes`, table),
  get("a table of one config map", paths.configMap, table),
  get("a table of deployments", paths.deployments, table),
  get("a table of one deployment", paths.deployment, table),
  get("a table of secrets", `${paths.secrets}${one}pass`, table),
  get("a table of services", paths.services, table),
  get("a table of network policies", paths.networkPolicies, table),
  get("a table of pods", paths.pods, table),
  get("a table of events", "/api/v1/namespaces/{ns}/events", table),
  get("a table of service accounts", `/api/v1/namespaces/{ns}/serviceaccounts${one}nobody`, table),
  get("a table of replica sets", `/apis/apps/v1/namespaces/{ns}/replicasets${one}nobody`, table),
  get("a table of quotas", "/api/v1/namespaces/{ns}/resourcequotas", table),
  get("a table of claims for volumes", "/api/v1/namespaces/{ns}/persistentvolumeclaims", table),
  get("a table of leases", "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases", table),
  get("a table of endpoint slices", `/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices${one}nobody`, table),
  get("a table of one namespace", "/api/v1/namespaces/{ns}", table),
  get("a table of the scale of a binding", `${paths.binding}/scale`, table),
  get("a table of the scale of a deployment", `${paths.deployment}/scale`, table),
  get("a table of what is not there", `${paths.bindings}/nobody`, table),
  get("metadata of bindings", paths.bindings, partialList),
  get("metadata of one binding", paths.binding, partial),
  get("metadata of one config map", paths.configMap, partial),
  get("metadata of config maps", `${paths.configMaps}${one}notes`, partialList),
  get("metadata of a list as one", `${paths.configMaps}${one}notes`, partial),
  get("metadata of one as a list", paths.configMap, partialList),
  get("metadata in another version", paths.binding, partial.replace("v=v1", "v=v2")),
  get("a table in another version", paths.binding, table.replace("v=v1", "v=v2")),
  get("a table in another group", paths.binding, table.replace("g=meta.k8s.io", "g=example.org")),
  get("a table without group", paths.binding, "application/json;as=Table"),
  get("another kind of answer", paths.binding, "application/json;as=Nothing;v=v1;g=meta.k8s.io"),
  get("a binding as protobuf", paths.binding, "application/vnd.kubernetes.protobuf"),
  get("bindings as protobuf", paths.bindings, "application/vnd.kubernetes.protobuf"),
  get("a binding as protobuf or JSON", paths.binding, "application/vnd.kubernetes.protobuf,application/json"),
  get(
    "a config map as protobuf or JSON, JSON first",
    paths.configMap,
    "application/json,application/vnd.kubernetes.protobuf",
  ),
  get("a binding as YAML", paths.binding, "application/yaml"),
  get("a binding as HTML", paths.binding, "text/html"),
  get("a binding as HTML or anything", paths.binding, "text/html,*/*;q=0.1"),
  get("a binding as anything", paths.binding, "*/*"),
  get("a binding as any application", paths.binding, "application/*"),
  get("a binding as nothing", paths.binding, ""),
  get("a binding as text that is no media type", paths.binding, "nonsense"),
  get("a binding as JSON in another charset", paths.binding, "application/json;charset=latin1"),
  get("a binding as pretty JSON", paths.binding, "application/json;pretty=1"),
  get("a binding as JSON of quality 0", paths.binding, "application/json;q=0"),
  get("a config map as HTML", paths.configMap, "text/html"),
  get("a config map as nonsense", paths.configMap, "nonsense"),
  get("what is not there as protobuf", `${paths.bindings}/nobody`, "application/vnd.kubernetes.protobuf"),
  get("an unknown plural as a table", "/apis/xlscsde.nhs.uk/v1/nothings", table),
  get("what the server serves as HTML", "/apis/xlscsde.nhs.uk/v1", "text/html"),
  call("create and get metadata", "POST", paths.bindings, another(binding, {}), { headers: { accept: partial } }),
  call("create and get a table", "POST", paths.bindings, another(binding, {}), { headers: { accept: table } }),
  call("create and get protobuf", "POST", paths.bindings, another(binding, {}), {
    headers: { accept: "application/vnd.kubernetes.protobuf" },
  }),
  call("patch and get metadata", "PATCH", paths.binding, {}, { headers: { accept: partial } }),
  call("delete and get metadata", "DELETE", paths.binding, undefined, { headers: { accept: partial } }),
  call("delete and get a table", "DELETE", paths.configMap, undefined, { headers: { accept: table } }),
];
