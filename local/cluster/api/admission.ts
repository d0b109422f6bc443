import { isJsonObject, type KubeObject } from "../objects.ts";
import type { Kind } from "../kinds/kind.ts";
import { kindOf } from "../kinds/kinds.ts";
import { forbidden, notFound } from "../status.ts";
import type { Store } from "../store/store.ts";
import { checkQuotas } from "./quota.ts";

/** Checks a new object against the cluster: its namespace must exist and not be terminating, and its quota suffice. */
export function admitCreate(store: Store, kind: Kind, object: KubeObject): void {
  if (!kind.namespaced) return;
  const name = object.metadata.namespace ?? "";
  const namespace = store.get("namespaces", "", name);
  if (namespace === undefined) throw notFound(kindOf("namespaces"), name);
  if (isJsonObject(namespace.status) && namespace.status["phase"] === "Terminating") {
    const why = `unable to create new content in namespace ${name} because it is being terminated`;
    throw forbidden(kind, object.metadata.name, why, [
      { reason: "NamespaceTerminating", message: `namespace ${name} is being terminated`, field: "metadata.namespace" },
    ]);
  }
  checkQuotas(store, kind, object);
}
