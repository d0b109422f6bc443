import { readFileSync } from "node:fs";
import { isJsonObject, textOf, type Json, type JsonObject } from "../objects.ts";
import { ageOf, type Column, nameOf, since } from "./column.ts";

type Cell = Column["cell"];

const recorded = JSON.parse(readFileSync(new URL("columns.json", import.meta.url), "utf8")) as {
  columns: Record<string, Column["definition"][]>;
};

const objectIn = (object: JsonObject, ...path: string[]): JsonObject =>
  path.reduce<JsonObject>((value, field) => (isJsonObject(value[field]) ? value[field] : {}), object);
const listIn = (object: JsonObject, field: string): JsonObject[] => {
  const list = object[field];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
};
const spec = (object: JsonObject): JsonObject => objectIn(object, "spec");
const status = (object: JsonObject): JsonObject => objectIn(object, "status");
const number = (value: Json | undefined): number => (typeof value === "number" ? value : 0);
const orNone = (text: string): string => (text === "" ? "<none>" : text);
const text = (value: Json | undefined): string => (value === undefined || value === null ? "" : textOf(value));
const pairs = (map: JsonObject): string =>
  orNone(
    Object.entries(map)
      .map(([key, value]) => `${key}=${text(value)}`)
      .sort()
      .join(","),
  );
const count = (...maps: JsonObject[]): number => maps.reduce((sum, map) => sum + Object.keys(map).length, 0);
const first = (list: string[], most: number): string =>
  list.length > most ? `${list.slice(0, most).join(",")} + ${list.length - most} more...` : list.join(",");

const template = (object: JsonObject): JsonObject[] =>
  listIn(objectIn(object, "spec", "template", "spec"), "containers");
const workload: Cell[] = [
  (object) =>
    template(object)
      .map((each) => text(each["name"]))
      .join(","),
  (object) =>
    template(object)
      .map((each) => text(each["image"]))
      .join(","),
  (object) => pairs(objectIn(object, "spec", "selector", "matchLabels")),
];

/** A pod's most useful status: why a container is waiting or has ended, else the phase. */
function podStatus(pod: JsonObject): string {
  if (objectIn(pod, "metadata")["deletionTimestamp"] !== undefined) return "Terminating";
  for (const container of listIn(status(pod), "containerStatuses").reverse()) {
    const reason =
      objectIn(container, "state", "waiting")["reason"] ?? objectIn(container, "state", "terminated")["reason"];
    if (typeof reason === "string") return reason;
  }
  return text(status(pod)["reason"] ?? status(pod)["phase"]);
}

const port = ({ port: number, nodePort, protocol }: JsonObject): string =>
  `${text(number)}${nodePort === undefined ? "" : `:${text(nodePort)}`}/${text(protocol)}`;
const usage = (quota: JsonObject, isLimit: boolean): string =>
  Object.entries(objectIn(quota, "spec", "hard"))
    .filter(([resource]) => resource.startsWith("limits.") === isLimit)
    .map(([resource, hard]) => `${resource}: ${text(objectIn(quota, "status", "used")[resource])}/${text(hard)}`)
    .sort()
    .join(", ");
const involved = (event: JsonObject): string => {
  const { kind, name } = objectIn(event, "involvedObject");
  return `${text(kind).toLowerCase()}/${text(name)}`;
};

/**
 * The cells of each kind's columns, in the order of columns.json. Source: pkg/printers/internalversion of Kubernetes.
 */
const cells: Readonly<Record<string, readonly Cell[]>> = {
  configmaps: [nameOf, (map) => count(objectIn(map, "data"), objectIn(map, "binaryData")), ageOf],
  secrets: [nameOf, (secret) => text(secret["type"]), (secret) => count(objectIn(secret, "data")), ageOf],
  namespaces: [nameOf, (namespace) => text(status(namespace)["phase"]), ageOf],
  serviceaccounts: [nameOf, ageOf],
  "deployments.apps": [
    nameOf,
    (each) => `${number(status(each)["readyReplicas"])}/${number(spec(each)["replicas"])}`,
    (each) => number(status(each)["updatedReplicas"]),
    (each) => number(status(each)["availableReplicas"]),
    ageOf,
    ...workload,
  ],
  "replicasets.apps": [
    nameOf,
    (each) => number(spec(each)["replicas"]),
    (each) => number(status(each)["replicas"]),
    (each) => number(status(each)["readyReplicas"]),
    ageOf,
    ...workload,
  ],
  pods: [
    nameOf,
    (pod) => {
      const ready = listIn(status(pod), "containerStatuses").filter((each) => each["ready"] === true);
      return `${ready.length}/${listIn(spec(pod), "containers").length}`;
    },
    podStatus,
    (pod) =>
      String(listIn(status(pod), "containerStatuses").reduce((sum, each) => sum + number(each["restartCount"]), 0)),
    ageOf,
    (pod) => orNone(text(status(pod)["podIP"])),
    (pod) => orNone(text(spec(pod)["nodeName"])),
    () => "<none>",
    () => "<none>",
  ],
  services: [
    nameOf,
    (service) => text(spec(service)["type"]),
    (service) => orNone(text(spec(service)["clusterIP"])),
    () => "<none>",
    (service) => orNone(listIn(spec(service), "ports").map(port).join(",")),
    ageOf,
    (service) => pairs(objectIn(service, "spec", "selector")),
  ],
  "networkpolicies.networking.k8s.io": [
    nameOf,
    (each) => pairs(objectIn(each, "spec", "podSelector", "matchLabels")),
    ageOf,
  ],
  events: [
    (event) => since(event["lastTimestamp"]),
    (event) => text(event["type"]),
    (event) => text(event["reason"]),
    involved,
    (event) => text(objectIn(event, "involvedObject")["fieldPath"]),
    (event) => text(objectIn(event, "source")["component"]),
    (event) => text(event["message"]).trim(),
    (event) => since(event["firstTimestamp"]),
    (event) => number(event["count"]),
    nameOf,
  ],
  persistentvolumeclaims: [
    nameOf,
    (claim) => text(status(claim)["phase"]),
    (claim) => text(spec(claim)["volumeName"]),
    (claim) => text(objectIn(claim, "status", "capacity")["storage"]),
    () => "",
    (claim) => text(spec(claim)["storageClassName"]),
    () => "<unset>",
    ageOf,
    (claim) => text(spec(claim)["volumeMode"]),
  ],
  resourcequotas: [nameOf, (quota) => usage(quota, false), (quota) => usage(quota, true), ageOf],
  "leases.coordination.k8s.io": [nameOf, (lease) => text(spec(lease)["holderIdentity"]), ageOf],
  "endpointslices.discovery.k8s.io": [
    nameOf,
    (slice) => text(slice["addressType"]),
    (slice) =>
      first(
        listIn(slice, "ports").map((each) => text(each["port"])),
        3,
      ) || "<unset>",
    (slice) => {
      const addresses = listIn(slice, "endpoints").flatMap((each) => {
        const own = each["addresses"];
        return Array.isArray(own) ? own.map(textOf) : [];
      });
      return first(addresses, 3) || "<unset>";
    },
    ageOf,
  ],
};

/** The columns of the built-in kinds' tables. */
export const builtInColumns: Readonly<Record<string, readonly Column[]>> = Object.fromEntries(
  Object.entries(cells).map(([key, own]) => [
    key,
    (recorded.columns[key] ?? []).map((definition, i): Column => ({ definition, cell: own[i] ?? (() => null) })),
  ]),
);
