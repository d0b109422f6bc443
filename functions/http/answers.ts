import { z } from "zod";
import { type ErrorCode, errorCodes } from "../../shared/errors.ts";

/** The shapes of what the API answers. Strict: a field that is not here is a fault of ours, and a test finds it. */

const time = z.iso.datetime().meta({ examples: ["2026-11-24T09:30:00.000Z"] });
const code = z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]);
const words = z.string();

export const problemAnswer = z
  .strictObject({
    type: z.string().meta({ examples: ["urn:guacamole-workspaces:not-allowed"] }),
    title: words,
    status: z.int(),
    code: code.meta({ description: "Stable; what callers decide by" }),
    detail: words.meta({ description: "For people" }),
    requestId: z.string(),
  })
  .meta({ id: "Problem" });

export const desktopState = z
  .enum(["absent", "starting", "ready", "suspending", "suspended", "failed"])
  .meta({ id: "DesktopState" });

const leaving = z
  .strictObject({ since: time, until: time })
  .meta({ id: "Leaving", description: "The person logged out; unless they come back, the desktop is suspended then" });

export const keptAnswer = z
  .strictObject({ workspace: z.string(), until: time, by: z.string(), reason: words.optional() })
  .meta({ id: "Kept", description: "Kept from being taken down by an administrator" });

export const operationAnswerBody = z
  .strictObject({
    id: z.string(),
    username: z.string(),
    workspace: z.string().nullable().optional(),
    requestedAt: time.optional(),
    state: z.enum(["pending", "running", "done", "failed", "superseded"]),
    progress: z
      .strictObject({
        step: words,
        number: z.int(),
        of: z.int(),
        since: time,
        message: words.optional(),
        undoing: z.strictObject({ failedStep: words, code }).optional(),
      })
      .optional(),
    at: time.optional(),
    message: words.optional(),
    url: z.url().optional().meta({ description: "Where Guacamole shows the desktop" }),
    code: code.optional(),
    reason: words.optional(),
    step: words.optional(),
    undone: z.array(words).optional(),
    leftBehind: z.array(words).optional(),
  })
  .meta({ id: "Operation" });

export const desktopAnswer = z
  .strictObject({
    username: z.string(),
    workspace: z.string().nullable(),
    wanted: z.string().nullable(),
    state: desktopState,
    reason: words,
    since: time.optional(),
    url: z.url().optional(),
    guacamoleUsername: z.string().optional(),
    lastFailure: z.strictObject({ workspace: z.string().nullable(), code, reason: words, step: words }).optional(),
    leaving: leaving.optional(),
  })
  .meta({ id: "PersonsDesktop" });

export const workspacesAnswer = z
  .strictObject({
    username: z.string(),
    workspaces: z.array(
      z.strictObject({
        workspace: z.string(),
        displayName: words.optional(),
        description: words.optional(),
        entitled: z.boolean(),
        code: code.optional(),
        reason: words.optional(),
        until: z.iso.date().optional().meta({ description: "The last day" }),
        guacamoleUsername: z.string().optional().meta({ description: "What Guacamole must read from the token" }),
        desktop: z.strictObject({ state: desktopState, reason: words }).optional(),
      }),
    ),
  })
  .meta({ id: "Workspaces" });

const listed = {
  id: z.string(),
  username: z.string(),
  workspace: z.string(),
  state: desktopState,
  reason: words,
  wanted: z.string().nullable().meta({ description: "The workspace that the person wants now" }),
  leaving: leaving.optional(),
  kept: keptAnswer.optional(),
};

export const desktopsAnswer = z
  .strictObject({
    desktops: z.array(z.strictObject(listed)),
    next: z.string().optional().meta({ description: "Where the next page begins: pass it as `after`" }),
  })
  .meta({ id: "Desktops" });

export const oneDesktopAnswer = z
  .strictObject({
    ...listed,
    deployment: z.string(),
    binding: z.string().optional(),
    guacamoleUsername: z.string(),
    connectionId: z.int().nullable(),
    mayBeOpened: z.boolean(),
    entitlement: z.union([
      z.strictObject({ entitled: z.literal(true), until: z.iso.date() }),
      z.strictObject({ entitled: z.literal(false), code, reason: words }),
    ]),
    request: z
      .strictObject({
        workspace: z.string().nullable(),
        requestedAt: time,
        reason: words.optional(),
        retire: z.boolean().optional(),
        operation: z.string(),
      })
      .optional(),
    lastOutcome: z
      .strictObject({ state: z.enum(["done", "failed", "superseded"]), at: time, reason: words })
      .optional(),
    lastSeen: time.optional(),
    removal: z.strictObject({ requestedAt: time, reason: words }).optional(),
  })
  .meta({ id: "Desktop" });

export const adoptionAnswer = z
  .strictObject({
    dryRun: z.boolean(),
    people: z.array(
      z.strictObject({
        username: z.string(),
        wants: z.string().nullable(),
        desktops: z.array(z.strictObject({ workspace: z.string(), deployment: z.string(), changes: z.array(words) })),
        operation: z.string().optional(),
      }),
    ),
    leftAlone: z.array(z.strictObject({ deployment: z.string(), reason: words })),
  })
  .meta({ id: "Adoption" });

export const eventAnswer = z
  .strictObject({ status: z.enum(["accepted", "duplicate", "ignored", "stale"]), eventId: z.string().optional() })
  .meta({ id: "EventTaken" });

export const logoutProblem = z
  .strictObject({ error: z.literal("invalid_request"), error_description: words })
  .meta({ id: "InvalidLogout" });

export const liveAnswer = z.strictObject({ status: z.literal("live") }).meta({ id: "Live" });
export const readyAnswer = z
  .strictObject({
    status: z.enum(["ready", "not ready"]),
    kubernetes: z.enum(["ok", "not ready"]),
    guacamole: z.enum(["ok", "not ready"]),
    reasons: z.array(words).optional().meta({ description: "For callers with the monitoring role" }),
  })
  .meta({ id: "Ready" });
