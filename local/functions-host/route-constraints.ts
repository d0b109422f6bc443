/** Whether a route parameter's value is allowed. */
export type Constraint = (value: string) => boolean;

const plain: Readonly<Record<string, Constraint>> = {
  int: (value) => isWhole(value, -(2n ** 31n), 2n ** 31n - 1n),
  long: (value) => isWhole(value, -(2n ** 63n), 2n ** 63n - 1n),
  bool: (value) => /^\s*(true|false)\s*$/i.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  required: (value) => value !== "",
};

const withArguments: Readonly<Record<string, (first: number, second: number) => Constraint>> = {
  min: (least) => (value) => isWhole(value, BigInt(least), 2n ** 63n - 1n),
  max: (most) => (value) => isWhole(value, -(2n ** 63n), BigInt(most)),
  range: (least, most) => (value) => isWhole(value, BigInt(least), BigInt(most)),
  minlength: (least) => (value) => value.length >= least,
  maxlength: (most) => (value) => value.length <= most,
  length: (least, most) => (value) => value.length >= least && value.length <= most,
};

/**
 * An inline constraint of ASP.NET, e.g. `int` or `length(1,64)` (dotnet/aspnetcore, RouteOptions.GetDefaultConstraintMap).
 * Throws for `datetime`, `decimal`, `double`, `float`, `guid`, `regex` and the like too: they follow .NET's own parsing, which
 * is not imitated here.
 */
export function createConstraint(text: string, template: string): Constraint {
  const [, name = "", given] = /^(\w+)(?:\((-?\d+(?:,-?\d+)?)\))?$/.exec(text) ?? [];
  const key = name.toLowerCase();
  if (given === undefined && plain[key]) return plain[key];
  const [first = 0, second = first] = (given ?? "").split(",").map(Number);
  const constraint = given === undefined ? undefined : withArguments[key]?.(first, second);
  if (constraint) return constraint;
  throw new Error(
    `parse route ${template}: the constraint "${text}" is not supported by the local host (check the value in the handler)`,
  );
}

function isWhole(value: string, least: bigint, most: bigint): boolean {
  if (!/^\s*[+-]?\d+\s*$/.test(value)) return false;
  const number = BigInt(value.trim().replace(/^\+/, ""));
  return number >= least && number <= most;
}
