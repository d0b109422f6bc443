import { z } from "zod";
import { rules } from "../../shared/desktop/decision.ts";
import { type DriftKind, driftKinds } from "../../shared/lifecycle/drift.ts";
import { code, time, words } from "./answer-parts.ts";

/** What the page of one desktop shows of it besides its state and its decision. */

const compared = z
  .strictObject({
    system: z.enum(["Kubernetes", "Guacamole"]),
    kind: words.meta({ examples: ["Deployment", "connection"] }),
    name: words,
    there: z.boolean().nullable().meta({ description: "Null: that could not be read" }),
    wanted: z
      .boolean()
      .nullable()
      .meta({ description: "Whether it should be there; null: it may be, or that is not known" }),
    fields: z.array(
      z.strictObject({
        field: words,
        found: words.optional(),
        wanted: words.optional().meta({ description: "Missing: anything will do, or that is not known" }),
        differs: z.boolean(),
      }),
    ),
  })
  .meta({ id: "ComparedObject" });

export const objectsOfDesktop = {
  objects: z.array(compared).meta({
    description:
      "Every Kubernetes object and Guacamole row of the desktop beside how it should be. Of values that may be secret only whether they differ",
  }),
  drifts: z
    .array(z.strictObject({ kind: z.enum(Object.keys(driftKinds) as [DriftKind, ...DriftKind[]]), reason: words }))
    .meta({ description: "What the next reconciliation puts right, or reports" }),
  notCompared: words.optional().meta({ description: "Why reconciliation leaves the desktop alone now" }),
};

/** What ends a desktop next. */
export const nextEnd = z
  .strictObject({
    at: time,
    action: z.enum(["suspend", "retire"]),
    reason: words,
    cause: z
      .string()
      .optional()
      .meta({
        description: "The rule that ends it, or `left`: its person has logged out",
        examples: ["idle", "longest-session", "left"],
      }),
    minutes: z.number().optional().meta({ description: "How long that is allowed" }),
    kept: z
      .strictObject({ by: z.string(), byPerson: z.boolean() })
      .optional()
      .meta({ description: "It would end sooner, but is kept until then" }),
  })
  .meta({ id: "NextEnd" });

export const timelineEntry = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("decision"),
      at: time,
      action: z.enum(["keep", "suspend", "retire"]),
      rule: z.enum(rules),
      minutes: z.number().optional(),
      reason: words,
      evidence: z.strictObject({ kind: words.optional(), what: words, at: time, source: words }).optional(),
      next: nextEnd.optional(),
    }),
    z.strictObject({
      kind: z.literal("operation"),
      at: time.meta({ description: "When it ended; of one that is under way, when it was asked for" }),
      operation: z.string(),
      state: z.enum(["under way", "done", "failed", "superseded"]),
      reason: words,
      code: code.optional(),
      step: words.optional(),
    }),
    z.strictObject({
      kind: z
        .enum(["administrator", "person"])
        .meta({ description: "Who did it; `person`: the one whose desktop it is" }),
      at: time,
      by: z.string(),
      action: z.string().meta({ examples: ["suspend", "extend", "retire", "end-sessions"] }),
      reason: words.optional(),
      until: time.optional(),
      operation: z.string().optional(),
    }),
  ])
  .meta({ id: "TimelineEntry" });
