import { isJsonObject, type Json, type JsonObject } from "../objects.ts";

/** Reduces an object to its metadata. */
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

/** A list's metadata, without an empty continue token. */
export function listMetadata(metadata: Json | undefined): JsonObject {
  const entries = Object.entries(isJsonObject(metadata) ? metadata : {});
  const told = ["resourceVersion", "continue", "remainingItemCount"];
  return Object.fromEntries(entries.filter(([name, value]) => told.includes(name) && value !== ""));
}
