/** What was found out; or, in words, why it could not be. */
export type Known<T> = { known: T } | { unknown: Finding };

/** What is wrong, or not known, and of what; and what to do about it. */
export interface Finding {
  what: string;
  advice: string;
}

/** Every check of the estate, in the order in which they are told: what others rest on comes first. */
export const checkNames = [
  "settings",
  "cluster",
  "cluster-rights",
  "custom-resources",
  "admission-policy",
  "default-deny",
  "isolation",
  "guacd",
  "guacamole",
  "destinations",
  "dns",
  "database",
  "guacamole-schema",
  "database-rights",
  "user-names",
  "issuer",
  "lookup-client",
  "guacamole-client",
  "realm-mappers",
] as const;

export type CheckName = (typeof checkNames)[number];

/** `not used`: the settings do not ask for what the check is about. */
export const checkStates = ["ok", "wrong", "not known", "not used"] as const;

export type CheckState = (typeof checkStates)[number];

export interface Check {
  name: CheckName;
  state: CheckState;
  /** What was seen that is right, or why there is nothing to check; empty unless `ok` or `not used`. */
  seen: string;
  /** What is wrong, before what is not known; empty if `ok` or `not used`. */
  findings: (Finding & { state: "wrong" | "not known" })[];
}

/** A check that found these faults and doubts, or nothing but what is `seen`. */
export function checkOf(
  name: CheckName,
  seen: string,
  { wrong = [], doubts = [] }: { wrong?: readonly Finding[]; doubts?: readonly Finding[] },
): Check {
  const findings = [
    ...wrong.map((each) => ({ ...each, state: "wrong" as const })),
    ...doubts.map((each) => ({ ...each, state: "not known" as const })),
  ];
  const state = findings[0]?.state ?? "ok";
  return { name, state, seen: state === "ok" ? seen : "", findings };
}

/** A check whose facts are not known has the reason as its only finding. */
export function checkOfKnown<T>(name: CheckName, fact: Known<T>, check: (known: T) => Check): Check {
  return "known" in fact ? check(fact.known) : checkOf(name, "", { doubts: [fact.unknown] });
}

export function notUsed(name: CheckName, why: string): Check {
  return { name, state: "not used", seen: why, findings: [] };
}

/** The state of the whole: wrong if anything is; else not known if anything is. */
export function stateOf(checks: readonly Check[]): Exclude<CheckState, "not used"> {
  const is = (state: CheckState) => checks.some((check) => check.state === state);
  return is("wrong") ? "wrong" : is("not known") ? "not known" : "ok";
}

/** Each finding once. */
export function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((each) => [each.what, each])).values()];
}
