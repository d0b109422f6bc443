import { AppsV1Api } from "@kubernetes/client-node";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { askFor, endOf } from "./bound-people.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { type CountedExchanges, startCountingExchanges } from "./counted-exchanges.ts";
import { keycloakAdmin, namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { filling } from "./filled-estate.ts";
import { scaledWorld } from "./scaled-world.ts";

/**
 * What ten times as many desktops cost: for every timer of the app at most eleven times as much, and for a call about one
 * person nothing. `npm run bench:operators` measures the same at 1,000 and 10,000.
 */
const sizes = [40, 400] as const;
const mostGrowth = 11;
/** Times and versions of objects have more or fewer digits. */
const bytesTolerance = 0.05;

let estate: TestEstate;
let cluster: CountedCalls;
let database: CountedExchanges;

/** The timers of 30 seconds. */
const frequent = ["wakeForgotten", "endLeaves", "followScaling"];
const whenQuiet = "nothing changed";

interface Counts {
  requests: string[];
  bytes: number;
  roundTrips: number;
}
type Measured = Map<string, Counts>;

/** Of every function of the app, those that run by a schedule. */
const timers = () =>
  [...estate.app.functions.values()]
    .map(({ metadata }) => metadata)
    .filter(({ bindings }) => Object.values(bindings).some(({ type }) => type === "timerTrigger"))
    .map(({ name }) => name);

/** What is read and written while something is done, but for what a process does for everybody every few seconds. */
async function counting(work: () => Promise<unknown>): Promise<Counts> {
  cluster.calls.length = cluster.bytes = 0;
  database.clear();
  await work();
  await estate.host.whenIdle();
  const isShared = (call: string) => /watch=|desktop-start-times/.test(call);
  const requests = cluster.calls.filter((call) => !isShared(call));
  return { requests, bytes: cluster.bytes, roundTrips: database.count() };
}

/** First everything is new to them. Those of 30 seconds also run when they have seen what the others changed. */
async function countTimers(): Promise<Measured> {
  const counts: Measured = new Map();
  const runs: [string, string[]][] = [
    ["first run", timers()],
    ["second run", timers()],
    ["third run", frequent],
    [whenQuiet, frequent],
  ];
  for (const [run, names] of runs)
    for (const name of names) counts.set(`${name}, ${run}`, await counting(() => estate.host.trigger(name)));
  return counts;
}

/** Everything that is about one person: theirs, the login flow's and an administrator's. */
async function countCallsOf(username: string): Promise<Measured> {
  const counts: Measured = new Map();
  const [first, second] = ["cohort-1", "cohort-2"];
  const world = scaledWorld(estate);
  for (const workspace of [first, second]) await world.bind(`${workspace}-of-${username}`, username, workspace);
  const call = async (caller: "service" | "olga", method: string, path: string, body?: object) => {
    const reply = await (caller === "service"
      ? estate.callAsService(method, path, body)
      : estate.call(caller, method, path, body));
    expect(reply.status, `${method} ${path}`).toBeLessThan(300);
    return reply.body;
  };
  const theirs = `/users/${username}`;
  const ended = async (workspace: string) => {
    const operation = await endOf(estate, await askFor(estate, username, workspace));
    expect(operation.state).toBe("done");
    return operation.id;
  };
  let id = "";
  const works: Record<string, () => Promise<unknown>> = {
    "a new desktop": async () => (id = await ended(first)),
    "the same again": () => call("service", "PUT", `${theirs}/desktop`, { workspace: first }),
    "their desktop": () => call("service", "GET", `${theirs}/desktop`),
    "their workspaces": () => call("service", "GET", `${theirs}/workspaces`),
    "their operation": () => call("service", "GET", `/operations/${id}`),
    "an administrator's look at their desktops": () => call("olga", "GET", `/desktops?username=${username}`),
    "an administrator's look at one desktop": () =>
      call("olga", "GET", `/desktops/${deploymentName({ workspace: first, username })}`),
    "an administrator's look at what a suspension would do": () =>
      call("olga", "POST", `/desktops/${deploymentName({ workspace: first, username })}/suspend?dryRun=true`, {}),
    "the end of their sessions, as it would be": () =>
      call("olga", "POST", "/maintenance/end-sessions?dryRun=true", { username }),
    "another desktop": () => ended(second),
    "no desktop": async () => endOf(estate, await call("service", "DELETE", `${theirs}/desktop`)),
  };
  for (const [name, work] of Object.entries(works)) counts.set(name, await counting(work));
  return counts;
}

async function driftNow(): Promise<unknown[]> {
  const path = "/maintenance/reconcile?dryRun=true";
  const { body } = await estate.call<{ drifts: unknown[] }>("olga", "POST", path);
  return body.drifts;
}

async function allReady(): Promise<void> {
  const apps = estate.kubeconfig.makeApiClient(AppsV1Api);
  const waiting = async () => {
    const { items } = await apps.listNamespacedDeployment({ namespace });
    return items.filter(({ spec, status }) => (spec?.replicas ?? 0) > (status?.readyReplicas ?? 0)).length;
  };
  while ((await waiting()) > 0) await pause(200);
}

const drifts: unknown[][] = [];
const measured: { timers: Measured; calls: Measured }[] = [];

beforeAll(async () => {
  const settings = { KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id, KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret };
  estate = await startTestEstate(undefined, settings, undefined, false, {
    async linkTo(system, url) {
      if (system === "cluster") return (cluster = await startCounting(url)).url;
      if (system === "database") return (database = await startCountingExchanges(url)).url;
      return url;
    },
  });
  const estates = await filling(estate, database.url);
  for (const size of sizes) {
    await estates.upTo(size);
    await allReady();
    await estate.host.whenIdle();
    drifts.push(await driftNow());
    const timed = await countTimers();
    // Connections are made, and the watches of starts begin again, with the first person.
    await countCallsOf(`first${size}`);
    measured.push({ timers: timed, calls: await countCallsOf(`somebody${String(size).padStart(4, "0")}`) });
  }
}, 600_000);
afterAll(async () => {
  await estate.close();
  await cluster.close();
  await database.close();
});

describe(`with ${sizes[1]} desktops instead of ${sizes[0]}`, () => {
  it("the copies are as the product leaves its desktops", () => {
    expect(drifts).toEqual([[], []]);
  });

  it("every timer does at most eleven times as much", () => {
    const found = pairs("timers");
    expect(found.length).toBeGreaterThan(0);
    const tooMuch = found.filter(({ small, large }) =>
      [
        [small.requests.length, large.requests.length],
        [small.bytes, large.bytes],
        [small.roundTrips, large.roundTrips],
      ].some(([least = 0, most = 0]) => most > mostGrowth * least),
    );
    expect(tooMuch.map(inWords)).toEqual([]);
  });

  it("the timers of 30 seconds read nothing of the estate if nothing changed", () => {
    const found = pairs("timers").filter(({ name }) => name.endsWith(whenQuiet));
    expect(found.length).toBe(frequent.length);
    for (const { small, large } of found) expect(large.requests).toEqual(small.requests);
  });

  it("a call about one person does the same", () => {
    const different = pairs("calls").filter(
      ({ small, large }) =>
        large.requests.length !== small.requests.length ||
        large.roundTrips !== small.roundTrips ||
        Math.abs(large.bytes - small.bytes) > bytesTolerance * small.bytes,
    );
    expect(different.map(inWords)).toEqual([]);
  });
});

interface Pair {
  name: string;
  small: Counts;
  large: Counts;
}

function pairs(of: "timers" | "calls"): Pair[] {
  const [few, many] = measured;
  return [...(few?.[of] ?? [])].map(([name, small]) => {
    const large = many?.[of].get(name);
    if (!large) throw new Error(`${name} was not counted`);
    return { name, small, large };
  });
}

/** With the requests that there were more of, the culprits. */
function inWords({ name, small, large }: Pair): string {
  const figures = ({ requests, bytes, roundTrips }: Counts) =>
    `${requests.length} requests, ${bytes} bytes, ${roundTrips} round trips`;
  const shown = large.requests.slice(0, 20).join("\n    ");
  return `${name}: ${figures(small)}, then ${figures(large)}\n    ${shown}`;
}
