import { describe, expect, it } from "vitest";
import { decideReaping, type DesktopFacts } from "../../shared/lifecycle/reaping.ts";
import { audit, type Audit } from "./audit.ts";
import { interval, minute } from "./faults.ts";
import { type Configuration, prepare } from "./simulate.ts";

/** 1,000 desktops for two weeks, as they truly were, and what the reaper made of them. */
function play(configuration: Configuration): Audit & { hash: string; givenBack: number; runs: number } {
  const simulation = prepare(configuration);
  simulation.play(simulation.end);
  const givenBack = simulation.counts.get("given back") ?? 0;
  return { ...audit(simulation), hash: simulation.hash(), givenBack, runs: simulation.reaper.runs.length };
}

const clean = { cutOff: [], untellable: 0, stoppedEarly: [], tooSoon: [], overdue: [] };
/** The ten seconds are the review's own: it waits for who has just come. */
const latestMinutes = interval / minute + 10 / 60;
const manySeconds = 600_000;

describe.each<[string, Configuration]>([
  ["instances known, Guacamole asked", { seed: 1, instancesKnown: true, restAsked: true }],
  ["instances known, Guacamole not asked", { seed: 2, instancesKnown: true, restAsked: false }],
  ["instances not known, Guacamole asked", { seed: 3, instancesKnown: false, restAsked: true }],
  ["only the history known", { seed: 4, instancesKnown: false, restAsked: false }],
])("1,000 desktops, two weeks, %s", (_words, configuration) => {
  it(
    "nobody who is connected is cut off, and every idle desktop goes in time",
    () => {
      const found = play(configuration);
      expect(found).toMatchObject(clean);
      expect(found.latestMinutes).toBeLessThan(latestMinutes);
      // It did compare: some thousands that were left, some hundreds of each other kind.
      expect(found.runs).toBeGreaterThan(3_500);
      expect(found.undisturbed).toBeGreaterThan(3_000);
      expect(found.compared.idle).toBeGreaterThan(3_000);
      expect(found.compared.startGrace).toBeGreaterThan(200);
      expect(found.compared.leftOpen).toBeGreaterThan(100);
      expect(found.compared.longest).toBeGreaterThan(50);
      expect(found.stoppedInUse).toBeGreaterThan(20);
      expect(found.givenBack).toBeGreaterThan(40);
    },
    manySeconds,
  );
});

describe("a run", () => {
  const small: Configuration = { seed: 7, instancesKnown: true, restAsked: true, desktops: 100 };

  it("comes out the same for the same seed, and differently for another", () => {
    const { hash } = play(small);
    expect(play(small).hash).toBe(hash);
    expect(play({ ...small, seed: 8 }).hash).not.toBe(hash);
  });

  it("is decided about by every rule that the model has a cause for", () => {
    const rules = new Set<string>();
    play({ ...small, probesFail: true, watch: ({ decision }) => rules.add(decision.rule) });
    expect([...rules]).toEqual(
      expect.arrayContaining(["working", "reaping-paused", "kept", "unknown", "in-use", "start-grace", "idle"]),
    );
  });

  const changed =
    (change: (facts: DesktopFacts) => Partial<DesktopFacts>): typeof decideReaping =>
    (facts, limits, now) =>
      decideReaping({ ...facts, ...change(facts) }, limits, now);

  it.each<[keyof Audit, string, typeof decideReaping]>([
    [
      "cutOff",
      "does not look at sessions that are open",
      changed(({ sessions }) => ({ sessions: sessions && { ...sessions, open: [], active: false } })),
    ],
    [
      "cutOff",
      "takes what cannot be asked for nothing",
      changed(({ unanswered }) => (unanswered.length > 0 ? { unanswered: [], sessions: nothing } : {})),
    ],
    ["tooSoon", "does not know of logins", changed(() => ({ seenAt: null }))],
    [
      "tooSoon",
      "forgets when sessions ended",
      changed(({ sessions }) => ({ sessions: sessions && { ...sessions, lastEnd: null, presumedEnd: null } })),
    ],
    ["overdue", "keeps what is idle", (...given) => ({ ...decideReaping(...given), action: "keep" })],
    [
      "stoppedEarly",
      "has another longest session than it says",
      (facts, limits, now) => {
        const decision = decideReaping(facts, limits, now);
        const over = limits && facts.startedAt !== null && now.getTime() - Date.parse(facts.startedAt) > 600 * minute;
        return over ? { ...decision, action: "suspend", rule: "longest-session" } : decision;
      },
    ],
  ])("shows as %s where the decision %s", (kind, _words, broken) => {
    expect(play({ ...small, decideReaping: broken })[kind]).not.toEqual([]);
  });
});

const nothing = {
  open: [],
  active: false,
  activeSince: null,
  lastStart: null,
  lastEnd: null,
  lastAttempt: null,
  presumedEnd: null,
  readAt: "",
};
