/** The tokens of JSON that matter for repeated names: strings, braces, and the colon after a name. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}:]/g;

/**
 * Reads I-JSON (RFC 7493): each name once in an object, since parsers differ in which of two counts, and no lone
 * surrogates, which UTF-8 cannot represent. A fault is in words for the caller.
 */
export function parseJson(text: string): { value: unknown } | { fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: text.startsWith("\ufeff") ? "it begins with a byte order mark (leave it out)" : "it is not JSON" };
  }
  const fault = faultOf(text);
  return fault === undefined ? { value } : { fault };
}

/** Returns what is wrong with a valid JSON text. */
function faultOf(text: string): string | undefined {
  const objects: Set<string>[] = [];
  let last = "";
  for (const [token] of text.matchAll(tokens)) {
    if (token === "{") objects.push(new Set());
    else if (token === "}") objects.pop();
    else if (token === ":") {
      const names = objects.at(-1);
      if (names?.has(last)) return `it has ${JSON.stringify(last.slice(0, 64))} twice in one object (send it once)`;
      names?.add(last);
    } else {
      last = JSON.parse(token) as string;
      if (!last.isWellFormed()) return "it has half a surrogate pair (\\ud800 to \\udfff come in pairs)";
    }
  }
  return undefined;
}
