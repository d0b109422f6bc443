import { isJsonObject, type Json, type JsonObject } from "../objects.ts";

/** An object of which only its metadata is told. */
export const metadataOf = ({ metadata }: JsonObject, apiVersion: string): JsonObject => ({
  kind: "PartialObjectMetadata",
  apiVersion,
  metadata,
});

export const listOfMetadata = ({ metadata, items }: JsonObject, apiVersion: string): JsonObject => ({
  kind: "PartialObjectMetadataList",
  apiVersion,
  metadata: listMetadata(metadata),
  items: (Array.isArray(items) ? items : []).filter(isJsonObject).map((item) => metadataOf(item, apiVersion)),
});

/** What a list says of itself, without a continuation that is empty. */
export function listMetadata(metadata: Json | undefined): JsonObject {
  const entries = Object.entries(isJsonObject(metadata) ? metadata : {});
  const told = ["resourceVersion", "continue", "remainingItemCount"];
  return Object.fromEntries(entries.filter(([name, value]) => told.includes(name) && value !== ""));
}
