import { isJsonObject, type JsonObject } from "../objects.ts";
import { required, wrong, type Cause } from "../status.ts";
import { checkName, checkReference } from "./names.ts";
import { listOf } from "./validate-ports.ts";

/** Faults of a container's variables. Source: pkg/apis/core/validation of Kubernetes. */
export function checkEnvironment({ env, envFrom }: JsonObject, field: string): Cause[] {
  return [
    ...listOf(env).flatMap((each, i) => checkVariable(each, `${field}.env[${i}]`)),
    ...listOf(envFrom).flatMap((each, i) => checkSource(each, `${field}.envFrom`, i)),
  ];
}

const oddName = "a valid environment variable name must consist only of printable ASCII characters other than '='";
const variableSources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

function checkVariable({ name, value, valueFrom }: JsonObject, field: string): Cause[] {
  const faults: Cause[] = [];
  if (typeof name !== "string" || name === "") faults.push(required(`${field}.name`));
  else if (!/^[ -<>-~]+$/.test(name)) faults.push(wrong(`${field}.name`, name, oddName));
  if (!isJsonObject(valueFrom)) return faults;
  const at = `${field}.valueFrom`;
  if (!variableSources.some((source) => valueFrom[source] !== undefined))
    faults.push(
      wrong(
        at,
        "",
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
      ),
    );
  else if (value !== undefined && value !== "")
    faults.push(wrong(at, "", "may not be specified when `value` is not empty"));
  for (const source of ["configMapKeyRef", "secretKeyRef"]) {
    const chosen = valueFrom[source];
    if (isJsonObject(chosen)) faults.push(...checkChosenKey(chosen, `${at}.${source}`));
  }
  return faults;
}

function checkChosenKey({ name, key }: JsonObject, field: string): Cause[] {
  return [
    ...checkName(typeof name === "string" ? name : "", "subdomain", `${field}.name`),
    ...(typeof key === "string" && key !== ""
      ? checkName(key, "config key", `${field}.key`)
      : [required(`${field}.key`)]),
  ];
}

function checkSource({ secretRef, configMapRef }: JsonObject, list: string, i: number): Cause[] {
  const nameOf = (reference: unknown) => (isJsonObject(reference) ? reference["name"] : undefined);
  if (secretRef !== undefined && configMapRef !== undefined)
    return [wrong(list, "", "may not have more than one field specified at a time")];
  if (configMapRef !== undefined) return checkReference(nameOf(configMapRef), `${list}[${i}].configMapRef.name`);
  if (secretRef !== undefined) return checkReference(nameOf(secretRef), `${list}[${i}].secretRef.name`);
  return [wrong(list, "", "must specify one of: `configMapRef` or `secretRef`")];
}
