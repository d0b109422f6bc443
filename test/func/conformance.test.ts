import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "vitest";
import { conformancePoints, normalise, type Session, startSession } from "@stand-in/functions-host/conformance";
import { chooseHost } from "./choose-host.ts";
import { conformanceHost, isConformanceAppUp, writeConformanceApp } from "./conformance.ts";
import { type HostUnderTest, openHost } from "./open-host.ts";

/**
 * Repeats the calls to the real Durable extension on the chosen host and compares with the recorded answers. A host
 * that runs already has the product; FUNCTIONS_FIXTURE_URL names one that has the fixture app.
 */
const chosen = chooseHost(process.env);
const fixtureUrl = process.env["FUNCTIONS_FIXTURE_URL"];
const choice = chosen.kind !== "given" ? chosen : fixtureUrl ? chooseHost({ FUNCTIONS_HOST_URL: fixtureUrl }) : null;

/** These ask about an instance that has not begun. The local host starts one at once, unless it is held from inside. */
const needSlowHost = ["start running again", "id a?b", "10 starts at once"];

/** Longer than any timer of the fixture (5 s), and than a real host takes to see a message. */
const quietMilliseconds = choice?.kind === "local" ? 8_000 : 15_000;
/** A real host gets the calls in the order of the recording, one after the other. */
const test = choice?.kind === "local" ? it.concurrent : it;

const run = `m${randomBytes(3).toString("hex")}`;
let host: HostUnderTest | undefined;
let session: Session;

beforeAll(async () => {
  if (!choice) return;
  host = await openHost(choice, {
    name: "fixture",
    writeApp: writeConformanceApp,
    settings: { TASKHUB_NAME: `fixture${run}` },
    isUp: isConformanceAppUp,
  });
  session = startSession(conformanceHost(host.url, quietMilliseconds), run);
}, 20 * 60_000);
afterAll(() => host?.close(), 60_000);

const words =
  choice?.words ?? "a host that runs already (skipped: FUNCTIONS_FIXTURE_URL is not set to one with the fixture app)";
describe.skipIf(!choice)(`the Durable extension on ${words}`, { timeout: 120_000 }, () => {
  test.for(conformancePoints)("answers as recorded: $name", async (point, { expect, skip }) => {
    skip(choice?.kind === "local" && needSlowHost.includes(point.name), "the local host starts an instance at once");
    expect(normalise(await point.run(session), run)).toEqual(point.expected);
  });
});
