import type { Extension, Intervention, PersonRecord } from "./record.ts";

/** So many are kept per person: what happened in about the last weeks. */
const kept = 20;

/** The record with something that an administrator, or its person, did to a desktop, the newest last. */
export function intervene(record: PersonRecord, intervention: Intervention): PersonRecord {
  return { ...record, interventions: [...(record.interventions ?? []), intervention].slice(-kept) };
}

/**
 * The record with a person's extension of their own desktop among what was done to it. It takes the place of the one before it,
 * so that nobody can push out what administrators did.
 */
export function noteOwnExtension(record: PersonRecord, { workspace, until, by }: Extension, at: string): PersonRecord {
  const before = record.interventions?.at(-1);
  const goesOn = before?.by === by && before.action === "extend" && before.workspace === workspace;
  const interventions = goesOn ? record.interventions?.slice(0, -1) : record.interventions;
  return intervene({ ...record, interventions }, { at, by, action: "extend", workspace, until });
}
