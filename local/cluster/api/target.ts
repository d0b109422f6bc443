import type { Kind } from "../kinds/kind.ts";
import { ApiError, badRequest, methodNotAllowed, notFound, noSuchResource, pageNotFound } from "../status.ts";

export interface Target {
  kind: Kind;
  /** undefined: all namespaces; "" for kinds without one. */
  namespace: string | undefined;
  name: string | undefined;
  subresource: "status" | "scale" | undefined;
}

/**
 * Resolves a path and checks that it supports the method. In a real cluster two programs serve built-in kinds and
 * custom resources, and refuse in different ways: with a Status or with plain text.
 */
export function readTarget(kinds: readonly Kind[], path: string, method: string): Target {
  const parts = path.split("/").slice(1);
  if (parts.at(-1) === "") parts.pop();
  const decoded = parts.map(decodeURIComponent);
  const group = decoded[0] === "api" ? "" : (decoded[1] ?? "");
  const isBuiltIn = decoded[0] === "api" || kinds.some((kind) => !kind.custom && kind.group === group);
  const found = decoded.includes("") ? undefined : find(kinds, decoded, group);
  if (found === undefined) throw isBuiltIn ? noSuchResource() : pageNotFound();
  return found.kind.custom ? checkCustom(found, method) : checkBuiltIn(found, method);
}

interface Found {
  kind: Kind;
  namespace: string | undefined;
  /** Name, subresource and the rest. */
  rest: string[];
}

function find(kinds: readonly Kind[], parts: readonly string[], group: string): Found | undefined {
  const prefix = parts[0] === "api" ? 2 : 3;
  const version = parts[prefix - 1] ?? "";
  let rest = parts.slice(prefix);
  let namespace: string | undefined;
  if (rest[0] === "namespaces" && rest.length > 2 && rest[2] !== "status") {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const kind = kinds.find((each) => each.group === group && each.version === version && each.plural === rest[0]);
  return kind && { kind, namespace, rest: rest.slice(1) };
}

function checkBuiltIn({ kind, namespace, rest }: Found, method: string): Target {
  const [name, subresource] = rest;
  if (kind.namespaced !== (namespace !== undefined) && (name !== undefined || !kind.namespaced)) throw noSuchResource();
  if (rest.length > 2 || !isServed(kind, subresource)) throw noSuchResource();
  const target = { kind, namespace: kind.namespaced ? namespace : "", name, subresource };
  if (!allowedMethods(target).includes(method)) throw methodNotAllowed();
  return target;
}

function allowedMethods({ kind, namespace, name, subresource }: Target): string[] {
  if (subresource !== undefined) return ["GET", "PUT", "PATCH"];
  if (name !== undefined) return ["GET", "PUT", "PATCH", "DELETE"];
  if (!kind.namespaced) return ["GET", "POST"];
  return namespace === undefined ? ["GET"] : ["GET", "POST", "DELETE"];
}

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

function checkCustom({ kind, namespace, rest }: Found, method: string): Target {
  const [name, subresource] = rest;
  if (namespace === undefined && (name !== undefined || method !== "GET")) throw pageNotFound();
  const verb = verbs[method] ?? "";
  const ofSubresource = ["get", "update", "patch"].includes(verb);
  if (!isServed(kind, subresource)) throw notFound(kind, name ?? "");
  if (verb === "" || (subresource !== undefined && !ofSubresource)) throw notSupported(kind, verb);
  if (name === undefined && ["PUT", "PATCH"].includes(method)) throw badRequest("name must be provided");
  // A POST to an object creates in its collection: the name in the body counts.
  return { kind, namespace, name: method === "POST" ? undefined : name, subresource };
}

function isServed(kind: Kind, subresource: string | undefined): subresource is Target["subresource"] {
  if (subresource === undefined) return true;
  return (subresource === "status" && kind.hasStatus) || (subresource === "scale" && kind.hasScale);
}

const notSupported = ({ plural, group }: Kind, verb: string): ApiError => {
  const message = `${verb} is not supported on resources of kind "${plural}.${group}"`;
  return new ApiError(405, "MethodNotAllowed", message, { group, kind: plural });
};
