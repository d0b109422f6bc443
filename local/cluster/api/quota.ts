import { isJsonObject, textOf, typed, type JsonObject, type KubeObject } from "../objects.ts";
import type { Kind } from "../kinds/kind.ts";
import { quantity } from "../quantity.ts";
import { forbidden } from "../status.ts";
import type { Store } from "../store/store.ts";

/** How much of a quota's resource ("pods", "count/secrets", "requests.cpu") one object uses. */
function usageOf(resource: string, kind: string, object: KubeObject): number {
  if (resource === kind || resource === `count/${kind}`) return isOver(object) ? 0 : 1;
  if (kind !== "pods" || isOver(object)) return 0;
  const [group = "", name = ""] = resource.includes(".") ? resource.split(".") : ["requests", resource];
  const containers = object.spec?.["containers"];
  if (!Array.isArray(containers)) return 0;
  return containers.filter(isJsonObject).reduce((sum, container) => {
    const resources = container["resources"];
    const entries = isJsonObject(resources) ? resources[group] : undefined;
    const value = isJsonObject(entries) ? entries[name] : undefined;
    return sum + (typeof value === "string" || typeof value === "number" ? quantity(value) : 0);
  }, 0);
}

const isOver = (object: KubeObject): boolean => ["Succeeded", "Failed"].includes(textOf(object.status?.["phase"]));

/** What a namespace uses of each resource that the quota limits, as in `status.used`. */
export function usedOf(store: Store, quota: KubeObject): JsonObject {
  const hard = typed("resourcequotas", quota).spec.hard ?? {};
  return Object.fromEntries(
    Object.keys(hard).map((resource) => [resource, String(usedIn(store, quota.metadata.namespace ?? "", resource))]),
  );
}

function usedIn(store: Store, namespace: string, resource: string): number {
  const counted = resource.startsWith("count/") ? resource.slice("count/".length) : resource;
  const kind = /^(requests|limits)\.|^(cpu|memory)$/.test(resource) ? "pods" : counted;
  return store.list(kind, namespace).reduce((sum, object) => sum + usageOf(resource, kind, object), 0);
}

/** Throws the real API server's 403 if an object would exceed a ResourceQuota of its namespace. */
export function checkQuotas(store: Store, kind: Kind, object: KubeObject): void {
  const namespace = object.metadata.namespace ?? "";
  for (const each of store.list("resourcequotas", namespace)) {
    const over = Object.entries(typed("resourcequotas", each).spec.hard ?? {}).flatMap(([resource, limited]) => {
      const requested = usageOf(resource, kind.key, object);
      if (requested === 0) return [];
      const used = usedIn(store, namespace, resource);
      return used + requested > quantity(limited) ? [{ resource, requested, used, limited }] : [];
    });
    if (over.length > 0) throw forbidden(kind, object.metadata.name, exceededQuota(each.metadata.name, over));
  }
}

export interface Excess {
  resource: string;
  requested: number;
  used: number;
  limited: string;
}

export function exceededQuota(quota: string, over: readonly Excess[]): string {
  const shown = (of: (each: Excess) => string | number): string =>
    over.map((each) => `${each.resource}=${of(each)}`).join(",");
  return `exceeded quota: ${quota}, requested: ${shown((each) => each.requested)}, used: ${shown((each) => each.used)}, limited: ${shown((each) => each.limited)}`;
}
