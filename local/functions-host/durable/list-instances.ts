import type { DurableStore, Instance } from "./store.ts";

export interface InstanceFilter {
  createdFrom?: Date;
  createdTo?: Date;
  /** Empty: any. */
  statuses: readonly string[];
  idPrefix?: string;
}

interface Page {
  instances: Instance[];
  /** Absent on the last page. */
  continuation?: string;
}

/** Returns the first `top` instances after `continuation` that match a filter, ordered by id. */
export function listInstances(store: DurableStore, filter: InstanceFilter, top: number, continuation?: string): Page {
  const { createdFrom, createdTo, statuses, idPrefix } = filter;
  const conditions = ["instance_id > ?"];
  const values: (string | number)[] = [continuation ? decodeToken(continuation) : ""];
  const add = (condition: string, ...given: (string | number)[]) => {
    conditions.push(condition);
    values.push(...given);
  };
  if (createdFrom) add("created_at >= ?", createdFrom.getTime());
  if (createdTo) add("created_at <= ?", createdTo.getTime());
  if (statuses.length > 0) add(`status IN (${statuses.map(() => "?").join(", ")})`, ...statuses);
  if (idPrefix) add("substr(instance_id, 1, ?) = ?", idPrefix.length, idPrefix);
  const rows = store.instances(`${conditions.join(" AND ")} ORDER BY instance_id LIMIT ?`, [...values, top + 1]);
  const instances = rows.slice(0, top);
  const last = instances.at(-1);
  return rows.length > top && last ? { instances, continuation: encodeToken(last.instanceId) } : { instances };
}

const encodeToken = (instanceId: string) => Buffer.from(instanceId).toString("base64url");
const decodeToken = (token: string) => Buffer.from(token, "base64url").toString();
