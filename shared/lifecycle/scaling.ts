import type { Day } from "../desktop/day.ts";
import type { Binding, ScalingRefusal } from "../desktop/entitlement.ts";
import { type DesktopKey, keyText } from "../desktop/names.ts";
import type { PersonRecord } from "../person/record.ts";
import { outcomeOf } from "../person/outcomes.ts";

/** A binding that somebody else scaled, and what it was at when we looked or wrote last. */
export interface ScaledBinding {
  name: string;
  replicas: number;
  before: number;
}

/** A desktop whose bindings somebody else scaled. A person may have several bindings to one workspace. */
export interface ScaledDesktop extends DesktopKey {
  /** Those that were scaled, ordered by name. */
  bindings: ScaledBinding[];
  /** When all of them were first found so; undefined if one of them was not found before. */
  noticedAt?: string | undefined;
}

/** What other programs and people said about one person's desktops by scaling bindings. */
export interface ScaledPerson {
  username: string;
  /** Desktops that are wanted and were not before, ordered by workspace. */
  chosen: ScaledDesktop[];
  /** Desktops that were wanted and are not any more, ordered by workspace. */
  given: ScaledDesktop[];
  /** Desktops that are wanted as before, by another of their bindings. */
  unchanged: ScaledDesktop[];
  /** When one of the person's bindings was last scaled up in vain. */
  refusedAt?: string | undefined;
}

/**
 * What was asked for by scaling bindings, as for the operator and its Keycloak extension: 0 → 1 asks for the desktop,
 * 1 → 0 gives it up. A desktop is wanted if any of its bindings is scaled up. One that has expired can still choose a
 * desktop that another one gives, but says nothing of who keeps it, unless all have expired.
 *
 * @param left how many pods the operator left wanted of a desktop; what a binding that we never saw is compared with
 */
export function scaledPeople(
  bindings: readonly Binding[],
  left: (desktop: DesktopKey) => number,
  today: Day,
): ScaledPerson[] {
  const people = new Map<string, ScaledPerson>();
  for (const [{ workspace, username }, own] of byDesktop(ofScaledPeople(bindings, left))) {
    const each = own.map(({ name, scale, expires }) => {
      const before = scale.seen ?? left({ workspace, username });
      const counts = expires >= today || (scale.replicas > 0 && before === 0);
      return { name, replicas: scale.replicas, before, noticedAt: scale.noticedAt, counts };
    });
    const counting = each.filter(({ counts }) => counts);
    const all = counting.length > 0 ? counting : each;
    const changed = all.filter(({ replicas, before }) => replicas > 0 !== before > 0);
    const wanted = all.some(({ replicas }) => replicas > 0);
    const wantedBefore = all.some(({ before }) => before > 0);
    const person = people.get(username) ?? { username, chosen: [], given: [], unchanged: [] };
    people.set(username, person);
    person.refusedAt = newest([person.refusedAt, ...own.map(({ lastRefusal }) => lastRefusal?.at)]);
    if (changed.length === 0) continue;
    const which = wanted === wantedBefore ? person.unchanged : wanted ? person.chosen : person.given;
    const notices = changed.map(({ noticedAt }) => noticedAt);
    which.push({
      workspace,
      username,
      bindings: changed.map(({ name, replicas, before }) => ({ name, replicas, before })),
      noticedAt: notices.includes(undefined) ? undefined : newest(notices),
    });
  }
  return [...people.values()]
    .filter(({ chosen, given, unchanged }) => chosen.length + given.length + unchanged.length > 0)
    .sort((one, other) => one.username.localeCompare(other.username));
}

/** The bindings of people of whom any may be scaled: mostly nobody, so that the rest of the work is for few of many. */
function ofScaledPeople(bindings: readonly Binding[], left: (desktop: DesktopKey) => number): readonly Binding[] {
  const people = new Set<string | undefined>();
  for (const binding of bindings) if (mayBeScaled(binding, left)) people.add(binding.username);
  return people.size === 0 ? [] : bindings.filter(({ username }) => people.has(username));
}

/** True if somebody else scaled this binding, as far as it says alone: without one, its person said nothing. */
export function mayBeScaled({ workspace, username, scale }: Binding, left: (desktop: DesktopKey) => number): boolean {
  if (username === undefined || !scale) return false;
  return scale.replicas > 0 !== (scale.seen ?? left({ workspace, username })) > 0;
}

type PersonalBinding = Binding & Required<Pick<Binding, "username" | "scale">>;

/** The bindings that name a person, by desktop, in a stable order. */
function byDesktop(bindings: readonly Binding[]): [DesktopKey, PersonalBinding[]][] {
  const found = new Map<string, [DesktopKey, PersonalBinding[]]>();
  const personal = bindings.filter((each): each is PersonalBinding => each.username !== undefined && !!each.scale);
  for (const binding of personal.sort(
    (one, other) => one.workspace.localeCompare(other.workspace) || one.name.localeCompare(other.name),
  )) {
    const key = keyText(binding);
    const entry = found.get(key) ?? [{ workspace: binding.workspace, username: binding.username }, []];
    found.set(key, entry);
    entry[1].push(binding);
  }
  return [...found.values()];
}

/**
 * How long a desktop has to be given up, with nothing chosen instead, before it is suspended: a switch is several
 * writes, and the bindings may be read in between. Longer than an API server takes to answer one.
 */
const settleMilliseconds = 10_000;

/** How long after a choice in vain a desktop that is given up belongs to that choice: more than a run of the timer. */
const sameBreathMilliseconds = 60_000;

/**
 * What to do about a desktop that is given up while nothing is chosen.
 *
 * - `nothing`: its person has asked for another desktop, or for none
 * - `wait`: the choice that it belongs to may still be on its way
 * - `stay`: it belongs to a choice that came to nothing, so it stays if it works
 */
export function decideGiven(
  { workspace, noticedAt }: ScaledDesktop,
  record: PersonRecord | null,
  refusedAt: string | undefined,
  now: string,
): "nothing" | "wait" | "stay" | "suspend" {
  const elsewhere = record !== null && record.request.workspace !== workspace;
  const failed = record !== null && outcomeOf(record)?.state === "failed";
  if (elsewhere && !failed) return "nothing";
  const failedChoice = elsewhere && record.request.workspace !== null ? record.request.requestedAt : undefined;
  const choice = newest([refusedAt, failedChoice]);
  // Also of a choice that seems to be later: the clock may have been put back since.
  if (choice !== undefined && Math.abs(passed(choice, noticedAt ?? now)) <= sameBreathMilliseconds) return "stay";
  return noticedAt === undefined || passed(noticedAt, now) < settleMilliseconds ? "wait" : "suspend";
}

function passed(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from);
}

function newest(times: readonly (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .reduce<string | undefined>((a, b) => (a && a > b ? a : b), undefined);
}

/** A binding, and what its replicas are to be. */
export interface Correction extends DesktopKey {
  binding: string;
  replicas: number;
}

/**
 * Bindings that do not say what runs though their person's newest request has ended, so that scaling them would say
 * nothing. One asks for a pod, and the request failed, or was for another desktop or none: it goes to 0. Or it asks for
 * none, but the request for another desktop failed and its own was kept: it goes to 1.
 *
 * @param runs whether the person's desktop in a workspace runs
 */
export function correctionsOf(
  bindings: readonly Binding[],
  record: PersonRecord | null | undefined,
  runs: (workspace: string) => boolean,
): Correction[] {
  const outcome = record && outcomeOf(record);
  if (!record || !outcome) return [];
  return bindings.flatMap(({ name, username, workspace, scale, active }): Correction[] => {
    // What was not followed yet is not corrected.
    if (username !== record.request.username || !scale || scale.seen === null) return [];
    if (scale.seen > 0 !== scale.replicas > 0) return [];
    const correct = (replicas: number) => [{ binding: name, username, workspace, replicas }];
    const fulfilled = outcome.state === "done" && record.request.workspace === workspace;
    if (scale.replicas > 0) return fulfilled || runs(workspace) ? [] : correct(0);
    return active && outcome.state === "failed" && runs(workspace) ? correct(1) : [];
  });
}

/** People of whom a binding may have to be corrected, whatever runs. */
export function mayNeedCorrection(bindings: readonly Binding[], records: readonly PersonRecord[]): string[] {
  const byPerson = new Map(records.map((record) => [record.request.username, record]));
  const may = bindings.filter((binding) => {
    const record = byPerson.get(binding.username ?? "");
    return [true, false].some((runs) => correctionsOf([binding], record, () => runs).length > 0);
  });
  return [...new Set(may.flatMap(({ username }) => username ?? []))];
}

/** The newest choice in vain that the person has not answered by asking for anything since. */
export function lastRefusalOf(
  bindings: readonly Binding[],
  record: PersonRecord | null | undefined,
): (ScalingRefusal & { workspace: string }) | undefined {
  return bindings
    .flatMap(({ workspace, lastRefusal }) => (lastRefusal ? [{ workspace, ...lastRefusal }] : []))
    .filter(({ at }) => !record || at > record.request.requestedAt)
    .sort((one, other) => other.at.localeCompare(one.at))[0];
}
