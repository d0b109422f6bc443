import { describe, expect, it } from "vitest";
import { audit } from "./audit.ts";
import { type Configuration, prepare } from "./simulate.ts";

/** Troubles beside the usual ones, and more seeds, with fewer desktops. */
function play(configuration: Configuration) {
  const simulation = prepare({ desktops: 150, ...configuration });
  simulation.play(simulation.end);
  return audit(simulation);
}

const clean = { cutOff: [], stoppedEarly: [], tooSoon: [], overdue: [] };
const sources = [true, false].flatMap((instancesKnown) =>
  [true, false].map((restAsked) => ({ instancesKnown, restAsked })),
);

describe.each(sources)("instances known: $instancesKnown, Guacamole asked: $restAsked", (known) => {
  it.each([11, 12])("with seed %i", (seed) => {
    const found = play({ ...known, seed });
    expect(found).toMatchObject({ ...clean, untellable: 0 });
    expect(found.compared.idle).toBeGreaterThan(400);
  });

  it("while readiness probes fail for moments", () => {
    const found = play({ ...known, seed: 13, probesFail: true });
    expect(found).toMatchObject({ ...clean, untellable: 0 });
    expect(found.compared.idle).toBeGreaterThan(400);
  });

  // Guacamole asked knows who is connected. Otherwise a session whose row was removed before any run saw it, or one that
  // somebody's newer session hides, cannot be told from none.
  it("where somebody empties Guacamole's history", () => {
    const found = play({ ...known, seed: 14, historyEmptied: true });
    expect(found).toMatchObject(clean);
    expect(found.untellable).toBeLessThanOrEqual(known.restAsked ? 0 : 5);
    expect(found.compared.longest).toBeGreaterThan(50);
  });
});
