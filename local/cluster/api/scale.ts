import { isJsonObject, textOf, type JsonObject, type KubeObject } from "../objects.ts";
import type { Kind } from "../kinds/kind.ts";
import { decodeObject } from "../schema/decode.ts";
import { DecodeFault } from "../schema/go-types.ts";
import { schemaOfModel } from "../schema/model-schema.ts";
import { badRequest, invalid, wrong } from "../status.ts";
import { checkIdentity } from "./metadata.ts";
import type { BodyType } from "./type-of-body.ts";

export const scaleType: BodyType = { group: "autoscaling", version: "v1", kind: "Scale", custom: false };

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

/** The server of custom resources does not say what is wrong with a Scale. */
export const undecodableScale = (): Error =>
  badRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"');

/**
 * Returns the object with a Scale's replicas. A Scale without replicas means 0, as on the real API server. Throws
 * DecodeFault if the body is not a Scale.
 */
export function withScale(
  kind: Kind,
  object: KubeObject,
  body: unknown,
  onUnknown: (paths: readonly string[]) => void,
): KubeObject {
  const { object: scale, unknown } = decodeObject(body, schemaOfModel("V1Scale"), {
    checkTypes: true,
    dropEmpty: true,
  });
  onUnknown(unknown);
  const metadata = isJsonObject(scale["metadata"]) ? scale["metadata"] : {};
  checkIdentity(kind, object, { metadata: { name: "", ...metadata } } as unknown as KubeObject, false);
  const replicas = (isJsonObject(scale["spec"]) ? scale["spec"]["replicas"] : undefined) ?? 0;
  if (typeof replicas !== "number") throw new DecodeFault("spec.replicas is not a number");
  if (replicas < 0 && !kind.custom) {
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
