import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { personId } from "../shared/desktop/names.ts";
import { clusterOf } from "../shared/kubernetes/cluster.ts";
import { personRecordsIn } from "../shared/kubernetes/person-records.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { expectDescribed } from "./answer-shapes.ts";

/** An app without timers, and somebody who makes the four calls on time with a token of the cluster. */
let estate: TestEstate;
let calls: CountedCalls;
const asthma = "asthma-cohort";

beforeAll(async () => {
  const settings = { TIMERS: "external", TIMERS_SUBJECT: "system:serviceaccount:guacamole:timers" };
  estate = await startTestEstate(undefined, settings, undefined, false, {
    linkTo: async (system, url) => (system === "cluster" ? (calls = await startCounting(url)).url : url),
  });
});
afterAll(async () => {
  await estate.close();
  await calls.close();
});
beforeEach(async () => {
  await estate.ask("alice", null);
});
afterEach(() => {
  estate.mend();
  calls.decide(() => undefined);
});

async function call(run: string, query = "") {
  const response = await fetch(`${estate.host.url}/api/maintenance/${run}${query}`, {
    method: "POST",
    headers: { authorization: `Bearer ${estate.cluster.signToken()}` },
  });
  const body = (await response.json()) as Record<string, unknown>;
  expectDescribed(estate.described, "POST", `/maintenance/${run}${query}`, response.status, body);
  return { status: response.status, body };
}

/** Writes a request without waking its orchestration, as if the process had died in between. */
async function forget(): Promise<void> {
  const request = {
    id: crypto.randomUUID(),
    username: "alice",
    workspace: asthma,
    requestedAt: new Date().toISOString(),
    claims: {},
  };
  const records = personRecordsIn(clusterOf(estate.kubeconfig), namespace);
  await records.update(personId("alice"), (current) => ({ ...current, request, outcomes: current?.outcomes ?? {} }));
}
/** Notes that alice logged out, and that her time to come back is over. */
async function leave(): Promise<void> {
  const past = new Date(Date.now() - 60_000).toISOString();
  const presence = { seenAt: past, sessions: [], leaving: { since: past, until: past } };
  const records = personRecordsIn(clusterOf(estate.kubeconfig), namespace);
  await records.update(personId("alice"), (current) => current && { ...current, presence });
}
const state = async () => (await estate.call<{ state: string }>("alice", "GET", "/users/alice/desktop")).body.state;

/** Holds the calls of the API server that match until they are let go; others go on. */
function hold(matching: RegExp) {
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
  const { promise: held, resolve: isHeld } = Promise.withResolvers<undefined>();
  calls.decide(async (made) => {
    if (!matching.test(made)) return undefined;
    isHeld(undefined);
    return released;
  });
  return {
    held,
    release: () => {
      release(undefined);
    },
  };
}

/** As kube-apiserver 1.37.2 answers an account that has no role. */
const forbidden = {
  status: 403,
  body: JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message:
      'analyticsworkspacebindings.xlscsde.nhs.uk is forbidden: User "system:serviceaccount:guacamole:guacamole-workspaces" cannot list resource "analyticsworkspacebindings" in API group "xlscsde.nhs.uk" in the namespace "guacamole"',
    reason: "Forbidden",
    details: { group: "xlscsde.nhs.uk", kind: "analyticsworkspacebindings" },
    code: 403,
  }),
};

const nothing = { woken: 0, replaced: 0, followed: 0, left: 0, failed: 0 };

it("has no timer functions, and every other function", async () => {
  const usual = await startTestEstate();
  try {
    const names = new Set(estate.app.functions.keys());
    const missing = [...usual.app.functions.keys()].filter((name) => !names.has(name));
    const timers = usual.host.functions.filter(({ kind }) => kind === "timer").map(({ name }) => name.toLowerCase());
    expect(missing).toEqual(timers);
    expect(timers).toHaveLength(6);
    expect(estate.host.functions.filter(({ kind }) => kind === "timer")).toEqual([]);
  } finally {
    await usual.close();
  }
});

describe("POST /maintenance/wake", () => {
  it("wakes what nothing works on, and has nothing to do when called again", async () => {
    await forget();
    expect(await call("wake")).toEqual({ status: 200, body: { ...nothing, woken: 1 } });
    await estate.host.whenIdle();
    expect(await state()).toBe("ready");
    expect(await call("wake")).toEqual({ status: 200, body: nothing });
  });

  it("treats a scaled binding as a request", async () => {
    const binding = { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" };
    const metadata = { name: "asthma-cohort-alice", namespace };
    await clusterOf(estate.kubeconfig).mergeSpec({ ...binding, metadata }, { replicas: 1 });
    expect(await call("wake")).toMatchObject({ status: 200, body: { followed: 1 } });
    await estate.host.whenIdle();
    expect(await state()).toBe("ready");
  });

  it("says that it is under way, and begins nothing", async () => {
    await forget();
    const { held, release } = hold(/^GET .*analyticsworkspacebindings/);
    const first = call("wake");
    await held;
    expect(await call("wake")).toEqual({ status: 202, body: { state: "running" } });
    release();
    expect(await first).toMatchObject({ status: 200, body: { woken: 1 } });
  });

  it("says what failed, after it has done the rest", async () => {
    await estate.ask("alice", asthma);
    await leave();
    calls.decide((made) => (/analyticsworkspacebindings/.test(made) ? forbidden : undefined));
    expect(await call("wake")).toMatchObject({ status: 503, body: { code: "cluster-not-allowed" } });
    calls.decide(() => undefined);
    await estate.host.whenIdle();
    expect(await state()).toBe("suspended");
  });
});

describe.each(["reap", "reconcile", "upkeep"])("POST /maintenance/%s", (run) => {
  it("answers with counts, and nobody's name", async () => {
    const { status, body } = await call(run, "?wait=10");
    expect([status, Object.keys(body)]).toEqual([200, ["state", "at", "counts"]]);
    expect(body).toMatchObject({ state: "done", counts: { failed: 0 } });
    expect(JSON.stringify(body)).not.toContain("alice");
  });

  it("answers administrators with the summary", async () => {
    const { status, body } = await estate.call<object>("olga", "POST", `/maintenance/${run}?wait=10`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ at: expect.any(String) as string, failed: [] });
    expect(body).not.toHaveProperty("counts");
  });

  it("is one run for all who ask while it is under way", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    const { promise: held, resolve: isHeld } = Promise.withResolvers<undefined>();
    const begun: string[] = [];
    estate.faults.beforeActivity = ({ name }) => {
      begun.push(name);
      isHeld(undefined);
      return released;
    };
    expect(await call(run)).toMatchObject({ status: 202, body: { state: "running" } });
    await held;
    expect(await call(run)).toMatchObject({ status: 202, body: { state: "running" } });
    expect(await estate.call("olga", "POST", `/maintenance/${run}`)).toMatchObject({ status: 202 });
    expect(begun).toHaveLength(1);
    estate.mend();
    release(undefined);
    await estate.host.whenIdle();
  });
});

it("readiness says which runs nobody has called for", async () => {
  const gaps = async () => {
    const monitoring = await estate.identity.signToken({ realm_access: { roles: ["desktop-monitoring"] } });
    const headers = { authorization: `Bearer ${monitoring}` };
    const ready = await fetch(`${estate.host.url}/api/health/ready`, { headers });
    const { gaps: found = [] } = (await ready.json()) as { gaps?: string[] };
    return found.filter((words) => words.includes("nobody has called"));
  };
  for (const run of ["reap", "reconcile", "upkeep"]) await call(run, "?wait=10");
  expect(await gaps()).toEqual([]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 4 * 3_600_000 });
  try {
    expect((await gaps()).map((words) => /POST \S+/.exec(words)?.[0])).toEqual([
      "POST /maintenance/reap",
      "POST /maintenance/reconcile",
      "POST /maintenance/upkeep",
    ]);
  } finally {
    vi.useRealTimers();
  }
});

it.each(["reap?dryRun=true", "reconcile?dryRun=true", "reconcile?share=100", "reconcile?confirm=1"])(
  "%s is not for those who only stand in for timers",
  async (what) => {
    const [run = "", query = ""] = what.split("?");
    expect(await call(run, `?${query}`)).toMatchObject({ status: 403, body: { code: "not-allowed" } });
    expect(await estate.call("olga", "POST", `/maintenance/${what}`)).not.toMatchObject({ status: 403 });
    await estate.host.whenIdle();
  },
);
