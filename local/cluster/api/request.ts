import type { IncomingMessage } from "node:http";
import { loadYaml } from "@kubernetes/client-node";
import { findKind } from "../kinds/kinds.ts";
import type { Kind } from "../kinds/kind.ts";
import { ApiError, badRequest, invalid, noSuchResource, unsupported } from "../status.ts";

export interface Target {
  kind: Kind;
  /** undefined: all namespaces; "" for kinds without one. */
  namespace: string | undefined;
  name: string | undefined;
  subresource: "status" | "scale" | undefined;
}

/** Finds what a path means; throws 404 for what is not served. */
export function readTarget(path: string): Target {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const [group, version] = parts[0] === "api" ? ["", parts[1] ?? ""] : [parts[1] ?? "", parts[2] ?? ""];
  let rest = parts.slice(parts[0] === "api" ? 2 : 3);
  let namespace: string | undefined;
  if (rest[0] === "namespaces" && rest.length > 2 && rest[2] !== "status") {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [plural = "", name, subresource] = rest;
  const kind = findKind(group, version, plural);
  if (kind === undefined || rest.length > 3 || !["api", "apis"].includes(parts[0] ?? "")) throw noSuchResource();
  if (kind.namespaced !== (namespace !== undefined) && (name !== undefined || !kind.namespaced)) throw noSuchResource();
  if (!isServed(kind, subresource)) throw noSuchResource();
  return { kind, namespace: kind.namespaced ? namespace : "", name, subresource };
}

function isServed(kind: Kind, subresource: string | undefined): subresource is Target["subresource"] {
  if (subresource === undefined) return true;
  return (subresource === "status" && kind.hasStatus) || (subresource === "scale" && kind.hasScale);
}

/** The real API server refuses a larger body too. */
const largestBody = 3 * 1024 * 1024;

export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody)
      throw new ApiError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${largestBody}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Parses JSON, or YAML when it is none. Throws 400. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseYaml(text);
  }
}

function parseYaml(text: string): unknown {
  // loadYaml turns known kinds into client models; one level down nothing is known, so the document comes back as it is.
  const nested = text.replace(/^---.*\n/, "").replace(/^/gm, "  ");
  try {
    const document = loadYaml<{ body?: unknown }>(`apiVersion: local/v1\nkind: Document\nbody:\n${nested}`);
    return datesAsText(document.body);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw badRequest(`the object provided is unrecognized: couldn't get version/kind; json parse error: ${why}`);
  }
}

/** YAML reads an unquoted date as an instant; the API wants the text. */
function datesAsText(value: unknown): unknown {
  if (value instanceof Date)
    return value
      .toISOString()
      .replace(/T00:00:00\.000Z$/, "")
      .replace(".000Z", "Z");
  if (Array.isArray(value)) return value.map(datesAsText);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, datesAsText(each)]));
}

/** `dryRun=All` is the only one there is; anything else is a 422. */
export function isDryRun(query: URLSearchParams, body?: unknown): boolean {
  const inBody = (body as { dryRun?: unknown } | undefined)?.dryRun;
  const asked = [...query.getAll("dryRun"), ...(Array.isArray(inBody) ? inBody.map(String) : [])].filter(
    (each) => each !== "",
  );
  if (asked.some((each) => each !== "All")) {
    throw invalid({ group: "meta.k8s.io", kind: "CreateOptions" }, "", [unsupported("dryRun", asked, ["All"])]);
  }
  return asked.length > 0;
}

/** The name that a write is recorded under: what the client says, or the first part of its user agent. */
export function managerOf(request: IncomingMessage, query: URLSearchParams): string {
  const asked = query.get("fieldManager") ?? "";
  if (asked.length > 128) {
    throw invalid({ group: "meta.k8s.io", kind: "CreateOptions" }, "", [
      { reason: "FieldValueTooLong", message: "Too long: may not be longer than 128", field: "fieldManager" },
    ]);
  }
  return asked === "" ? ((request.headers["user-agent"] ?? "").split("/")[0] ?? "") || "unknown" : asked;
}
