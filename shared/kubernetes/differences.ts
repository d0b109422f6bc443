/** A field that is not as it should be. Values are JSON; undefined: it is not there. */
export interface Difference {
  field: string;
  found: string | undefined;
  wanted: string | undefined;
}

/** So many are named. */
const most = 20;

/** Where two values of JSON differ: the deepest fields that do, by their path. */
export function differences(found: unknown, wanted: unknown, field: string): Difference[] {
  return within(found, wanted, field).slice(0, most);
}

function within(found: unknown, wanted: unknown, field: string): Difference[] {
  if (isNested(found) && isNested(wanted) && Array.isArray(found) === Array.isArray(wanted)) {
    const names = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
    return names.flatMap((name) =>
      within(found[name], wanted[name], Array.isArray(wanted) ? `${field}[${name}]` : `${field}.${name}`),
    );
  }
  const [one, other] = [textOf(found), textOf(wanted)];
  return one === other ? [] : [{ field, found: one, wanted: other }];
}

function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}
