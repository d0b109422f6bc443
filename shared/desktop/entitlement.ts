import type { ErrorCode, ReasonValues, Refusal } from "../errors.ts";
import { refuse } from "../errors.ts";
import { type Day, earlier } from "./day.ts";
import type { BindingState } from "./state.ts";
import { canonicalUsername, type DesktopKey, deploymentName } from "./names.ts";

/** What the domain needs of an AnalyticsWorkspace. */
export interface Workspace {
  name: string;
  displayName: string;
  description: string;
  availableFrom: Day;
  expires: Day;
  /** The policy that the workspace chose for its desktops, by the name of its ConfigMap. */
  policy?: string | undefined;
}

export type ClaimOperator = "EQUALS" | "NOT EQUALS" | "IN" | "NOT IN";

export interface ClaimRule {
  name: string;
  operator: ClaimOperator;
  value: string;
}

/** How many pods a personal binding asks for, and how many it did when we looked or wrote last; null if we never did. */
export interface Scale {
  replicas: number;
  seen: number | null;
  /** When we first found it scaled as it is now, by somebody else. */
  noticedAt?: string;
}

/** Why a binding that somebody scaled up had no effect. */
export interface ScalingRefusal {
  at: string;
  code: ErrorCode;
  reason: string;
  /** What the reason says, in fields. */
  values?: ReasonValues | undefined;
}

/** What the domain needs of an AnalyticsWorkspaceBinding. A binding names one person, or everybody whose claims match. */
export interface Binding {
  name: string;
  workspace: string;
  expires: Day;
  /** In its canonical form. */
  username?: string;
  /** The username as the binding spells it, if that is not the canonical form. */
  spelled?: string;
  claims: readonly ClaimRule[];
  /** The operator's deployment name, if its status has one; only a binding that names a person has it. */
  deployment?: string;
  /**
   * True if its status says that its desktop runs; undefined if it says nothing. Only a binding that names a person has
   * it.
   */
  active?: boolean;
  /** Its wanted pods and its status as they are; only a binding that names a person has them. */
  state?: BindingState;
  /** How it is scaled; only a binding that names a person can be. */
  scale?: Scale;
  /** Why it was last scaled up in vain. */
  lastRefusal?: ScalingRefusal;
}

/**
 * Everything that decides who may use what. Objects that cannot be read entitle nobody, but are reported: workspaces by
 * their names, bindings by what can be read of them.
 */
export interface WorkspacesAndBindings {
  workspaces: Workspace[];
  bindings: Binding[];
  unreadable: { workspaces: string[]; bindings: UnreadableBinding[] };
  /** Which objects are not as they should be, what is wrong with each, and what to do. */
  odd?: readonly string[] | undefined;
}

/** What can be read of a binding that cannot be read as a whole. */
export type UnreadableBinding = Pick<Binding, "name"> & Partial<Pick<Binding, "workspace" | "username">>;

/**
 * True if a workspace or binding that cannot be read may be what entitles this person to their desktop: the binding that
 * the desktop notes, one that names the person, or one to the workspace that does not say whose it is.
 */
export function mayBeHidden(
  { workspaces, bindings }: WorkspacesAndBindings["unreadable"],
  desktop: DesktopKey & { binding?: string | undefined },
): boolean {
  return (
    workspaces.includes(desktop.workspace) ||
    bindings.some(
      ({ name, workspace, username }) =>
        name === desktop.binding ||
        (username === undefined
          ? workspace === desktop.workspace
          : username === canonicalUsername(desktop.username) && (workspace ?? desktop.workspace) === desktop.workspace),
    )
  );
}

export type Claims = Readonly<Record<string, unknown>>;

export interface Person {
  username: string;
  claims: Claims;
}

/** The answer to "may this person use this workspace now?" when it is yes. `until` is the last day on which it stays so. */
export interface Entitlement {
  workspace: Workspace;
  binding: Binding;
  /** The person's bindings to this workspace, the one that counts first: any of them may record the desktop's name. */
  bindings: readonly Binding[];
  /** The username as any of these bindings spells it, if that is not the canonical form. */
  spelled?: string | undefined;
  until: Day;
}

/**
 * Returns the entitlement if the person may use the workspace today: a binding names this username (in any case) or matches
 * by claims, the workspace exists, and today lies inside both dates, first and last day included.
 */
export function decideEntitlement(
  person: Person,
  workspaceName: string,
  known: { workspaces: readonly Workspace[]; bindings: readonly Binding[] },
  today: Day,
): Entitlement | Refusal {
  const own = known.bindings.filter((binding) => bindsPerson(binding, person));
  if (own.length === 0) return refuse("unknown-user", `no binding names ${person.username} or matches their claims`);

  const candidates = own.filter(({ workspace }) => workspace === workspaceName).sort(preferred);
  const binding = candidates[0];
  if (!binding)
    return refuse("workspace-not-bound", `${person.username} has no binding to a workspace called ${workspaceName}`);
  if (today > binding.expires)
    return refuse(
      "binding-expired",
      `the right to use ${workspaceName} ended after ${binding.expires} (binding ${binding.name})`,
      { date: binding.expires },
    );

  const workspace = known.workspaces.find(({ name }) => name === workspaceName);
  if (!workspace)
    return refuse(
      "workspace-missing",
      `the binding ${binding.name} names ${workspaceName}, which does not exist or cannot be read`,
    );
  if (today < workspace.availableFrom)
    return refuse("workspace-not-yet-available", `${workspaceName} opens on ${workspace.availableFrom}`, {
      date: workspace.availableFrom,
    });
  if (today > workspace.expires)
    return refuse("workspace-expired", `${workspaceName} ended after ${workspace.expires}`, {
      date: workspace.expires,
    });

  const spelled = candidates.find((candidate) => candidate.spelled !== undefined)?.spelled;
  const until = earlier(binding.expires, workspace.expires);
  return { workspace, binding, bindings: candidates, spelled, until };
}

/** A name that a desktop's Deployment may have, and whether it is the desktop's own: it then follows from its key. */
export interface PossibleName {
  deployment: string;
  isOwn: boolean;
}

/**
 * The names that a person's bindings to one workspace record for its Deployment, and the one that the operator derived from
 * a spelling that is not the canonical one. A name that is not the desktop's own may be anybody's: whoever may write a
 * binding's status chooses it.
 */
export function possibleNames(bindings: readonly Binding[]): PossibleName[] {
  const named = bindings.filter(({ username }) => username !== undefined);
  const own = new Set(
    named.flatMap(({ workspace, username = "", spelled = username }) => [
      deploymentName({ workspace, username }),
      deploymentName({ workspace, username: spelled }),
    ]),
  );
  const recorded = named.flatMap(({ deployment }) => deployment ?? []);
  const [first] = named.every(({ spelled }) => spelled !== undefined) ? named : [];
  const derived =
    first?.spelled === undefined ? [] : [deploymentName({ workspace: first.workspace, username: first.spelled })];
  return [...new Set([...recorded, ...derived])].map((deployment) => ({ deployment, isOwn: own.has(deployment) }));
}

/** The longest-lasting binding first; of two alike, the one that names the person, then by name, so that the choice is stable. */
function preferred(one: Binding, other: Binding): number {
  return (
    other.expires.localeCompare(one.expires) ||
    Number(other.username !== undefined) - Number(one.username !== undefined) ||
    one.name.localeCompare(other.name)
  );
}

/**
 * True if the binding is this person's. A username in a binding decides alone, so its claims can never let in somebody
 * else.
 */
export function bindsPerson(binding: Binding, person: Person): boolean {
  if (binding.username !== undefined) return binding.username === canonicalUsername(person.username);
  return binding.claims.length > 0 && binding.claims.every((rule) => matchesClaim(rule, person.claims));
}

/**
 * True if a claim fulfils a rule. A claim may hold one value or a list; EQUALS and IN want one of its values among the
 * rule's (IN: separated by commas), the NOT forms want none. A claim that is absent fulfils nothing: doubt is no access.
 */
function matchesClaim(rule: ClaimRule, claims: Claims): boolean {
  const { name, operator } = rule;
  const held = comparable(Object.hasOwn(claims, name) ? claims[name] : undefined).map(String);
  if (held.length === 0) return false;
  const wanted = valuesOf(rule);
  const overlaps = held.some((item) => wanted.includes(item));
  return operator.startsWith("NOT") ? !overlaps : overlaps;
}

/** The values that a rule looks for. */
export function valuesOf({ operator, value }: ClaimRule): string[] {
  return operator === "IN" || operator === "NOT IN" ? value.split(",").map((item) => item.trim()) : [value];
}

/** The values of a claim that a rule can look at: texts, numbers and truth values, alone or in a list. Nothing else counts. */
export function comparable(claim: unknown): (string | number | boolean)[] {
  const list: unknown[] = Array.isArray(claim) ? claim : [claim];
  return list.filter((item) => typeof item === "string" || typeof item === "number" || typeof item === "boolean");
}
