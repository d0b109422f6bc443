const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** Writes a number as Kubernetes does: whole thousandths, and the largest suffix that leaves a whole number. */
export function quantityText(number: number): string {
  if (!Number.isInteger(number)) return `${Math.ceil(number * 1000)}m`;
  let [rest, suffix] = [number, 0];
  while (rest !== 0 && rest % 1000 === 0 && suffix < 5) [rest, suffix] = [rest / 1000, suffix + 1];
  return `${rest}${["", "k", "M", "G", "T", "P"][suffix] ?? ""}`;
}

/** Converts a quantity such as "250m" or "2Gi" to a number. */
export function quantity(text: string | number): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(text));
  return match === null ? 0 : Number(match[1]) * (suffixes[match[2] ?? ""] ?? 1);
}
