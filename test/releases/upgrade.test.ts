import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FunctionApp } from "@stand-in/functions-host";
import type { Step } from "../../orchestrations/saga.ts";
import { activationSteps } from "../../orchestrations/activation.ts";
import type { ActivityName } from "../../shared/desktop/activities.ts";
import { personId } from "../../shared/desktop/names.ts";
import { clusterOf } from "../../shared/kubernetes/cluster.ts";
import { personRecordsIn } from "../../shared/kubernetes/person-records.ts";
import { askFor, endOf } from "../bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "../estate.ts";
import { cohort, desktopOf } from "../seeded-drift.ts";
import type { World } from "../world.ts";
import { readReleases } from "./files.ts";
import { interruptions, leaveInFlight } from "./in-flight.ts";
import { prepare } from "./scenarios.ts";
import { withTable } from "./with-table.ts";

const activations = (await readReleases())
  .flatMap((release) => release.recordings.map(({ recording }) => recording))
  .filter(({ origin }) => origin.scenario === "activation");

/** Activations that are in progress while a new release is deployed. */
let estate: TestEstate;

beforeAll(async () => {
  estate = await startTestEstate();
  await prepare(estate);
});
afterAll(() => estate.close());
afterEach(async () => {
  estate.mend();
  const { status, body } = await estate.call("olga", "DELETE", "/users/ann");
  expect(status).toBeLessThan(300);
  expect(await endOf(estate, body)).toMatchObject({ state: "done" });
});

/** Returns Ann's desktop in both systems, without what differs between two activations. */
function desktopIn({ objects, rows }: World): unknown {
  const { deployment } = desktopOf({ username: "ann" }).names;
  const own = Object.entries(objects).filter(([name]) => name.includes(deployment));
  return {
    objects: own.map(([name, object]) => [name, { ...(object as object), uid: undefined }]),
    rows: rows
      .filter((row) => row.includes("ann") || /^parameter|may open/.test(row))
      .map((row) => row.replace(/ \d+\b/, "")),
  };
}

describe("an activation that an earlier release has started", () => {
  let expected: unknown;
  beforeAll(async () => {
    expect(await endOf(estate, await askFor(estate, "ann", cohort))).toMatchObject({ state: "done" });
    expected = desktopIn(await estate.world());
    await endOf(estate, (await estate.call("olga", "DELETE", "/users/ann")).body);
  });

  const rows = activations.flatMap((recording) =>
    interruptions(recording).map((each) => ({ ...each, release: recording.origin.release, recording })),
  );
  it.each(rows)("is finished by the current code if $release stopped during $activity (turn $turn)", async (row) => {
    const { request } = await leaveInFlight(estate, row.recording, row.turn);
    await estate.host.whenIdle();
    const record = await personRecordsIn(clusterOf(estate.kubeconfig), namespace).read(personId("ann"));
    expect(record?.outcomes[request.id]).toMatchObject({ state: "done" });
    expect(desktopIn(await estate.world())).toEqual(expected);
    expect(estate.log.filter(({ message }) => message.includes("Non-Deterministic"))).toEqual([]);
  });
});

describe("a release with another activation table", () => {
  const twice: Step = { name: "network policy again", do: "applyNetworkPolicy", undo: "deleteNetworkPolicy" };
  /** The new table has one more step, before the Deployment. */
  const withStep = (step: Step) =>
    activationSteps.flatMap((each) => (each.name === "deployment" ? [step, each] : [each]));
  /** Above any version that host.json will have. */
  const next = "999.0";
  const upgraded = (): FunctionApp => {
    const { app } = estate;
    const { extensions } = app.hostJson as { extensions: { durableTask: object } };
    const durableTask = { ...extensions.durableTask, defaultVersion: next };
    return { ...app, hostJson: { ...app.hostJson, extensions: { ...extensions, durableTask } } };
  };

  /** Deploys the table when Ann's activation has just created the Deployment. Returns how often each activity ran. */
  async function upgradeDuring(
    table: readonly Step[],
    then: (runs: ReadonlyMap<string, number>) => Promise<void>,
  ): Promise<Map<string, number>> {
    const runs = new Map<string, number>();
    const count = (name: string) => runs.set(name, (runs.get(name) ?? 0) + 1);
    const { promise: reached, resolve: reach } = Promise.withResolvers<undefined>();
    const last: ActivityName = "createDeployment";
    estate.faults.afterActivity = ({ name }) => {
      count(name);
      if (name !== last) return;
      reach(undefined);
      return new Promise<undefined>(() => undefined); // the old host ends before it can record the result
    };
    const operation = await askFor(estate, "ann", cohort);
    await reached;
    estate.mend();
    await withTable(activationSteps, table, async () => {
      estate.faults.beforeActivity = ({ name }) => {
        count(name);
      };
      await estate.restartHost({ app: upgraded() });
      expect(await endOf(estate, operation)).toMatchObject({ state: "done" });
      await then(runs);
    });
    return runs;
  }
  const nothingMore = () => Promise.resolve();
  const nonDeterministic = () => estate.log.filter(({ message }) => message.includes("Non-Deterministic")).length;

  it("finishes a running activation with the old table and starts the next one with the new table", async () => {
    const runs = await upgradeDuring(withStep({ ...twice, since: next }), async (before) => {
      expect([before.get("applyNetworkPolicy"), before.get("createDeployment")]).toEqual([undefined, 2]);
      await endOf(estate, (await estate.callAsService("DELETE", "/users/ann/desktop")).body);
      expect(await endOf(estate, await askFor(estate, "ann", cohort))).toMatchObject({ state: "done" });
    });
    expect(runs.get("applyNetworkPolicy")).toBe(1);
    expect(nonDeterministic()).toBe(0);
  });

  it("fails a running activation if the new row has no version; the next poll of the operation starts it again", async () => {
    const runs = await upgradeDuring(withStep(twice), nothingMore);
    expect(nonDeterministic()).toBe(1);
    expect(runs.get("applyNetworkPolicy")).toBe(1);
    estate.log.length = 0;
  });
});
