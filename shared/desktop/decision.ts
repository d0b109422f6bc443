import { z } from "zod";
import { instant, stored } from "./stored.ts";

/** Where evidence comes from. */
const evidenceSources = [
  "Guacamole's history",
  "Guacamole",
  "Kubernetes",
  "request",
  "bindings",
  "administrator",
] as const;

/** The rules of reaping, in the order in which they are tried. */
export const rules = [
  "not-ours",
  "entitlement-ended",
  "not-running",
  "working",
  "scaled-to-zero",
  "stuck-starting",
  "reaping-paused",
  "kept",
  "longest-session",
  "unknown",
  "in-use",
  "start-grace",
  "idle",
] as const;
export type Rule = (typeof rules)[number];

/** Something that was seen: what, when, and where. */
const evidenceSchema = stored({ what: z.string(), at: instant, source: z.enum(evidenceSources) });
export type Evidence = z.output<typeof evidenceSchema>;

/** What is to become of a desktop, why, and when that changes next. */
const decisionSchema = stored({
  action: z.enum(["keep", "suspend", "retire"]),
  rule: z.enum(rules),
  /** In words, for the person and for operators alike. */
  reason: z.string(),
  evidence: evidenceSchema.optional(),
  /** What comes next if nothing new is seen: the person is warned of it. */
  next: stored({ at: instant, action: z.enum(["suspend", "retire"]), reason: z.string() }).optional(),
});
export type Decision = z.output<typeof decisionSchema>;

/** A decision that was taken, as the person's record keeps it. */
export const takenDecisionSchema = stored({ workspace: z.string(), at: instant, ...decisionSchema.shape });
export type TakenDecision = z.output<typeof takenDecisionSchema>;
