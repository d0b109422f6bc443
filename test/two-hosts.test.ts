import { afterAll, beforeAll, expect, it } from "vitest";
import { type FunctionsHost, virtualClock } from "@stand-in/functions-host";
import type { ToldOperation } from "../local/main-job.ts";
import { askFor, bind, endOf, openWorkspace } from "./bound-people.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";

/** Two hosts of the product on one task hub, as in a plan with two instances. */

const workspaces = ["trial-a", "trial-b", "trial-c", "trial-d"];
const people = Array.from({ length: 40 }, (_, number) => ({
  username: `person${number}`,
  first: workspaces[number % 4] ?? "",
  /** Every second person changes their mind. */
  second: number % 2 === 0 ? workspaces[(number + 1) % 4] : undefined,
}));
const clock = virtualClock(new Date());

let estate: TestEstate;
let other: FunctionsHost;
beforeAll(async () => {
  estate = await startTestEstate(undefined, {}, clock, true);
  other = await estate.addHost();
  for (const workspace of workspaces) await openWorkspace(estate, workspace);
  for (const { username, first, second } of people) {
    await bind(estate, username, first);
    if (second !== undefined) await bind(estate, username, second);
  }
});
afterAll(() => estate.close());

/** Asks one host, or the remaining one if that host is gone, as a load balancer would. */
async function ask(username: string, workspace: string, at: FunctionsHost): Promise<ToldOperation> {
  try {
    return await askFor(estate, username, workspace, at);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return askFor(estate, username, workspace);
  }
}

const notUnique = (names: readonly string[]) => names.filter((name, index) => names.indexOf(name) !== index);

it("with 40 people, 20 changes of mind and one killed host, nothing is duplicated and no request is lost", async () => {
  const running = new Map<string, number>();
  const seen = { runs: 0, overlapping: 0 };
  const { promise: manyRan, resolve } = Promise.withResolvers<undefined>();
  estate.faults.beforeActivity = ({ instanceId }) => {
    const now = (running.get(instanceId) ?? 0) + 1;
    running.set(instanceId, now);
    if (instanceId.startsWith("person-") && now > 1) seen.overlapping += 1;
  };
  estate.faults.afterActivity = ({ instanceId }) => {
    running.set(instanceId, (running.get(instanceId) ?? 1) - 1);
    seen.runs += 1;
    if (seen.runs === 150) resolve(undefined);
  };

  const hostOf = (number: number) => (number % 2 === 0 ? estate.host : other);
  const asked = Promise.all(people.map(({ username, first }, number) => ask(username, first, hostOf(number))));
  const changed = asked.then(() =>
    Promise.all(
      people.flatMap(({ username, second }, number) =>
        second === undefined ? [] : [ask(username, second, hostOf(number / 2))],
      ),
    ),
  );
  await manyRan;
  expect(seen.overlapping).toBe(0);
  expect(Math.min(estate.host.commits, other.commits)).toBeGreaterThan(0);
  await other.kill();
  estate.mend();

  const operations = [...(await asked), ...(await changed)];
  // What the dead host had taken becomes visible to the other one after a minute (host.json).
  await estate.host.whenIdle();
  clock.advance(61_000);
  const ends = await Promise.all(operations.map((operation) => endOf(estate, operation)));
  expect(ends.filter(({ state }) => state !== "done" && state !== "superseded")).toEqual([]);

  const { objects, rows } = await estate.world();
  const wanted = people.map(({ username, first, second }) => `${second ?? first}/${username}`).sort();
  const deployments = Object.entries(objects).flatMap(([name, object]) => {
    const { annotations, spec } = object as { annotations?: Record<string, string>; spec?: { replicas?: number } };
    const desktop = `${annotations?.["xlscsde.nhs.uk/workspace"]}/${annotations?.["xlscsde.nhs.uk/username"]}`;
    return name.startsWith("Deployment ") ? [{ desktop, replicas: spec?.replicas }] : [];
  });
  expect(deployments.flatMap(({ desktop, replicas }) => (replicas === 0 ? [] : [desktop])).sort()).toEqual(wanted);
  expect(notUnique(deployments.map(({ desktop }) => desktop))).toEqual([]);

  const open = rows.filter((row) => row.startsWith("may open trial-")).map((row) => row.split(" ")[2]);
  expect(open.sort()).toEqual(wanted.map((desktop) => desktop.replace("/", "@")).sort());
  for (const kind of ["group", "entity", "user", "self"])
    expect(notUnique(rows.filter((row) => row.startsWith(`${kind} `)))).toEqual([]);
  const { rows: doubled } = await estate.guacamole.query(
    `SELECT connection_name, parent_id FROM guacamole_connection
     GROUP BY connection_name, parent_id HAVING count(*) > 1`,
  );
  expect(doubled).toEqual([]);
});
