import type { KubeObject } from "../objects.ts";
import { badRequest } from "../status.ts";
import { parseLabelQuery } from "./label-query.ts";

type Labels = Readonly<Record<string, string>>;
type Matches = (object: KubeObject) => boolean;

interface LabelSelector {
  matchLabels?: Labels;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** Matches a selector of an object (Deployment, NetworkPolicy). */
export function matchesSelector(labels: Labels, selector: LabelSelector): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}

const involved = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
const always = ["metadata.name", "metadata.namespace"];

/** Fields that the real API server supports in selectors, in addition to name and namespace. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
  ],
  events: [...involved.map((name) => `involvedObject.${name}`), "reason", "type", "source"],
  namespaces: ["status.phase"],
  secrets: ["type"],
  "replicasets.apps": ["status.replicas"],
};

/** Parses the fieldSelector of a list or watch. Throws 400 for a field that the kind does not support. */
function parseFieldSelector(kind: string, text: string): Matches {
  const allowed = [...always, ...(selectable[kind] ?? [])];
  const terms = text === "" ? [] : text.split(",");
  const requirements = terms.map((term): Matches => {
    const match = /^\s*([^=!\s]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(term);
    if (match === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
    const [, field = "", operator, value] = match;
    if (!allowed.includes(field)) throw badRequest(`field label not supported: ${field}`);
    return (object) => (valueAt(object, field) === value) === (operator !== "!=");
  });
  return (object) => requirements.every((requirement) => requirement(object));
}

function valueAt(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const name of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** Parses both selectors of a list, watch or deletecollection request. */
export function selectorOf(kind: string, query: URLSearchParams): Matches {
  const byLabels = parseLabelQuery(query.get("labelSelector") ?? "");
  const byFields = parseFieldSelector(kind, query.get("fieldSelector") ?? "");
  return (object) => byLabels(object.metadata.labels ?? {}) && byFields(object);
}
