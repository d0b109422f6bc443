import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FunctionsHost, virtualClock } from "@stand-in/functions-host";
import type { ToldOperation } from "../local/main-job.ts";
import { deploymentName } from "../shared/desktop/names.ts";
import { askFor, bind, openWorkspace } from "./bound-people.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { accepted, namespace, startTestEstate, type TestEstate } from "./estate.ts";

const workspace = "study";
const people = ["ann", "ben", "cleo", "dan", "eve", "fay", "gus"];

let estate: TestEstate;
/** Another process on the same task hub, as in a plan with two instances. */
let other: FunctionsHost;
let cluster: CountedCalls;
const activities: string[] = [];
/** Reads of an orchestration's status. */
let statusReads = 0;

const countStatusReads = (message: unknown) => {
  const { request } = message as { request: ClientRequest };
  if (request.method === "GET" && request.path.includes("/instances/person-")) statusReads += 1;
};

beforeAll(async () => {
  subscribe("http.client.request.start", countStatusReads);
  // The task hub's time stands still: what goes on was told to.
  const clock = virtualClock(new Date(), { jumps: false });
  estate = await startTestEstate(undefined, { STARTS_AT_ONCE: "1" }, clock, true, {
    linkTo: async (system, url) => (system === "cluster" ? (cluster = await startCounting(url)).url : url),
  });
  other = await estate.addHost(true);
  estate.faults.beforeActivity = ({ name }) => {
    activities.push(name);
  };
  await openWorkspace(estate, workspace);
  for (const username of people) await bind(estate, username, workspace);
});
afterAll(async () => {
  unsubscribe("http.client.request.start", countStatusReads);
  await cluster.close();
  await estate.close();
});
beforeEach(countAnew);

function countAnew(): void {
  cluster.calls.length = 0;
  activities.length = 0;
  statusReads = 0;
}

const recordReads = () => cluster.calls.filter((call) => /^GET .*\/configmaps\/desktop-request-/.test(call)).length;
const isOpen = ({ state }: ToldOperation) => state === "pending" || state === "running";
const isHeld = ({ progress }: ToldOperation) => /not ready yet/.test(progress?.message ?? "");

/** The desktop starts, and is not ready before it is let. */
function hold(username: string, held = true): void {
  const deployment = deploymentName({ workspace, username });
  estate.cluster.setFault({ namespace, deployment }, held ? "never-ready" : null);
}

async function read({ id }: ToldOperation, query = "", at?: FunctionsHost): Promise<ToldOperation> {
  const { body, status } = await estate.callAsService("GET", `/operations/${id}${query}`, undefined, at);
  if (status >= 400) throw new Error(JSON.stringify(body));
  return body;
}

/**
 * Reads what is new, as a page does, until an answer is as expected, or the operation has ended. Returns all answers. Throws
 * if one comes only because time was up.
 */
async function follow(
  operation: ToldOperation,
  isIt: (told: ToldOperation) => boolean,
  at?: FunctionsHost,
): Promise<ToldOperation[]> {
  let last = await read(operation, "", at);
  const answers = [last];
  while (isOpen(last) && !isIt(last)) {
    const since = performance.now();
    last = await read(operation, `?wait=20&after=${last.seen}`, at);
    if (performance.now() - since >= 20_000) throw new Error(`nothing new after ${JSON.stringify(answers.at(-1))}`);
    answers.push(last);
  }
  return answers;
}

/** Waits for the end as a login does that does not show the progress. */
async function endOf(operation: ToldOperation, at?: FunctionsHost): Promise<ToldOperation> {
  for (;;) {
    const told = await read(operation, "?wait=20", at);
    if (!isOpen(told)) return told;
  }
}

/** The desktop is up, and goes down again. */
async function suspended(username: string): Promise<void> {
  await endOf(await askFor(estate, username, workspace));
  const { body } = await estate.callAsService("DELETE", `/users/${username}/desktop`);
  await endOf(body);
}

describe("who waits", () => {
  it.each([
    ["suspends", "suspend"],
    ["removes", "retire"],
  ])("is told of the end of the start when an operator %s the desktop, in any process", async (_words, action) => {
    hold("ben");
    const operation = await askFor(estate, "ben", workspace);
    const started = await follow(operation, isHeld);
    expect(started.at(-1)).toMatchObject({ state: "running" });
    const ends = [follow(operation, () => false), follow(operation, () => false, other)];
    const desktop = deploymentName({ workspace, username: "ben" });
    const asked = await estate.call("olga", "POST", `/desktops/${desktop}/${action}`, { reason: "it moves" });
    for (const answers of await Promise.all(ends)) expect(answers.at(-1)).toMatchObject({ state: "superseded" });
    hold("ben", false);
    await endOf(asked.body);
  });

  it("reads the record next to never of a resume that takes long, and the task hub once a step and every 3 seconds", async () => {
    await suspended("ann");
    hold("ann");
    countAnew();
    const since = performance.now();
    const { body } = await estate.callAsService("PUT", "/users/ann/desktop?wait=4", { workspace });
    expect(body).toMatchObject({ state: "running", progress: { step: "readiness" } });
    const end = endOf(body);
    hold("ann", false);
    expect(await end).toMatchObject({ state: "done" });
    // One by each call, and one by the other process, which works on it, too.
    expect(recordReads()).toBeLessThanOrEqual(3);
    const looks = 2 * activities.length + Math.ceil((performance.now() - since) / 3_000) + 2;
    expect(statusReads).toBeLessThanOrEqual(looks);
  });

  it("shares a watch and the looks with all others of the process, and hears of the end in another process", async () => {
    hold("ben");
    const operation = await askFor(estate, "ben", workspace);
    await follow(operation, isHeld);
    countAnew();
    const calls = Array.from({ length: 12 }, (_, number) => endOf(operation, number % 2 === 0 ? estate.host : other));
    // Each reads the record once, and looks, before it waits.
    await expect.poll(() => statusReads, { timeout: 20_000 }).toBeGreaterThanOrEqual(calls.length);
    expect(recordReads()).toBe(calls.length);
    countAnew();
    const since = performance.now();
    hold("ben", false);
    const ends = await Promise.all(calls);
    expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(["done"]));
    expect(recordReads()).toBeLessThanOrEqual(2);
    const looks = 2 * activities.length + 2 * Math.ceil((performance.now() - since) / 3_000) + 4;
    expect(statusReads).toBeLessThanOrEqual(looks);
  });
});

describe("who waits for what is new", () => {
  it("gets each step and each message as it comes, and the end", async () => {
    hold("cleo");
    const operation = await askFor(estate, "cleo", workspace);
    const answers = await follow(operation, isHeld);
    hold("cleo", false);
    answers.push(...(await follow(operation, () => false)).slice(1));
    expect(answers.at(-1)).toMatchObject({ state: "done" });
    expect(answers.at(-1)?.seen).toBeUndefined();
    const shown = answers.slice(0, -1);
    // No two answers in a row show the same.
    const words = shown.map(({ state, progress, admission }) =>
      [state, progress?.step, progress?.message, admission?.place].join(": "),
    );
    expect(words.filter((each, index) => each === words[index - 1])).toEqual([]);
    expect(new Set(shown.map(({ seen }) => seen)).size).toBe(shown.length);
    expect(shown.map(({ progress }) => progress?.step)).toContain("readiness");
  });

  it("is answered at once if they have seen something else, and with 400 if they cannot have seen it", async () => {
    hold("dan");
    const operation = await askFor(estate, "dan", workspace);
    const last = (await follow(operation, isHeld)).at(-1);
    expect(await read(operation, "?wait=20&after=0123456789ab")).toMatchObject({ state: "running", seen: last?.seen });
    const wrong = await estate.callAsService("GET", `/operations/${operation.id}?wait=20&after=yesterday`);
    expect(wrong).toMatchObject({ status: 400, body: { code: "malformed-parameter" } });
    hold("dan", false);
    await endOf(operation);
  });

  it("hears of another place in the queue", async () => {
    hold("eve");
    const first = await askFor(estate, "eve", workspace);
    await follow(first, isHeld);
    const ahead = await askFor(estate, "fay", workspace);
    await follow(ahead, ({ admission }) => admission?.place === 1);
    const behind = await askFor(estate, "gus", workspace);
    const last = (await follow(behind, ({ admission }) => admission?.place === 2)).at(-1);
    expect(last).toMatchObject({ admission: { place: 2, of: 2 } });
    accepted(await estate.callAsService("DELETE", "/users/fay/desktop"));
    const answers = await follow(behind, ({ admission }) => admission?.place === 1);
    expect(answers.at(-1)).toMatchObject({ admission: { place: 1, of: 1 } });
    hold("eve", false);
    expect(await endOf(behind)).toMatchObject({ state: "done" });
  });
});
