import { afterAll, beforeAll, expect, it } from "vitest";
import { virtualClock } from "@stand-in/functions-host";
import { askFor, bind, openWorkspace } from "./bound-people.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";

/** Everybody who waits for a place looks again and again. */
const people = Array.from({ length: 40 }, (_, index) => `p${index}`);
const rounds = 5;

let estate: TestEstate;
let cluster: CountedCalls;
const clock = virtualClock(new Date(), { jumps: false });

beforeAll(async () => {
  estate = await startTestEstate(undefined, { MAX_DESKTOPS: "1" }, clock, false, {
    linkTo: async (system, url) => (system === "cluster" ? (cluster = await startCounting(url)).url : url),
  });
  await openWorkspace(estate, "study");
  for (const username of people) await bind(estate, username, "study");
});
afterAll(async () => {
  await estate.close();
  await cluster.close();
});

it("200 looks of people who wait for MAX_DESKTOPS list the desktops once", async () => {
  const since = performance.now();
  await askFor(estate, people[0] ?? "", "study");
  await estate.host.whenIdle();
  cluster.calls.length = 0;
  for (const username of people.slice(1)) await askFor(estate, username, "study");
  await estate.host.whenIdle();
  let looks = 0;
  estate.faults.beforeActivity = ({ name }) => {
    if (name === "awaitAdmission") looks += 1;
  };
  for (let round = 0; round < rounds; round += 1) {
    clock.advance(60_000);
    await estate.host.whenIdle();
  }
  expect(looks).toBeGreaterThanOrEqual((people.length - 1) * rounds);
  const everybodys = /^GET \/apis\/apps\/v1\/namespaces\/[^/]+\/deployments\?(?!.*(?:person|watch|limit=1\b|%21))/;
  const lists = cluster.calls.filter((call) => everybodys.test(call));
  const minutes = Math.ceil((performance.now() - since) / 60_000);
  expect(lists.length, lists.slice(0, 3).join("\n")).toBeLessThanOrEqual(1 + minutes);
});
