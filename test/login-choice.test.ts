import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { subjectOf, tellLogin } from "./keycloak-person.ts";
import { olderExtension, toTheEnd } from "./older-extension.ts";
import { scaledWorld } from "./scaled-world.ts";

/** People choose a workspace in the platform's own Keycloak extension, which scales bindings, and log in. */
let estate: TestEstate;
let extension: ReturnType<typeof olderExtension>;
let world: ReturnType<typeof scaledWorld>;
const asthma = "asthma-cohort";
const registry = "cancer-registry";
/** Its workspace ended in 2024. */
const ended = "flu-season-2023";
const choiceOf = (workspace: string) => `${workspace}:${workspace}-alice`;

interface Shown {
  workspace: string;
  wanted: string | null;
  state: string;
  lastRefusal?: { workspace: string; code: string; reason: string };
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
  extension = olderExtension(estate.kubeconfig, namespace);
  world = scaledWorld(estate);
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});
beforeEach(() => {
  estate.log.length = 0;
});
afterEach(async () => {
  estate.mend();
  for (const workspace of [asthma, registry]) estate.cluster.setFault(deploymentOf(workspace), null);
  for (const workspace of [asthma, registry, ended]) await world.edit(`${workspace}-alice`, { replicas: 0 });
  await estate.ask("alice", null);
  later();
  await follow();
});

const deploymentOf = (workspace: string) => ({
  namespace,
  deployment: deploymentName({ workspace, username: "alice" }),
});

async function follow(): Promise<void> {
  await estate.host.trigger("followScaling");
  await estate.host.whenIdle();
}

/** Lets as much time pass as what somebody gave up takes to count. */
function later(): void {
  vi.setSystemTime(Date.now() + 90_000);
}

async function logIn(username: string, event: { id?: string; time?: number } = {}): Promise<string> {
  const status = await tellLogin(estate, username, await subjectOf(estate, username), event);
  await estate.host.whenIdle();
  return status;
}

/** A choice in the form, and the login that follows it. No timer runs. */
async function choose(workspace: string): Promise<void> {
  await toTheEnd(extension.choose(choiceOf(workspace), "alice"));
  await logIn("alice");
}

const shown = async (username = "alice") =>
  (await estate.call<Shown>(username, "GET", `/users/${username}/desktop`)).body;
const scales = async () => {
  const found = await Promise.all([asthma, registry, ended].map((workspace) => world.scaleOf(`${workspace}-alice`)));
  return found.map(([replicas]) => replicas);
};
const opened = async () => (await estate.world()).rows.filter((row) => /^may open .*@alice /.test(row));
const warnings = (text: string) =>
  estate.log.filter(({ message }) => message.includes(text)).map((line) => line.message);

/** What the product asks the cluster while `work` runs. */
async function callsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const calls: string[] = [];
  const note = (message: unknown) => {
    const { method, path } = (message as { request: { method: string; path: string } }).request;
    const url = new URL(path, "http://cluster");
    const own = /\/(analyticsworkspace[a-z]*|configmaps|deployments)(\/.*)?$/.exec(url.pathname);
    if (own) calls.push(`${method} ${own[1]} ${own[2] ? "one" : (url.searchParams.get("labelSelector") ?? "all")}`);
  };
  subscribe("undici:request:create", note);
  await work();
  unsubscribe("undici:request:create", note);
  return calls;
}

describe("a login after a choice in the older extension", () => {
  it("brings the chosen desktop up without a timer", async () => {
    expect(await extension.showChoices("alice")).toEqual([asthma, registry, ended].map(choiceOf));
    await choose(asthma);
    expect(await shown()).toMatchObject({ workspace: asthma, wanted: asthma, state: "ready" });
    await choose(registry);
    expect(await shown()).toMatchObject({ workspace: registry, wanted: registry, state: "ready" });
    expect([await scales(), (await opened()).length]).toEqual([[0, 1, 0], 1]);
  });

  it("writes the request of somebody whom we do not know yet, with their id in Keycloak", async () => {
    await world.bind("asthma-cohort-bob", "bob", asthma, { replicas: 1 });
    await logIn("bob");
    expect(await world.requestOf("bob")).toMatchObject({ workspace: asthma, subject: await subjectOf(estate, "bob") });
    expect(await shown("bob")).toMatchObject({ state: "ready" });
  });

  it("may be reported twice, late and out of order", async () => {
    await choose(asthma);
    const id = "a-login";
    const time = Date.now();
    await toTheEnd(extension.choose(choiceOf(registry), "alice"));
    expect(await logIn("alice", { id, time })).toBe("accepted");
    const before = await world.requestOf("alice");
    await logIn("alice", { id, time });
    expect(await logIn("alice", { time: time - 60_000 })).toBe("accepted");
    expect(await logIn("alice", { time: time + 1 })).toBe("accepted");
    expect(await world.requestOf("alice")).toMatchObject({ id: before?.id, workspace: registry });
    expect(await shown()).toMatchObject({ workspace: registry, state: "ready" });
  });

  it("costs two short lists, and changes nothing but the presence, if no binding was scaled", async () => {
    await choose(asthma);
    const [before, request] = [await estate.world(), await world.requestOf("alice")];
    const calls = await callsDuring(async () => {
      await tellLogin(estate, "alice", request?.subject ?? (await subjectOf(estate, "alice")));
      await estate.host.whenIdle();
    });
    expect(calls.filter((call) => call.includes("analyticsworkspace") || call.includes("deployments")).sort()).toEqual([
      "GET analyticsworkspacebindings !xlscsde.nhs.uk/username",
      "GET analyticsworkspacebindings xlscsde.nhs.uk/username=alice",
    ]);
    expect(calls.filter((call) => !call.startsWith("GET"))).toEqual(["PUT configmaps one"]);
    expect([await estate.world(), (await world.requestOf("alice"))?.id]).toEqual([before, request?.id]);
  });

  it("writes nothing about somebody who has no binding", async () => {
    const subject = await subjectOf(estate, "olga");
    const calls = await callsDuring(async () => {
      await tellLogin(estate, "olga", subject);
      await estate.host.whenIdle();
    });
    expect(calls.filter((call) => !call.startsWith("GET"))).toEqual([]);
    expect(await world.requestOf("olga")).toBeNull();
  });
});

describe("a choice that is refused", () => {
  it("leaves the desktop that works, and says why to the person and to operators", async () => {
    await choose(asthma);
    const before = await world.requestOf("alice");
    const rows = await opened();
    await choose(ended);
    const refusal = { code: "workspace-expired", reason: `${ended} ended after 2024-04-30` };
    expect(await shown()).toMatchObject({
      workspace: asthma,
      wanted: asthma,
      state: "ready",
      lastRefusal: { workspace: ended, ...refusal },
    });
    const { body } = await estate.call<{ workspaces: object[] }>("alice", "GET", "/users/alice/workspaces");
    expect(body.workspaces).toContainEqual(
      expect.objectContaining({ workspace: ended, lastRefusal: expect.objectContaining(refusal) as object }),
    );
    expect([await scales(), await opened()]).toEqual([[1, 0, 0], rows]);
    expect(await world.requestOf("alice")).toMatchObject({ id: before?.id });
    expect(await world.statusOf(`${ended}-alice`)).toBe(`REFUSED: ${refusal.reason}`);
    expect(warnings("may not have that desktop")).toEqual([
      `${ended}-alice was scaled up, but its person may not have that desktop: ${refusal.reason}; what works stays: ${asthma}`,
    ]);

    await choose(registry);
    const after = await shown();
    expect(after).toMatchObject({ workspace: registry, state: "ready" });
    expect(after).not.toHaveProperty("lastRefusal");
  });

  it("can be made again and again", async () => {
    await choose(asthma);
    for (let time = 0; time < 3; time += 1) {
      await choose(ended);
      later();
      await follow();
      await follow();
      expect([await scales(), (await shown()).state]).toEqual([[1, 0, 0], "ready"]);
    }
  });

  it("is told to somebody who never had a desktop", async () => {
    await world.edit("asthma-cohort-carol", { replicas: 1 });
    await logIn("carol");
    expect(await shown("carol")).toMatchObject({
      state: "absent",
      lastRefusal: { workspace: asthma, code: "binding-expired" },
    });
    expect(await world.scaleOf("asthma-cohort-carol")).toEqual([0, "0"]);
  });

  it("by a pause leaves the desktop that works; without one, the choice waits for the end of the pause", async () => {
    await choose(asthma);
    const pause = (activation: string) => estate.call("olga", "PUT", "/maintenance", { activation });
    await pause("paused");
    await choose(registry);
    expect(await shown()).toMatchObject({
      workspace: asthma,
      state: "ready",
      lastRefusal: { workspace: registry, code: "activation-paused" },
    });
    expect(await scales()).toEqual([1, 0, 0]);

    await estate.ask("alice", null);
    await choose(registry);
    expect(await shown()).toMatchObject({ wanted: null });
    expect(await scales()).toEqual([0, 1, 0]);
    await pause("on");
    await follow();
    expect(await shown()).toMatchObject({ workspace: registry, state: "ready" });
  });

  it("is no reason to keep a desktop that is given up much later", async () => {
    await choose(asthma);
    await choose(ended);
    later();
    await world.edit(`${asthma}-alice`, { replicas: 0 });
    await follow();
    later();
    await follow();
    expect(await shown()).toMatchObject({ wanted: null, state: "suspended" });
  });
});

describe("a choice that is accepted, and whose desktop cannot start", () => {
  it("leaves the desktop that works, and the bindings say what runs", async () => {
    await choose(asthma);
    estate.cluster.setFault(deploymentOf(registry), "quota");
    await choose(registry);
    expect(await shown()).toMatchObject({
      workspace: asthma,
      wanted: registry,
      state: "ready",
      lastFailure: { workspace: registry, code: "cannot-start" },
    });
    expect(await scales()).toEqual([1, 0, 0]);
    expect(await opened()).toHaveLength(1);
  });

  it("can be chosen again in the next login, although its binding was at 1 until it failed", async () => {
    estate.cluster.setFault(deploymentOf(registry), "quota");
    await choose(registry);
    estate.cluster.setFault(deploymentOf(registry), null);
    await choose(registry);
    expect(await shown()).toMatchObject({ workspace: registry, state: "ready" });
  });
});

describe("bindings of several kinds", () => {
  it("two of one person to one workspace are one desktop", async () => {
    await world.bind("asthma-cohort-second", "alice", asthma, { expires: "2099-01-01" });
    await choose(asthma);
    const before = await world.requestOf("alice");
    await toTheEnd(extension.choose(`${asthma}:asthma-cohort-second`, "alice"));
    await logIn("alice");
    later();
    await follow();
    later();
    await follow();
    expect(await world.requestOf("alice")).toMatchObject({ id: before?.id });
    expect(await shown()).toMatchObject({ workspace: asthma, state: "ready" });
    await choose(registry);
    expect(await shown()).toMatchObject({ workspace: registry, state: "ready" });
    await world.edit("asthma-cohort-second", { expires: "2020-01-01" });
    await toTheEnd(extension.choose(`${asthma}:asthma-cohort-second`, "alice"));
    await logIn("alice");
    expect(await shown()).toMatchObject({ workspace: asthma, state: "ready" });
  });

  it("a faulty one does not stop the others", async () => {
    await world.bind("aaa-odd", "-odd name/here", asthma, { replicas: 1 }).catch(() => undefined);
    await world.edit(
      `${registry}-alice`,
      {},
      { annotations: { "xlscsde.nhs.uk/replicas-seen": "many", "xlscsde.nhs.uk/scaling-refused": "{" } },
    );
    await toTheEnd(extension.choose(choiceOf(registry), "alice"));
    await follow();
    expect(await shown()).toMatchObject({ workspace: registry, state: "ready" });
  });
});
