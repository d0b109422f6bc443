import { ProductError } from "../errors.ts";
import { personId } from "../desktop/names.ts";
import type { PersonRecord } from "./record.ts";

/** The instance id of a person's orchestration, which is the lock: one at a time runs with it. */
export function instanceIdOf(username: string): string {
  return `person-${personId(username)}`;
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

/** True while a new generation waits until nothing of the one before it can be under way. */
export function isTakingOver({ work }: Pick<PersonRecord, "work">, now: Date): boolean {
  return work !== undefined && Date.parse(work.notBefore) > now.getTime();
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
