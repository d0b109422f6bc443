import { json, notFound } from "../http-message.ts";
import type { HostRequest, HostResponse } from "../http-message.ts";
import type { Control } from "./control.ts";
import { listInstances } from "./list-instances.ts";
import type { InstanceFilter } from "./list-instances.ts";
import { statusJson, statusOptions } from "./status.ts";
import { isFinished } from "./store.ts";
import type { DurableStore } from "./store.ts";

const continuationHeader = "x-ms-continuation-token";
const defaultPageSize = 100;

/** GET instances: a page of statuses; the header names the next page. */
export function queryInstances(store: DurableStore, request: HostRequest): HostResponse {
  const filter = readFilter(request.query);
  const top = Number(request.query.get("top") ?? defaultPageSize);
  if (!filter || !Number.isInteger(top) || top < 1) return json(400, { Message: "Invalid query" });
  const page = listInstances(store, filter, top, request.headers[continuationHeader]);
  const options = { ...statusOptions(request.query), showHistory: false };
  return json(
    200,
    page.instances.map((instance) => statusJson(instance, options, [])),
    page.continuation === undefined ? [] : [[continuationHeader, page.continuation]],
  );
}

/** DELETE instances: purges the ended instances that match a filter. */
export async function purgeFiltered(
  store: DurableStore,
  control: Control,
  request: HostRequest,
): Promise<HostResponse> {
  const filter = readFilter(request.query);
  if (!filter?.createdFrom) return json(400, { Message: "Please provide value for 'createdTimeFrom' parameter." });
  const { instances } = listInstances(store, filter, Number.MAX_SAFE_INTEGER - 1);
  const chosen = instances.filter(({ status }) => isFinished(status));
  for (const { instanceId } of chosen) await control.purge(instanceId);
  return chosen.length > 0 ? json(200, { instancesDeleted: chosen.length }) : notFound;
}

function readFilter(query: URLSearchParams): InstanceFilter | undefined {
  const createdFrom = readInstant(query, "createdTimeFrom");
  const createdTo = readInstant(query, "createdTimeTo");
  if (createdFrom === "invalid" || createdTo === "invalid") return undefined;
  const idPrefix = query.get("instanceIdPrefix");
  return {
    statuses: (query.get("runtimeStatus") ?? "").split(",").filter((each) => each !== ""),
    ...(createdFrom && { createdFrom }),
    ...(createdTo && { createdTo }),
    ...(idPrefix !== null && { idPrefix }),
  };
}

function readInstant(query: URLSearchParams, name: string): Date | undefined | "invalid" {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  const instant = new Date(value);
  return Number.isNaN(instant.getTime()) ? "invalid" : instant;
}
