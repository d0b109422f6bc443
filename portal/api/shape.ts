/**
 * What an answer has to look like for a page to show it: its fields, and what kind of value each has. A small form of the schemas
 * of the API's answers, since the library that knows those is larger than the pages may be.
 *
 * A text, a number, a truth value or a time; null; a list of one shape (`[shape]`); one of several (`[shape, other]`); or fields,
 * whose name ends in `?` if they may be left out, and is `*` for any name. Fields that nobody knows are allowed: the app may be
 * newer than a page that has been open for days.
 */
export type Shape =
  "text" | "number" | "truth" | "time" | null | readonly Shape[] | { readonly [field: string]: Shape };

declare const of: unique symbol;

/** The shape of this body. */
export type ShapeOf<Body> = Shape & { readonly [of]?: Body };

export type BodyOf<Shaped> = Shaped extends { readonly [of]?: infer Body } ? Body : never;

const kinds = { text: "string", number: "number", truth: "boolean" } as const;

/** Where a value has another shape, as a path of names and places, empty for the value itself; null if it has this one. */
export function faultIn(shape: Shape, value: unknown, path: readonly string[] = []): string | null {
  const fault = (isRight: boolean) => (isRight ? null : path.join("."));
  if (shape === null) return fault(value === null);
  if (shape === "time") return fault(typeof value === "string" && !Number.isNaN(Date.parse(value)));
  if (typeof shape === "string") return fault(typeof value === kinds[shape]);
  if (isList(shape)) {
    const [element = null, ...others] = shape;
    if (others.length > 0) return fault(shape.some((each) => faultIn(each, value) === null));
    if (!Array.isArray(value)) return fault(false);
    return firstOf(value.entries(), ([place, each]) => faultIn(element, each, [...path, String(place)]));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fault(false);
  const found: Readonly<Record<string, unknown>> = { ...value };
  return firstOf(Object.entries(shape), ([field, inner]) => {
    if (field === "*") return firstOf(Object.entries(found), ([name, each]) => faultIn(inner, each, [...path, name]));
    const name = field.replace(/\?$/, "");
    if (field !== name && found[name] === undefined) return null;
    return faultIn(inner, found[name], [...path, name]);
  });
}

function firstOf<Item>(items: Iterable<Item>, look: (item: Item) => string | null): string | null {
  for (const item of items) {
    const fault = look(item);
    if (fault !== null) return fault;
  }
  return null;
}

/** As a function: `Array.isArray` does not tell the compiler of a list that cannot be changed. */
function isList(shape: readonly Shape[] | object): shape is readonly Shape[] {
  return Array.isArray(shape);
}
