/** One requirement of a label selector (kubernetes.io/docs/concepts/overview/working-with-objects/labels). */
export interface Requirement {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values: readonly string[];
}

/** The values that a label may have: these, or (`isOther`) any but these; and whether it may be missing. */
interface Values {
  values: readonly string[];
  isOther: boolean;
  missing: boolean;
}

/** What is required of labels, by key; all of it must hold. */
export type Requirements = ReadonlyMap<string, Values>;

/** True if labels like these match all requirements. */
export function selects(requirements: readonly Requirement[], labels: Readonly<Record<string, string>>): boolean {
  return requirements.every((requirement) => {
    const allowed = valuesOf(requirement);
    if (!Object.hasOwn(labels, requirement.key)) return allowed.missing;
    return allowed.values.includes(labels[requirement.key] ?? "") !== allowed.isOther;
  });
}

/** The requirements by key; null if no labels can match them. */
export function requirementsOf(list: readonly Requirement[]): Requirements | null {
  return list.reduce<Requirements | null>(
    (all, requirement) => all && narrow(all, requirement.key, valuesOf(requirement)),
    new Map(),
  );
}

/**
 * True if labels can match the first requirements and none of the others. Tries, of each of the others, each requirement
 * that the labels may fail.
 */
export function canMatchBeyond(first: Requirements, others: readonly (Requirements | null)[]): boolean {
  const [other, ...rest] = others.filter((each) => each !== null && overlap(first, each));
  if (!other) return true;
  return [...other].some(([key, allowed]) => {
    const failing = narrow(first, key, negated(allowed));
    return failing !== null && canMatchBeyond(failing, rest);
  });
}

function valuesOf({ operator, values }: Requirement): Values {
  switch (operator) {
    case "In":
      return { values: values, isOther: false, missing: false };
    case "NotIn":
      return { values: values, isOther: true, missing: true };
    case "Exists":
      return { values: [], isOther: true, missing: false };
    case "DoesNotExist":
      return { values: [], isOther: false, missing: true };
  }
}

function negated({ values, isOther, missing }: Values): Values {
  return { values, isOther: !isOther, missing: !missing };
}

function both(one: Values, other: Values): Values {
  const missing = one.missing && other.missing;
  const within = (values: readonly string[], { values: listed, isOther }: Values) =>
    values.filter((value) => listed.includes(value) !== isOther);
  if (one.isOther && other.isOther) return { values: [...one.values, ...other.values], isOther: true, missing };
  return one.isOther
    ? { values: within(other.values, one), isOther: false, missing }
    : { values: within(one.values, other), isOther: false, missing };
}

/** The requirements with one more of a key; null if nothing is left that could match. */
function narrow(all: Requirements, key: string, allowed: Values): Requirements | null {
  const before = all.get(key);
  const now = before ? both(before, allowed) : allowed;
  if (now.values.length === 0 && !now.isOther && !now.missing) return null;
  return new Map(all).set(key, now);
}

function overlap(one: Requirements, other: Requirements): boolean {
  return [...other].every(([key, allowed]) => narrow(one, key, allowed) !== null);
}
