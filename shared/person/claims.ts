import { type ClaimRule, type Claims, comparable, valuesOf } from "../desktop/entitlement.ts";

/** What the identity provider knows of a person when asked. */
export interface Standing {
  enabled: boolean;
  /** Groups by path and by name, and roles by name. Undefined if some may be hidden from us: absence then means nothing. */
  groups: readonly string[];
  roles: readonly string[] | undefined;
  /** Living sessions that Guacamole's client takes part in; those of other applications are no sign of presence. */
  sessions: readonly string[];
  /** True if there are living sessions of other applications. */
  elsewhere: boolean;
}

/**
 * What a person is known to have lost: these values of a claim (with `below`, also the paths below them), or whatever of
 * groups and roles they no longer have.
 */
export type Narrowing =
  { lost: readonly string[]; of: string; below?: true } | { now: Standing; groups: string; roles: string };

/** The claims without what was lost; a claim that is emptied is gone. Nothing is added: what a token did not say stays unsaid. */
export function narrowClaims(claims: Claims, by: Narrowing): Claims {
  if ("lost" in by) {
    const { lost, below } = by;
    const isBelow = (value: string) => lost.some((path) => path.startsWith("/") && value.startsWith(`${path}/`));
    return filterClaim(claims, by.of, (value) => !lost.includes(value) && !(below && isBelow(value)));
  }
  return heldNow(by.now, by).reduce(
    (left, [name, held]) => filterClaim(left, name, (value) => held.includes(value)),
    claims,
  );
}

/**
 * What a person holds of the claims of groups and roles; one of which some may be hidden is left out. Both may be in the
 * same claim: Keycloak's own scope microprofile-jwt puts realm roles into `groups`.
 */
function heldNow(now: Standing, names: { groups: string; roles: string }): [name: string, held: readonly string[]][] {
  const { groups, roles } = now;
  if (names.groups === names.roles) return roles ? [[names.groups, [...groups, ...roles]]] : [];
  return [[names.groups, groups], ...(roles ? [[names.roles, roles] as [string, readonly string[]]] : [])];
}

/**
 * The claims that a request rests on, as the identity provider knows them now. Where not all of them were kept, its word
 * takes their place; `reduced` if others than groups and roles were not.
 */
export function claimsNow(
  { claims, claimsReduced }: { claims: Claims; claimsReduced?: boolean | undefined },
  now: Standing,
  names: { groups: string; roles: string },
): { claims: Claims; reduced: boolean } {
  const left = narrowClaims(claims, { now, ...names });
  if (claimsReduced !== true) return { claims: left, reduced: false };
  const known = new Map(heldNow(now, names));
  const entries = Object.keys(claims).map((name) => [name, known.get(name) ?? claims[name]] as const);
  return { claims: Object.fromEntries(entries), reduced: entries.some(([name]) => !known.has(name)) };
}

function filterClaim(claims: Claims, name: string, stays: (value: string) => boolean): Claims {
  if (!Object.hasOwn(claims, name)) return claims;
  const held: unknown[] = [claims[name]].flat();
  const left = held.filter((value) => typeof value !== "string" || stays(value));
  if (left.length === held.length) return claims;
  const others = Object.entries(claims).filter(([key]) => key !== name);
  return Object.fromEntries(left.length > 0 ? [...others, [name, left]] : others);
}

/** Claims up to this length, as JSON, are kept with all their values, so that bindings written later find them. */
const keptWhole = 16 * 1024;

/**
 * What is kept of the claims that a person was proven to have: those that any binding's rule names. If these are long,
 * only the values that a rule looks for, and one of any others, because a claim that is absent fulfils nothing. Then
 * `reduced` says that a rule written since may look for a value that the person has all the same.
 */
export function keptClaims(said: Claims, rules: readonly ClaimRule[]): { claims: Claims; reduced: boolean } {
  const wanted = new Map<string, Set<string>>();
  for (const rule of rules) wanted.set(rule.name, new Set([...(wanted.get(rule.name) ?? []), ...valuesOf(rule)]));
  const named = Object.entries(said).filter(([name]) => wanted.has(name));
  const whole = named.map(([name, claim]) => [name, comparable(claim)] as const);
  if (JSON.stringify(whole).length <= keptWhole) return { claims: Object.fromEntries(whole), reduced: false };
  const reduced = whole.map(([name, values]) => {
    const looked = values.filter((value) => wanted.get(name)?.has(String(value)));
    return [name, looked.length > 0 ? looked : values.slice(0, 1)] as const;
  });
  return { claims: Object.fromEntries(reduced), reduced: true };
}
