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

/** What was seen, for programs. */
export const evidenceKinds = [
  "entitlement-ended",
  "open-request",
  "not-ready",
  "reaping-paused",
  "extended",
  "started",
  "ready",
  "last-seen",
  "open-session",
  "active-connection",
  "session-began",
  "session-ended",
  "presumed-end",
] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** What release 0.1.0 says of evidence, which it stores without a kind. Words that it puts together have none. */
const kindOfWords: Readonly<Record<string, EvidenceKind>> = {
  "a request that has not ended": "open-request",
  "started, and not ready": "not-ready",
  "reaping paused": "reaping-paused",
  started: "started",
  ready: "ready",
  "the person's last login or request": "last-seen",
  "a session that is open": "open-session",
  "a connection that is active": "active-connection",
  "a session began": "session-began",
  "a session ended": "session-ended",
  "a session ended at the latest": "presumed-end",
};

/** Something that was seen: what, when, and where. */
const evidenceSchema = stored({
  kind: z.enum(evidenceKinds).optional(),
  /** In words, for people. */
  what: z.string(),
  at: instant,
  source: z.enum(evidenceSources),
}).transform((evidence) => {
  const { kind = Object.hasOwn(kindOfWords, evidence.what) ? kindOfWords[evidence.what] : undefined } = evidence;
  return kind === undefined ? evidence : { ...evidence, kind };
});
export type Evidence = z.output<typeof evidenceSchema>;

/** What ends a desktop next, for programs: a rule, or `left`, if its person has logged out. A newer release may know more. */
export type EndCause =
  Extract<Rule, "longest-session" | "idle" | "start-grace" | "stuck-starting" | "entitlement-ended"> | "left";

/** What comes next if nothing new is seen: the person is warned of it. */
const nextSchema = stored({
  at: instant,
  action: z.enum(["suspend", "retire"]),
  reason: z.string(),
  /** The same in fields; releases up to 0.1.0 have only the words. */
  cause: z.string().optional(),
  /** How long that is allowed. */
  minutes: z.number().optional(),
  /** It would end sooner by that, but is kept until then. */
  kept: stored({ by: z.string(), byPerson: z.boolean() }).optional(),
});

/** What is to become of a desktop, why, and when that changes next. */
const decisionSchema = stored({
  action: z.enum(["keep", "suspend", "retire"]),
  rule: z.enum(rules),
  /** How long the rule allows. Releases up to 0.1.0 say it only in words. */
  minutes: z.number().optional(),
  /** In words, for the person and for operators alike. */
  reason: z.string(),
  evidence: evidenceSchema.optional(),
  next: nextSchema.optional(),
});
export type Decision = z.output<typeof decisionSchema>;

/** A decision that was taken, as the person's record keeps it. */
export const takenDecisionSchema = stored({ workspace: z.string(), at: instant, ...decisionSchema.shape });
export type TakenDecision = z.output<typeof takenDecisionSchema>;
