import { isJsonObject, type JsonObject } from "../objects.ts";
import type { Kind } from "../kinds/kind.ts";
import { badRequest, notAcceptable } from "../status.ts";
import type { Wanted } from "./accept.ts";
import { listOfMetadata, metadataOf } from "./partial-metadata.ts";
import { type Included, tableOf } from "./table.ts";

/** Converts an object or a list to the requested representation. `first`: a watch sends a table's columns only once. */
export type Present = (object: unknown, first?: boolean) => unknown;

const included: readonly Included[] = ["None", "Metadata", "Object"];

/** Returns the conversion for a kind. Throws 400 for an invalid request. */
export function presentAs(kind: Kind, { as, version }: Wanted, query: URLSearchParams): Present {
  if (as === undefined) return (object) => object;
  const apiVersion = `meta.k8s.io/${version}`;
  if (as === "Table") {
    const asked = query.get("includeObject") ?? "";
    const include = asked === "" ? "Metadata" : included.find((each) => each === asked);
    if (include === undefined)
      throw badRequest(
        `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`,
      );
    return ifObject((object, first) => tableOf(kind, object, { apiVersion, include, withColumns: first }));
  }
  return ifObject((object) => {
    const isList = Array.isArray(object["items"]);
    if (isList !== as.endsWith("List")) throw wrongShape(kind, as, isList);
    return isList ? listOfMetadata(object, apiVersion) : metadataOf(object, apiVersion);
  });
}

/** A Status, with which some deletions are answered, is never converted. */
function ifObject(show: (object: JsonObject, first: boolean) => JsonObject): Present {
  return (object, first = true) => (isJsonObject(object) && object["kind"] !== "Status" ? show(object, first) : object);
}

function wrongShape({ custom, group, kind }: Kind, as: string, isList: boolean): Error {
  const list = isList ? "List" : "";
  const type = custom ? `*unstructured.Unstructured${list}` : `*${group.split(".")[0] || "core"}.${kind}${list}`;
  return notAcceptable(
    `you requested ${as}, but the requested object is ${isList ? "a list" : "not a list"} (${type})`,
  );
}
