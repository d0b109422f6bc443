import { createConstraint } from "./route-constraints.ts";
import type { Constraint } from "./route-constraints.ts";

/** Matches a decoded path; returns the parameters that have a value. */
export type RouteMatcher = (path: string) => Record<string, string> | undefined;

interface Parameter {
  name: string;
  isOptional: boolean;
  isCatchAll: boolean;
  fallback: string | undefined;
  constraints: Constraint[];
}
type Part = string | Parameter;
type Segment = readonly Part[];

/**
 * Parses a route template of ASP.NET, e.g. `api/things/{id:int}/{*rest}`. Matching follows dotnet/aspnetcore,
 * RoutePatternMatcher.cs and PathTokenizer.cs: literals compare without case, one slash at the end does not count, an empty
 * segment (`//`) matches nothing except behind the start of a catch-all. Throws one sentence about what is wrong with it.
 */
export function parseRoute(template: string): RouteMatcher {
  const refuse = (reason: string) => new Error(`parse route ${template}: ${reason}`);
  const segments = template === "" ? [] : template.split("/").map((segment) => parseSegment(segment, template));
  if (segments.some((segment) => segment.length === 0)) {
    throw refuse('the separator "/" may not begin, end or follow itself (remove one)');
  }
  const parameters = segments.flat().filter((part) => typeof part === "object");
  const names = new Set(parameters.map(({ name }) => name.toLowerCase()));
  if (names.size < parameters.length) throw refuse("a parameter's name is there twice (rename one)");
  if (parameters.some(({ isCatchAll }, index) => isCatchAll && index < parameters.length - 1)) {
    throw refuse("a catch-all is not the last parameter (move it to the end)");
  }
  return (path) => {
    const values = matchSegments(segments, path);
    return values && parameters.every((parameter) => isAllowed(parameter, values)) ? values : undefined;
  };
}

function parseSegment(segment: string, template: string): Segment {
  const malformed = () =>
    new Error(`parse route ${template}: segment "${segment}" is malformed (check braces and "?", name each parameter)`);
  const parts = [...segment.matchAll(/\{((?:[^{}]|\{\{|\}\})*)\}|([^{}]+)/g)];
  if (parts.map(([whole]) => whole).join("") !== segment) throw malformed();
  const parsed = parts.map(([, parameter, literal]) => literal ?? parseParameter(parameter ?? "", template));
  parsed.forEach((part, index) => {
    if (typeof part === "string" ? part.includes("?") : parsed.length > 1 && !isPlain(part)) throw malformed();
    if (typeof part === "object" && typeof parsed[index + 1] === "object") throw malformed();
  });
  return parsed;
}

/** Optional parts and catch-alls beside a literal are not imitated. */
function isPlain({ isOptional, isCatchAll, fallback }: Parameter): boolean {
  return !isOptional && !isCatchAll && fallback === undefined;
}

function parseParameter(text: string, template: string): Parameter {
  const [, stars = "", name = "", constraints = "", fallback, optional] =
    /^(\*{0,2})([^*:=?/]+)((?::(?:[^:=?(]|\([^)]*\))+)*)(?:=([^?]*))?(\?)?$/.exec(text) ?? [];
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

/** A constraint refuses a parameter without a value, unless the parameter is optional (OptionalRouteConstraint.cs). */
function isAllowed({ name, isOptional, constraints }: Parameter, values: Readonly<Record<string, string>>): boolean {
  const value = values[name];
  if (value === undefined) return isOptional || constraints.length === 0;
  return constraints.every((allows) => allows(value));
}

function matchSegments(template: readonly Segment[], path: string): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  const given = path.slice(1).replace(/\/$/, "");
  const texts = path.length <= 1 ? [] : given.split("/");
  for (const [index, segment] of template.entries()) {
    const text = texts[index];
    if (text === "") return undefined;
    const [first] = segment;
    const whole = segment.length === 1 && typeof first === "object" ? first : undefined;
    if (text === undefined) {
      if (!whole || !(whole.isCatchAll || whole.isOptional || whole.fallback !== undefined)) return undefined;
      if (whole.fallback !== undefined) values[whole.name] = whole.fallback;
    } else if (whole?.isCatchAll) {
      // The rest of the path as it is, with a slash at its end.
      values[whole.name] = path.slice(1).split("/").slice(index).join("/");
      return values;
    } else if (!matchSegment(segment, text, values)) return undefined;
  }
  return texts.length <= template.length ? values : undefined;
}

function matchSegment(segment: Segment, text: string, values: Record<string, string>): boolean {
  const pattern = segment
    .map((part) => (typeof part === "string" ? part.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&") : "([^]+)"))
    .join("");
  const found = new RegExp(`^${pattern}$`, "i").exec(text);
  if (!found) return false;
  const parameters = segment.filter((part) => typeof part === "object");
  parameters.forEach(({ name }, index) => (values[name] = found[index + 1] ?? ""));
  return true;
}
