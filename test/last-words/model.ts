/**
 * What people, their administrators and Keycloak said last, and so what there must be when all is well. Knows nothing of
 * how the product gets there.
 */
export const workspaces = ["trial-a", "trial-b", "trial-c"] as const;
export type Workspace = (typeof workspaces)[number];
/** People are bound to the others by name. */
export const byGroup: Workspace = "trial-c";

export type Word =
  | { says: "log in"; workspace: Workspace }
  | { says: "ask for none" }
  /** By Guacamole's button. */
  | { says: "log out"; heard: boolean }
  | { says: "connect" | "disconnect" }
  | { says: "delete in Keycloak" | "disable in Keycloak" | "take out of the group"; heard: boolean }
  | { says: "end binding"; workspace: Workspace; by: "expiry" | "removal" }
  /** Of the workspace that they want to 0, or of another one to 1. */
  | { says: "scale binding"; workspace: Workspace; to: 0 | 1 }
  /** By an administrator, of the desktop that the person wants. */
  | { says: "suspend" | "extend" }
  | { says: "retire desktop"; workspace: Workspace }
  | { says: "retire person" };

export interface Person {
  /** Keycloak knows them, and lets them in. */
  isKnown: boolean;
  may: ReadonlySet<Workspace>;
  wants: Workspace | null;
  /** Desktops that were seen ready, and that nobody asked to remove since. */
  keeps: ReadonlySet<Workspace>;
  /** Desktops that somebody asked to remove, and that nobody asked for since. */
  removed: ReadonlySet<Workspace>;
  isLoggedIn: boolean;
  /** The desktop that an administrator extended, for longer than the test looks. */
  extended: Workspace | null;
}

export const newcomer: Person = {
  isKnown: true,
  may: new Set(workspaces),
  wants: null,
  keeps: new Set(),
  removed: new Set(),
  isLoggedIn: false,
  extended: null,
};

/** Whether this can be said now: nobody logs in to what is not offered, or logs out twice. */
export function canSay(person: Person, word: Word): boolean {
  switch (word.says) {
    case "log in":
      return person.isKnown && person.may.has(word.workspace);
    case "ask for none":
      return person.isKnown;
    case "log out":
    case "connect":
    case "disconnect":
      return person.isKnown && person.isLoggedIn;
    case "delete in Keycloak":
    case "disable in Keycloak":
      return person.isKnown;
    case "take out of the group":
      return person.isKnown && person.may.has(byGroup);
    case "end binding":
      return word.workspace !== byGroup && person.may.has(word.workspace);
    case "scale binding":
      return (
        word.workspace !== byGroup &&
        person.isLoggedIn &&
        person.may.has(word.workspace) &&
        (word.to === 1) !== (person.wants === word.workspace)
      );
    case "suspend":
    case "extend":
      return person.wants !== null;
    case "retire desktop":
    case "retire person":
      return true;
  }
}

/** What the person is to have after a word that was accepted. */
export function hear(person: Person, word: Word): Person {
  switch (word.says) {
    case "log in":
      return { ...wants(person, word.workspace), isLoggedIn: true };
    case "ask for none":
    case "suspend":
      return wants(person, null);
    case "log out": {
      const stays = person.wants !== null && person.wants === person.extended;
      return { ...(stays ? person : wants(person, null)), isLoggedIn: false };
    }
    case "connect":
    case "disconnect":
      return person;
    case "delete in Keycloak":
    case "disable in Keycloak":
      return { ...removeAll(person), isKnown: false, isLoggedIn: false, may: new Set() };
    case "take out of the group":
      return { ...remove(person, byGroup), may: less(person.may, byGroup) };
    case "end binding":
      return { ...remove(person, word.workspace), may: less(person.may, word.workspace) };
    case "scale binding":
      return wants(person, word.to === 1 ? word.workspace : null);
    case "extend":
      return { ...person, extended: person.wants };
    case "retire desktop":
      return remove(person, word.workspace);
    case "retire person":
      return removeAll(person);
  }
}

function wants(person: Person, workspace: Workspace | null): Person {
  if (workspace === null) return { ...person, wants: null, extended: null };
  return { ...person, wants: workspace, removed: less(person.removed, workspace) };
}

function remove(person: Person, workspace: Workspace): Person {
  const left = person.wants === workspace ? wants(person, null) : person;
  return { ...left, keeps: less(left.keeps, workspace), removed: new Set([...left.removed, workspace]) };
}

function removeAll(person: Person): Person {
  return { ...wants(person, null), keeps: new Set(), removed: new Set(workspaces) };
}

function less<Item>(set: ReadonlySet<Item>, item: Item): ReadonlySet<Item> {
  return new Set([...set].filter((each) => each !== item));
}

/** What there is of one desktop. */
export interface Seen {
  /** Kinds of the cluster's objects, in order. */
  objects: readonly string[];
  replicas: number | undefined;
  connection: boolean;
  user: boolean;
  /** Whether its user may open it, and sees it. */
  mayOpen: boolean;
}

/** What is not as the last words want it. */
export function judge(name: string, person: Person, seenIn: (workspace: Workspace) => Seen): string[] {
  const faults: string[] = [];
  for (const workspace of workspaces) {
    const seen = seenIn(workspace);
    const wrong = (what: string) => faults.push(`${name} in ${workspace} ${what}: ${JSON.stringify(seen)}`);
    const isWhole = seen.objects.length === 4 && seen.connection && seen.user;
    const isNothing = seen.objects.length === 0 && !seen.connection && !seen.user && !seen.mayOpen;
    if (person.wants === workspace) {
      if (!isWhole || seen.replicas !== 1 || !seen.mayOpen) wrong("should run");
    } else if (!person.may.has(workspace) || person.removed.has(workspace)) {
      if (!isNothing) wrong("should be gone");
    } else if (seen.replicas !== 0 && !isNothing) wrong("should not run");
    else if (seen.mayOpen) wrong("should not be open");
    else if (!isWhole && !isNothing) wrong("is neither whole nor gone");
    else if (!isWhole && person.keeps.has(workspace)) wrong("should be kept");
  }
  return faults;
}
