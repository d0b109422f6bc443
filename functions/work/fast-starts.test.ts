import { describe, expect, it } from "vitest";
import type { PolicyTexts } from "../../shared/desktop/policy.ts";
import { parsePlaceholders } from "../../shared/lifecycle/placeholders.ts";
import type { Services } from "../services.ts";
import { keepPlacesFree, prepareFastStarts } from "./fast-starts.ts";

const policies: Record<string, PolicyTexts | "missing"> = {
  gpu: { image: "example.org/gpu:1", nodeSelector: "pool=gpu" },
  secret: { image: "example.org/secret:1", pullSecrets: "registry" },
  stolen: { image: "example.org/stolen:1", pullSecrets: "somebodys" },
  malformed: { image: "example.org/malformed:1", cpuLimit: "much" },
};
const workspaces = [
  { name: "asthma", policy: undefined },
  { name: "imaging", policy: "gpu" },
  { name: "registry", policy: "secret" },
  { name: "also-registry", policy: "secret" },
  { name: "thief", policy: "stolen" },
  { name: "typo", policy: "malformed" },
  { name: "gone", policy: "no-such-policy" },
  { name: "ended", policy: "gpu", expires: "2026-01-04" },
];

/** Services as far as fast starts use them, and what they were asked for. */
function withSettings(settings: { PREPULL?: string; PLACEHOLDERS?: string }, now = "2026-01-05T09:00:00Z") {
  const asked: { pull: unknown[]; read: string[]; free: number[]; removed: number } = {
    ...{ pull: [], read: [], free: [] },
    removed: 0,
  };
  const services = {
    settings: {
      PREPULL: settings.PREPULL ?? "off",
      PLACEHOLDERS: parsePlaceholders(settings.PLACEHOLDERS ?? ""),
      TIME_ZONE: "Europe/London",
      desktopDefaults: { image: "example.org/desktop:1" },
    },
    now: () => new Date(now),
    workspaces: {
      known: () => ({
        workspaces: workspaces.map((each) => ({ availableFrom: "2026-01-01", expires: "2026-12-31", ...each })),
      }),
    },
    policies: {
      read: (name: string) => {
        asked.read.push(name);
        return policies[name] ?? "missing";
      },
    },
    offers: {
      faults: (sources: { name: string }[]) =>
        sources.filter(({ name }) => name === "somebodys").map(({ name }) => `Secret ${name} is not offered`),
    },
    fastStarts: {
      pull: (groups: unknown[]) => {
        asked.pull = groups;
        return Promise.resolve(["pulled"]);
      },
      keepFree: (places: number) => {
        asked.free.push(places);
        return Promise.resolve(true);
      },
      removePlaceholders: () => {
        asked.removed += 1;
        return Promise.resolve(true);
      },
    },
  } as unknown as Services;
  return { services, asked };
}

describe("images ahead", () => {
  it("are those that starts in open workspaces would use; the log names each workspace whose starts are refused", async () => {
    const { services, asked } = withSettings({ PREPULL: "on", PLACEHOLDERS: "Mon 09:00-10:00 UTC: 1" });
    const errors: string[] = [];
    expect(await prepareFastStarts(services, (message) => void errors.push(message))).toEqual(["pulled"]);
    expect(asked.pull).toEqual([
      { images: ["example.org/gpu:1"], pullSecrets: [], nodeSelector: { pool: "gpu" }, tolerations: [] },
      {
        images: ["example.org/desktop:1", "example.org/secret:1"],
        pullSecrets: ["registry"],
        nodeSelector: {},
        tolerations: [],
      },
    ]);
    expect(errors.map((words) => /for (\S+):/.exec(words)?.[1])).toEqual(["thief", "typo", "gone"]);
  });

  it("cost one read for each policy, however many workspaces have it", async () => {
    const { services, asked } = withSettings({ PREPULL: "on" });
    await prepareFastStarts(services, () => undefined);
    expect(asked.read.toSorted()).toEqual(["gpu", "malformed", "no-such-policy", "secret", "stolen"]);
  });

  it("are none without the setting: what was pulled before is removed, and no policy is read", async () => {
    const { services, asked } = withSettings({});
    await prepareFastStarts(services, () => undefined);
    expect(asked).toMatchObject({ pull: [], read: [] });
  });
});

describe("places", () => {
  it("are kept free as the schedule says for this minute", async () => {
    const schedule = { PLACEHOLDERS: "Mon 09:00-10:00 Europe/London: 4" };
    const during = withSettings(schedule);
    expect(await keepPlacesFree(during.services)).toEqual({ places: 4, isNew: true });
    const after = withSettings(schedule, "2026-01-05T10:00:00Z");
    expect(await keepPlacesFree(after.services)).toEqual({ places: 0, isNew: true });
    expect([during.asked.free, after.asked.free]).toEqual([[4], [0]]);
  });

  it("are given up by upkeep when there is no schedule any more, and only then", async () => {
    const [without, scheduled] = [withSettings({}), withSettings({ PLACEHOLDERS: "Mon 09:00-10:00 UTC: 4" })];
    expect(await prepareFastStarts(without.services, () => undefined)).toContain("keep no places free");
    await prepareFastStarts(scheduled.services, () => undefined);
    expect([without.asked.removed, scheduled.asked.removed]).toEqual([1, 0]);
  });
});
