export type Json = string | number | boolean | null | Json[] | { [field: string]: Json };
type Path = readonly (string | number)[];

export interface Change {
  change: string;
  changed: Json;
}

/** What people and programs write in place of a value. */
const odd: readonly Json[] = [null, "", "*", "a b", "A_B", "Ü", "1", "x".repeat(64), -1, 0, 70_000, 1.5, true, {}, []];
const oddKeys = ["", "*", "a/b/c", "A B", "/a", "a..b/c", "Example.org/a", "x".repeat(64)];
const maps = ["labels", "annotations", "matchLabels", "selector", "nodeSelector", "data", "limits", "requests"];

/** An object with exactly one thing changed, for each of its values: taken out, odd, twice, or with an odd key beside it. */
export function changesOf(whole: Json): Change[] {
  return placesIn(whole).flatMap(({ path, value }) => {
    const at = path.join(".");
    const become = (change: string, other: Json | undefined, where = path): Change => ({
      change: `${at} ${change}`,
      changed: withValue(whole, where, other),
    });
    const isMap = maps.includes(String(path.at(-1))) && typeof value === "object";
    return [
      become("taken out", undefined),
      ...odd.map((other) => become(`= ${JSON.stringify(other)}`, other)),
      ...(Array.isArray(value) && value[0] !== undefined ? [become("twice", [...value, value[0]])] : []),
      ...(isMap ? oddKeys.map((key) => become(`with ${JSON.stringify(key)}`, "1", [...path, key])) : []),
    ];
  });
}

/** All values below an object, except what says of which kind it is. */
function placesIn(value: Json, path: Path = []): { path: Path; value: Json }[] {
  const own = path.length === 0 || path[0] === "apiVersion" || path[0] === "kind" ? [] : [{ path, value }];
  if (typeof value !== "object" || value === null) return own;
  const entries: (readonly [string | number, Json])[] = Array.isArray(value)
    ? value.map((each, i) => [i, each] as const)
    : Object.entries(value);
  return [...own, ...entries.flatMap(([name, each]) => placesIn(each, [...path, name]))];
}

function withValue(whole: Json, [name, ...rest]: Path, other: Json | undefined): Json {
  if (name === undefined) return other ?? null;
  if (Array.isArray(whole)) {
    return whole.flatMap((each, i) => {
      if (i !== name) return [each];
      return rest.length === 0 && other === undefined ? [] : [withValue(each, rest, other)];
    });
  }
  const fields = Object.entries(whole as Record<string, Json>).filter(([field]) => field !== name);
  if (rest.length === 0 && other === undefined) return Object.fromEntries(fields);
  const before = (whole as Record<string, Json>)[name] ?? null;
  return Object.fromEntries([...fields, [String(name), withValue(before, rest, other)]]);
}
