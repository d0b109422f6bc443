import { z } from "zod";
import { takenDecisionSchema } from "../desktop/decision.ts";
import { desktopBeforeSchema } from "../desktop/state.ts";
import { instant, stored } from "../desktop/stored.ts";
import { type ErrorCode, errorCodes } from "../errors.ts";
import { valuesSchema, whySchema } from "./why.ts";

/** Why a goal does not hold yet: how often it was tried in vain, and what went wrong last. */
const troubleSchema = stored({
  /** Failed tries, without a successful one in between. */
  tries: z.int().positive(),
  /** When the first and the last of them failed. */
  since: instant,
  at: instant,
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  reason: z.string(),
  step: z.string(),
  /** Not before then it is tried again by itself. */
  nextTry: instant,
});
export type Trouble = z.output<typeof troubleSchema>;

/** What a person wants: a workspace, or none. The newest request counts. */
const requestSchema = stored({
  id: z.string(),
  username: z.string(),
  /** null: no desktop. */
  workspace: z.string().nullable(),
  /** Everything that the person has is to be removed permanently, in every workspace. */
  retire: z.boolean().optional(),
  requestedAt: instant,
  /** The person's id at the identity provider, if known. */
  subject: z.string().optional(),
  /** The claims that bindings look at, as proven when the request was made. */
  claims: z.record(z.string(), z.unknown()).readonly(),
  /** The person has more values of these claims than are kept. */
  claimsReduced: z.boolean().optional(),
  /** It only stands in the place of a record that somebody deleted: what the person's claims are is not known. */
  nobodyAsked: z.boolean().optional(),
  /** Why there is to be no desktop, if it was not the person who said so. */
  reason: z.string().optional(),
  /** The same in fields; releases up to 0.1.0 have only the words. */
  why: whySchema.optional(),
  /** Only of a request for none: it is a goal, which is tried until it holds. */
  trouble: troubleSchema.optional(),
});
export type DesktopRequest = z.output<typeof requestSchema>;

/** What is known about a person's presence. Separate from their request, because events arrive in any order. */
const presenceSchema = stored({
  /** The newest time at which they were known to be there. */
  seenAt: instant,
  /** The sessions at the identity provider in which they asked for a desktop, and whose end we have not heard of. */
  sessions: z.array(z.string()).readonly(),
  /** When each of them was named first and last. Older releases did not note it. */
  noted: z
    .record(z.string(), stored({ first: instant, last: instant }))
    .readonly()
    .optional(),
  /**
   * They logged out: unless they come back, their desktop is suspended at `until`. If `unlessInUse`, it is not certain that
   * the session that ended is the one of the desktop: then an open connection shows that it is not.
   */
  leaving: stored({ since: instant, until: instant, unlessInUse: z.boolean().optional() }).optional(),
});
export type Presence = z.output<typeof presenceSchema>;

/** One desktop that is to be removed permanently, whatever its person wants. */
const desktopRetirementSchema = stored({
  id: z.string(),
  workspace: z.string(),
  requestedAt: instant,
  reason: z.string(),
  /** The same in fields; releases up to 0.1.0 have only the words. */
  why: whySchema.optional(),
  trouble: troubleSchema.optional(),
});
export type DesktopRetirement = z.output<typeof desktopRetirementSchema>;

/** A desktop that an administrator, or its person, keeps from being taken down until a time. */
const extensionSchema = stored({
  workspace: z.string(),
  until: instant,
  by: z.string(),
  reason: z.string().optional(),
});
export type Extension = z.output<typeof extensionSchema>;

/** What an administrator, or the person themselves, did to a desktop. */
const interventionSchema = stored({
  at: instant,
  by: z.string(),
  /** `suspend`, `extend`, `retire` or `end-sessions`. A newer release may know more. */
  action: z.string(),
  workspace: z.string(),
  reason: z.string().optional(),
  /** Of an extension. */
  until: instant.optional(),
  /** The request or retirement that it began. */
  id: z.string().optional(),
});
export type Intervention = z.output<typeof interventionSchema>;

/** One desktop that is to be looked at under its person's lock, and put right. */
const reviewSchema = stored({
  id: z.string(),
  workspace: z.string(),
  requestedAt: instant,
  /** What asked for it: a timer, or an administrator. */
  by: z.string(),
  /** The desktop is to be suspended, and could not be. */
  trouble: troubleSchema.optional(),
});
export type Review = z.output<typeof reviewSchema>;

/** What a switch left to do: no desktop of the person but this one is to be active. */
const othersSchema = stored({
  /** The request that brought this desktop up. */
  id: z.string(),
  except: z.string(),
  requestedAt: instant,
  trouble: troubleSchema,
});

/** What a failed activation left to do: the desktop goes back to what `before` in the record says. */
const rollbackSchema = stored({
  /** The request that failed. */
  id: z.string(),
  workspace: z.string(),
  requestedAt: instant,
  trouble: troubleSchema,
});

/** Which generation of the person's orchestration may act, and from when. */
const workSchema = stored({
  generation: z.int().nonnegative(),
  /** When no activity of an older generation can be under way any more. */
  notBefore: instant,
  /** The id of the orchestration's instance, once the task hub could not end the usual one. */
  instance: z.string().optional(),
});

/** The person's place in the queue of starts, from their request until it has ended. */
const admissionSchema = stored({
  state: z.enum(["waiting", "admitted"]),
  /** Since when they wait; another workspace keeps it. */
  since: instant,
  workspace: z.string(),
  /** Their desktop ran within the last hour. */
  returns: z.boolean(),
  /** What starts, and how many of its workspace may start and run at once; unknown until somebody looked. */
  image: z.string().optional(),
  startsAtOnce: z.number().nullable().optional(),
  maxDesktops: z.number().nullable().optional(),
  admittedAt: instant.optional(),
  /** It waited until another start had ended. */
  waited: z.boolean().optional(),
  /** Nobody could start beside it any more: whoever comes while it starts waits, and is to be told when it ends. */
  isLast: z.boolean().optional(),
  /** Since when the work is known to be suspended by hand in the task hub, or silent: it takes nobody's turn until it goes on. */
  suspendedAt: instant.optional(),
});
export type Admission = z.output<typeof admissionSchema>;

/** What the request or retirement was for; null: for no desktop. Releases up to 0.1.0 did not note it. */
const ofWorkspace = z.string().nullable().optional();

/** The workspaces of the desktops that it took down, or was to, if it was superseded. Releases up to 0.1.0 did not note them. */
const tookDown = z.array(z.string()).readonly().optional();

/** How a request ended. A request for none does not end by failing: releases up to 0.1.0 recorded that, too. */
const outcomeSchema = z.discriminatedUnion("state", [
  stored({
    state: z.literal("done"),
    workspace: ofWorkspace,
    tookDown,
    at: instant,
    message: z.string(),
    url: z.string().optional(),
    /** The workspace of the desktop that the person had before this one came up, if it was another. */
    switchedFrom: z.string().optional(),
  }),
  stored({
    state: z.literal("failed"),
    workspace: ofWorkspace,
    tookDown,
    at: instant,
    code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
    reason: z.string(),
    /** What the reason says, in fields; releases up to 0.1.0 have only the words. */
    values: valuesSchema.optional(),
    step: z.string(),
    undone: z.array(z.string()),
    leftBehind: z.array(z.string()),
  }),
  stored({ state: z.literal("superseded"), workspace: ofWorkspace, tookDown, at: instant, reason: z.string() }),
]);
export type Outcome = z.output<typeof outcomeSchema>;

/** How the last desktop in a workspace ended: of one that comes up again it is forgotten. */
const desktopEndSchema = stored({
  workspace: z.string(),
  at: instant,
  action: z.enum(["suspend", "retire"]),
  /** In words, for operators. */
  reason: z.string(),
  why: whySchema,
  /** The request or retirement that ended it; absent if it was a review. */
  id: z.string().optional(),
  /** Set if it was being started, and had not come up. */
  neverUp: z.boolean().optional(),
});
export type DesktopEnd = z.output<typeof desktopEndSchema>;

/** A person's newest request with the outcomes of the last ones, by request id, and what else is remembered of the person. */
export const recordSchema = z.object({
  request: requestSchema,
  outcomes: z.record(z.string(), outcomeSchema).readonly(),
  /**
   * What was there before work on the desktop of this workspace began. Kept until that work has ended with nothing left
   * behind, so that a run that begins again, after whatever outage, still goes back to the true beginning.
   */
  before: stored({ workspace: z.string(), desktop: desktopBeforeSchema }).optional(),
  presence: presenceSchema.optional(),
  /** The workspace of the last desktop that came up: Guacamole may still know the person by its user. */
  lastDesktop: z.string().optional(),
  /** How the desktops ended that do not run now, one a workspace, the newest last. Releases up to 0.1.0 did not note it. */
  ends: z.array(desktopEndSchema).readonly().optional(),
  others: othersSchema.optional(),
  rollback: rollbackSchema.optional(),
  /** While a desktop is to be brought up. */
  admission: admissionSchema.optional(),
  /** Removals that have not ended. */
  removals: z.array(desktopRetirementSchema).readonly().optional(),
  kept: extensionSchema.optional(),
  /** What administrators did last, and by how much its person extended it, the newest last. */
  interventions: z.array(interventionSchema).readonly().optional(),
  /** Reviews that have not ended. */
  reviews: z.array(reviewSchema).readonly().optional(),
  /** When the one who has the username now first asked; absent if they may have been here before that was noted. */
  since: instant.optional(),
  /** Set once an orchestration of the person had to be replaced. */
  work: workSchema.optional(),
  /** The last decisions about the person's desktops, the newest last; one only if something is new. */
  decisions: z.array(takenDecisionSchema).readonly().optional(),
});
export type PersonRecord = z.output<typeof recordSchema>;
