import { isJsonObject, textOf, type JsonObject, type KubeObject } from "../objects.ts";
import type { Kind } from "../kinds/kind.ts";
import { badRequest, conflict, invalid, staleObject, wrong } from "../status.ts";

/** The Scale of a Deployment, ReplicaSet or binding. */
export function scaleOf(kind: Kind, object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = object.spec?.["replicas"];
  const current = object.status?.["replicas"];
  const selector = kind.custom ? undefined : shownSelector(object.spec?.["selector"]);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === "number" && replicas !== 0 ? { replicas } : {},
    status: { replicas: typeof current === "number" ? current : 0, ...(selector === undefined ? {} : { selector }) },
  };
}

/** The object with the replicas of a Scale sent to it; a Scale without replicas means 0, as on the real API server. */
export function withScale(kind: Kind, object: KubeObject, body: unknown): KubeObject {
  if (!isJsonObject(body)) throw badRequest("the object provided is unrecognized (must be of type Scale)");
  const metadata = isJsonObject(body["metadata"]) ? body["metadata"] : {};
  const { name, resourceVersion, uid } = metadata;
  if (typeof name === "string" && name !== object.metadata.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${object.metadata.name})`);
  }
  if (typeof uid === "string" && uid !== "" && uid !== object.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`;
    throw conflict(kind, object.metadata.name, why);
  }
  if (
    typeof resourceVersion === "string" &&
    resourceVersion !== "" &&
    resourceVersion !== object.metadata.resourceVersion
  ) {
    throw staleObject(kind, object.metadata.name);
  }
  const replicas = (isJsonObject(body["spec"]) ? body["spec"]["replicas"] : undefined) ?? 0;
  if (typeof replicas !== "number" || !Number.isInteger(replicas)) {
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: spec.replicas: expects an integer, but found ${JSON.stringify(replicas)}`,
    );
  }
  if (replicas < 0) {
    throw invalid({ group: "autoscaling", kind: "Scale" }, object.metadata.name, [
      wrong("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  }
  return { ...object, spec: { ...object.spec, replicas } };
}

function shownSelector(selector: unknown): string | undefined {
  const labels = isJsonObject(selector) ? selector["matchLabels"] : undefined;
  if (!isJsonObject(labels)) return undefined;
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${textOf(value)}`)
    .sort()
    .join(",");
}
