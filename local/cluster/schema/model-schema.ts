import * as models from "@kubernetes/client-node";
import { anything, type ListSchema, type Schema } from "./schema.ts";

/**
 * Merge keys of the built-in lists: `x-kubernetes-list-map-keys` and `patch-merge-key` of the real API's OpenAPI
 * document.
 */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  "V1Container.env": ["name"],
  "V1Container.ports": ["containerPort", "protocol"],
  "V1Container.volumeDevices": ["devicePath"],
  "V1Container.volumeMounts": ["mountPath"],
  "V1DeploymentStatus.conditions": ["type"],
  "V1NamespaceStatus.conditions": ["type"],
  "V1ObjectMeta.ownerReferences": ["uid"],
  "V1PodSpec.containers": ["name"],
  "V1PodSpec.hostAliases": ["ip"],
  "V1PodSpec.imagePullSecrets": ["name"],
  "V1PodSpec.initContainers": ["name"],
  "V1PodSpec.topologySpreadConstraints": ["topologyKey", "whenUnsatisfiable"],
  "V1PodSpec.volumes": ["name"],
  "V1PodStatus.conditions": ["type"],
  "V1PodStatus.podIPs": ["ip"],
  "V1ReplicaSetStatus.conditions": ["type"],
  "V1ServiceAccount.secrets": ["name"],
  "V1ServiceSpec.ports": ["port", "protocol"],
  "V1ServiceStatus.conditions": ["type"],
};
const sets = new Set(["V1ObjectMeta.finalizers"]);
/**
 * `x-kubernetes-map-type: atomic` in the OpenAPI document of Kubernetes 1.37.2, as far as our kinds have such structs.
 */
const atomicStructs = new Set([
  "V1ConfigMapKeySelector",
  "V1LabelSelector",
  "V1LocalObjectReference",
  "V1NodeSelector",
  "V1NodeSelectorTerm",
  "V1ObjectFieldSelector",
  "V1ObjectReference",
  "V1OwnerReference",
  "V1ResourceFieldSelector",
  "V1ScopeSelector",
  "V1SecretKeySelector",
  "V1SecretReference",
  "V1TypedLocalObjectReference",
]);

/** Go's named string types, which occur in its error messages only: those of the fields that people set. */
const goTypes: Readonly<Record<string, string>> = {
  "V1Container.imagePullPolicy": "v1.PullPolicy",
  "V1DeleteOptions.propagationPolicy": "v1.DeletionPropagation",
  "V1ContainerPort.protocol": "v1.Protocol",
  "V1DeploymentStrategy.type": "v1.DeploymentStrategyType",
  "V1PodSpec.dnsPolicy": "v1.DNSPolicy",
  "V1PodSpec.restartPolicy": "v1.RestartPolicy",
  "V1Secret.type": "v1.SecretType",
  "V1ServicePort.protocol": "v1.Protocol",
  "V1ServiceSpec.type": "v1.ServiceType",
  "V1ObjectMeta.uid": "types.UID",
  "V1ResourceQuotaSpec.hard": "resource.Quantity",
  "V1ResourceRequirements.limits": "resource.Quantity",
  "V1ResourceRequirements.requests": "resource.Quantity",
};
const formats = ["int32", "int64", "double", "byte", "date-time"] as const;

interface Attribute {
  baseName: string;
  type: string;
  format: string;
}
interface Model {
  getAttributeTypeMap(): Attribute[];
}

const known = new Map<string, Schema>();

/**
 * Returns the schema of a client model such as "V1Deployment". The fields come from the client's description of the
 * API.
 */
export function schemaOfModel(name: string): Schema {
  const before = known.get(name);
  if (before !== undefined) return before;
  const model = (models as unknown as Record<string, Model | undefined>)[name];
  if (model === undefined) throw new Error(`read schema of ${name}: the client has no such model`);
  let fields: ReadonlyMap<string, Schema> | undefined;
  const schema: Schema = {
    type: "struct",
    name: name.replace(/^(?:[A-Z][a-z]+(?=V\d))?V\d+/, ""),
    atomic: atomicStructs.has(name),
    fields: () => (fields ??= fieldsOf(name, model)),
  };
  known.set(name, schema);
  return schema;
}

function fieldsOf(name: string, model: Model): ReadonlyMap<string, Schema> {
  return new Map(
    model.getAttributeTypeMap().map((attribute) => {
      const place = `${name}.${attribute.baseName}`;
      return [attribute.baseName, schemaOfType(attribute.type, place, attribute.format)] as const;
    }),
  );
}

function schemaOfType(type: string, place: string, formatName = ""): Schema {
  const format = formats.find((each) => each === formatName);
  const more = { ...(format && { format }), ...(goTypes[place] !== undefined && { goType: goTypes[place] }) };
  const items = /^Array<(.*)>$/.exec(type)?.[1];
  if (items !== undefined) return listOf(schemaOfType(items, "", formatName), place);
  const values = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (values !== undefined) return { type: "map", values: schemaOfType(values, place, formatName) };
  switch (type) {
    case "string":
    case "Date":
    case "V1MicroTime":
      return { type: "scalar", of: "string", ...more };
    case "number":
    case "boolean":
      return { type: "scalar", of: type, ...more };
    case "IntOrString":
      return { type: "scalar", of: "int-or-string" };
    case "any":
      return anything;
    default:
      return schemaOfModel(type);
  }
}

function listOf(items: Schema, place: string): ListSchema {
  const keys = listKeys[place];
  if (keys !== undefined) return { type: "list", items, kind: "map", keys };
  return { type: "list", items, kind: sets.has(place) ? "set" : "atomic", keys: [] };
}
