import { z } from "zod";
import { code, time, words } from "./answer-parts.ts";
import { nextEnd, objectsOfDesktop, timelineEntry } from "./desktop-page-answers.ts";
import { type DriftKind, driftKinds } from "../../shared/lifecycle/drift.ts";
import { checkNames, checkStates } from "../../shared/lifecycle/doctor/check.ts";
import { evidenceKinds, rules } from "../../shared/desktop/decision.ts";
import { desktopStates } from "../../shared/desktop/state.ts";
import { concerns, slowStartMinutes } from "../../shared/lifecycle/worst-first.ts";
import { type EventFault, eventFaults } from "../../shared/identity/keycloak-event.ts";

/** The schemas of the API's answers. Strict: a field that is missing here is a bug, and a test finds it. */

const explanation = words.meta({
  description: "For the desktop's person, in whole sentences: show them this, and the technical words only beside it",
});

export const problemAnswer = z
  .strictObject({
    type: z.string().meta({ examples: ["urn:guacamole-workspaces:not-allowed"] }),
    title: words,
    status: z.int(),
    code: code.meta({ description: "Stable; programs decide by this" }),
    detail: words.meta({ description: "For operators: what failed, and why" }),
    explanation,
    requestId: z.string(),
    underWay: z
      .strictObject({ run: z.string(), startedAt: time, by: words.optional(), reason: words.optional() })
      .optional()
      .meta({ description: "With `already-running`: the run that is under way, and where it is shown" }),
  })
  .meta({ id: "Problem" });

export const desktopState = z
  .enum(desktopStates)
  .meta({ id: "DesktopState", description: "`unknown`: Guacamole's database does not answer now" });

export const desktopRule = z.enum(rules);

const leaving = z.strictObject({ since: time, until: time }).meta({
  id: "Leaving",
  description: "The person logged out; unless they come back by `until`, the desktop is suspended",
});

const decided = {
  action: z.enum(["keep", "suspend", "retire"]),
  rule: z.enum(rules),
  minutes: z.number().optional().meta({ description: "How long the rule allows what was seen" }),
  reason: words,
  evidence: z
    .strictObject({ kind: z.enum(evidenceKinds).optional(), what: words, at: time, source: words })
    .optional()
    .meta({ description: "The evidence for the decision, with its time and source" }),
  next: nextEnd.optional().meta({ description: "What happens next if nothing new is seen" }),
};

const reasons = { reason: words, explanation };

/** Why a desktop is running or not. */
const why = {
  decision: z.strictObject(decided).optional().meta({ description: "What would be decided about the desktop now" }),
  endsAt: time
    .optional()
    .meta({ description: "When the desktop will be taken down if nothing new is seen: warn the person" }),
  endsBecause: words.optional(),
  endsExplanation: explanation.optional(),
  history: z
    .array(z.strictObject({ at: time, ...decided }))
    .optional()
    .meta({ description: "The last decisions in which something was new, newest last" }),
};

export const keptAnswer = z
  .strictObject({ workspace: z.string(), until: time, by: z.string(), reason: words.optional() })
  .meta({ id: "Kept", description: "An administrator, or the person, keeps the desktop from being taken down" });

const link = z.url().meta({
  description:
    "Opens the desktop for somebody who is signed in to Guacamole. Send anybody else to the part before `#`: the rest is lost in Guacamole's own login, and its Home opens the person's only desktop",
});

const signInAgain = z
  .strictObject({
    reason: words.meta({ description: "For people: what to do, and why" }),
    from: z.string().meta({ description: "The Guacamole user of the desktop that the person had before" }),
    to: z.string().meta({ description: "The Guacamole user of this desktop" }),
    logout: z.url().meta({ description: "Guacamole's Home, whose menu has Logout" }),
  })
  .meta({
    id: "SignInAgain",
    description:
      "Present if the person's previous desktop, in another workspace, had another Guacamole user. Until they log out of Guacamole, its link leads to “The requested connection does not exist”",
  });

const trouble = z
  .strictObject({
    tries: z.int().meta({ description: "Failed tries, without a successful one in between" }),
    since: time.meta({ description: "When the first of them failed" }),
    at: time.meta({ description: "When the last of them failed" }),
    code,
    reason: words,
    step: words,
    nextTry: time.meta({ description: "When it is tried again by itself" }),
  })
  .meta({
    id: "Trouble",
    description: "It has to hold in the end and does not yet: it is tried again, at growing intervals, until it does",
  });

const goal = z
  .strictObject({
    goal: words.meta({ description: "What has to hold" }),
    username: z.string(),
    workspace: z.string().optional(),
    requestedAt: time,
    reason: words.optional(),
    trouble: trouble.optional(),
    operation: z.string().optional(),
  })
  .meta({ id: "Goal" });
const goals = z.array(goal).meta({
  description:
    "What has to hold in the end and does not yet: retirements and suspensions. At most 200, the oldest trouble first",
});

const outlook = {
  admission: z
    .strictObject({
      place: z.int(),
      of: z.int(),
      expectedFromSeconds: z.int().optional(),
      expectedToSeconds: z.int().optional(),
    })
    .optional()
    .meta({
      description:
        "The place in the queue while the start waits for its turn, and in how many seconds the desktop is likely to be ready, by the last starts; left out as long as that is not known",
    }),
  usuallyReadyWithinSeconds: z.int().optional().meta({
    description: "95 % of the last starts of this image were ready within this time; left out after too few",
  }),
  halfReadyWithinSeconds: z.int().optional().meta({ description: "Half of them were ready within this time" }),
};

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
        steps: z
          .array(words)
          .optional()
          .meta({ description: "The names of all steps, in order, while a desktop is brought up" }),
        undoing: z.strictObject({ failedStep: words, code }).optional(),
      })
      .optional(),
    ...outlook,
    seen: z
      .string()
      .optional()
      .meta({ description: "Stands for what this answer shows: `?after=` waits until there is something else" }),
    trouble: trouble.optional(),
    note: words.optional().meta({
      description: "Why nothing seems to happen: the last try failed, the server was stopped, or the work was stuck",
    }),
    at: time.optional(),
    message: words.optional(),
    url: link.optional(),
    signInAgain: signInAgain.optional(),
    code: code.optional(),
    reason: words.optional(),
    explanation: explanation.optional(),
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
    ...reasons,
    since: time.optional(),
    url: link.optional(),
    signInAgain: signInAgain.optional(),
    guacamoleUsername: z.string().optional(),
    operation: z.string().optional().meta({ description: "The id of the newest operation, while it is under way" }),
    ...outlook,
    lastFailure: z
      .strictObject({
        workspace: z.string().nullable(),
        code,
        ...reasons,
        step: words,
        at: time,
        operation: z.string().optional().meta({ description: "The id of the operation that failed" }),
      })
      .optional(),
    ended: z
      .strictObject({
        workspace: z.string().optional(),
        at: time,
        action: z.enum(["suspend", "retire"]),
        rule: desktopRule.optional().meta({ description: "Absent if somebody asked for it" }),
        ...reasons,
        operation: z.string(),
      })
      .optional()
      .meta({ description: "How the last desktop ended; only while nothing runs and the person wants nothing" }),
    lastRefusal: z
      .strictObject({ workspace: z.string(), at: time, code, ...reasons })
      .optional()
      .meta({ description: "The person chose a workspace by scaling a binding, and may not have a desktop there" }),
    leaving: leaving.optional(),
    kept: keptAnswer.optional(),
    mayExtendUntil: time.optional().meta({
      description: "Until when the person may keep it now; left out if it may not be extended (further)",
    }),
    ...why,
    goals: goals.optional(),
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
        explanation: explanation.optional(),
        until: z.iso.date().optional().meta({ description: "The last day of the entitlement" }),
        guacamoleUsername: z
          .string()
          .optional()
          .meta({ description: "The username that Guacamole must read from the token" }),
        desktop: z.strictObject({ state: desktopState, ...reasons, since: time.optional() }).optional(),
        lastRefusal: z
          .strictObject({ at: time, code, ...reasons })
          .optional()
          .meta({ description: "Choosing this workspace by scaling its binding had no effect" }),
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
  since: time.optional().meta({ description: "Since when it is in this state, as far as that was noted" }),
  action: decided.action,
  rule: decided.rule,
  concern: z
    .enum(concerns)
    .optional()
    .meta({
      description: `What somebody should look at, the worst first; \`slow-start\`: it has been starting for more than ${slowStartMinutes} minutes`,
    }),
  endsAt: time.optional(),
  endsBecause: words.optional(),
  lastSeen: time.optional().meta({ description: "When its person last logged in, or asked for a desktop" }),
  wanted: z.string().nullable().meta({ description: "The workspace that the person wants now" }),
  leaving: leaving.optional(),
  kept: keptAnswer.optional(),
};

const counted = z.record(z.string(), z.int());

export const desktopsAnswer = z
  .strictObject({
    at: time.optional().meta({ description: "With every `sort` but `id`: when all desktops were looked at" }),
    total: z.int().optional().meta({ description: "With every `sort` but `id`: how many there are on all pages" }),
    counts: z.strictObject({ states: counted, workspaces: counted, rules: counted }).optional().meta({
      description:
        "With every `sort` but `id`: how many there are of each state, workspace and rule; each of the three as if there were no filter by it",
    }),
    desktops: z.array(z.strictObject(listed)),
    next: z.string().optional().meta({ description: "Pass it as `after` to get the next page" }),
    isolation: z
      .array(words)
      .optional()
      .meta({ description: "Network policies of others that open desktops; missing if there are none" }),
    goals: goals.optional().meta({ description: "Of the first page: of these people, also if no desktop is left" }),
    unanswered: z
      .array(words)
      .meta({ description: "What could not be read; its information is missing from this answer" }),
  })
  .meta({ id: "Desktops" });

export const oneDesktopAnswer = z
  .strictObject({
    ...listed,
    deployment: z.string(),
    binding: z.string().optional(),
    guacamoleUsername: z.string(),
    connectionId: z.int().nullable(),
    isolation: z.array(words).optional().meta({
      description: "What network policies of others open in it; missing if there are none, or it is not running",
    }),
    mayBeOpened: z.boolean().nullable().meta({ description: "Null: Guacamole's database does not answer now" }),
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
    ...why,
    removal: z.strictObject({ requestedAt: time, reason: words, trouble: trouble.optional() }).optional(),
    timeline: z.array(timelineEntry).meta({
      description:
        "Decisions, operations, and what administrators and the person did, the newest first, as far as the person's record remembers them",
    }),
    ...objectsOfDesktop,
    unanswered: z.array(words).meta({ description: "What could not be read; its information is missing" }),
  })
  .meta({ id: "Desktop" });

const decidedDesktop = z.strictObject({
  workspace: z.string(),
  username: z.string(),
  decision: z.strictObject(decided),
});

export const reapAnswer = z
  .strictObject({
    dryRun: z.boolean(),
    at: time,
    looked: z.int().meta({ description: "All desktops" }),
    rules: z
      .partialRecord(z.enum(rules), z.int())
      .meta({ description: "How many running desktops each rule decided about" }),
    due: z
      .array(decidedDesktop)
      .meta({ description: "To be suspended, if the decision is still the same under the person's lock" }),
    later: z.int().meta({ description: "Also due, but left for the next run" }),
    toRetire: z.int().meta({ description: "People are no longer entitled to these: reconcile retires them" }),
    unanswered: z.array(words).meta({
      description:
        "What could not be read. If it is a source, nothing is suspended for being idle; if it is a person record, that person's desktops are kept",
    }),
    failed: z.array(z.strictObject({ workspace: z.string(), username: z.string(), reason: words })),
  })
  .meta({ id: "ReapRun" });

const drift = {
  kind: z.enum(Object.keys(driftKinds) as [DriftKind, ...DriftKind[]]),
  workspace: z.string().optional(),
  username: z.string().optional(),
  reason: words,
};

export const reconcileAnswer = z
  .strictObject({
    dryRun: z.boolean(),
    at: time,
    desktops: z.int().meta({ description: "All desktops" }),
    drifts: z.array(z.strictObject(drift)),
    later: z.int().meta({ description: "Also drifted, but left for the next run" }),
    goes: z.int().meta({ description: "Desktops that are permanently removed" }),
    refused: words.optional().meta({ description: "Why nothing is done about the drift" }),
    unanswered: z.array(words).meta({
      description: "What could not be read, and what was left alone because it would suspend too many desktops at once",
    }),
    failed: z.array(z.strictObject(drift)),
  })
  .meta({ id: "ReconcileRun" });

export const upkeepAnswer = z
  .strictObject({
    at: time,
    purged: z.int().meta({ description: "Finished instances that were deleted from the task hub" }),
    refreshed: z.int().meta({ description: "Bindings of running desktops whose time of the last check was updated" }),
    restarted: z.int().optional().meta({ description: "Notices of Keycloak that made no progress" }),
    forgotten: z.int().optional().meta({ description: "Records of people who have nothing any more" }),
    prepared: z.array(words).optional().meta({ description: "What was changed so that desktops start fast" }),
    failed: z.array(z.strictObject({ step: words, reason: words })),
  })
  .meta({ id: "UpkeepRun" });

const runState = z.enum(["running", "done", "failed"]);
export const startedAnswer = z
  .strictObject({ dryRun: z.literal(false).optional(), state: runState })
  .meta({ id: "RunStarted" });

/** For callers who stand in for timers: whom it concerns is not theirs to know. */
export const runCounts = z
  .strictObject({
    state: z.literal("done"),
    at: time,
    counts: z
      .record(z.string(), z.int())
      .meta({ description: "How many the run's summary lists or counts, by its fields" }),
  })
  .meta({ id: "RunCounts" });

export const wakeAnswer = z
  .strictObject({
    woken: z.int().meta({ description: "Requests that nothing worked on" }),
    replaced: z.int().meta({ description: "Requests whose work made no progress" }),
    followed: z.int().meta({ description: "People whose scaled bindings were treated as a request, or refused" }),
    left: z.int().meta({ description: "People who left, and whose desktop is suspended" }),
    failed: z.int().meta({ description: "What failed: the log says why. It is tried again by the next call" }),
  })
  .meta({ id: "WakeRun" });

const switchState = z.strictObject({
  state: z.enum(["on", "paused"]),
  by: z.string().optional().meta({ description: "Who paused it, or resumed it last" }),
  since: time.optional(),
  reason: words.optional(),
});
const runOf = (summary: z.ZodType) =>
  z.strictObject({ state: runState, startedAt: time, at: time, summary: summary.nullable() }).nullable();

export const maintenanceAnswer = z
  .strictObject({
    reaping: switchState,
    activation: switchState,
    runs: z.strictObject({
      reap: runOf(reapAnswer.omit({ dryRun: true })),
      reconcile: runOf(reconcileAnswer.omit({ dryRun: true })),
      upkeep: runOf(upkeepAnswer),
    }),
    goals: goals.nullable().meta({ description: "What has to hold in the end and does not yet; null if unknown" }),
  })
  .meta({ id: "Maintenance" });

export const doctorAnswer = z
  .strictObject({
    at: time,
    state: z
      .enum(["ok", "wrong", "not known"])
      .meta({ description: "Wrong if any check is; else not known if any check is" }),
    checks: z.array(
      z.strictObject({
        name: z.enum(checkNames).meta({ description: "Stable; docs/doctor.md says what each looks at" }),
        state: z.enum(checkStates),
        seen: words.meta({ description: "What was seen that is right, or why there is nothing to check" }),
        findings: z.array(
          z.strictObject({
            what: words.meta({ description: "What is wrong, or not known" }),
            advice: words.meta({ description: "What to do" }),
            state: z.enum(["wrong", "not known"]),
          }),
        ),
      }),
    ),
  })
  .meta({ id: "Doctor" });

export const endedAnswer = z
  .strictObject({
    id: z.string(),
    state: runState,
    startedAt: time,
    at: time.meta({ description: "When it last made progress" }),
    workspace: z.string().optional(),
    username: z.string().optional(),
    reason: words,
    joined: z.literal(true).optional().meta({
      description: "The run was under way when it was asked for: with its start, and the reason of who began it",
    }),
    of: z.int().nullable().meta({ description: "How many desktops ran when it began; null until they are counted" }),
    counts: z
      .strictObject({ ended: z.int(), failed: z.int() })
      .meta({ description: "How many are being suspended, and how many could not be asked for" }),
    ended: z
      .array(z.strictObject({ username: z.string(), workspace: z.string(), operation: z.string() }))
      .meta({ description: "The first 200 that are being suspended; while the run is under way, fewer" }),
    failed: z
      .array(z.strictObject({ username: z.string(), workspace: z.string(), reason: words }))
      .meta({ description: "The first 200 that could not be asked for; while the run is under way, fewer" }),
    trouble: words
      .optional()
      .meta({ description: "Why the last try failed: it is tried again for about an hour, then `state` is `failed`" }),
  })
  .meta({ id: "EndedSessions" });

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

const eventFault = z.enum(Object.keys(eventFaults) as [EventFault, ...EventFault[]]);

export const eventAnswer = z
  .strictObject({
    status: z.enum(["accepted", "duplicate", "ignored", "stale"]),
    eventId: z.string().optional(),
    reason: eventFault
      .optional()
      .meta({ description: "Why the event is not understood; absent if it is ignored because it does not matter" }),
  })
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
    identity: z
      .enum(["ok", "not ready"])
      .meta({ description: "Not ready: no token can be checked, because the issuer's keys are not known" }),
    reaping: z.enum(["on", "paused", "unknown"]),
    activation: z.enum(["on", "paused", "unknown"]),
    reasons: z.array(words).optional().meta({ description: "For callers with the monitoring role" }),
    stuck: z
      .array(words)
      .optional()
      .meta({ description: "Work without progress, for callers with the monitoring role" }),
    goals: z.array(words).optional().meta({
      description: "Retirements and suspensions that failed and are tried again, for callers with the monitoring role",
    }),
    damaged: z
      .array(words)
      .optional()
      .meta({ description: "Person records that cannot be read, for callers with the monitoring role" }),
    odd: z
      .array(words)
      .optional()
      .meta({ description: "Objects that are not as they should be, for callers with the monitoring role" }),
    isolation: z
      .array(words)
      .optional()
      .meta({ description: "Network policies of others that open desktops, for callers with the monitoring role" }),
    eventsNotUnderstood: z
      .array(z.strictObject({ type: z.string(), reason: eventFault, words, count: z.int(), lastAt: time }))
      .optional()
      .meta({
        description:
          "Keycloak's events that this process received and did not understand, for callers with the monitoring role",
      }),
    gaps: z
      .array(words)
      .optional()
      .meta({ description: "What the settings leave open, and what to set, for callers with the monitoring role" }),
  })
  .meta({ id: "Ready" });
