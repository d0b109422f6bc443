import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadApp } from "../app.ts";
import { virtualClock } from "../clock.ts";
import type { Commit } from "../faults.ts";
import { startFunctionsHost } from "../host.ts";
import type { FunctionsHost } from "../host.ts";
import { registerConformanceApp } from "./conformance-app.ts";
import { normalise } from "./normalise.ts";
import { conformancePoints } from "./points.ts";
import { startSession } from "./session.ts";
import type { Session } from "./session.ts";

const run = Date.now().toString(36);
let functionsHost: FunctionsHost;
let session: Session;
let turns = Promise.resolve();
/** Holds up starts that have read the hub until the others have too. */
let race: { missing: number; begin: () => void; begun: Promise<void> } | undefined;

async function beforeCommit({ kind, name }: Commit): Promise<void> {
  if (kind === "orchestration") await turns;
  if (name !== "ExecutionStarted" || !race) return;
  race.missing -= 1;
  if (race.missing === 0) race.begin();
  await race.begun;
}

beforeAll(async () => {
  const app = await loadApp({
    appRoot: path.join(import.meta.dirname, "../fixture"),
    environment: { FIXTURE_HUB: "ConformanceHub" },
    load() {
      registerConformanceApp();
      return Promise.resolve();
    },
  });
  functionsHost = await startFunctionsHost({ app, store: ":memory:", clock: virtualClock(), faults: { beforeCommit } });
  session = startSession(
    {
      api: `${functionsHost.url}/api`,
      settle: () => functionsHost.whenIdle(),
      pause: () => new Promise(setImmediate),
      holdTurns() {
        const held = Promise.withResolvers<undefined>();
        turns = held.promise.then(() => undefined);
        return () => {
          held.resolve(undefined);
        };
      },
      raceStarts(count) {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        const begun = promise.then(() => undefined);
        const begin = () => {
          resolve(undefined);
        };
        race = { missing: count, begin, begun };
      },
    },
    run,
  );
});
afterAll(() => functionsHost.close());

it.each(conformancePoints)("the local host answers like the real one: $name", async (point) => {
  expect(normalise(await point.run(session), run)).toEqual(point.expected);
});
