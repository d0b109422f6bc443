import { ProductError } from "../errors.ts";
import { personId } from "../desktop/names.ts";
import type { PersonRecord } from "./record.ts";

/** The usual instance id of a person's orchestration. It is the lock: one at a time runs with it. */
export function instanceIdOf(username: string): string {
  return `person-${personId(username)}`;
}

/** The instance id of the orchestration that works on this record. */
export function workIdOf({ request, work }: Pick<PersonRecord, "request" | "work">): string {
  return work?.instance ?? instanceIdOf(request.username);
}

/** True if another instance took the place of this one: whatever it is still to do, the other does. */
export function isReplaced({ work }: Pick<PersonRecord, "work">, instanceId: string): boolean {
  return work?.instance !== undefined && work.instance !== instanceId;
}

/**
 * Sent with every activity that a person's orchestration calls: whose work it is, and the generation of the orchestration.
 * An activity of an older generation than the record's changes nothing (docs/adr/0011).
 */
export interface Fence {
  username: string;
  generation: number;
}

/** 0 until an orchestration of the person had to be replaced. */
export function generationOf(record: PersonRecord | null): number {
  return record?.work?.generation ?? 0;
}

/** The record with the next generation of its orchestration, which may act from `notBefore` on. */
export function replaceWork(record: PersonRecord, notBefore: string): PersonRecord {
  return { ...record, work: { ...record.work, generation: generationOf(record) + 1, notBefore } };
}

/**
 * The record with a new instance for this generation, because the task hub could not end the old one. The old one may come
 * to life at any time: its generation is older, and it reads here that it was replaced.
 */
export function moveWork(record: PersonRecord, generation: number): PersonRecord {
  const { work, request } = record;
  if (work?.generation !== generation) return record;
  return { ...record, work: { ...work, instance: `${instanceIdOf(request.username)}-${generation}` } };
}

/**
 * Longer than any activity of a person's orchestration: at most 20 s for a pod to go, and some calls of 15 s each. This
 * long after a replacement, nothing that the old instance began can still be under way.
 */
export const settleMilliseconds = 120_000;

/** True while a new generation waits until nothing of the one before it can be under way. */
export function isTakingOver({ work }: Pick<PersonRecord, "work">, now: Date): boolean {
  const left = work ? Date.parse(work.notBefore) - now.getTime() : 0;
  // Further ahead than it was ever set: the clock was put back since.
  return left > 0 && left <= settleMilliseconds;
}

/** Throws `work-replaced` if the record belongs to a newer generation. */
export function checkGeneration(record: PersonRecord | null, { username, generation }: Fence): void {
  const newest = generationOf(record);
  if (generation < newest)
    throw new ProductError(
      "work-replaced",
      `work for ${username}: generation ${generation} was replaced by ${newest} (nothing to do)`,
    );
}
