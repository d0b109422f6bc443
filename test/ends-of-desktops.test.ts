import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { bind } from "./bound-people.ts";
import { accepted, keycloakAdmin, namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { closeSessions, logIn, openSession } from "./keycloak-person.ts";
import { scaledWorld } from "./scaled-world.ts";

/** How a desktop ended is told of that desktop, whatever its person does elsewhere afterwards. */
const [asthma, registry] = ["asthma-cohort", "cancer-registry"];
const id = deploymentName({ workspace: asthma, username: "alice" });
const other = deploymentName({ workspace: registry, username: "alice" });

let estate: TestEstate;
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate(undefined, {
    KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id,
    KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret,
  });
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});
beforeEach(async () => {
  estate.cluster.setFault({ namespace }, null);
  await estate.end("olga", (await estate.call("olga", "DELETE", "/users/alice")).body);
  for (const workspace of [asthma, registry]) await bind(estate, "alice", workspace);
});

interface Told {
  workspace: string;
  state: string;
  reason: string;
  since?: string;
  explanation?: string;
}
type Entry = Record<"kind" | "at" | "reason", string> & { state?: string; by?: string };

const get = async <Body>(path: string) => (await estate.call<Body>("olga", "GET", path)).body;
const post = async (path: string, body: object) => {
  const reply = await estate.call("olga", "POST", path, body);
  expect([path, reply.status]).toEqual([path, expect.toSatisfy((status: number) => status < 300)]);
  await estate.host.whenIdle();
};
const later = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000);

/** What each route says of the desktop in a workspace. */
async function told(workspace: string) {
  const whose = `?username=alice&workspace=${workspace}`;
  const [{ workspaces }, listed, worst] = await Promise.all([
    get<{ workspaces: { workspace: string; desktop?: Told }[] }>("/users/alice/workspaces"),
    get<{ desktops: Told[] }>(`/desktops${whose}`),
    get<{ desktops: Told[] }>(`/desktops${whose}&sort=worst`),
  ]);
  const offered = workspaces.find((each) => each.workspace === workspace)?.desktop;
  const page = await get<Told & { timeline?: Entry[]; lastOutcome?: object }>(
    `/desktops/${workspace === asthma ? id : other}`,
  );
  const short = (one: Told | undefined) => one && { state: one.state, reason: one.reason, since: one.since };
  return {
    ...{ offered: short(offered), explanation: offered?.explanation },
    ...{
      listed: short(listed.desktops[0]),
      page: short(page),
      timeline: page.timeline?.slice(0, 4),
      outcome: page.lastOutcome,
    },
    worst: short(worst.desktops[0]) && true,
  };
}

async function expectSame(workspace: string, before: Awaited<ReturnType<typeof told>>): Promise<void> {
  const after = await told(workspace);
  expect({ ...after, worst: before.worst }).toEqual(before);
}

const start = (workspace: string) => estate.ask("alice", workspace);
const held = (fault: "never-ready" | "image-pull" | null) => {
  estate.cluster.setFault({ namespace, deployment: id }, fault);
};

/** It was stopped, starts again, and does not become ready; the wait for that begins only when something was done. */
async function whileItStarts(act: () => Promise<unknown>): Promise<void> {
  await start(asthma);
  await estate.ask("alice", null);
  held("never-ready");
  const [waits, done] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  estate.faults.beforeActivity = ({ name }) => {
    if (name !== "waitReady") return undefined;
    waits.resolve(undefined);
    return done.promise;
  };
  accepted(await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: asthma }));
  await waits.promise;
  await act();
  estate.mend();
  done.resolve(undefined);
  await estate.host.whenIdle();
}

const firsts: [string, () => Promise<unknown>, { reason?: string; explanation?: string; gone?: true }][] = [
  [
    "its person stopped it",
    async () => {
      await start(asthma);
      await estate.ask("alice", null);
    },
    { reason: "it was stopped on request", explanation: "You stopped it. Saved files are kept." },
  ],
  [
    "an administrator stopped it",
    async () => {
      await start(asthma);
      await post(`/desktops/${id}/suspend?wait=5`, { reason: "the cluster moves" });
    },
    {
      reason: "the cluster moves",
      explanation: "An administrator stopped it: the cluster moves. Saved files are kept.",
    },
  ],
  [
    "its sessions were ended",
    async () => {
      await start(asthma);
      await post("/maintenance/end-sessions", { workspace: asthma, reason: "a leak" });
    },
    { reason: "a leak", explanation: "An administrator stopped it: a leak. Saved files are kept." },
  ],
  [
    "its person opened another one",
    async () => {
      await start(asthma);
      await start(registry);
    },
    {
      reason: `its person has the desktop in ${registry} now`,
      explanation: "It was stopped because you opened another workspace. Saved files are kept.",
    },
  ],
  [
    "nobody used it",
    async () => {
      await start(asthma);
      await openSession(estate, asthma, "alice");
      later(1);
      await closeSessions(estate, asthma, "alice");
      later(600);
      await estate.host.trigger("reapTimer");
      await estate.host.whenIdle();
    },
    { explanation: expect.stringMatching(/^Nobody was connected to it for .+\. Saved files are kept\.$/) as string },
  ],
  [
    "its person signed out",
    async () => {
      await logIn(estate, "alice", asthma);
      await estate.identity.logOut("alice");
      await estate.host.whenIdle();
      later(16);
      await estate.host.trigger("endLeaves");
      await estate.host.whenIdle();
    },
    { explanation: "You signed out, and did not come back in time. Saved files are kept." },
  ],
  [
    "its binding was scaled to 0",
    async () => {
      await start(asthma);
      await scaledWorld(estate).edit(`${asthma}-alice`, { replicas: 0 });
      await estate.host.trigger("followScaling");
      later(10);
      await estate.host.trigger("followScaling");
      await estate.host.whenIdle();
    },
    {
      reason: `${asthma}-alice was scaled to 0`,
      explanation: "It was switched off in the workspace's binding. Saved files are kept.",
    },
  ],
  [
    "it did not start again",
    async () => {
      await start(asthma);
      await estate.ask("alice", null);
      held("image-pull");
      await start(asthma);
    },
    {
      reason: expect.stringMatching(/^it did not start: /) as string,
      explanation: expect.stringContaining("could not be loaded") as string,
    },
  ],
  [
    "its start was cancelled",
    () => whileItStarts(() => estate.callAsService("DELETE", "/users/alice/desktop")),
    { explanation: "Its start was cancelled. Saved files are kept." },
  ],
  [
    "an administrator ended its start",
    () => whileItStarts(() => estate.call("olga", "POST", `/desktops/${id}/suspend`, { reason: "a leak" })),
    { explanation: "An administrator stopped it: a leak. Saved files are kept." },
  ],
  [
    "an administrator removed it",
    async () => {
      await start(asthma);
      await post(`/desktops/${id}/retire?wait=5`, { reason: "the study ended" });
    },
    {
      reason: "it was removed: the study ended",
      explanation: "An administrator removed it: the study ended.",
      gone: true,
    },
  ],
];

const seconds: [string, () => Promise<unknown>, string | undefined][] = [
  ["was kept longer", () => extendRegistry(), undefined],
  ["was stopped", () => post(`/desktops/${other}/suspend?wait=5`, { reason: "too big" }), "too big"],
  ["was removed", () => post(`/desktops/${other}/retire?wait=5`, { reason: "over" }), "it was removed: over"],
];
async function extendRegistry() {
  const until = new Date(Date.now() + 30 * 60_000).toISOString();
  expect((await estate.call("alice", "POST", "/users/alice/desktop/extend", { until })).status).toBe(200);
}

describe("a desktop that ended tells the same after its person's other one", () => {
  it.each(firsts)("came and went: %s", async (_words, first, expected) => {
    await first();
    const { reason, explanation, gone } = expected;
    const before = await told(asthma);
    const since = before.offered?.since;
    expect(since).toBeDefined();
    expect(before.explanation).toEqual(explanation ?? before.explanation);
    if (reason !== undefined) {
      const [said] = (before.offered?.reason ?? "").split("; the next request starts it again");
      expect(said).toEqual(reason);
    }
    if (!gone) for (const route of [before.listed, before.page]) expect(route).toEqual(before.offered);

    held(null);
    later(1);
    expect(await start(registry)).toMatchObject({ state: "done" });
    await expectSame(asthma, before);
    for (const [what, second, said] of seconds) {
      later(1);
      await start(registry);
      await second();
      await expectSame(asthma, before);
      const its = await told(registry);
      if (said === undefined) expect([what, its.offered?.state]).toEqual([what, "ready"]);
      else expect([what, its.offered?.reason]).toEqual([what, expect.stringContaining(said)]);
      // The newest one is the person's own desktop.
      const own = await get<Told & { ended?: Told }>("/users/alice/desktop");
      if (said !== undefined) expect(own.ended).toMatchObject({ workspace: registry });
      if (its.listed?.state === "suspended") expect(own).toMatchObject({ workspace: registry, ...its.offered });
    }
  });
});
