import { beforeAll, describe, expect, it } from "vitest";
import type { FunctionApp } from "@stand-in/functions-host";
import { activationSteps } from "../../orchestrations/activation.ts";
import { retirementSteps } from "../../orchestrations/retirement.ts";
import type { Step } from "../../orchestrations/saga.ts";
import { suspensionSteps } from "../../orchestrations/suspension.ts";
import { readReleases } from "./files.ts";
import { loadProduct } from "./product.ts";
import { asContinuedOnAzure, type Recording, startOf, turnsOf } from "./recording.ts";
import { compareWithRecording } from "./replay.ts";
import { withTable } from "./with-table.ts";

/** Orchestrations that an earlier release has started continue as they began, and end. */
let app: FunctionApp;
beforeAll(async () => {
  app = await loadProduct();
});

const releases = await readReleases();
const recordings = releases.flatMap((release) => release.recordings);

it.each(recordings)("the current code replays $file at every turn", async ({ recording }) => {
  expect(await compareWithRecording(app, recording)).toEqual([]);
});

it.each(releases)("the recordings of release $names.release cover its orchestrations and activities", (release) => {
  const { orchestrations, activities, retired } = release.names;
  const histories = release.recordings.map(({ recording }) => recording.history);
  const seen = new Set(histories.flat().flatMap((event) => ("Name" in event ? [event.Name] : [])));
  const uncovered = [...orchestrations, ...activities].filter((name) => !seen.has(name));
  expect(new Set(uncovered)).toEqual(new Set(retired));
});

describe("a recording", () => {
  const find = (file: string) => recordings.find((each) => each.file === file)?.recording ?? recordingMissing(file);

  it("has the durable extension's order of events: each turn starts, receives, schedules and completes", () => {
    for (const { recording } of recordings)
      expect(lettersOf(recording)).toMatch(/^B(S)(s+E)?(B[cft]+(s+)?E)*B([cft]+|S)$/);
  });

  it("also replays in the real host's order after continueAsNew, in which the first turn completes before it schedules", async () => {
    const { history, ...rest } = find("0.1.0/reap-fulfil-request-3.json");
    const onAzure = { ...rest, history: asContinuedOnAzure(history) };
    expect(lettersOf(onAzure)).toMatch(/^BSEsE/);
    expect(await compareWithRecording(app, onAzure)).toEqual([]);
  });

  it("differs if a step is inserted; the difference names the turn and both activities", async () => {
    const volume: Step = { name: "volume", do: "repairDesktop" as "createCredential" };
    const at = activationSteps.findIndex(({ name }) => name === "credential");
    const changed = [...activationSteps.slice(0, at), volume, ...activationSteps.slice(at)];
    expect(
      await withTable(activationSteps, changed, () => compareWithRecording(app, find("0.1.0/activation.json"))),
    ).toEqual([
      {
        turn: 6,
        kind: "order",
        words: "expected activity createCredential (5), but it schedules activity repairDesktop (5)",
      },
    ]);
  });

  it("differs if an activity is renamed, removed or moved", async () => {
    const without = activationSteps.filter(({ name }) => name !== "service");
    const renamed = activationSteps.map((step) =>
      step.name === "service" ? { name: "service", do: "applyServices" as "applyService" } : step,
    );
    const moved = [...without, ...activationSteps.filter(({ name }) => name === "service")];
    const found = async (steps: readonly Step[]) =>
      (await withTable(activationSteps, steps, () => compareWithRecording(app, find("0.1.0/activation.json")))).map(
        ({ words }) => words,
      );
    const instead = "expected activity applyService (7), but it schedules activity createDeployment (7)";
    expect(await found(without)).toEqual([instead]);
    expect(await found(moved)).toEqual([instead]);
    expect(await found(renamed)).toEqual([
      "expected activity applyService (7), but it schedules activity applyServices (7)",
    ]);
  });

  it("does not differ if the changed rows are for a later version", async () => {
    const volume: Step = { name: "volume", do: "repairDesktop" as "createCredential", since: "1.1" };
    const changed = activationSteps.flatMap((step): Step[] =>
      step.name === "service" ? [volume, { ...step, until: "1.1" }] : [step],
    );
    for (const file of ["0.1.0/activation.json", "0.1.0/activation-undone.json"])
      expect(await withTable(activationSteps, changed, () => compareWithRecording(app, find(file)))).toEqual([]);
  });

  it("does not differ either if it is the table of a suspension or a retirement", async () => {
    const rename = <Row extends { name: string; do: string }>(rows: readonly Row[], name: string) =>
      rows.flatMap((row): Row[] =>
        row.name === name
          ? [
              { ...row, until: "1.1" },
              { ...row, do: `${row.do}Anew`, since: "1.1" },
            ]
          : [row],
      );
    await withTable(suspensionSteps, rename(suspensionSteps, "deployment"), async () => {
      expect(await compareWithRecording(app, find("0.1.0/suspension.json"))).toEqual([]);
    });
    await withTable(retirementSteps, rename(retirementSteps, "service"), async () => {
      expect(await compareWithRecording(app, find("0.1.0/retirement.json"))).toEqual([]);
    });
  });

  it("does not differ if a wait takes longer", async () => {
    const recording = find("0.1.0/review-given-back-fulfil-request-2.json");
    const later = recording.history.map((event) =>
      "FireAt" in event ? { ...event, FireAt: new Date(Date.parse(event.FireAt) + 60_000).toISOString() } : event,
    );
    expect(later).not.toEqual(recording.history);
    expect(await compareWithRecording(app, { ...recording, history: later })).toEqual([]);
  });

  it("differs if an undo is removed", async () => {
    const changed = activationSteps.map((step) => (step.name === "permission" ? { ...step, undo: undefined } : step));
    const differences = await withTable(activationSteps, changed as Step[], () =>
      compareWithRecording(app, find("0.1.0/activation-undone.json")),
    );
    expect(differences).toMatchObject([
      { kind: "order", words: expect.stringContaining("revokePermission") as string },
    ]);
  });

  it("allows inputs to have more fields than in the release, but not fewer", async () => {
    const recording = find("0.1.0/activation.json");
    const change = (input: (each: object) => object): Recording => ({
      ...recording,
      inputs: recording.inputs.map(({ ids, input: each }) => ({
        ids,
        input: ids.includes(5) ? input(each as object) : each,
      })),
    });
    const less = change((each) => ({ request: (each as { request: object }).request }));
    expect(await compareWithRecording(app, less)).toEqual([]);
    const more = change((each) => ({ ...each, quota: 1 }));
    const [first] = await compareWithRecording(app, more);
    const words = "the input of withdrawStaleAccess (4) differs at $.quota";
    expect(first).toEqual({ turn: 5, kind: "input", words });
  });

  it("differs if the orchestration ends with another output", async () => {
    const recording = find("0.1.0/upkeep.json");
    const changed = { ...recording, end: { output: { purged: 7 } } };
    expect(await compareWithRecording(app, changed)).toMatchObject([{ turn: 3, kind: "end" }]);
    expect(startOf(recording.history).Name).toBe("upkeep");
    expect(turnsOf(recording.history)).toHaveLength(3);
  });
});

function recordingMissing(file: string): never {
  throw new Error(`the recording ${file} does not exist`);
}

/** One letter per event: Begin, Start, scheduled, completed, failed, timer, End. */
function lettersOf({ history }: Pick<Recording, "history">): string {
  const letters: Readonly<Record<number, string>> = {
    12: "B",
    0: "S",
    4: "s",
    10: "s",
    5: "c",
    6: "f",
    11: "t",
    13: "E",
  };
  return history.map(({ EventType: type }) => letters[type] ?? "?").join("");
}
