import { omit, type JsonObject, type KubeObject } from "../objects.ts";
import type { OpenApiSchema } from "../schema/custom-schema.ts";
import type { Cause } from "../status.ts";
import { validateAgainst } from "./validate-custom.ts";
import { validateReplicas } from "./validate-scale.ts";

/** Faults of a custom resource that is created or replaced. Its status is not validated, because it is not written. */
export function validateCustomResource(object: KubeObject, definition: OpenApiSchema, hasScale: boolean): Cause[] {
  const spoken = omit(object as unknown as JsonObject, "status", "metadata");
  return [...validateAgainst(spoken, definition), ...(hasScale ? validateReplicas(object.spec, ".spec.replicas") : [])];
}

/** Faults of a status that is written through its subresource. */
export function validateCustomStatus({ status }: KubeObject, definition: OpenApiSchema, hasScale: boolean): Cause[] {
  return [
    ...validateAgainst(status, definition.properties?.["status"] ?? {}, { field: "status", shown: "" }),
    ...(hasScale ? validateReplicas(status, ".status.replicas") : []),
  ];
}
