import { AppsV1Api, KubernetesObjectApi } from "@kubernetes/client-node";
import { type FunctionApp, type VirtualClock, virtualClock } from "@stand-in/functions-host";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ToldOperation } from "../local/main-job.ts";
import { deploymentName, personId } from "../shared/desktop/names.ts";
import { openWorkspace } from "./bound-people.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

/** What a desktop that takes its time costs while people wait for it. */

let estate: TestEstate;
let cluster: CountedCalls;
let clock: VirtualClock;
const activities: string[] = [];
let running = 0;
let most = 0;

beforeEach(async () => {
  // Time moves as it does, and a minute at once when a test says so: for timers and for what is known of the cluster.
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: true });
  clock = virtualClock(new Date(), { jumps: false });
  estate = await startTestEstate(undefined, { DESKTOP_UNSCHEDULABLE_GRACE_SECONDS: "600" }, clock, true, {
    async linkTo(system, url) {
      if (system === "cluster") return (cluster = await startCounting(url)).url;
      return url;
    },
  });
  estate.faults.beforeActivity = ({ name }) => {
    activities.push(name);
    most = Math.max(most, (running += 1));
  };
  estate.faults.afterActivity = () => {
    running -= 1;
  };
  await openWorkspace(estate, "study");
});
afterEach(async () => {
  vi.useRealTimers();
  await estate.close();
  await cluster.close();
});

function pass(seconds: number): void {
  vi.advanceTimersByTime(seconds * 1_000);
  clock.advance(seconds * 1_000);
}

async function bindAsThePlatformDoes(username: string): Promise<void> {
  const object = {
    apiVersion: "xlscsde.nhs.uk/v1",
    kind: "AnalyticsWorkspaceBinding",
    metadata: { name: `study-${username}`, namespace, labels: { "xlscsde.nhs.uk/username": username } },
    spec: { workspace: "study", username, expires: "2099-12-31" },
  };
  await KubernetesObjectApi.makeApiClient(estate.kubeconfig).create(object);
}

async function ask(username: string, host = estate.host): Promise<string> {
  const { body } = await estate.callAsService("PUT", `/users/${username}/desktop`, { workspace: "study" }, host);
  if (!("id" in body)) throw new Error(`ask for a desktop: ${JSON.stringify(body)}`);
  return body.id;
}

/** Reads an operation without being counted. */
async function read(id: string): Promise<ToldOperation> {
  const before = cluster.calls.length;
  const { body } = await estate.callAsService("GET", `/operations/${id}`);
  cluster.calls.splice(before);
  return body;
}

const message = async (id: string) => (await read(id)).progress?.message ?? "";
const state = async (id: string) => (await read(id)).state;
const deploymentOf = (username: string) => ({
  namespace,
  deployment: deploymentName({ workspace: "study", username }),
});
const looks = () => activities.filter((name) => name === "waitReady").length;

it("a start of 60 seconds that says four different things costs at most 60 requests and 20 activities", async () => {
  for (const username of ["first", "slow"]) await bindAsThePlatformDoes(username);
  // Connections and discovery are made once a process.
  const first = await ask("first");
  await expect.poll(() => state(first)).toBe("done");
  await estate.host.whenIdle();
  cluster.calls.length = activities.length = 0;

  const desktop = deploymentOf("slow");
  estate.cluster.setFault(desktop, "unschedulable");
  const id = await ask("slow");
  for (const [fault, said] of [
    ["registry-away", /0\/3 nodes are available/],
    ["not-synced", /ImagePullBackOff: .*connection refused/],
    ["never-ready", /CreateContainerConfigError/],
    [null, /running but not ready yet: Unhealthy/],
  ] as const) {
    await expect.poll(() => message(id)).toMatch(said);
    await estate.host.whenIdle();
    pass(15);
    await estate.host.whenIdle();
    expect(await message(id)).toMatch(said);
    estate.cluster.setFault(desktop, fault);
  }
  await expect.poll(() => state(id)).toBe("done");
  await estate.host.whenIdle();
  expect(cluster.calls.length, cluster.calls.join("\n")).toBeLessThanOrEqual(60);
  expect(activities.length, activities.join("\n")).toBeLessThanOrEqual(20);
});

/** The same app on a host that runs so many activities at a time. */
function withPlaces(app: FunctionApp, places: number): FunctionApp {
  const extensions = app.hostJson["extensions"] as { durableTask: object };
  const durableTask = { ...extensions.durableTask, maxConcurrentActivityFunctions: places };
  return { ...app, hostJson: { ...app.hostJson, extensions: { ...extensions, durableTask } } };
}

it("12 people with slow containers all get theirs created on a host with 4 places, and hold none while they wait", async () => {
  await estate.restartHost({ app: withPlaces(estate.app, 4) });
  const people = Array.from({ length: 12 }, (_, number) => `person${number}`);
  await Promise.all(people.map(bindAsThePlatformDoes));
  estate.cluster.setFault({ namespace }, "never-ready");
  const ids = await Promise.all(people.map((username) => ask(username)));
  const deployments = async () => {
    const { items } = await estate.kubeconfig.makeApiClient(AppsV1Api).listNamespacedDeployment({ namespace });
    return items.length;
  };
  await expect.poll(deployments).toBe(12);
  for (const id of ids) await expect.poll(() => message(id)).toMatch(/running but not ready/);
  await estate.host.whenIdle();
  expect([running, most]).toEqual([0, 4]);
  estate.cluster.setFault({ namespace }, null);
  for (const id of ids) await expect.poll(() => state(id)).toBe("done");
});

it("a start whose news is lost goes on when its timer is up", async () => {
  await bindAsThePlatformDoes("slow");
  const desktop = deploymentOf("slow");
  estate.cluster.setFault(desktop, "never-ready");
  const id = await ask("slow");
  await expect.poll(() => message(id)).toMatch(/running but not ready/);
  await estate.host.whenIdle();
  const before = looks();
  const lost: string[] = [];
  estate.faults.loseMessages = (instanceId) => lost.push(instanceId) > 0;
  estate.cluster.setFault(desktop, null);
  await expect.poll(() => lost.some((instanceId) => instanceId.includes(personId("slow")))).toBe(true);
  delete estate.faults.loseMessages;
  await estate.host.whenIdle();
  expect([await state(id), looks()]).toEqual(["running", before]);
  pass(15);
  await expect.poll(() => state(id)).toBe("done");
});

it("of two apps on one hub, each tells the starts that it looked at last; if one is gone, their timers do", async () => {
  const other = await estate.addHost(true);
  const people = Array.from({ length: 8 }, (_, number) => `person${number}`);
  await Promise.all(people.map(bindAsThePlatformDoes));
  for (const username of people) estate.cluster.setFault(deploymentOf(username), "never-ready");
  const ids = await Promise.all(people.map((username, number) => ask(username, number % 2 ? other : estate.host)));
  for (const id of ids) await expect.poll(() => message(id)).toMatch(/running but not ready/);
  await Promise.all([estate.host.whenIdle(), other.whenIdle()]);
  expect(Math.min(estate.host.commits, other.commits)).toBeGreaterThan(0);

  const mend = (some: readonly string[]) => {
    for (const username of some) estate.cluster.setFault(deploymentOf(username), null);
  };
  mend(people.slice(0, 4));
  for (const id of ids.slice(0, 4)) await expect.poll(() => state(id)).toBe("done");
  await other.kill();
  mend(people.slice(4));
  pass(15);
  for (const id of ids.slice(4)) await expect.poll(() => state(id)).toBe("done");
});
