/** How far something is that was asked for, in words. */
import type { EndedSessions } from "../api/console-types.ts";
import type { Operation } from "../api/types.ts";
import { consoleTexts as texts } from "./texts.ts";

export type PartState = "to do" | "under way" | "done" | "failed" | "superseded";

/** One desktop of what was asked for. */
export interface Part {
  /** Of the desktop; undefined if only its person and workspace are known. */
  id?: string | undefined;
  name: string;
  state: PartState;
  /** How far it is, or how it ended. */
  words: string;
}

/** What an operation does now, or why it does not get on. Empty if that is not known. */
export function howFar({ progress, trouble, note }: Partial<Operation>): string {
  if (trouble) return texts.asked.trouble(trouble.reason, trouble.tries);
  return note ?? progress?.message ?? progress?.step ?? "";
}

export function describeRun({ state, counts, of }: Pick<EndedSessions, "state" | "counts" | "of">): string {
  return texts.sessions.far(state, counts.ended, of, counts.failed);
}

export interface Summary {
  words: string;
  hasEnded: boolean;
  /** Those that were not done, to be named; not if there is only one part, whose words say it. */
  notDone: readonly Part[];
}

/** @param before what is known before there are parts */
export function summaryOf(parts: readonly Part[], before: string): Summary {
  const [first, ...others] = parts;
  if (!first) return { words: before || texts.asked.state["under way"], hasEnded: false, notDone: [] };
  const hasEnded = parts.every(({ state }) => state !== "to do" && state !== "under way");
  if (others.length === 0)
    return { words: texts.asked.is(texts.asked.state[first.state], first.words), hasEnded, notDone: [] };
  const notDone = parts.filter(({ state }) => state === "failed" || state === "superseded");
  const done = parts.filter(({ state }) => state === "done").length;
  const toDo = parts.filter(({ state }) => state === "to do").length;
  const words = texts.asked.far(done, parts.length, notDone.length, toDo);
  return { words: before === "" ? words : `${before}. ${words}`, hasEnded, notDone };
}
