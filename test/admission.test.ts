import { CoreV1Api } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FunctionsHost, virtualClock } from "@stand-in/functions-host";
import type { ToldOperation } from "../local/main-job.ts";
import { deploymentName, personId } from "../shared/desktop/names.ts";
import { askFor, bind, openWorkspace, unbind, writePolicy } from "./bound-people.ts";
import { accepted, namespace, startTestEstate, type TestEstate } from "./estate.ts";

// The task hub's time stands still: nobody looks again by themselves, so whoever goes on was told.
const clock = () => virtualClock(new Date(), { jumps: false });
const workspace = "study";
const people = Array.from({ length: 12 }, (_, number) => `p${number}`);

let estate: TestEstate;
/** The people in the order in which their starts began, and those that have begun and not ended. */
let begun: string[];
let starting: Set<string>;
let mostAtOnce: number;

async function start(settings: Record<string, string>, more: { sharedHub?: boolean } = {}): Promise<void> {
  estate = await startTestEstate(undefined, settings, clock(), more.sharedHub);
  await openWorkspace(estate, workspace);
  for (const username of people) await bind(estate, username, workspace);
  const usernames = new Map(people.map((username) => [personId(username), username]));
  const who = (instanceId: string) => usernames.get(instanceId.replace("person-", "")) ?? instanceId;
  estate.faults.beforeActivity = ({ name, instanceId }) => {
    if (name !== "createParts") return;
    if (!starting.has(who(instanceId))) begun.push(who(instanceId));
    starting.add(who(instanceId));
    mostAtOnce = Math.max(mostAtOnce, starting.size);
  };
  estate.faults.afterActivity = ({ name, instanceId }) => {
    if (name === "recordOutcome") starting.delete(who(instanceId));
  };
}
beforeEach(() => {
  begun = [];
  starting = new Set();
  mostAtOnce = 0;
});
afterEach(async () => {
  vi.useRealTimers();
  await estate.close();
});

/** The desktop of a person starts, and is not ready before it is let. */
function hold(username: string, held = true, where = workspace): void {
  const deployment = deploymentName({ workspace: where, username });
  estate.cluster.setFault({ namespace, deployment }, held ? "never-ready" : null);
}

/** All ask, one after the other, and what they begin has come to a standstill. */
async function askAll(usernames: readonly string[], where = workspace): Promise<Map<string, ToldOperation>> {
  const operations = new Map<string, ToldOperation>();
  for (const username of usernames) operations.set(username, await askFor(estate, username, where));
  await estate.host.whenIdle();
  return operations;
}

async function read({ id }: ToldOperation, query = "", at?: FunctionsHost): Promise<ToldOperation> {
  const { body } = await estate.callAsService("GET", `/operations/${id}${query}`, undefined, at);
  return body;
}

/** Waits for the end, without moving time. */
async function endOf(operation: ToldOperation): Promise<ToldOperation> {
  for (;;) {
    const told = await read(operation, "?wait=20");
    if (told.state !== "pending" && told.state !== "running") return told;
  }
}

/** Lets one desktop after the other become ready, in the order in which they began, until all are. */
async function letAllBegin(
  operations: ReadonlyMap<string, ToldOperation>,
  others: FunctionsHost[] = [],
): Promise<void> {
  for (let next = 0; next < operations.size; next += 1) {
    for (const host of [...others, estate.host, ...others]) await host.whenIdle();
    const username = begun[next];
    if (username === undefined) throw new Error(`nobody began after ${begun.join(", ")}`);
    hold(username, false);
    const operation = operations.get(username);
    if (operation) expect(await endOf(operation)).toMatchObject({ state: "done" });
  }
}

/** Those who begin together do so in any order. */
function inTurn(together = 3): string[] {
  return [...begun.slice(0, together).sort(), ...begun.slice(together)];
}

/** Waits for something new of an operation until it shows these words. */
async function untilTold(operation: ToldOperation, words: string): Promise<ToldOperation> {
  for (let query = ""; ;) {
    const told = (await read(operation, query)) as ToldOperation & { seen?: string };
    if (told.progress?.message?.includes(words)) return told;
    query = `?wait=20&after=${told.seen}`;
  }
}

/** All who wait look again by themselves. */
async function letTimePass(): Promise<void> {
  (estate.clock as ReturnType<typeof clock>).advance(60_000);
  await estate.host.whenIdle();
}

describe("12 people who ask at once, of whom 3 may start at once", () => {
  beforeEach(async () => {
    await start({ STARTS_AT_ONCE: "3" }, { sharedHub: true });
    for (const username of people) hold(username);
  });

  it("start in their order, each told by the one who is ready, and never more than 3", async () => {
    const operations = await askAll(people);
    expect(begun.toSorted()).toEqual(["p0", "p1", "p2"]);
    await letAllBegin(operations);
    expect(inTurn()).toEqual(people);
    expect(mostAtOnce).toBe(3);
  });

  it("read their place, which comes nearer", async () => {
    const operations = [...(await askAll(people)).values()];
    const [first, , , fourth, ...others] = await Promise.all(operations.map((operation) => read(operation)));
    expect(first?.admission).toBeUndefined();
    expect(fourth).toMatchObject({
      state: "running",
      progress: {
        step: "admission",
        message: "place 1 of 9 in the queue (as many desktops as may start at once are starting)",
      },
      admission: { place: 1, of: 9 },
    });
    expect(fourth?.admission).not.toHaveProperty("expectedFromSeconds");
    expect(others.map((each) => each.admission?.place)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);

    const last = others.at(-1) as ToldOperation & { seen: string };
    hold("p0", false);
    await endOf(operations[0] as ToldOperation);
    expect(await read(last, `?wait=20&after=${last.seen}`)).toMatchObject({ admission: { place: 8, of: 8 } });
  });

  it("lose nobody when the process is killed, and nobody's place", async () => {
    const operations = await askAll(people);
    hold("p0", false);
    await endOf(operations.get("p0") as ToldOperation);
    await estate.restartHost();
    // What the old process listened for, the new one finds at the next look.
    await letTimePass();
    await letAllBegin(operations);
    expect(inTurn()).toEqual(people);
    expect(mostAtOnce).toBe(3);
  });

  it("look by themselves, in case nobody told them that it is their turn", async () => {
    await askAll(people.slice(0, 4));
    await removeFromQueue("p0");
    await estate.host.whenIdle();
    expect(inTurn()).toEqual(["p0", "p1", "p2"]);
    await letTimePass();
    expect(inTurn()).toEqual(["p0", "p1", "p2", "p3"]);
  });

  it("leave at once when they want none any more, or another workspace, which keeps their place", async () => {
    await openWorkspace(estate, "other");
    await bind(estate, "p4", "other");
    hold("p4", true, "other");
    const operations = await askAll(people);
    const { body } = await estate.callAsService("DELETE", "/users/p3/desktop");
    expect(await endOf(body)).toMatchObject({ state: "done" });
    expect(await endOf(operations.get("p3") as ToldOperation)).toMatchObject({ state: "superseded" });
    await askFor(estate, "p4", "other");
    await estate.host.whenIdle();
    expect(await endOf(operations.get("p4") as ToldOperation)).toMatchObject({ state: "superseded" });
    hold("p0", false);
    await endOf(operations.get("p0") as ToldOperation);
    await estate.host.whenIdle();
    expect(inTurn()).toEqual(["p0", "p1", "p2", "p4"]);
  });

  it("keep the limit and their order with two processes", async () => {
    const other = await estate.addHost(true);
    const operations = new Map<string, ToldOperation>();
    for (const [number, username] of people.entries())
      operations.set(username, await askFor(estate, username, workspace, number % 2 === 0 ? estate.host : other));
    await letAllBegin(operations, [other]);
    expect(inTurn()).toEqual(people);
    expect(mostAtOnce).toBe(3);
  });

  it("wait their turn also if an earlier release wrote their record", async () => {
    const operations = await askAll(people.slice(0, 5));
    await estate.restartHost({ whileDown: () => removeFromQueue("p3") });
    await letTimePass();
    await letAllBegin(operations);
    expect(inTurn()).toEqual(["p0", "p1", "p2", "p3", "p4"]);
    expect(mostAtOnce).toBe(3);
  });

  it("are checked again after a longer wait: whose binding ended meanwhile gets no desktop", async () => {
    const operations = await askAll(people.slice(0, 5));
    await unbind(estate, "p3", workspace);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6 * 60_000 });
    hold("p0", false);
    await endOf(operations.get("p0") as ToldOperation);
    expect(await endOf(operations.get("p3") as ToldOperation)).toMatchObject({
      ...{ state: "failed", code: "unknown-user", step: "admission", leftBehind: [] },
    });
    await estate.host.whenIdle();
    expect(inTurn()).toEqual(["p0", "p1", "p2", "p4"]);
  });
});

/** The record as an earlier release wrote it: it knows no place, and nothing lists it. */
async function removeFromQueue(username: string): Promise<void> {
  const core = estate.kubeconfig.makeApiClient(CoreV1Api);
  const name = `desktop-request-${personId(username)}`;
  const found = await core.readNamespacedConfigMap({ name, namespace });
  delete found.metadata?.labels?.["xlscsde.nhs.uk/admission"];
  for (const [key, text] of Object.entries(found.data ?? {})) {
    const value: unknown = JSON.parse(text);
    if (key === "admission") delete found.data?.[key];
    else if (typeof value === "object" && value !== null && "admission" in value) {
      delete value.admission;
      found.data = { ...found.data, [key]: JSON.stringify(value) };
    }
  }
  await core.replaceNamespacedConfigMap({ name, namespace, body: found });
}

it("with as many desktops as there may be, people wait until somebody leaves, and who runs may change", async () => {
  await start({ MAX_DESKTOPS: "2" });
  await openWorkspace(estate, "other");
  await bind(estate, "p0", "other");
  const operations = await askAll(people.slice(0, 3));
  for (const username of ["p0", "p1"]) await endOf(operations.get(username) as ToldOperation);
  const third = operations.get("p2") as ToldOperation;
  expect(await read(third)).toMatchObject({
    progress: { step: "admission", message: "place 1 of 1 in the queue (as many desktops run as there may be)" },
    admission: { place: 1, of: 1 },
  });
  expect(await endOf(await askFor(estate, "p0", "other"))).toMatchObject({ state: "done" });
  expect((await read(third)).state).toBe("running");

  accepted(await estate.callAsService("DELETE", "/users/p1/desktop"));
  expect(await endOf(third)).toMatchObject({ state: "done" });
});

it("a workspace's own limits hold up its people only", async () => {
  await start({});
  await writePolicy(estate, "narrow", { startsAtOnce: "1", maxDesktops: "2" });
  await openWorkspace(estate, workspace, "narrow");
  await openWorkspace(estate, "other");
  await bind(estate, "p11", "other");
  for (const username of people) hold(username);
  const operations = await askAll(people.slice(0, 3));
  expect(begun).toEqual(["p0"]);
  expect(await endOf(await askFor(estate, "p11", "other"))).toMatchObject({ state: "done" });

  for (const username of ["p0", "p1"]) {
    hold(username, false);
    await endOf(operations.get(username) as ToldOperation);
    await estate.host.whenIdle();
  }
  expect(begun).toEqual(["p0", "p11", "p1"]);
  await untilTold(operations.get("p2") as ToldOperation, "as many desktops of the workspace run as there may be");
  accepted(await estate.callAsService("DELETE", "/users/p0/desktop"));
  await estate.host.whenIdle();
  expect(begun.at(-1)).toBe("p2");
});

it("a quota that is used up keeps nobody from the image once there is room", async () => {
  await start({});
  estate.cluster.setFault({ namespace }, "quota");
  for (const username of people.slice(0, 3)) {
    const [operation] = (await askAll([username])).values();
    expect(await endOf(operation as ToldOperation)).toMatchObject({ code: "cannot-start", step: "readiness" });
  }
  estate.cluster.setFault({ namespace }, null);
  expect(await endOf(await askFor(estate, "p3", workspace))).toMatchObject({ state: "done" });
});

it("an image that did not start three times is refused at once with the cluster's words, until it is tried again", async () => {
  await start({});
  const image = "example.org/fault-image-pull:1";
  await writePolicy(estate, "broken", { image });
  await openWorkspace(estate, "other");
  await bind(estate, "p11", "other");
  await openWorkspace(estate, workspace, "broken");
  for (const username of people.slice(0, 3)) {
    const [operation] = (await askAll([username])).values();
    expect(await endOf(operation as ToldOperation)).toMatchObject({
      state: "failed",
      code: "cannot-start",
      step: "readiness",
    });
  }
  begun = [];
  const refused = await endOf(await askFor(estate, "p3", workspace));
  expect(refused).toMatchObject({ state: "failed", code: "cannot-start", step: "admission" });
  expect(refused.reason).toMatch(
    /^the image .* did not start the last times: .*not found.* \(tried again after 20.*Z\)$/s,
  );
  expect(begun).toEqual([]);
  expect(await endOf(await askFor(estate, "p11", "other"))).toMatchObject({ state: "done" });

  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
  expect(await endOf(await askFor(estate, "p4", workspace))).toMatchObject({ code: "cannot-start", step: "readiness" });
});
