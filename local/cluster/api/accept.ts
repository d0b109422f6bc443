import type { JsonObject } from "../objects.ts";
import { ApiError, notAcceptable } from "../status.ts";
import { objectTypes } from "./request.ts";

/** The representation that a client requests. */
export interface Wanted {
  type: "application/json" | "application/yaml";
  /** A representation other than the object itself. */
  as?: "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  /** That representation's version: "v1" or "v1beta1". */
  version: string;
}

const kindsOfAnswer = ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"] as const;

interface Clause {
  type: string;
  parameters: ReadonlyMap<string, string>;
}

/** Returns the first acceptable representation that is supported, like the real server. Throws 406 if there is none. */
export function wantedBy(accept: string | undefined, custom: boolean): Wanted {
  const clauses = (accept ?? "")
    .split(",")
    .map(readClause)
    .filter(({ type }) => type !== "");
  if (clauses.length === 0) return { type: "application/json", version: "v1" };
  for (const clause of clauses) {
    const wanted = meet(clause);
    if (wanted !== undefined) return wanted;
  }
  const knowsType = clauses.some(({ type }) => objectTypes.includes(type));
  if (custom || knowsType)
    throw notAcceptable(`only the following media types are accepted: ${objectTypes.join(", ")}`);
  const message = `406: Not Acceptable\n\nAvailable representations: ${objectTypes.join(", ")}`;
  throw new ApiError(406, "NotAcceptable", message, {} satisfies JsonObject);
}

function readClause(text: string): Clause {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim());
  const pairs = parameters.map((parameter): [string, string] => {
    const [name = "", value = ""] = parameter.split("=");
    return [name.trim(), value.trim()];
  });
  return { type: type.toLowerCase(), parameters: new Map(pairs) };
}

function meet({ type, parameters }: Clause): Wanted | undefined {
  const answer = ["*/*", "application/*", "application/json"].includes(type) ? "application/json" : type;
  if (answer !== "application/json" && answer !== "application/yaml") return undefined;
  const [as, version = "", group] = ["as", "v", "g"].map((name) => parameters.get(name));
  if (as === undefined) return { type: answer, version: "v1" };
  const kind = kindsOfAnswer.find((each) => each === as);
  if (kind === undefined || group !== "meta.k8s.io" || !["v1", "v1beta1"].includes(version)) return undefined;
  return { type: answer, as: kind, version };
}
