import { z } from "zod";
import { obstacles } from "../../shared/lifecycle/admission.ts";
import { code, time, words } from "./answer-parts.ts";
import { desktopState } from "./answers.ts";

/** The schemas of answers that only operators get. Strict, as those in answers.ts. */

const asked = {
  username: z.string().optional(),
  workspace: z.string(),
  since: time.meta({ description: "When it was asked for" }),
  image: z.string().optional(),
  operation: z.string().optional(),
};

export const queueAnswer = z
  .strictObject({
    at: time,
    capacity: z.strictObject({
      startsAtOnce: z.int().meta({ description: "`STARTS_AT_ONCE`" }),
      starting: z.int(),
      waiting: z.int(),
      maxDesktops: z.int().nullable().meta({ description: "`MAX_DESKTOPS`; null: as many as fit" }),
      running: z.int().nullable().meta({
        description: "People whose desktops run; null for monitoring if nothing bounds it: then it is not counted",
      }),
    }),
    starting: z.array(z.strictObject({ ...asked, admittedAt: time.optional() })).meta({
      description: "The first 200 that start, those that began first. Only administrators get names and operations",
    }),
    waiting: z
      .array(
        z.strictObject({
          ...asked,
          place: z.int().optional().meta({ description: "Missing: it is their turn" }),
          of: z.int().optional(),
          because: z.enum(obstacles).optional().meta({ description: "What has to end before they start" }),
          expectedFromSeconds: z.int().optional(),
          expectedToSeconds: z.int().optional(),
        }),
      )
      .meta({ description: "The first 200 who wait, in their order" }),
    images: z
      .array(
        z.strictObject({
          image: z.string(),
          starts: z.int().meta({ description: "How many of the last starts are known, of 14 days at most" }),
          failed: z.int(),
          usuallyReadyWithinSeconds: z
            .int()
            .optional()
            .meta({ description: "95 % of them were ready within this time" }),
          halfReadyWithinSeconds: z.int().optional(),
          lastAt: time.meta({ description: "When the last of them ended" }),
          atFault: z.strictObject({ reason: words, until: time.optional() }).optional().meta({
            description:
              "Its last starts failed, and why the last one did: one start at a time tries it, and none before `until`",
          }),
        }),
      )
      .meta({ description: "The images of the last starts, those at fault first" }),
  })
  .meta({ id: "Queue" });

export const previewAnswer = z
  .strictObject({
    dryRun: z.literal(true),
    at: time.meta({ description: "When the desktops were looked at: now, or some seconds ago if there are many" }),
    would: z.array(words).meta({ description: "What would happen, for people; empty if nothing would" }),
    refused: z
      .strictObject({ code, reason: words })
      .optional()
      .meta({ description: "The call would be refused like this; `would` is empty then" }),
    of: z.int().meta({ description: "How many desktops it would happen to" }),
    connected: z
      .strictObject({ people: z.int(), notKnown: z.int() })
      .meta({ description: "How many of their people are connected now, and of how many that is not known" }),
    desktops: z
      .array(
        z.strictObject({
          id: z.string(),
          username: z.string(),
          workspace: z.string(),
          state: desktopState,
          connected: z.boolean().nullable(),
        }),
      )
      .meta({ description: "The first 200 of them" }),
    unanswered: z.array(words).meta({ description: "What could not be read" }),
  })
  .meta({ id: "Preview" });
