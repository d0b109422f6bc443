import { isJsonObject, type JsonObject } from "../objects.ts";
import { duplicate, refused, required, type Cause } from "../status.ts";
import { checkPartName } from "./names.ts";

/** Faults of a pod's volumes. Source: pkg/apis/core/validation of Kubernetes, as far as desktops need it. */
export function checkVolumes(volumes: readonly JsonObject[], field: string): Cause[] {
  return volumes.flatMap(({ name, ...sources }, i) => {
    const again = volumes.slice(0, i).some((other) => other["name"] === name);
    const at = `${field}[${i}]`;
    return [
      ...checkPartName(name, `${at}.name`),
      ...(again ? [duplicate(`${at}.name`, name)] : []),
      ...checkSources(sources, at),
    ];
  });
}

/** The server looks at the kinds in this order, and refuses each after the first. */
const kinds = ["emptyDir", "hostPath", "configMap"] as const;

function checkSources(sources: JsonObject, field: string): Cause[] {
  const given = kinds.filter((kind) => sources[kind] !== undefined);
  return given.flatMap((kind, i) => {
    if (i > 0) return [refused(`${field}.${kind}`, "may not specify more than 1 volume type")];
    const source = sources[kind];
    const { name, path } = isJsonObject(source) ? source : {};
    // What the name looks like is not looked at.
    if (kind === "configMap") return name === undefined || name === "" ? [required(`${field}.configMap.name`)] : [];
    return kind === "hostPath" && path === undefined ? [required(`${field}.hostPath.path`)] : [];
  });
}
