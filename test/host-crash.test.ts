import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { activationSteps } from "../orchestrations/activation.ts";
import { rowsFor, startedNow } from "../orchestrations/versions.ts";
import { deploymentName } from "../shared/desktop/names.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";

/** The host is killed before and after the effect of every step, and another one takes over the task hub. */
let estate: TestEstate;

beforeAll(async () => {
  estate = await startTestEstate();
});
afterAll(() => estate.close());
afterEach(async () => {
  await estate.ask("alice", null);
});

/** Of the rows with a condition none has something to do here. */
const rows = rowsFor(startedNow, activationSteps).filter(({ when }) => !when);
const name = deploymentName({ workspace: "asthma-cohort", username: "alice" });

it.each(
  rows.flatMap((step) =>
    (["beforeActivity", "afterActivity"] as const).map((when) => ({
      step: step.name,
      when,
      activity: "do" in step ? step.do : step.poll,
    })),
  ),
)("a host killed at $step, $when, loses nothing: the next one completes the activation", async (row) => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<undefined>();
  estate.faults[row.when] = ({ name: activity }) => {
    if (activity !== row.activity) return;
    reach(undefined);
    return new Promise<undefined>(() => undefined); // never answers: the process is about to die
  };
  const reply = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: "asthma-cohort" });
  await reached;
  estate.mend();
  await estate.restartHost();

  expect(await estate.end("alice", reply.body)).toMatchObject({ id: reply.body.id, state: "done" });
  const { objects, rows: lines } = await estate.world();
  expect(Object.keys(objects).filter((key) => key.includes(name))).toHaveLength(4);
  expect(lines.filter((line) => line.startsWith("connection "))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith("may open "))).toHaveLength(1);
});
