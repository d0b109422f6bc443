/** What stands in JSON between which names can repeat: strings, and where an object begins, ends, or has a name's colon. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}:]/g;

/**
 * Reads JSON as I-JSON (RFC 7493) has it: each name once in an object, since readers differ in which of two counts, and no
 * half surrogate pairs, which UTF-8 cannot hold. A fault is in words for the caller.
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

/** Of a text that is JSON. */
function faultOf(text: string): string | undefined {
  const objects: Set<string>[] = [];
  let last = "";
  for (const [token] of text.matchAll(tokens)) {
    if (token === "{") objects.push(new Set());
    else if (token === "}") objects.pop();
    else if (token === ":") {
      const names = objects.at(-1);
      if (names?.has(last)) return `it has ${JSON.stringify(last.slice(0, 64))} twice in one object (say it once)`;
      names?.add(last);
    } else {
      last = JSON.parse(token) as string;
      if (!last.isWellFormed()) return "it has half a surrogate pair (\\ud800 to \\udfff go in pairs)";
    }
  }
  return undefined;
}
