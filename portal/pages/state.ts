/** What the page shows, from what the API answered. Pure: nothing here asks, waits or draws. */
import type { DesktopState, Operation, PersonsDesktop, Workspace } from "../api/types.ts";

export type View =
  | { kind: "workspaces" }
  | { kind: "starting"; workspace: string; operation: Operation | null }
  | { kind: "running"; workspace: string; desktop: PersonsDesktop };

const goingUp: ReadonlySet<Operation["state"]> = new Set(["pending", "running"]);
const canBeOpened: ReadonlySet<DesktopState> = new Set(["ready", "in-use", "idle"]);

/** @param operation the newest of this person's that brings a desktop up, if this tab follows one */
export function viewOf(desktop: PersonsDesktop, operation: Operation | null): View {
  if (operation && goingUp.has(operation.state) && operation.workspace != null)
    return { kind: "starting", workspace: operation.workspace, operation };
  if (desktop.workspace !== null && canBeOpened.has(desktop.state))
    return { kind: "running", workspace: desktop.workspace, desktop };
  if (desktop.state === "starting" && desktop.wanted !== null)
    return { kind: "starting", workspace: desktop.wanted, operation: null };
  return { kind: "workspaces" };
}

export interface StartStep {
  name: string;
  state: "done" | "now" | "to come" | "failed";
}

/** The steps of a start as a list. Without the names, as older work has none, it is only the current one. */
export function stepsOf({ progress }: Pick<Operation, "progress">): StartStep[] {
  if (!progress) return [];
  const { step, number, steps = [step], undoing } = progress;
  const current = steps.length === 1 ? 1 : number;
  return steps.map((name, index) => {
    const place = index + 1;
    if (place < current) return { name, state: "done" };
    if (place > current) return { name, state: "to come" };
    return { name, state: undoing ? "failed" : "now" };
  });
}

/** What happened to the newest request or the last desktop, if it is worth a message. */
export interface Happened {
  title: "failed" | "refused" | "stopped" | "removed";
  /** Undefined if it is not known any more. */
  workspace: string | undefined;
  explanation: string;
  /** In technical words. */
  reason: string;
  step?: string | undefined;
  operation?: string | undefined;
}

export function happenedOf(desktop: PersonsDesktop): Happened | null {
  const { lastFailure, lastRefusal, ended } = desktop;
  if (lastFailure && lastFailure.code !== "request-changed")
    return {
      title: "failed",
      workspace: lastFailure.workspace ?? undefined,
      explanation: lastFailure.explanation,
      reason: `${lastFailure.reason} (${lastFailure.code})`,
      step: lastFailure.step,
      operation: lastFailure.operation,
    };
  if (lastRefusal) {
    const { workspace, explanation, reason, code } = lastRefusal;
    return { title: "refused", workspace, explanation, reason: `${reason} (${code})` };
  }
  if (ended)
    return {
      title: ended.action === "retire" ? "removed" : "stopped",
      workspace: ended.workspace,
      explanation: ended.explanation,
      reason: ended.reason,
      operation: ended.operation,
    };
  return null;
}

/** So long before its end a desktop is announced to stop. */
const warnedMinutes = 10;
/** Asks for an answer while there is time: longer than a refresh of the page takes. */
const announcedMinutes = warnedMinutes + 5;

/** In how many minutes the desktop ends; null if that is not soon, or not known. */
export function endsSoon({ endsAt }: Pick<PersonsDesktop, "endsAt">, now: Date): number | null {
  if (endsAt === undefined) return null;
  const minutes = Math.max(Math.ceil((Date.parse(endsAt) - now.getTime()) / 60_000), 0);
  return minutes <= announcedMinutes ? minutes : null;
}

/** The latest time moves on with the clock: a choice that adds less than this would never go away. */
const worthwhile = 5 * 60_000;

/** Until when the desktop may be kept, as choices: round hours, and the latest. */
export function choicesOf(
  { mayExtendUntil, endsAt }: Pick<PersonsDesktop, "mayExtendUntil" | "endsAt">,
  now: Date,
): string[] {
  if (mayExtendUntil === undefined) return [];
  const latest = Date.parse(mayExtendUntil);
  const after = Math.max(endsAt === undefined ? 0 : Date.parse(endsAt), now.getTime());
  const hour = 3_600_000;
  const choices = [1, 2, 4]
    .map((hours) => Math.ceil((now.getTime() + hours * hour) / (hour / 4)) * (hour / 4))
    .filter((time) => time > after && time < latest - hour / 4);
  return [...choices, ...(latest - after >= worthwhile ? [latest] : [])].map((time) => new Date(time).toISOString());
}

/** Those that the person may open, and those that they may not; each by name. */
export function sorted(workspaces: readonly Workspace[]): { open: Workspace[]; closed: Workspace[] } {
  const byName = workspaces.toSorted((one, other) => nameOf(one).localeCompare(nameOf(other), "en"));
  return { open: byName.filter(({ entitled }) => entitled), closed: byName.filter(({ entitled }) => !entitled) };
}

export function nameOf({ displayName, workspace }: Pick<Workspace, "displayName" | "workspace">): string {
  return displayName ?? workspace;
}

/** With a capital letter, unless it begins with an object's name, and a full stop. */
export function sentence(words: string): string {
  const begun = words.replace(/^[a-z]+(?= |$)/, (word) => word.charAt(0).toUpperCase() + word.slice(1));
  return begun + (/[.!?…]$/.test(words) ? "" : ".");
}

/** An address that may be opened: what the API says is data, and could be a script's address. Null if it is none. */
export function webAddress(address: string | undefined): string | null {
  if (address === undefined || !URL.canParse(address)) return null;
  const { protocol, href } = new URL(address);
  return protocol === "https:" || protocol === "http:" ? href : null;
}
