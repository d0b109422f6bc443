import type { Intervention, PersonRecord } from "./record.ts";

/** So many are kept per person: what happened in about the last weeks. */
const kept = 20;

/** The record with something that an administrator did to a desktop of the person, the newest last. */
export function intervene(record: PersonRecord, intervention: Intervention): PersonRecord {
  return { ...record, interventions: [...(record.interventions ?? []), intervention].slice(-kept) };
}
