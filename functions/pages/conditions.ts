/** The forms in which a file can be sent, the one that is preferred first. */
export const codings = ["br", "gzip", "identity"] as const;
export type Coding = (typeof codings)[number];

/**
 * Chooses among the forms that there are by Accept-Encoding (RFC 9110, 12.5.3): the highest q, and of equals the smaller
 * file. A client that accepts none of them gets the plain one, as the RFC allows.
 */
export function chooseCoding(accepted: string | null, available: readonly Coding[]): Coding {
  if (accepted === null) return "identity";
  const weights = new Map<string, number>();
  for (const item of accepted.toLowerCase().split(",")) {
    const [, name, weight = "1"] = /^\s*([\w*.-]+)\s*(?:;\s*q=(\d(?:\.\d*)?)\s*)?$/.exec(item) ?? [];
    if (name !== undefined) weights.set(name === "x-gzip" ? "gzip" : name, Number(weight));
  }
  // Unless it is refused, the plain form is good enough: every coding that is named is better.
  const weightOf = (coding: Coding) =>
    weights.get(coding) ?? weights.get("*") ?? (coding === "identity" ? Number.MIN_VALUE : 0);
  const best = codings
    .filter((coding) => available.includes(coding) && weightOf(coding) > 0)
    .reduce<Coding | undefined>(
      (chosen, coding) => (chosen !== undefined && weightOf(chosen) >= weightOf(coding) ? chosen : coding),
      undefined,
    );
  return best ?? "identity";
}

/**
 * True if the client has what this tag stands for (If-None-Match, RFC 9110, 13.1.2). A gateway may have made the tag a weak
 * one, so these count, too.
 */
export function isKnownTag(known: string | null, tag: string): boolean {
  if (known === null) return false;
  return known.trim() === "*" || [...known.matchAll(/"[^"]*"/g)].some(([each]) => each === tag);
}
