import type { Decision } from "../desktop/decision.ts";
import type { DesktopKey } from "../desktop/names.ts";
import type { DesktopState } from "../desktop/state.ts";
import { extensionOf } from "../person/extension.ts";
import type { PersonRecord } from "../person/record.ts";
import { retirementOf } from "../person/retirement.ts";

/** A desktop that something is to happen to. */
export interface Affected extends DesktopKey {
  id: string;
  state: DesktopState;
  /** Null: nobody knows. */
  connected: boolean | null;
}

/** One desktop, and what is known around it. */
export interface Previewed extends Affected {
  replicas: number;
  decision: Decision;
  record: PersonRecord | undefined;
}

/** How many people are connected, and of how many that is not known. */
export interface Connected {
  people: number;
  notKnown: number;
}

/** What would happen, in words. Empty if nothing would. */
export interface Preview {
  would: string[];
  /** What it would happen to. */
  desktops: readonly Affected[];
}

export function countConnected(desktops: readonly Affected[]): Connected {
  const people = (which: boolean | null) =>
    new Set(desktops.flatMap(({ connected, username }) => (connected === which ? [username] : []))).size;
  return { people: people(true), notKnown: people(null) };
}

const nothing: Preview = { would: [], desktops: [] };

export function previewSuspension(desktop: Previewed): Preview {
  const { username, workspace, replicas, record } = desktop;
  const wants = record?.request.workspace === workspace;
  if (replicas === 0 && !wants) return nothing;
  const what =
    replicas === 0
      ? "it does not run, and is not started any more"
      : `access is withdrawn and the container stopped; everything else is kept, and the next request starts it again`;
  return {
    would: [`the desktop of ${username} in ${workspace}: ${what}`, ...sessionsEnd([desktop])],
    desktops: [desktop],
  };
}

/** @param until until when it is to be kept */
export function previewExtension(desktop: Previewed, until: string): Preview {
  const { username, workspace, decision, record } = desktop;
  const kept = extensionOf(record, workspace);
  const before = kept ? `, instead of until ${kept.until} (${kept.by})` : "";
  const { next } = decision;
  const ends =
    next?.action === "retire" && next.at < until
      ? [`it is removed at ${next.at} all the same: ${next.reason}`]
      : next && next.at < until
        ? [`without that it would be suspended at ${next.at}: ${next.reason}`]
        : [];
  return {
    would: [
      `the desktop of ${username} in ${workspace} is kept until ${until}${before}: until then it is not suspended because nobody is connected, because it has run too long, or because its person logged out`,
      ...ends,
    ],
    desktops: [desktop],
  };
}

export function previewRetirement(desktop: Previewed): Preview {
  const { username, workspace, record, replicas } = desktop;
  const removal = retirementOf(record, workspace);
  if (removal)
    return {
      would: [`nothing more: the desktop of ${username} in ${workspace} is being removed since ${removal.requestedAt}`],
      desktops: [desktop],
    };
  const wants = record?.request.workspace === workspace;
  return {
    would: [
      `the desktop of ${username} in ${workspace} is removed permanently, with its credential, its connection and its user in Guacamole; the next request makes a new one`,
      ...(wants ? [`${username} wants it, and wants none afterwards`] : []),
      ...(replicas > 0 ? sessionsEnd([desktop]) : []),
    ],
    desktops: [desktop],
  };
}

/** @param activationPaused people cannot ask for their desktops again until somebody resumes it */
export function previewEnd(
  desktops: readonly Affected[],
  { activationPaused }: { activationPaused: boolean },
): Preview {
  if (desktops.length === 0) return nothing;
  const many = desktops.length === 1 ? "1 desktop is" : `${desktops.length} desktops are`;
  const again = activationPaused
    ? "activation is paused: nobody gets a desktop again before it is resumed"
    : "activation is not paused: everybody can ask for their desktop again at once";
  return { would: [`${many} suspended, in use or not`, ...sessionsEnd(desktops), again], desktops };
}

function sessionsEnd(desktops: readonly Affected[]): string[] {
  const { people, notKnown } = countConnected(desktops);
  const count = (number: number) => (number === 1 ? "1 person" : `${number} people`);
  return [
    ...(people > 0 ? [`${count(people)} connected now, whose sessions end`] : []),
    ...(notKnown > 0 ? [`of ${count(notKnown)} it is not known whether they are connected`] : []),
    ...(people + notKnown === 0 ? ["nobody is connected now"] : []),
  ];
}
