import { beforeAll, expect, it } from "vitest";
import { loadProduct } from "./product.ts";
import { readReleases, refuseRecorded } from "./files.ts";
import { missingNames } from "./missing-names.ts";
import type { ReleasedNames } from "./recording.ts";
import { registeredNames } from "./registered.ts";
import { retiredNames } from "./retired-names.ts";

let today: ReleasedNames;
beforeAll(async () => {
  today = registeredNames(await loadProduct(), "today");
});
const releases = await readReleases();

it("there is at least one release to upgrade from", () => {
  expect(releases.length).toBeGreaterThan(0);
});

it.each(releases)("every name of release $names.release is still registered", ({ names }) => {
  expect(missingNames(names, today)).toEqual([]);
});

it("a missing name is reported with its release, the consequence and what to do", () => {
  const released = {
    release: "0.1.0",
    version: "1.0",
    orchestrations: ["reap"],
    activities: ["createVolume", "readRequest"],
    retired: [],
  };
  const now = {
    release: "today",
    version: "1.0",
    orchestrations: ["reaper"],
    activities: ["READREQUEST", "createDisk"],
    retired: [],
  };
  expect(missingNames(released, now)).toEqual([
    'the orchestration reap of release 0.1.0 is not registered any more: instances that call it stay Running for ever and block their person (register it again; see CONTRIBUTING, "Remove or rename an activity")',
    'the activity createVolume of release 0.1.0 is not registered any more: instances that call it stay Running for ever and block their person (register it again; see CONTRIBUTING, "Remove or rename an activity")',
  ]);
});

it("a name that was kept only for older work may be removed", () => {
  const released = { release: "0.2.0", version: "1.1", orchestrations: [], activities: ["a", "b"], retired: ["b"] };
  expect(
    missingNames(released, { release: "today", version: "1.1", orchestrations: [], activities: ["a"], retired: [] }),
  ).toEqual([]);
});

it("the names that are kept for older work are registered, and an earlier release lists them", () => {
  const released = new Set(releases.flatMap(({ names }) => [...names.orchestrations, ...names.activities]));
  const registered = new Set([...today.orchestrations, ...today.activities]);
  expect(retiredNames.filter((name) => !registered.has(name) || !released.has(name))).toEqual([]);
});

it("a release is recorded once", async () => {
  await expect(refuseRecorded("0.1.0")).rejects.toThrow(
    "record release 0.1.0: it is recorded already (raise the version",
  );
  await expect(refuseRecorded("999.0.0")).resolves.toBeUndefined();
});
