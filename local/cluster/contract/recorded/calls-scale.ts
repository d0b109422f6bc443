import { call, paths, type Call } from "./call.ts";

const scale = { apiVersion: "autoscaling/v1", kind: "Scale" };

function scaleOf(what: string, path: string, name: string): Call[] {
  const place = `${path}/scale`;
  const merge = (how: string, body: object): Call =>
    call(`merge ${how} into the scale of ${what}`, "PATCH", place, body);
  const put = (how: string, body: object): Call =>
    call(`put ${how} as the scale of ${what}`, "PUT", place, {
      ...scale,
      metadata: { name, namespace: "{ns}" },
      ...body,
    });
  return [
    call(`read the scale of ${what}`, "GET", place),
    merge("replicas 2", { spec: { replicas: 2 } }),
    merge("replicas text", { spec: { replicas: "two" } }),
    merge("replicas digits in a text", { spec: { replicas: "2" } }),
    merge("replicas 1.5", { spec: { replicas: 1.5 } }),
    merge("replicas -1", { spec: { replicas: -1 } }),
    merge("replicas 5000000000", { spec: { replicas: 5000000000 } }),
    merge("replicas null", { spec: { replicas: null } }),
    merge("replicas true", { spec: { replicas: true } }),
    merge("a spec that is text", { spec: "text" }),
    merge("spec null", { spec: null }),
    merge("nothing", {}),
    merge("another kind", { kind: "Pod" }),
    merge("another name", { metadata: { name: "eve" } }),
    merge("an old resourceVersion", { metadata: { resourceVersion: "1" } }),
    merge("an unknown field", { spec: { extra: 1 } }),
    merge("a status", { status: { replicas: 9 } }),
    put("replicas 2", { spec: { replicas: 2 } }),
    put("replicas text", { spec: { replicas: "two" } }),
    put("replicas -1", { spec: { replicas: -1 } }),
    put("replicas 5000000000", { spec: { replicas: 5000000000 } }),
    put("no spec", {}),
    put("no kind", { kind: undefined, spec: { replicas: 2 } }),
    put("no apiVersion", { apiVersion: undefined, spec: { replicas: 2 } }),
    put("another kind", { kind: "Pod", apiVersion: "v1", spec: { replicas: 2 } }),
    put("another version of Scale", { apiVersion: "autoscaling/v2", spec: { replicas: 2 } }),
    put("no metadata", { metadata: undefined, spec: { replicas: 2 } }),
    put("no name", { metadata: {}, spec: { replicas: 2 } }),
    put("another name", { metadata: { name: "eve" }, spec: { replicas: 2 } }),
    put("no namespace", { metadata: { name }, spec: { replicas: 2 } }),
    put("another namespace", { metadata: { name, namespace: "default" }, spec: { replicas: 2 } }),
    put("an old resourceVersion", {
      metadata: { name, namespace: "{ns}", resourceVersion: "1" },
      spec: { replicas: 2 },
    }),
    put("another uid", { metadata: { name, namespace: "{ns}", uid: "1" }, spec: { replicas: 2 } }),
    call(`scale ${what} that is not there`, "PATCH", place.replace(name, "nobody"), { spec: { replicas: 1 } }),
    call(
      `replace the replicas of the scale of ${what} by a JSON patch`,
      "PATCH",
      place,
      [{ op: "replace", path: "/spec/replicas", value: 3 }],
      { type: "application/json-patch+json" },
    ),
    call(
      `merge strategically into the scale of ${what}`,
      "PATCH",
      place,
      { spec: { replicas: 2 } },
      {
        type: "application/strategic-merge-patch+json",
      },
    ),
    call(
      `apply the scale of ${what}`,
      "PATCH",
      `${place}?fieldManager=us&force=true`,
      { ...scale, metadata: { name, namespace: "{ns}" }, spec: { replicas: 2 } },
      { type: "application/apply-patch+yaml" },
    ),
  ];
}

export const scaleCalls: readonly Call[] = [
  ...scaleOf("a binding", paths.binding, "ada"),
  ...scaleOf("a deployment", paths.deployment, "desk"),
];
