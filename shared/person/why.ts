import { z } from "zod";
import type { Rule } from "../desktop/decision.ts";
import { instant, stored } from "../desktop/stored.ts";
import type { ErrorCode, ReasonValues } from "../errors.ts";

/**
 * Why a desktop is to end, or ended, in fields. They are made where the reason is made, which stands beside them in technical
 * words; `explain.ts` puts them into words for the desktop's person.
 */
export type Why =
  /** Its person asked for none. */
  | { kind: "asked" }
  | { kind: "administrator"; by: string; note?: string | undefined }
  /** Its person has one in another workspace now. */
  | { kind: "switched"; to: string }
  | { kind: "rule"; rule: Rule; minutes?: number | undefined }
  /** Its person signed out, and was not back in time. */
  | { kind: "left"; since: string; until: string }
  /** Somebody scaled its binding to 0. */
  | { kind: "scaled"; binding: string }
  /** Its person may not use the workspace any more. */
  | { kind: "entitlement"; code: ErrorCode; values?: ReasonValues | undefined }
  /** Everything that its person had was removed. */
  | { kind: "everything" }
  /** It was being started, and another request came. */
  | { kind: "cancelled"; to: string | null }
  /** It was to be started, and could not be. */
  | { kind: "failed"; code: ErrorCode; values?: ReasonValues | undefined };

export const valuesSchema = stored({
  date: z.string().optional(),
  note: z.string().optional(),
  fault: z.string().optional(),
});

/** As it is stored: a newer release may know more kinds. */
export const whySchema = stored({
  kind: z.string(),
  by: z.string().optional(),
  note: z.string().optional(),
  to: z.string().nullable().optional(),
  rule: z.string().optional(),
  minutes: z.number().optional(),
  since: instant.optional(),
  until: instant.optional(),
  binding: z.string().optional(),
  code: z.string().optional(),
  values: valuesSchema.optional(),
});
export type StoredWhy = z.output<typeof whySchema>;
