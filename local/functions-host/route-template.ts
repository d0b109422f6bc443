import { createConstraint } from "./route-constraints.ts";
import type { Constraint } from "./route-constraints.ts";

/** A route template of ASP.NET: `things/{id:int}/{*rest}`, relative to the route prefix. */
export interface RouteTemplate {
  /** Compares templates: the smaller one is more specific and is tried first (ASP.NET's inbound precedence). */
  precedence: string;
  /** Matches a path without prefix, still percent-encoded; answers the decoded parameters. */
  match(path: string): Record<string, string> | undefined;
}

interface Parameter {
  name: string;
  isOptional: boolean;
  isCatchAll: boolean;
  fallback: string | undefined;
  constraints: Constraint[];
}
type Part = string | Parameter;

/** Parses a template. Throws one sentence about what is wrong with it. */
export function parseRoute(template: string): RouteTemplate {
  const segments = template.split("/").filter((each) => each !== "");
  const parsed = segments.map((segment) => parseSegment(segment, template));
  const precedence = parsed.map(precedenceDigit).join("");
  return {
    precedence,
    match: (path) =>
      matchSegments(
        parsed,
        path.split("/").filter((each) => each !== ""),
      ),
  };
}

function parseSegment(segment: string, template: string): Part[] {
  const parts = [...segment.matchAll(/\{((?:[^{}]|\{\{|\}\})*)\}|([^{}]+)/g)];
  if (parts.map(([whole]) => whole).join("") !== segment) {
    throw new Error(`parse route ${template}: segment "${segment}" is malformed (check its braces)`);
  }
  return parts.map(([, parameter, literal]) => literal ?? parseParameter(parameter ?? "", template));
}

function parseParameter(text: string, template: string): Parameter {
  const [, stars = "", name = "", constraints = "", fallback, optional] =
    /^(\*{0,2})([^:=?]+)((?::(?:[^:=?(]|\([^)]*\))+)*)(?:=([^?]*))?(\?)?$/.exec(text) ?? [];
  if (name === "") throw new Error(`parse route ${template}: parameter {${text}} is malformed (name it)`);
  return {
    name,
    isOptional: optional !== undefined,
    isCatchAll: stars !== "",
    fallback,
    constraints: [...constraints.matchAll(/:((?:[^:(]|\([^)]*\))+)/g)].map(([, each = ""]) =>
      createConstraint(each, template),
    ),
  };
}

/** 1 literal, 2 constrained or mixed, 3 parameter, 4 constrained catch-all, 5 catch-all (RoutePrecedence.cs of ASP.NET). */
function precedenceDigit(segment: readonly Part[]): number {
  const [first] = segment;
  if (segment.length > 1) return 2;
  if (first === undefined || typeof first === "string") return 1;
  return (first.isCatchAll ? 5 : 3) - (first.constraints.length > 0 ? 1 : 0);
}

function matchSegments(template: readonly Part[][], path: readonly string[]): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  let position = 0;
  for (const segment of template) {
    const [first] = segment;
    const isWhole = segment.length === 1 && typeof first === "object";
    if (isWhole && first.isCatchAll) {
      const rest = path.slice(position).map(decode).join("/");
      position = path.length;
      if (rest !== "" && !take(first, rest, values)) return undefined;
      continue;
    }
    const text = path[position];
    if (text === undefined) {
      if (!isWhole || !(first.isOptional || first.fallback !== undefined)) return undefined;
      if (first.fallback !== undefined) values[first.name] = first.fallback;
      continue;
    }
    position += 1;
    if (!matchSegment(segment, decode(text), values)) return undefined;
  }
  return position === path.length ? values : undefined;
}

function matchSegment(segment: readonly Part[], text: string, values: Record<string, string>): boolean {
  const pattern = segment
    .map((part) => (typeof part === "string" ? part.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&") : "(.+)"))
    .join("");
  const found = new RegExp(`^${pattern}$`, "i").exec(text);
  if (!found) return false;
  const parameters = segment.filter((part) => typeof part === "object");
  return parameters.every((parameter, index) => take(parameter, found[index + 1] ?? "", values));
}

function take(parameter: Parameter, value: string, values: Record<string, string>): boolean {
  if (!parameter.constraints.every((allows) => allows(value))) return false;
  values[parameter.name] = value;
  return true;
}

/** As Kestrel decodes a path: everything but %2F, which would change the segments; what is malformed stays as it is. */
function decode(segment: string): string {
  return segment
    .split(/(%2f)/i)
    .map((piece, index) => {
      if (index % 2 === 1) return piece;
      try {
        return decodeURIComponent(piece);
      } catch {
        return piece;
      }
    })
    .join("");
}
