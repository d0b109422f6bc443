import { reap } from "../../orchestrations/reap.ts";
import { reviewDesktop } from "../../orchestrations/review.ts";
import { rememberDecision } from "../../shared/person/decisions.ts";
import { isUnfinished } from "../../shared/person/left-to-do.ts";
import { finishReview, nominate } from "../../shared/person/review.ts";
import { chanceOf } from "./chance.ts";
import type { Estate } from "./estate-model.ts";
import { second } from "./faults.ts";
import { type Activities, drive, workflowOver } from "./model-workflow.ts";
import { knownDesktop, type Sighting, type SurveyModel, unread } from "./survey-model.ts";
import type { Process } from "./timeline.ts";
import { type Desktop, iso, workspace } from "./truth.ts";

/** A timer run that took place. */
export interface Run {
  at: number;
  /** More was due than one run takes. */
  full: boolean;
}

export interface Reaper {
  runs: readonly Run[];
  /** One firing of the timer. */
  fire(): void;
}

interface Options {
  seed: number;
  estate: Estate;
  survey: SurveyModel;
  /** Told of each desktop at each timer run. */
  watch: ((sighting: Sighting) => void) | undefined;
  /** Somebody tries to connect just when a desktop is reviewed. */
  latecomer: (desktop: Desktop) => void;
}

/** The product's own orchestrations over the model: what the timer sets going, and what is done under a person's lock. */
export function createReaper({ seed, estate, survey: model, watch, latecomer }: Options): Reaper {
  const { timeline } = estate;
  const { now } = timeline;
  const chance = chanceOf(seed, "reaper");
  const runs: Run[] = [];
  const byName = new Map(estate.desktops.map((desktop) => [desktop.username, desktop]));
  const named = (username: string) => byName.get(username) as Desktop;
  /** By which rule, which only the inspection knows. */
  const inspected = new Map<string, string>();
  let reaping = false;

  const needDatabase = () => {
    if (!estate.databaseAnswers()) throw new Error(`[guacamole-unavailable] ${unread.history}`);
  };
  const activities: Activities = {
    *surveyDue() {
      const found = model.survey(watch);
      runs.push({ at: now(), full: found.later > 0 });
      return found;
    },
    *noteDecision({ username, at, decision }) {
      const desktop = named(username);
      if (desktop.record) desktop.record = rememberDecision(desktop.record, workspace, at, decision);
      return null;
    },
    *nominate({ username, by }) {
      const desktop = named(username);
      const { record } = desktop;
      const review = { id: `${now()}`, workspace, requestedAt: iso(now()), by };
      if (record) desktop.record = nominate(record, review);
      wake(desktop);
      return null;
    },
    *inspectDesktop({ username }) {
      const desktop = named(username);
      const read = model.read(desktop);
      yield chance.between(10, 400);
      const decision = model.inspect(read);
      inspected.set(username, decision.rule);
      yield chance.between(5, 50);
      needDatabase();
      return { desktop: knownDesktop(desktop), decision, mayBeOpened: desktop.permitted, drifts: [] };
    },
    *withdrawPermission({ username }) {
      needDatabase();
      named(username).permitted = false;
      return null;
    },
    *giveBackPermission({ username }) {
      needDatabase();
      const desktop = named(username);
      desktop.permitted = desktop.life !== undefined;
      estate.note(username, "given back");
      return null;
    },
    *endTunnels() {
      return null; // The container stops right after, which ends them too.
    },
    *scaleToZero({ username }) {
      estate.stop(named(username), inspected.get(username) ?? "");
      return null;
    },
    *recordSuspended() {
      return null;
    },
    *recordReview({ username, review, decision, suspended }) {
      const desktop = named(username);
      if (!desktop.record) return null;
      const at = iso(now());
      desktop.record = finishReview(desktop.record, review, { decision, suspended }, { id: `none ${at}`, at });
      return null;
    },
  };
  const workflow = workflowOver(activities, now, chance);

  /** Works for one person, one thing after the other, as fulfilRequest does: their request, then reviews. */
  function* work(desktop: Desktop): Process {
    yield chance.between(0.1, 3) * second;
    for (let record = desktop.record; record && isUnfinished(record); record = desktop.record) {
      const { request, reviews = [] } = record;
      if (!Object.hasOwn(record.outcomes, request.id)) yield* estate.fulfil(desktop, request);
      for (const review of reviews) {
        latecomer(desktop);
        yield* drive(reviewDesktop(workflow, desktop.username, review, () => undefined));
      }
    }
    desktop.busy = false;
  }

  function wake(desktop: Desktop): void {
    if (desktop.busy) return;
    desktop.busy = true;
    timeline.run(work(desktop));
  }
  estate.wake = wake;

  function* run(): Process {
    yield* drive(reap(workflow));
    reaping = false;
  }
  return {
    runs,
    fire() {
      if (reaping) return; // as startOnce: the run before this one still goes on
      reaping = true;
      timeline.run(run());
    },
  };
}
