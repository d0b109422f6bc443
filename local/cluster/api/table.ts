import { isJsonObject, type Json, type JsonObject } from "../objects.ts";
import { columnsOf, scaleColumns } from "../kinds/columns.ts";
import type { Kind } from "../kinds/kind.ts";
import { listMetadata, metadataOf } from "./partial-metadata.ts";

/** How much of each object is included in its row. */
export type Included = "None" | "Metadata" | "Object";

interface TableOptions {
  apiVersion: string;
  include: Included;
  withColumns: boolean;
}

/** Returns the table that kubectl prints: one row per object, with the cells of its kind's columns. */
export function tableOf(
  kind: Kind,
  object: JsonObject,
  { apiVersion, include, withColumns }: TableOptions,
): JsonObject {
  const columns = object["kind"] === "Scale" ? scaleColumns(kind) : columnsOf(kind);
  const items = Array.isArray(object["items"]) ? object["items"].filter(isJsonObject) : [object];
  const shown = (item: JsonObject): Json => {
    if (include === "None") return null;
    return include === "Object" ? item : metadataOf(item, apiVersion);
  };
  return {
    kind: "Table",
    apiVersion,
    metadata: listMetadata(object["metadata"]),
    columnDefinitions: withColumns ? columns.map(({ definition }) => ({ ...definition })) : null,
    rows: items.map((item) => ({ cells: columns.map(({ cell }) => cell(item)), object: shown(item) })),
  };
}
