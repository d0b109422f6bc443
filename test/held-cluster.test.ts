import { afterAll, beforeAll, expect, it } from "vitest";
import { bind, openWorkspace } from "./bound-people.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";

const people = Array.from({ length: 200 }, (_, n) => `person${n}`);
/** As many requests of the API server as a process makes at once. */
const callsAtOnce = 32;

let estate: TestEstate;
let cluster: CountedCalls;

beforeAll(async () => {
  estate = await startTestEstate(undefined, {}, undefined, false, {
    linkTo: async (system, url) => (system === "cluster" ? (cluster = await startCounting(url)).url : url),
  });
  await openWorkspace(estate, "study");
  await Promise.all(people.map((username) => bind(estate, username, "study")));
});
afterAll(async () => {
  await estate.close();
  await cluster.close();
});

it("200 people who ask at once wait for their turns while the API server answers nobody, and get no 503", async () => {
  // What they ask for is taken down, and nothing works on it.
  estate.faults.beforeActivity = () => new Promise(() => undefined);
  const { promise: answered, resolve: answer } = Promise.withResolvers<undefined>();
  let underWay = 0;
  let most = 0;
  cluster.decide(async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await answered;
    underWay -= 1;
    return undefined;
  });
  const asked = people.map((username) =>
    estate.callAsService("PUT", `/users/${username}/desktop`, { workspace: "study" }),
  );
  await expect.poll(() => underWay).toBe(callsAtOnce);
  answer(undefined);
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([202]));
  expect(most).toBe(callsAtOnce);
});
