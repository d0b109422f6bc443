/**
 * Returns true if everything in `expected` is in `actual`, which may have more members; otherwise the path to the first
 * difference. Both are JSON. Arrays must have the same length.
 */
export function isContained(expected: unknown, actual: unknown, path = "$"): true | string {
  if (typeof expected !== "object" || expected === null) return Object.is(expected, actual) || path;
  if (typeof actual !== "object" || actual === null) return path;
  if (Array.isArray(expected) !== Array.isArray(actual)) return path;
  if (Array.isArray(expected) && expected.length !== (actual as unknown[]).length) return `${path}.length`;
  for (const [key, value] of Object.entries(expected)) {
    const found = isContained(value, (actual as Record<string, unknown>)[key], `${path}.${key}`);
    if (found !== true) return found;
  }
  return true;
}
