/** Whether a route parameter's value is allowed. */
export type Constraint = (value: string) => boolean;

const plain: Readonly<Record<string, Constraint>> = {
  int: (value) => /^[+-]?\d+$/.test(value) && Math.abs(Number(value)) <= 2 ** 31 - 1,
  long: (value) => /^[+-]?\d{1,19}$/.test(value),
  bool: (value) => /^(true|false)$/i.test(value),
  guid: (value) => /^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  decimal: (value) => value.trim() !== "" && Number.isFinite(Number(value)),
  double: (value) => value.trim() !== "" && !Number.isNaN(Number(value)),
  float: (value) => value.trim() !== "" && !Number.isNaN(Number(value)),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  required: (value) => value !== "",
};

const withArguments: Readonly<Record<string, (...given: number[]) => Constraint>> = {
  min:
    (least = 0) =>
    (value) =>
      Number(value) >= least,
  max:
    (most = 0) =>
    (value) =>
      Number(value) <= most,
  range:
    (least = 0, most = 0) =>
    (value) =>
      Number(value) >= least && Number(value) <= most,
  minlength:
    (least = 0) =>
    (value) =>
      value.length >= least,
  maxlength:
    (most = 0) =>
    (value) =>
      value.length <= most,
  length:
    (least = 0, most = least) =>
    (value) =>
      value.length >= least && value.length <= most,
};

/** An inline constraint of ASP.NET, e.g. `int` or `length(1,64)`. Throws for one that there is not. */
export function createConstraint(text: string, template: string): Constraint {
  const [, name = "", given] = /^(\w+)(?:\((.*)\))?$/.exec(text) ?? [];
  if (name === "regex" && given !== undefined) {
    const pattern = new RegExp(given.replaceAll("{{", "{").replaceAll("}}", "}"), "i");
    return (value) => pattern.test(value);
  }
  const constraint = given === undefined ? plain[name] : withArguments[name]?.(...given.split(",").map(Number));
  if (constraint) return constraint;
  throw new Error(`parse route ${template}: there is no constraint "${text}" (see ASP.NET's route constraints)`);
}
