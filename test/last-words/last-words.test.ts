import { registeredDurable } from "@stand-in/functions-host/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ActivityName } from "../../shared/desktop/activities.ts";
import { play } from "./play.ts";
import { roundsWith } from "./rounds.ts";
import { type Stage, startStage } from "./stage.ts";

/**
 * Random stories: several people log in, leave, are extended, suspended, retired, deleted or lose what lets them in, while
 * anything fails for a time. When all is well again, there is exactly what the last words asked for.
 *
 * A failure prints the story, made as short as possible, with its seed: LAST_WORDS_SEED plays from there again, and
 * LAST_WORDS_RUNS plays more stories.
 */
const plays = Number(process.env["LAST_WORDS_RUNS"] ?? 12);
const seed = Number(process.env["LAST_WORDS_SEED"] ?? 16);
/** Stories that are tried to make a failing one shorter. */
const retellings = 60;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(plays + retellings);
});
afterAll(() => stage.close());

it("there is exactly what the last words asked for, when all is well again", async () => {
  const activities = registeredDurable(stage.estate.app).activities as ActivityName[];
  await fc.assert(
    fc.asyncProperty(roundsWith(activities), async (rounds) => {
      expect(await play(stage, rounds)).toEqual([]);
    }),
    { seed, numRuns: plays, interruptAfterTimeLimit: 1_200_000 },
  );
}, 1_800_000);
