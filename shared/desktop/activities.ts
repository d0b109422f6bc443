import type { Refusal } from "../errors.ts";
import type { DesktopDrift, Drift, DriftSurvey } from "../lifecycle/drift.ts";
import type { KnownDesktop } from "./known-desktop.ts";
import type { DesktopKey } from "./names.ts";
import type { StartKind } from "../lifecycle/start-times.ts";
import type { Notice } from "../person/notice.ts";
import type { Progress } from "../person/operation.ts";
import type { DesktopPlan } from "./plan.ts";
import type { Decision } from "./decision.ts";
import type { DesktopRequest, Outcome, PersonRecord, Review } from "../person/record.ts";
import type { Setback } from "../person/trouble.ts";
import type { EndOfSessions, PlaceOfRun, SessionsOf, SomeEnded } from "../lifecycle/ended-sessions.ts";
import type { DecidedDesktop, ReapSurvey } from "../lifecycle/runs.ts";
import type { BindingState, DesktopBefore } from "./state.ts";

/** What the steps of an activation find out for the steps after them. */
export interface Facts {
  plan: DesktopPlan;
  before: DesktopBefore;
  /** What the binding that entitles said before the run. */
  binding: BindingState;
  /** False if no managed server has to be started before the database can be used. */
  managedDatabase: boolean;
  /** False if no other desktop of the person runs or can be opened. */
  elsewhere: boolean;
  /** Where the person opens the desktop. */
  url: string;
  /** What is known of a start that ended well; missing if the container ran already. */
  started: Started;
}

/** What a step knows: the request, and what the steps before it found out. */
export interface Run {
  request: DesktopRequest;
}
export interface PlannedRun extends Run, Pick<Facts, "plan">, Partial<Pick<Facts, "binding">> {}
export interface ObservedRun extends PlannedRun, Pick<Facts, "before"> {}

/** `once`: the caller waits between its looks, and the look says if the request is still the newest. Since version 1.2. */
export interface Looks {
  looks?: "once" | undefined;
  /** Since when the cluster can be asked again, if it was away during the wait: what it had no time for before is not late. */
  answersSince?: string | undefined;
}

/** Where the time of a start went, if its pod told. */
export interface Started {
  kind?: StartKind | undefined;
}

/** What a wait saw. `waiting` is asked again, after `againInSeconds` if set. */
export type Sighting =
  | { seen: "ready"; message: string; started?: Started | undefined }
  | { seen: "waiting"; message: string; againInSeconds?: number | undefined }
  | Refusal;

/** One desktop as it is found under its person's lock. */
export interface DesktopInspection {
  desktop: KnownDesktop;
  decision: Decision;
  mayBeOpened: boolean;
  /** What else is wrong with it. */
  drifts: DesktopDrift[];
}

/**
 * Every activity: what it takes and what it returns. Orchestrations call by these names, functions/activities
 * implements them. All of them are idempotent, since an activity runs at least once.
 */
export interface Activities {
  readRequest: { input: { username: string }; output: PersonRecord | null };
  /** `others`: why the person's other desktops are still active. Returns the record as it is then. */
  recordOutcome: {
    input: {
      username: string;
      requestId: string;
      outcome: Outcome;
      others?: Setback | undefined;
      started?: Started | undefined;
    };
    output: PersonRecord | null;
  };

  checkEntitlement: { input: Run; output: Pick<Facts, "plan" | "binding" | "managedDatabase"> | Refusal };
  /** Waits for the turn of this start, since version 1.2. */
  awaitAdmission: { input: PlannedRun & Looks; output: Sighting };
  ensureDatabaseRunning: { input: PlannedRun & Looks; output: Sighting };
  observeDesktop: { input: PlannedRun; output: Pick<Facts, "before" | "elsewhere"> | Refusal };

  withdrawStaleAccess: { input: ObservedRun; output: null };
  /** Credential, network policy and Service, side by side: all that the pod needs before it starts. */
  createParts: { input: ObservedRun; output: Refusal | null };
  removeParts: { input: ObservedRun; output: null };
  createCredential: { input: ObservedRun; output: Refusal | null };
  deleteCredential: { input: ObservedRun; output: null };
  applyNetworkPolicy: { input: ObservedRun; output: Refusal | null };
  deleteNetworkPolicy: { input: ObservedRun; output: null };
  applyService: { input: ObservedRun; output: Refusal | null };
  deleteService: { input: ObservedRun; output: null };
  createDeployment: { input: ObservedRun; output: Refusal | null };
  removeDeployment: { input: ObservedRun; output: null };
  waitReady: { input: ObservedRun & Looks; output: Sighting };
  writeConnection: { input: ObservedRun; output: Pick<Facts, "url"> };
  removeConnection: { input: ObservedRun; output: null };
  withdrawOthers: { input: ObservedRun; output: null };
  restoreOthers: { input: ObservedRun; output: null };
  grantPermission: { input: ObservedRun; output: Refusal | null };
  revokePermission: { input: ObservedRun; output: null };
  recordActive: { input: ObservedRun; output: null };
  restoreBindingStatus: { input: ObservedRun; output: null };

  /** All of a person's desktops, or that in one workspace. */
  listDesktops: { input: { username: string; workspace?: string | undefined }; output: KnownDesktop[] };
  recordRemoval: { input: { username: string; id: string; outcome: Outcome }; output: null };
  retireDeployment: { input: KnownDesktop; output: null };
  retireService: { input: KnownDesktop; output: null };
  retireCredential: { input: KnownDesktop; output: null };
  retireNetworkPolicy: { input: KnownDesktop; output: null };
  /** What stays of its rows because it is not only the desktop's; null if nothing does. */
  retireConnection: { input: KnownDesktop; output: { stays: string[] } | null };
  recordRetired: { input: KnownDesktop; output: null };

  /** The people whom a notice is about, as far as we know them, by username. */
  findPeople: { input: Notice; output: string[] };
  applyNotice: { input: { notice: Notice; username: string }; output: null };
  /** Applies it to many people; returns those for whom it failed, and why the first of these did. */
  applyNoticeToMany: {
    input: { notice: Notice; usernames: readonly string[] };
    output: { failed: string[]; reason: string };
  };

  /** Decides about every desktop that runs. */
  surveyDue: { input: Record<string, never>; output: ReapSurvey };
  /** These two never throw: one person's trouble must not stop the others'. */
  noteDecision: { input: DecidedDesktop & { at: string }; output: { failed: string } | null };
  nominate: { input: DesktopKey & { by: string }; output: { failed: string } | null };
  /** Decides about one desktop on fresh facts; null if it is gone. */
  inspectDesktop: { input: DesktopKey; output: DesktopInspection | null };
  giveBackPermission: { input: KnownDesktop; output: null };
  recordReview: {
    input: {
      username: string;
      review: Review;
      decision: Decision | null;
      suspended: boolean;
      setback?: Setback | undefined;
    };
    output: null;
  };

  /** Compares bindings, cluster and rows, both ways. */
  surveyDrift: { input: { sharePercent?: number | undefined; confirmed?: number | undefined }; output: DriftSurvey };
  /** These never throw, either. */
  removeDesktop: { input: DesktopDrift; output: { failed: string } | null };
  retirePerson: { input: Drift & { username: string }; output: { failed: string } | null };
  beginLeave: { input: DesktopDrift; output: { failed: string } | null };
  mergeGroups: { input: Drift & { workspace: string }; output: { failed: string } | null };
  endChangedPods: { input: { of: DesktopKey[] }; output: { failed: string } | null };
  /** Repairs one drift of a desktop; does nothing if it is gone by now. */
  repairDesktop: { input: DesktopDrift; output: null };

  /** How many running desktops there are of these. */
  countSessions: { input: SessionsOf; output: { count: number } };
  /** Asks for the suspension of some of them from a place on, each for itself: one that fails does not stop the others. */
  endSomeSessions: { input: EndOfSessions & { place: PlaceOfRun }; output: SomeEnded };

  /** Forgets finished work of the task hub; returns how much. */
  purgeFinished: { input: Record<string, never>; output: number };
  /** Updates in the bindings of running desktops when they were last checked; returns how many. */
  refreshActiveChecks: { input: Record<string, never>; output: number };
  /** Restarts notices that make no progress; returns how many. */
  restartNotices: { input: Record<string, never>; output: number };
  /** Deletes the records of people who have nothing any more, and the histories of their work; returns how many. */
  forgetPeople: { input: Record<string, never>; output: number };
  /** What was changed so that desktops start fast, in words; since version 1.2. */
  prepareFastStarts: { input: Record<string, never>; output: string[] };

  listActiveDesktops: { input: { username: string; except?: string | undefined }; output: KnownDesktop[] };
  withdrawPermission: { input: KnownDesktop; output: null };
  /** Ends the sessions that Guacamole has open, if it can be asked. Never throws: without the container they end, too. */
  endTunnels: { input: KnownDesktop; output: null };
  scaleToZero: { input: KnownDesktop; output: null };
  recordSuspended: { input: KnownDesktop; output: null };

  /** What a failed activation of that desktop left behind, and how it goes back to what was there before. */
  planRollback: { input: DesktopKey; output: Rollback };
  /** The result of another try at what an ended request left to do; null if nothing is left. */
  recordOthers: {
    input: { username: string; id: string; setback: Setback | null; tookDown?: readonly string[] | undefined };
    output: null;
  };
  recordRollback: { input: { username: string; id: string; setback: Setback | null }; output: null };
}

export interface Rollback {
  desktop: KnownDesktop;
  /** Retired if nothing was there before, suspended if it was suspended; one that ran stays. */
  goes: "retire" | "suspend" | "stay";
  /** Desktops that run, and whose access was withdrawn for it. */
  giveBack: KnownDesktop[];
}

export type ActivityName = keyof Activities;
export type InputOf<Name extends ActivityName> = Activities[Name]["input"];
export type OutputOf<Name extends ActivityName> = Activities[Name]["output"];
/** The activities that can be called with this input. */
export type ActivityTaking<Input> = {
  [Name in ActivityName]: Input extends InputOf<Name> ? Name : never;
}[ActivityName];

/** The custom status of a person's orchestration that may end without reading the record again. */
export interface LastLook {
  lastLook: true;
  /** What it showed last. */
  progress?: Progress | undefined;
}
