import { applyCustomDefaults, schemaOfCustomResource } from "../schema/custom-schema.ts";
import { schemaOfModel } from "../schema/model-schema.ts";
import type { JsonObject } from "../objects.ts";
import { readCustomResources, type CustomResource } from "./custom-resources.ts";
import * as defaults from "./defaults.ts";
import type { Kind } from "./kind.ts";
import { validateCustomResource, validateCustomStatus } from "./validate-custom-resource.ts";
import * as core from "./validate-core.ts";
import { validateNetworkPolicy } from "./validate-network-policy.ts";
import * as workloads from "./validate-workloads.ts";

const nothing = (): void => undefined;
const noFaults = (): never[] => [];

function builtIn(group: string, version: string, kind: string, model: string, more: Partial<Kind> = {}): Kind {
  const singular = kind.toLowerCase();
  const plural = more.plural ?? (singular.endsWith("s") ? singular : singular.replace(/y$/, "ie") + "s");
  return {
    key: group === "" ? plural : `${plural}.${group}`,
    ...{ group, version, kind, plural, singular, shortNames: [], namespaced: true, custom: false },
    ...{ hasStatus: false, hasScale: false, hasGeneration: false, nameRule: "subdomain" },
    schema: schemaOfModel(model),
    ...{ setDefaults: nothing, validate: noFaults, validateUpdate: noFaults },
    ...more,
  };
}

function custom({ spec: { group, names, versions } }: CustomResource): Kind {
  const [{ name: version, subresources, schema, additionalPrinterColumns = [] }] = versions;
  const { kind, plural, singular, shortNames = [] } = names;
  const definition = schema.openAPIV3Schema;
  const hasScale = subresources?.scale !== undefined;
  return {
    key: `${plural}.${group}`,
    ...{ group, version, kind, plural, singular, shortNames, namespaced: true, custom: true, hasScale },
    ...{ hasStatus: true, hasGeneration: true, nameRule: "subdomain" },
    schema: schemaOfCustomResource(definition),
    printerColumns: additionalPrinterColumns,
    setDefaults: (object) => {
      applyCustomDefaults(object as unknown as JsonObject, definition);
    },
    validate: (object) => validateCustomResource(object, definition, hasScale),
    validateUpdate: noFaults,
    validateStatus: (object) => validateCustomStatus(object, definition, hasScale),
  };
}

/** The kinds of every cluster. */
export const builtInKinds: readonly Kind[] = [
  builtIn("", "v1", "Namespace", "V1Namespace", {
    shortNames: ["ns"],
    namespaced: false,
    hasStatus: true,
    nameRule: "label",
    setDefaults: defaults.defaultNamespace,
  }),
  builtIn("", "v1", "Pod", "V1Pod", {
    shortNames: ["po"],
    hasStatus: true,
    setDefaults: defaults.defaultPod,
    validate: workloads.validatePod,
    validateUpdate: workloads.validatePodUpdate,
  }),
  builtIn("", "v1", "Service", "V1Service", {
    shortNames: ["svc"],
    hasStatus: true,
    // Since Kubernetes 1.34: before, the first character had to be a letter.
    nameRule: "label",
    setDefaults: defaults.defaultService,
    validate: core.validateService,
    validateUpdate: core.validateServiceUpdate,
  }),
  builtIn("", "v1", "Secret", "V1Secret", {
    setDefaults: defaults.defaultSecret,
    validate: core.validateSecret,
    validateUpdate: core.validateContentUpdate,
  }),
  builtIn("", "v1", "ConfigMap", "V1ConfigMap", {
    shortNames: ["cm"],
    validate: core.validateConfigMap,
    validateUpdate: core.validateContentUpdate,
  }),
  builtIn("", "v1", "Event", "CoreV1Event", { shortNames: ["ev"], validate: core.validateEvent }),
  builtIn("", "v1", "ServiceAccount", "V1ServiceAccount", { shortNames: ["sa"] }),
  builtIn("", "v1", "PersistentVolumeClaim", "V1PersistentVolumeClaim", { shortNames: ["pvc"], hasStatus: true }),
  builtIn("", "v1", "ResourceQuota", "V1ResourceQuota", { shortNames: ["quota"], hasStatus: true }),
  builtIn("apps", "v1", "Deployment", "V1Deployment", {
    shortNames: ["deploy"],
    hasStatus: true,
    hasScale: true,
    hasGeneration: true,
    setDefaults: defaults.defaultDeployment,
    validate: workloads.validateWorkload,
    validateUpdate: workloads.validateWorkloadUpdate,
  }),
  builtIn("apps", "v1", "ReplicaSet", "V1ReplicaSet", {
    shortNames: ["rs"],
    hasStatus: true,
    hasScale: true,
    hasGeneration: true,
    setDefaults: defaults.defaultReplicaSet,
    validate: workloads.validateWorkload,
    validateUpdate: workloads.validateWorkloadUpdate,
  }),
  builtIn("networking.k8s.io", "v1", "NetworkPolicy", "V1NetworkPolicy", {
    shortNames: ["netpol"],
    hasGeneration: true,
    setDefaults: defaults.defaultNetworkPolicy,
    validate: validateNetworkPolicy,
  }),
  builtIn("discovery.k8s.io", "v1", "EndpointSlice", "V1EndpointSlice", {
    hasGeneration: true,
    setDefaults: defaults.defaultEndpointSlice,
  }),
  builtIn("coordination.k8s.io", "v1", "Lease", "V1Lease"),
];

/** Returns the kinds of a cluster with these CustomResourceDefinitions (YAML). */
export const kindsWith = (definitions: string): readonly Kind[] => [
  ...builtInKinds,
  ...readCustomResources(definitions).map(custom),
];

/** Returns the kind with this key. Throws if there is none, which would be a bug. */
export function kindOf(key: string, kinds: readonly Kind[] = builtInKinds): Kind {
  const found = kinds.find((kind) => kind.key === key);
  if (found === undefined) throw new Error(`find kind ${key}: this cluster does not serve it (add it to kinds.ts)`);
  return found;
}
