import type { Decision, Rule } from "../desktop/decision.ts";
import type { DesktopState } from "../desktop/state.ts";

/** What somebody should look at, the worst first. */
export const concerns = [
  // Its rows were changed or removed, or its parts do not fit together.
  "failed",
  // The record of its person cannot be read.
  "damaged",
  // Its state is not known, or it is kept in doubt.
  "unknown",
  // It is to go down, or something of it is to be removed, and that failed.
  "in-trouble",
  // It is starting for longer than most starts take.
  "slow-start",
] as const;
export type Concern = (typeof concerns)[number];

/** A start takes seconds if the image is on the node; pulls and new nodes take a minute or two. */
export const slowStartMinutes = 2;

/** What is known of a desktop that says whether somebody should look at it. */
export interface Condition {
  state: DesktopState;
  since?: string | undefined;
  rule: Rule;
  isDamaged: boolean;
  isInTrouble: boolean;
}

export function concernOf({ state, since, rule, isDamaged, isInTrouble }: Condition, now: Date): Concern | undefined {
  if (state === "failed") return "failed";
  if (isDamaged) return "damaged";
  if (state === "unknown" || rule === "unknown") return "unknown";
  if (isInTrouble) return "in-trouble";
  const isSlow = since !== undefined && now.getTime() - Date.parse(since) > slowStartMinutes * 60_000;
  return rule === "stuck-starting" || (state === "starting" && isSlow) ? "slow-start" : undefined;
}

/** What decides where a desktop stands in the list. */
export interface Ranked {
  id: string;
  concern?: Concern | undefined;
  since?: string | undefined;
  action: Decision["action"];
  endsAt?: string | undefined;
}

/** A place in the list. Two desktops never have the same. */
export type Rank = readonly [group: number, key: string, id: string];

const ending = concerns.length;
const others = ending + 1;
/** After every time. */
const notKnown = "~";

/**
 * Where a desktop stands: by its concern, and of those with the same the one that has it for longest; then those that end
 * soonest; then the others.
 */
export function rankOf({ id, concern, since, action, endsAt }: Ranked): Rank {
  if (concern !== undefined) return [concerns.indexOf(concern), since ?? notKnown, id];
  if (action !== "keep") return [ending, "", id]; // it goes with the next run
  return endsAt === undefined ? [others, "", id] : [ending, endsAt, id];
}

export function compareRanks(one: Rank, other: Rank): number {
  return one[0] - other[0] || compare(one[1], other[1]) || compare(one[2], other[2]);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** What a list is narrowed to. */
export interface Narrowing {
  username?: string | undefined;
  workspace?: string | undefined;
  state?: DesktopState | undefined;
  rule?: Rule | undefined;
}
type Narrowed = Required<{ [Field in keyof Narrowing]: NonNullable<Narrowing[Field]> }>;

export function isWithin(wanted: Narrowing, desktop: Narrowed): boolean {
  return (Object.keys(wanted) as (keyof Narrowing)[]).every(
    (field) => wanted[field] === undefined || wanted[field] === desktop[field],
  );
}

export interface Counts {
  states: Record<string, number>;
  workspaces: Record<string, number>;
  rules: Record<string, number>;
}

/** How many there are of each state, workspace and rule: for each of these three as if the list were not narrowed by it. */
export function countDesktops(desktops: readonly Narrowed[], wanted: Narrowing): Counts {
  const by = (field: "state" | "workspace" | "rule") => {
    const counts = new Map<string, number>();
    const rest = { ...wanted, [field]: undefined };
    for (const desktop of desktops)
      if (isWithin(rest, desktop)) counts.set(desktop[field], (counts.get(desktop[field]) ?? 0) + 1);
    return Object.fromEntries([...counts].sort(([one], [other]) => compare(one, other)));
  };
  return { states: by("state"), workspaces: by("workspace"), rules: by("rule") };
}
