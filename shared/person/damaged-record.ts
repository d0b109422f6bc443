import { personId } from "../desktop/names.ts";
import type { ProductError } from "../errors.ts";

/** A record that cannot be read. */
export interface DamagedRecord {
  /** The person's id, as the name of the ConfigMap has it. */
  person: string;
  /** Which ConfigMap it is, what is wrong with it, and what to do. */
  fault: ProductError;
}

/** Returns whether a person's record is one of these. */
export function damagedAmong(damaged: readonly DamagedRecord[]): (username: string) => boolean {
  const people = new Set(damaged.map(({ person }) => person));
  return (username) => people.size > 0 && people.has(personId(username));
}
