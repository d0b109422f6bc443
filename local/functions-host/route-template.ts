/** Matches a decoded path; returns the parameters that have a value. */
export type RouteMatcher = (path: string) => Record<string, string> | undefined;

/** A parameter's name, or literal text. */
type Segment = { parameter: string; isCatchAll: boolean } | { literal: string };

/**
 * Parses a route template of ASP.NET, e.g. `api/things/{id}/{*rest}`. Matching follows dotnet/aspnetcore,
 * RoutePatternMatcher.cs and PathTokenizer.cs: literals are case-insensitive, one trailing slash is ignored, and an
 * empty segment (`//`) matches nothing except after the start of a catch-all. Constraints, optional and default
 * parameters, and parameters next to other text in a segment are not supported. Throws one sentence about what is wrong
 * with the template.
 */
export function parseRoute(template: string): RouteMatcher {
  const refuse = (reason: string) => new Error(`parse route ${template}: ${reason}`);
  const texts = template === "" ? [] : template.split("/");
  if (texts.includes("")) throw refuse('the separator "/" may not begin, end or follow itself (remove one)');
  const segments = texts.map((text) => parseSegment(text, template));
  const parameters = segments.filter((segment) => "parameter" in segment);
  const names = new Set(parameters.map(({ parameter }) => parameter.toLowerCase()));
  if (names.size < parameters.length) throw refuse("a parameter's name occurs twice (rename one)");
  if (parameters.some(({ isCatchAll }, index) => isCatchAll && index < parameters.length - 1)) {
    throw refuse("a catch-all is not the last parameter (move it to the end)");
  }
  return (path) => matchSegments(segments, path);
}

function parseSegment(text: string, template: string): Segment {
  const [, stars = "", parameter] = /^\{(\*{0,2})([^{}*:=?/]+)\}$/.exec(text) ?? [];
  if (parameter !== undefined) return { parameter, isCatchAll: stars !== "" };
  if (!/[{}?]/.test(text)) return { literal: text };
  throw new Error(
    `parse route ${template}: segment "${text}" is malformed, or more than the local host supports (use {name} or {*name}, and check the value in the handler)`,
  );
}

function matchSegments(template: readonly Segment[], path: string): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  const given = path.slice(1).replace(/\/$/, "");
  const texts = path.length <= 1 ? [] : given.split("/");
  for (const [index, segment] of template.entries()) {
    const text = texts[index];
    const isCatchAll = "parameter" in segment && segment.isCatchAll;
    if (text === undefined && isCatchAll) continue;
    if (text === undefined || text === "") return undefined;
    if ("literal" in segment) {
      if (segment.literal.toLowerCase() !== text.toLowerCase()) return undefined;
    } else if (isCatchAll) {
      // The rest of the path unchanged, including a trailing slash.
      values[segment.parameter] = path.slice(1).split("/").slice(index).join("/");
      return values;
    } else values[segment.parameter] = text;
  }
  return texts.length <= template.length ? values : undefined;
}
