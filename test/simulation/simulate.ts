import { createHash } from "node:crypto";
import { decideReaping, type Limits } from "../../shared/lifecycle/reaping.ts";
import { parsePolicy } from "../../shared/desktop/policy.ts";
import { chanceOf } from "./chance.ts";
import { createEstate, type Estate } from "./estate-model.ts";
import { day, type FaultPlan, minute, planFaults, second } from "./faults.ts";
import { type Morning, populate, sit } from "./people.ts";
import type { QueueRules } from "./queue-model.ts";
import { createReaper, type Reaper } from "./reaper-model.ts";
import { desktopDefaults, type Sighting, type Sources, surveyOver } from "./survey-model.ts";
import { timelineFrom } from "./timeline.ts";

export interface Configuration extends Sources {
  seed: number;
  /** Somebody empties Guacamole's history a few times, while people are connected. */
  historyEmptied?: boolean;
  /** Readiness probes fail for moments, while people are connected. */
  probesFail?: boolean;
  /** Many log in at once, and only so many start at once. */
  morning?: Morning & QueueRules;
  desktops?: number;
  days?: number;
  /** Another decision than the product's. */
  decideReaping?: typeof decideReaping;
  watch?: (sighting: Sighting) => void;
}

export interface Simulation {
  estate: Estate;
  reaper: Reaper;
  faults: FaultPlan;
  configuration: Configuration;
  limits: Limits;
  start: number;
  end: number;
  /** Plays on until then. */
  play(until: number): void;
  /** Stands for all that happened so far. */
  hash(): string;
  /** How often each thing happened, by its last word. */
  counts: Map<string, number>;
}

/** A Monday at midnight. */
const start = Date.parse("2026-03-02T00:00:00Z");

export function defaultLimits(): Limits {
  const policy = parsePolicy(desktopDefaults);
  if ("faults" in policy) throw new Error("the default policy has faults");
  return policy;
}

/** An estate with people, faults, and the reaper, ready to be played. */
export function prepare(configuration: Configuration): Simulation {
  const { seed, historyEmptied = false, probesFail = false, morning, desktops = 1_000, days = 14 } = configuration;
  const limits = defaultLimits();
  const timeline = timelineFrom(start);
  const faults = planFaults(seed, start, days, historyEmptied);
  const log = createHash("sha256");
  const counts = new Map<string, number>();
  const note = (...words: string[]) => {
    log.update(`${timeline.now()} ${words.join(" ")}\n`);
    const what = words.slice(1).join(" ");
    counts.set(what, (counts.get(what) ?? 0) + 1);
  };
  const estate = createEstate({ seed, desktops, faults, probesFail, queue: morning, timeline, note });
  const late = chanceOf(seed, "latecomers");
  const survey = surveyOver({ decideReaping, ...configuration, estate });
  const reaper = createReaper({
    seed,
    estate,
    survey,
    watch: configuration.watch,
    latecomer(desktop) {
      if (!late.happens(0.3)) return;
      timeline.at(timeline.now() + late.between(0, 9 * second), () => {
        timeline.run(sit(estate, desktop, late, late.between(1, 120) * minute));
      });
    },
  });
  for (const at of faults.timers)
    timeline.at(at, () => {
      reaper.fire();
    });
  populate(estate, seed, start, days, morning);
  return {
    estate,
    reaper,
    faults,
    configuration,
    limits,
    start,
    end: start + days * day,
    play: (until) => {
      timeline.play(until);
    },
    hash: () => log.copy().digest("hex"),
    counts,
  };
}
