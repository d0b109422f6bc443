import type { Decision } from "../desktop/decision.ts";
import type { DesktopKey } from "../desktop/names.ts";
import type { DescribedState } from "../desktop/state.ts";
import { extensionOf } from "../person/extension.ts";
import { isInTrouble } from "../person/goals.ts";
import { lastSeen, leaveOf } from "../person/presence.ts";
import type { Extension, PersonRecord, Presence } from "../person/record.ts";
import type { OpenIsolation } from "./isolation.ts";
import { compareRanks, type Concern, concernOf, type Rank, rankOf } from "./worst-first.ts";

/** What a list shows of a desktop. */
export interface ListedDesktop extends DesktopKey, DescribedState, Pick<Decision, "action" | "rule"> {
  id: string;
  /** What somebody should look at. */
  concern?: Concern | undefined;
  endsAt?: string | undefined;
  endsBecause?: string | undefined;
  /** When its person was last seen. */
  lastSeen?: string | undefined;
  /** The workspace that the person wants now. */
  wanted: string | null;
  leaving?: Pick<NonNullable<Presence["leaving"]>, "since" | "until"> | undefined;
  kept?: Extension | undefined;
}

/** What is known of a desktop of which a list tells. */
interface Told extends DesktopKey, DescribedState {
  id: string;
  decision: Decision;
  record: PersonRecord | undefined;
  damaged: boolean;
}

export function listedOf(
  { id, username, workspace, state, reason, since, decision, record, damaged }: Told,
  now: Date,
): ListedDesktop {
  const { action, rule, next } = decision;
  const leaving = leaveOf(record);
  const kept = extensionOf(record, workspace);
  const concern = concernOf(
    { state, since, rule, isDamaged: damaged, isInTrouble: record !== undefined && isInTrouble(record, workspace) },
    now,
  );
  return {
    id,
    username,
    workspace,
    state,
    reason,
    since,
    action,
    rule,
    concern,
    endsAt: next?.at,
    endsBecause: next?.reason,
    lastSeen: record && seenOf(record),
    wanted: record?.request.workspace ?? null,
    ...(leaving && { leaving }),
    ...(kept && { kept }),
  };
}

/** Only who asks for a desktop shows by it that they are there: a request for none may be somebody else's. */
function seenOf(record: PersonRecord): string | undefined {
  const { request, presence } = record;
  return request.workspace !== null && !request.nobodyAsked ? lastSeen(record) : presence?.seenAt;
}

/** A desktop in the list of all, and what a preview needs of it. */
export interface EstateDesktop {
  shown: ListedDesktop;
  rank: Rank;
  /** Whether it is ours and runs. */
  runs: boolean;
  /** Whether somebody is connected; null if that is not known. */
  connected: boolean | null;
}

/** Every desktop as it was at one time, the worst first. */
export interface WholeEstate {
  at: string;
  desktops: readonly EstateDesktop[];
  isolation: readonly OpenIsolation[];
  /** What could not be read, or is not as it should be, in words. */
  unanswered: readonly string[];
}

/** Puts the worst first. Keeps nothing of the records. */
export function estateOf(
  desktops: readonly (Told & { ours: boolean; replicas: number; connected: boolean | null })[],
  now: Date,
): EstateDesktop[] {
  return desktops
    .map((desktop): EstateDesktop => {
      const { ours, replicas, connected } = desktop;
      const shown = listedOf(desktop, now);
      return { shown, rank: rankOf(shown), runs: ours && replicas > 0, connected };
    })
    .sort((one, other) => compareRanks(one.rank, other.rank));
}
