import type { DesktopKey } from "../desktop/names.ts";
import type { Decision, Rule } from "../desktop/decision.ts";

/** A desktop and what was decided about it. */
export interface DecidedDesktop extends DesktopKey {
  decision: Decision;
}

/** At most this many desktops are acted on per run; the others come next time. */
export const mostARun = 500;

/** The result of a survey of all desktops. */
export interface ReapSurvey {
  at: string;
  looked: number;
  /** How many desktops each rule decided about. */
  rules: Partial<Record<Rule, number>>;
  /** What is to be suspended. */
  due: DecidedDesktop[];
  /** What is kept for another reason than before, which is remembered. */
  news: DecidedDesktop[];
  /** What is due as well, and has to wait for the next run. */
  later: number;
  /** Desktops that their people may not have any more: reconcile retires them. */
  toRetire: number;
  unanswered: string[];
}

/** What a run did, kept as its output. */
export interface ReapRun extends Omit<ReapSurvey, "news"> {
  /** Desktops that could not be handed to their person's orchestration. */
  failed: (DesktopKey & { reason: string })[];
}
