import { call, paths, type Call } from "./call.ts";
import { another, binding, configMap, deployment } from "./objects.ts";

const of = { binding, "config map": configMap, deployment } as const;
const places = { binding: paths.bindings, "config map": paths.configMaps, deployment: paths.deployments } as const;

function namesOfKinds(what: keyof typeof of): Call[] {
  const object = another(of[what], {});
  const place = places[what];
  const create = (how: string, changes: Record<string, unknown>): Call =>
    call(`create a ${what} ${how}`, "POST", place, { ...object, ...changes });
  const replace = (how: string, changes: Record<string, unknown>): Call =>
    call(`replace a ${what} ${how}`, "PUT", `${place}/${of[what].metadata.name}`, { ...of[what], ...changes });
  const changes: readonly [string, Record<string, unknown>][] = [
    ["without kind", { kind: undefined }],
    ["without apiVersion", { apiVersion: undefined }],
    ["without kind and apiVersion", { kind: undefined, apiVersion: undefined }],
    ["as another kind", { kind: "AnalyticsWorkspace" }],
    ["as Secret", { kind: "Secret", apiVersion: "v1" }],
    ["as another kind of its version", { kind: what === "config map" ? "Pod" : "ReplicaSet" }],
    ["as an unknown kind", { kind: "Nothing" }],
    ["as another version", { apiVersion: `${object.apiVersion}beta1` }],
    ["as another group", { apiVersion: "example.org/v1" }],
    ["as a version that is none", { apiVersion: "a/b/c" }],
    ["as a kind that is a number", { kind: 1 }],
    ["as an empty kind", { kind: "" }],
    ["as a list", { kind: `${object.kind}List`, items: [] }],
    ["as a Status", { kind: "Status", apiVersion: "v1" }],
  ];
  return [
    ...changes.map(([how, change]) => create(how, change)),
    ...changes.slice(0, 8).map(([how, change]) => replace(how, change)),
  ];
}

function bodies(what: keyof typeof of): Call[] {
  const place = places[what];
  const create = (how: string, body: string, type?: string): Call =>
    call(`create a ${what} from ${how}`, "POST", place, body, type === undefined ? {} : { type });
  const object = another(of[what], {});
  const json = JSON.stringify(object);
  return [
    create("an empty body", ""),
    create("null", "null"),
    create("a list", "[]"),
    create("a number", "1"),
    create("text", '"text"'),
    create("an empty object", "{}"),
    create("half an object", "{"),
    create("JSON with something behind it", `${json} x`),
    create("JSON with a name twice", json.replace("{", '{"metadata":{"name":"first"},')),
    create("no media type", json, ""),
    create("JSON as text", json, "text/plain"),
    create("JSON as a form", json, "application/x-www-form-urlencoded"),
    create("JSON with a charset", json, "application/json; charset=utf-8"),
    create("JSON that is said to be YAML", json, "application/yaml"),
    create("JSON that is said to be a merge patch", json, "application/merge-patch+json"),
    create(
      "YAML",
      `apiVersion: ${object.apiVersion}\nkind: ${object.kind}\nmetadata: {name: another}\n`,
      "application/yaml",
    ),
    create("YAML that is said to be JSON", `apiVersion: ${object.apiVersion}\nkind: ${object.kind}\n`),
  ];
}

/** Types that a write's body names. */
export const kindCalls: readonly Call[] = [
  ...namesOfKinds("binding"),
  ...namesOfKinds("config map"),
  ...namesOfKinds("deployment"),
  ...bodies("binding"),
  ...bodies("config map"),
];
