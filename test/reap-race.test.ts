import { KubernetesObjectApi, type V1Deployment } from "@kubernetes/client-node";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { viewOf } from "./guacamole-rules.ts";
import { closeSessions, openSession } from "./keycloak-person.ts";

/**
 * A person connects while their desktop is being suspended for being idle. Guacamole first checks whether they may, and
 * then records the session. Both are tried at every moment at which any part of the product reads or writes: before
 * each statement in Guacamole's database, and before and after each activity.
 */
let estate: TestEstate;
const workspace = "asthma-cohort";
const entity = `${workspace}@alice`;
const minutes = (count: number) => vi.setSystemTime(Date.now() + count * 60_000);

/** Called at each moment with its number. */
let onMoment: ((moment: number) => Promise<void>) | undefined;
let moments = 0;
async function moment(): Promise<void> {
  if (!onMoment) return;
  const act = onMoment;
  moments += 1;
  await act(moments);
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  // The test lasts many idle times, and the longest session, which ends even a desktop in use, is tested elsewhere.
  estate = await startTestEstate(undefined, { DESKTOP_LONGEST_SESSION_MINUTES: "99999" });
  estate.faults.beforeActivity = moment;
  estate.faults.afterActivity = async () => {
    await moment();
    return undefined;
  };
  // The product's connections come from a pool in this process; the tests' own connection is left alone.
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its own `this` below
  const query = pg.Client.prototype.query as (...args: unknown[]) => unknown;
  vi.spyOn(pg.Client.prototype, "query").mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const run = () => query.apply(this, args);
    return (this === estate.guacamole || !onMoment ? run() : moment().then(run)) as never;
  });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await estate.close();
  vi.useRealTimers();
});

async function runs(): Promise<boolean> {
  const api = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  const metadata = { name: deploymentName({ workspace, username: "alice" }), namespace };
  const { spec } = await api.read<V1Deployment>({ apiVersion: "apps/v1", kind: "Deployment", metadata });
  return spec?.replicas === 1;
}

const mayOpen = async () => (await viewOf(estate.guacamole, entity)).mayOpen.length > 0;

/** Brings up a desktop and lets it be idle for longer than allowed. */
async function idleDesktop(): Promise<void> {
  expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
  minutes(61);
}

async function reap(): Promise<void> {
  moments = 0;
  await estate.host.trigger("reapTimer");
  await estate.host.whenIdle();
  onMoment = undefined;
}

/**
 * Checks at one moment whether alice may connect, as Guacamole does, and records the session `later` moments after
 * that.
 */
async function connectAt(looksAt: number, later: number): Promise<"connected" | "refused" | "too late"> {
  let seen: "connected" | "refused" | "too late" = "too late";
  let isLetIn = false;
  let at = 0;
  onMoment = async (now) => {
    if (now === looksAt) {
      at = estate.clock.now().getTime();
      isLetIn = await mayOpen();
      if (!isLetIn) seen = "refused";
    }
    if (now === looksAt + later && isLetIn) {
      // Guacamole takes only milliseconds, so no durable time may have passed.
      if (estate.clock.now().getTime() === at) {
        await openSession(estate, workspace, "alice");
        seen = "connected";
      }
    }
  };
  await reap();
  return seen;
}

describe("a person who connects while the reaper is at work", () => {
  it("is never cut off, at any moment, and a person who does not connect does not keep the desktop running", async () => {
    await idleDesktop();
    onMoment = () => Promise.resolve();
    await reap();
    expect([await runs(), await mayOpen()]).toEqual([false, false]);
    const all = moments;
    expect(all).toBeGreaterThan(20);

    const ends = { connected: 0, refused: 0, "too late": 0 };
    for (const later of [0, 1, 3]) {
      for (let looksAt = 1; looksAt <= all; looksAt += 1) {
        await idleDesktop();
        const end = await connectAt(looksAt, later);
        ends[end] += 1;
        const here = `checked at moment ${looksAt}, recorded ${later} later: ${end}`;
        expect([here, await runs(), await mayOpen()]).toEqual([here, end === "connected", end === "connected"]);
        await closeSessions(estate, workspace, "alice");
      }
    }
    expect(ends.connected).toBeGreaterThan(20);
    expect(ends.refused).toBeGreaterThan(5);
  }, 600_000);
});
