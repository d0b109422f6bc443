import { isJsonObject, textOf, type Json, type JsonObject } from "../objects.ts";
import { quantity } from "../quantity.ts";
import { duplicate, required, unsupported, wrong, type Cause } from "../status.ts";
import { checkName } from "./names.ts";
import { checkPort, checkProtocol, listOf } from "./validate-ports.ts";

const restartPolicies = ["Always", "OnFailure", "Never"];
const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const pullPolicies = ["Always", "IfNotPresent", "Never"];

const oneOf = (field: string, value: Json | undefined, known: readonly string[]): Cause[] =>
  value === undefined || known.includes(textOf(value)) ? [] : [unsupported(field, value, known)];

/** Faults of a pod's or template's spec. Source: pkg/apis/core/validation of Kubernetes, as far as desktops need it. */
export function validatePodSpec(value: unknown, field: string): Cause[] {
  const spec = isJsonObject(value) ? value : {};
  const volumes = listOf(spec["volumes"]);
  const containers = listOf(spec["containers"]);
  const seen = new Set<unknown>();
  return [
    ...volumes.flatMap(({ name }, i) => checkOwnName(name, `${field}.volumes[${i}].name`)),
    ...(containers.length === 0 ? [required(`${field}.containers`)] : []),
    ...containers.flatMap((container, i) => {
      const at = `${field}.containers[${i}]`;
      const again = seen.has(container["name"]) ? [duplicate(`${at}.name`, container["name"])] : [];
      seen.add(container["name"]);
      return [...checkOwnName(container["name"], `${at}.name`), ...again, ...checkContainer(container, volumes, at)];
    }),
    ...oneOf(`${field}.restartPolicy`, spec["restartPolicy"], restartPolicies),
    ...oneOf(`${field}.dnsPolicy`, spec["dnsPolicy"], dnsPolicies),
  ];
}

const checkOwnName = (name: Json | undefined, field: string): Cause[] =>
  typeof name === "string" && name !== "" ? checkName(name, "label", field) : [required(field)];

function checkContainer(container: JsonObject, volumes: readonly JsonObject[], at: string): Cause[] {
  const causes: Cause[] = [];
  const names = new Set(volumes.map(({ name }) => name));
  if (typeof container["image"] !== "string") causes.push(required(`${at}.image`));
  listOf(container["ports"]).forEach(({ containerPort, protocol }, j) => {
    const field = `${at}.ports[${j}]`;
    // Go does not distinguish 0 from a missing value.
    causes.push(...checkPort(containerPort === 0 ? undefined : containerPort, `${field}.containerPort`));
    causes.push(...checkProtocol(protocol, `${field}.protocol`));
  });
  listOf(container["env"]).forEach((env, j) => {
    if (typeof env["name"] !== "string") causes.push(required(`${at}.env[${j}].name`));
  });
  listOf(container["volumeMounts"]).forEach(({ name }, j) => {
    if (names.has(name)) return;
    const message = `Not found: ${JSON.stringify(name)}`;
    causes.push({ reason: "FieldValueNotFound", message, field: `${at}.volumeMounts[${j}].name` });
  });
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    const own = container[probe];
    if (isJsonObject(own) && !["exec", "httpGet", "tcpSocket", "grpc"].some((handler) => own[handler] !== undefined))
      causes.push(required(`${at}.${probe}`, "must specify a handler type"));
  }
  causes.push(...oneOf(`${at}.imagePullPolicy`, container["imagePullPolicy"], pullPolicies));
  causes.push(...checkResources(container["resources"], `${at}.resources`));
  return causes;
}

function checkResources(resources: unknown, field: string): Cause[] {
  if (!isJsonObject(resources)) return [];
  const { requests, limits } = resources;
  if (!isJsonObject(requests) || !isJsonObject(limits)) return [];
  return Object.entries(requests).flatMap(([resource, asked]) => {
    const most = limits[resource];
    if (asked === undefined || most === undefined || quantity(textOf(asked)) <= quantity(textOf(most))) return [];
    return [wrong(`${field}.requests`, asked, `must be less than or equal to ${resource} limit of ${textOf(most)}`)];
  });
}
