import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { type Distribution, keycloakHomes, readDistribution } from "../../local/keycloak/distribution.ts";
import { type RealKeycloak, startKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { buildJar, missingTool } from "../provider/maven.ts";

const distributions = await Promise.all(keycloakHomes(process.env).map((home) => readDistribution(home, process.env)));

/** Why Keycloak starts without our provider; undefined if it has it. */
export const providerIsMissing = distributions.length === 0 ? undefined : await missingTool();

/** The first start of a version builds it, which takes a minute, and several on a busy machine. */
const startMilliseconds = 600_000;

/**
 * Declares tests for each Keycloak that KEYCLOAK_HOME names, and starts it once for all of them. Without any they are
 * skipped, and the reason is printed.
 */
export function describeOnKeycloak(tests: (keycloak: () => RealKeycloak, distribution: Distribution) => void): void {
  if (distributions.length === 0) {
    const reason = "KEYCLOAK_HOME is not set (npm run -s fetch:keycloak -- 26.7.3 prints a value for it)";
    console.warn(`skipped: on a real Keycloak: ${reason}`);
    describe.skip(`on a real Keycloak (skipped: ${reason})`, () => {
      tests(() => {
        throw new Error(reason);
      }, skipped);
    });
  }
  for (const { home, events } of distributions)
    if (events === undefined)
      console.warn(
        `skipped: what keycloak-events sends: it is not in ${home}/providers (npm run -s fetch:keycloak puts it there)`,
      );
  describe.each(distributions)("on Keycloak $version with keycloak-events $events", (distribution) => {
    let keycloak: RealKeycloak | undefined;
    let folder: string | undefined;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "provider-"));
      // Realms enable its action on demand, so that the jar changes nothing for the others.
      const jars = providerIsMissing === undefined ? [await buildJar(folder)] : [];
      keycloak = await startKeycloak(distribution, { jars });
    }, startMilliseconds);
    afterAll(async () => {
      await keycloak?.close();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });
    tests(() => {
      if (keycloak === undefined) throw new Error("use Keycloak: it has not started (call this inside a test)");
      return keycloak;
    }, distribution);
  });
}

/** What the tests that are skipped would run on. */
const skipped: Distribution = { home: "", version: "26.7.3", major: 26, events: "0.59", javaHome: "" };
