import { isJsonObject, textOf, type Json, type JsonObject } from "../objects.ts";
import { quantity } from "../quantity.ts";
import { duplicate, required, unsupported, wrong, type Cause } from "../status.ts";
import { checkKey, checkLabels, checkName, checkPartName } from "./names.ts";
import { checkEnvironment } from "./validate-environment.ts";
import {
  checkNotNegative,
  checkPort,
  checkPortName,
  checkPortOrName,
  checkProtocol,
  listOf,
} from "./validate-ports.ts";
import { checkVolumes } from "./validate-volumes.ts";

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
    ...checkVolumes(volumes, `${field}.volumes`),
    ...(containers.length === 0 ? [required(`${field}.containers`)] : []),
    ...containers.flatMap((container, i) => {
      const at = `${field}.containers[${i}]`;
      const again = seen.has(container["name"]) ? [duplicate(`${at}.name`, container["name"])] : [];
      seen.add(container["name"]);
      return [...checkPartName(container["name"], `${at}.name`), ...again, ...checkContainer(container, volumes, at)];
    }),
    ...oneOf(`${field}.restartPolicy`, spec["restartPolicy"], restartPolicies),
    ...oneOf(`${field}.dnsPolicy`, spec["dnsPolicy"], dnsPolicies),
    ...(isJsonObject(spec["nodeSelector"]) ? checkLabels(spec["nodeSelector"], `${field}.nodeSelector`) : []),
    ...checkSeccomp(spec["securityContext"], `${field}.securityContext`),
    ...checkServiceAccount(spec["serviceAccountName"], `${field}.serviceAccountName`),
    ...listOf(spec["tolerations"]).flatMap((each, i) => checkToleration(each, `${field}.tolerations[${i}]`)),
  ];
}

function checkServiceAccount(name: Json | undefined, field: string): Cause[] {
  return typeof name === "string" && name !== "" ? checkName(name, "subdomain", field) : [];
}

function checkSeccomp(context: unknown, field: string): Cause[] {
  const profile = isJsonObject(context) ? context["seccompProfile"] : undefined;
  if (!isJsonObject(profile)) return [];
  const type = profile["type"] ?? "";
  if (type === "") return [required(`${field}.seccompProfile.type`, "type is required when seccompProfile is set")];
  return oneOf(`${field}.seccompProfile.type`, type, ["Localhost", "RuntimeDefault", "Unconfined"]);
}

function checkToleration({ key = "", operator = "", value = "", effect }: JsonObject, field: string): Cause[] {
  const at = `${field}.operator`;
  if (operator !== "Exists" && key === "")
    return [
      wrong(at, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'),
    ];
  if (operator === "Exists" && value !== "")
    return [wrong(at, value, "value must be empty when `operator` is 'Exists'")];
  return [
    ...(key === "" ? [] : checkKey(textOf(key), `${field}.key`)),
    ...(operator === "" ? [] : oneOf(at, operator, ["Equal", "Exists"])),
    ...checkName(textOf(value), "label value", at),
    ...oneOf(`${field}.effect`, effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"]),
  ];
}

function checkContainer(container: JsonObject, volumes: readonly JsonObject[], at: string): Cause[] {
  const causes: Cause[] = [];
  const names = new Set(volumes.map(({ name }) => name));
  if (typeof container["image"] !== "string") causes.push(required(`${at}.image`));
  const portNames = new Set<unknown>();
  listOf(container["ports"]).forEach(({ name, containerPort, protocol }, j) => {
    const field = `${at}.ports[${j}]`;
    if (typeof name === "string" && name !== "") {
      const faults = checkPortName(name, `${field}.name`);
      causes.push(...faults, ...(faults.length === 0 && portNames.has(name) ? [duplicate(`${field}.name`, name)] : []));
      portNames.add(name);
    }
    // Go does not distinguish 0 from a missing value.
    causes.push(...checkPort(containerPort === 0 ? undefined : containerPort, `${field}.containerPort`));
    causes.push(...checkProtocol(protocol, `${field}.protocol`));
  });
  causes.push(...checkEnvironment(container, at));
  const mountPaths = new Set<unknown>();
  listOf(container["volumeMounts"]).forEach(({ name = "", mountPath = "" }, j) => {
    const field = `${at}.volumeMounts[${j}]`;
    const message = `Not found: ${JSON.stringify(name)}`;
    if (name === "") causes.push(required(`${field}.name`));
    if (!names.has(name)) causes.push({ reason: "FieldValueNotFound", message, field: `${field}.name` });
    if (mountPath === "") causes.push(required(`${field}.mountPath`));
    if (mountPaths.has(mountPath)) causes.push(wrong(`${field}.mountPath`, mountPath, "must be unique"));
    mountPaths.add(mountPath);
  });
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    causes.push(...checkProbe(container[probe], `${at}.${probe}`));
  }
  causes.push(...oneOf(`${at}.imagePullPolicy`, container["imagePullPolicy"], pullPolicies));
  causes.push(...checkResources(container["resources"], `${at}.resources`));
  causes.push(...checkSeccomp(container["securityContext"], `${at}.securityContext`));
  return causes;
}

const probeNumbers = [
  "initialDelaySeconds",
  "timeoutSeconds",
  "periodSeconds",
  "successThreshold",
  "failureThreshold",
] as const;

function checkProbe(probe: unknown, field: string): Cause[] {
  if (!isJsonObject(probe)) return [];
  const { tcpSocket } = probe;
  const handled = ["exec", "httpGet", "tcpSocket", "grpc"].some((handler) => probe[handler] !== undefined);
  return [
    ...(handled ? [] : [required(field, "must specify a handler type")]),
    ...(isJsonObject(tcpSocket) ? checkPortOrName(tcpSocket["port"] ?? 0, `${field}.tcpSocket.port`) : []),
    ...probeNumbers.flatMap((name) => checkNotNegative(probe[name], `${field}.${name}`)),
  ];
}

const standardResources = ["cpu", "memory", "ephemeral-storage"];

function checkResources(resources: unknown, field: string): Cause[] {
  if (!isJsonObject(resources)) return [];
  const { requests, limits } = resources;
  const most = isJsonObject(limits) ? limits : {};
  const asked = isJsonObject(requests) ? requests : {};
  return [
    ...Object.entries(most).flatMap(([name, amount]) => checkAmount(name, amount, `${field}.limits[${name}]`)),
    ...Object.entries(asked).flatMap(([name, amount]) => [
      ...checkAmount(name, amount, `${field}.requests[${name}]`),
      ...checkAsked(name, amount, most[name], `${field}.requests`),
    ]),
  ];
}

function checkAmount(name: string, amount: Json | undefined, field: string): Cause[] {
  const faults = checkKey(name, field);
  return [
    ...faults,
    ...(faults.length > 0 && name.includes("/")
      ? [wrong(field, name, "doesn't follow extended resource name standard")]
      : []),
    ...(standardResources.includes(name) || /^hugepages-|\//.test(name)
      ? []
      : [
          wrong(field, name, "must be a standard resource for containers"),
          wrong(field, name, "must be a standard resource type or fully qualified"),
        ]),
    ...(amount !== undefined && quantity(textOf(amount)) < 0
      ? [wrong(field, amount, "must be greater than or equal to 0")]
      : []),
  ];
}

/** What is asked for may be less than its limit, but not of a device: of that there is no part to share. */
function checkAsked(name: string, asked: Json | undefined, limit: Json | undefined, field: string): Cause[] {
  if (asked === undefined || limit === undefined) return [];
  const [one, other] = [quantity(textOf(asked)), quantity(textOf(limit))];
  if (name.includes("/") && one !== other)
    return [wrong(field, asked, `must be equal to ${name} limit of ${textOf(limit)}`)];
  return one <= other ? [] : [wrong(field, asked, `must be less than or equal to ${name} limit of ${textOf(limit)}`)];
}
