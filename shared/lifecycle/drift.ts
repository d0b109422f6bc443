import type { DesktopKey } from "../desktop/names.ts";

/** What can be wrong, and what is done about it. */
export const driftKinds = {
  // The person may not have the desktop any more, in mid-session too: it is retired.
  "entitlement-ended": "retire",
  // It has the name of another person's desktop, which cannot start: the next start gives it its own.
  "name-taken": "retire",
  // Parts without the Deployment that they belong to: what is left of the desktop is retired.
  "connection-alone": "retire",
  "service-alone": "retire",
  "network-policy-alone": "retire",
  "pod-alone": "retire",
  "credential-alone": "retire",
  // The identity provider knows them no more, or has disabled them: everything of theirs is retired.
  "person-gone": "retire person",
  // Everything of theirs was to be removed, and something is there.
  "should-be-retired": "retire person",
  // Their sessions have ended, and nobody reported it: their leave begins.
  "session-ended": "leave",
  // Under the person's lock, each by the step that made it.
  "stuck-starting": "review",
  // Its person wants none, or another one that is up.
  "should-be-suspended": "review",
  "access-without-desktop": "review",
  "access-missing": "review",
  // Somebody else may open or change its connection or its user.
  "foreign-access": "review",
  "too-many-pods": "review",
  connection: "review",
  credential: "review",
  "pod-credential": "review",
  "last-day": "review",
  "network-policy": "review",
  "pod-template": "review",
  service: "review",
  // Somebody changed a running pod: nobody knows what it may reach, in mid-session too.
  "pod-changed": "end pods",
  "binding-status": "review",
  // What is not ours stays as it is.
  "foreign-connection": "report",
  "privileged-user": "report",
  // Under the workspace's lock in Guacamole's database.
  "duplicate-groups": "merge groups",
  // Somebody else's object opens desktops: it is told, and never changed.
  "isolation-open": "report",
} as const satisfies Record<
  string,
  "retire" | "retire person" | "leave" | "review" | "end pods" | "merge groups" | "report"
>;

export type DriftKind = keyof typeof driftKinds;

/** Something that is not as it should be: what, of which desktop, and why it is wrong. */
export interface Drift {
  kind: DriftKind;
  workspace?: string | undefined;
  username?: string | undefined;
  reason: string;
}

/** A drift of one desktop. */
export type DesktopDrift = Drift & DesktopKey;

/** True if it is put right under its person's lock. */
export function isReviewed(drift: Drift): drift is DesktopDrift {
  return driftKinds[drift.kind] === "review";
}

/** The result of a survey of everything. */
export interface DriftSurvey {
  at: string;
  /** Desktops that there are. */
  desktops: number;
  drifts: Drift[];
  /** What drifted as well, and is left for the next run. */
  later: number;
  /** How many desktops would be removed permanently. */
  goes: number;
  /** Why nothing is done about it. */
  refused?: string | undefined;
  /** What could not be asked, and so was not looked at, and what was left alone because it concerns too many. */
  unanswered: string[];
}

/** This few may always be removed: a share of a small estate says nothing. */
const alwaysAllowed = 3;

function mostAtOnce(desktops: number, sharePercent: number): number {
  return Math.max(alwaysAllowed, Math.floor((desktops * sharePercent) / 100));
}

/** Drifts that suspend desktops, or replace their pods, and have one cause in common, if it is the same for many: a setting, or a program. */
export interface Suspicion {
  drifts: readonly Drift[];
  /** What is the same for all of them, and what may be the cause. */
  words: string;
  /** How many were looked at for it, if not all. */
  looked?: number | undefined;
}

/**
 * Leaves out what would suspend or restart more desktops at once than the share that is allowed, and says so: everything else can
 * still be put right.
 */
export function leaveOutSuspicious(
  drifts: readonly Drift[],
  suspicions: readonly Suspicion[],
  desktops: number,
  sharePercent: number,
): { drifts: Drift[]; leftOut: string[] } {
  const many = suspicions
    .map((suspicion) => ({ ...suspicion, looked: suspicion.looked ?? desktops }))
    .map((suspicion) => ({ ...suspicion, allowed: mostAtOnce(suspicion.looked, sharePercent) }))
    .filter((suspicion) => suspicion.drifts.length > suspicion.allowed);
  const out = new Set(many.flatMap((suspicion) => suspicion.drifts));
  return {
    drifts: drifts.filter((drift) => !out.has(drift)),
    leftOut: many.map(
      (suspicion) =>
        `${suspicion.drifts.length} of ${suspicion.looked} desktops ${suspicion.words}; they are left alone, because at most ${suspicion.allowed} may be suspended or restarted at once for that (${sharePercent} %): allow a larger share if it is right`,
    ),
  };
}

/** How many desktops may go at once. */
export interface Allowed {
  /** The percentage of all desktops. */
  sharePercent: number;
  /** Somebody saw that so many would go, and wants it: exactly so many may, whatever the share. */
  confirmed?: number | undefined;
}

/**
 * Why a reconciliation must not go on, or undefined: a source of truth that is suspiciously empty, or more desktops that
 * would go than the share that is allowed, is more likely a fault than the truth. So is another number than was confirmed.
 */
export function refusal(
  { desktops, goes }: Pick<DriftSurvey, "desktops" | "goes">,
  known: { workspaces: readonly unknown[]; bindings: readonly unknown[] },
  { sharePercent, confirmed }: Allowed,
): string | undefined {
  if (desktops > 0 && known.bindings.length === 0) return `there are no bindings, but ${desktops} desktops`;
  if (desktops > 0 && known.workspaces.length === 0) return `there are no workspaces, but ${desktops} desktops`;
  if (confirmed !== undefined)
    return goes === confirmed
      ? undefined
      : `${goes} of ${desktops} desktops would be removed now, and ${confirmed} were confirmed; look at them again, and confirm the new number if it is right`;
  const allowed = mostAtOnce(desktops, sharePercent);
  return goes > allowed
    ? `${goes} of ${desktops} desktops would be removed, and at most ${allowed} may be at once (${sharePercent} %); find out why, and allow a larger share if it is right`
    : undefined;
}
