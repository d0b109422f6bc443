import type { PersonRecord } from "../../shared/person/record.ts";
import { type Chance, chanceOf } from "./chance.ts";
import { day, hour, minute, second, type Spell } from "./faults.ts";

/** What can be away, for us. The person records are in the cluster. */
export const sources = ["cluster", "database", "Keycloak"] as const;
export type Source = (typeof sources)[number];

/** A person with their one desktop, as they truly are. */
export interface Leaver {
  username: string;
  /** Who is bound by a group has it until they lose it; the others are bound by name. */
  byGroup: boolean;
  /** What Keycloak knows. */
  known: boolean;
  inGroup: boolean;
  /** Until when their session there lives: nobody tells when it expires. */
  session: { id: string; until: number } | undefined;
  /** In Guacamole. */
  connected: boolean;
  connectedSince: number | null;
  /** The parts of their desktop that exist. */
  parts: Set<string>;
  replicas: 0 | 1;
  permitted: boolean;
  startedAt: number | null;
  record: PersonRecord | undefined;
  /** What must hold, since when, and why; undefined while they may have their desktop. */
  goal: Goal | undefined;
}

export interface Goal {
  since: number;
  what: "gone" | "not running";
  why: string;
}

/** Who has it may use the workspace. */
export const group = "/cohort";
export const claimNames = { groups: "groups", roles: "roles" };

export interface Troubles {
  away: (Spell & { source: Source })[];
  /** When the host is dead: planned, and more when it dies in the middle of work. */
  hostDown: Spell[];
  /** How likely the host dies at any activity, and what the activity needs goes away. */
  diesAtWork: number;
  outageAtWork: number;
  /** The share of instances whose messages get lost when the host dies: they stay Running, and nothing moves. */
  lostShare: number;
}

const habits: Record<Source, { every: number; from: number; to: number }> = {
  cluster: { every: 12 * hour, from: 20 * second, to: 2 * hour },
  database: { every: 12 * hour, from: 20 * second, to: 2 * hour },
  Keycloak: { every: 20 * hour, from: minute, to: 2 * hour },
};

export function planTroubles(seed: number, start: number, end: number): Troubles {
  const plan = (chance: Chance, every: number, lasts: () => number): Spell[] => {
    const found: Spell[] = [];
    for (let at = start + chance.between(0.2, 1) * every; at < end - day; at += chance.between(0.3, 1.7) * every) {
      const from = Math.round(at);
      at += lasts();
      found.push({ from, to: Math.round(at) });
    }
    return found;
  };
  const dying = chanceOf(seed, "hosts");
  return {
    away: sources.flatMap((source) => {
      const chance = chanceOf(seed, source);
      const { every, from, to } = habits[source];
      return plan(chance, every, () => chance.spread(from, to)).map((spell) => ({ ...spell, source }));
    }),
    hostDown: plan(dying, 30 * hour, () => dying.spread(5 * second, 30 * minute)),
    diesAtWork: 0.005,
    outageAtWork: 0.01,
    lostShare: 0.3,
  };
}
