import { registeredDurable } from "@stand-in/functions-host/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { play } from "./play.ts";
import { roundsWith } from "./rounds.ts";
import { startStage } from "./stage.ts";
it("explores", async () => {
  const n = Number(process.env["N"] ?? 30);
  const stage = await startStage(n);
  const acts = registeredDurable(stage.estate.app).activities as never[];
  const stories = fc.sample(roundsWith(acts), { seed: Number(process.env["S"] ?? 1), numRuns: n });
  for (const [i, story] of stories.entries()) {
    const t = performance.now();
    let wrong: string[];
    try {
      wrong = await play(stage, story);
    } catch (e) {
      wrong = [String((e as Error).stack)];
      await stage.troubles.end();
    }
    if (process.env["DEEP"]) wrong = wrong.filter((w) => !/operation of/.test(w));
    if (wrong.length)
      console.log(`### ${i} ${JSON.stringify(wrong, null, 1)}\n${story.map((r) => JSON.stringify(r)).join("\n")}`);
    else console.log(`### ${i} ok ${Math.round(performance.now() - t)} ms`);
  }
  await stage.close();
  expect(1).toBe(1);
}, 3_600_000);
