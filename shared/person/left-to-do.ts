import { outcomeOf } from "./outcomes.ts";
import type { DesktopRequest, PersonRecord } from "./record.ts";
import { isResting } from "./trouble.ts";

/** Everything that is left to do for this person. */
function leftToDo(record: PersonRecord): readonly Pick<DesktopRequest, "requestedAt" | "trouble">[] {
  const { request, removals = [], reviews = [], others, rollback } = record;
  const settled = outcomeOf(record) !== undefined;
  return [...removals, ...reviews, ...(settled ? [others, rollback].filter((each) => each !== undefined) : [request])];
}

/** True if anything is left to do for this person. */
export function isUnfinished(record: PersonRecord): boolean {
  return leftToDo(record).length > 0;
}

/** True if a timer has to look at this record again, though nobody writes it: work is left, or a leave will end. */
export function isOpen(record: PersonRecord): boolean {
  return isUnfinished(record) || record.presence?.leaving !== undefined;
}

/** True if anything is to be done for this person now: what failed waits for its next try. */
export function isDue(record: PersonRecord, now: Date): boolean {
  return leftToDo(record).some(({ trouble }) => !isResting(trouble, now));
}

/** True if anything that is left to do was to be done at that time already, and was not tried since. */
export function wasDue(record: PersonRecord, at: Date): boolean {
  return leftToDo(record).some(
    ({ requestedAt, trouble }) => Date.parse(trouble?.nextTry ?? requestedAt) <= at.getTime(),
  );
}

/**
 * True if the person's desktop in that workspace is about to change. Reviews do not count: whether they change anything is
 * not decided yet.
 */
export function isBeingChanged(record: PersonRecord, workspace: string): boolean {
  const { removals = [], others, rollback } = record;
  return (
    !outcomeOf(record) ||
    removals.some((removal) => removal.workspace === workspace) ||
    rollback?.workspace === workspace ||
    (others !== undefined && others.except !== workspace)
  );
}
