import { describe, expect, it } from "vitest";
import type { ActivityName } from "../shared/desktop/activities.ts";
import type { Outcome } from "../shared/person/record.ts";
import { runToEnd, type Script, scriptedWorkflow } from "../test/scripted-workflow.ts";
import { activationSteps } from "./activation.ts";
import { fulfilRequest } from "./fulfil-request.ts";
import { rowsFor, startedNow } from "./versions.ts";

const request = { id: "r1", username: "alice", workspace: "a" as string | null, requestedAt: "", claims: {} };
const names = { entity: "a@alice" };
const plan = { readyWithinSeconds: 30, binding: { name: "b", personal: true }, username: "alice", names };
const before = { deployment: null, permissions: { connection: false }, others: [] as object[] };
const desktop = { workspace: "b", username: "alice", names: {} };

/** Everything goes well for alice, who wants workspace a and has a desktop in b. */
const fine: Script = {
  readRequest: () => ({ request, outcomes: {} }),
  checkEntitlement: () => ({ plan, managedDatabase: false }),
  awaitAdmission: () => ({ seen: "ready", message: "" }),
  ensureDatabaseRunning: () => ({ seen: "ready", message: "" }),
  observeDesktop: () => ({ before, elsewhere: true }),
  waitReady: () => ({ seen: "ready", message: "" }),
  writeConnection: () => ({ url: "http://guacamole/#/client/x" }),
  listActiveDesktops: () => [],
};

function run(change: Script = {}) {
  const recorded: Outcome[] = [];
  const { workflow, calls, reports, pauses, lastLooks } = scriptedWorkflow({
    ...fine,
    recordOutcome: ({ outcome }: { outcome: Outcome }) => {
      recorded.push(outcome);
      return { request, outcomes: {} };
    },
    ...change,
  });
  return {
    goOn: runToEnd(fulfilRequest(workflow, { username: "alice" })),
    calls,
    reports,
    pauses,
    lastLooks,
    outcome: recorded[0],
  };
}

const throws = (message: string) => () => {
  throw new Error(message);
};

describe("fulfilling a request", () => {
  it("activates the desktop, and ends with the record that it wrote the outcome to", () => {
    const { goOn, calls, outcome } = run();
    expect(goOn).toBe(false);
    expect(outcome).toMatchObject({
      state: "done",
      message: "the desktop is ready",
      url: "http://guacamole/#/client/x",
    });
    expect(calls.slice(-2)).toEqual(["listActiveDesktops", "recordOutcome"]);
  });

  it("leaves out what there is nothing to do for", () => {
    const nothing = ["ensureDatabaseRunning", "withdrawStaleAccess", "withdrawOthers", "listActiveDesktops"] as const;
    const { calls } = run({ observeDesktop: () => ({ before, elsewhere: false }) });
    for (const name of nothing) expect(calls).not.toContain(name);
    const busy = run({
      checkEntitlement: () => ({ plan, managedDatabase: true }),
      observeDesktop: () => ({
        before: { ...before, permissions: { connection: true }, others: [desktop] },
        elsewhere: true,
      }),
    });
    for (const name of nothing) expect(busy.calls).toContain(name);
  });

  it.each(["cluster-unavailable", "cluster-overloaded", "cluster-failed"])(
    "keeps its place in the queue during an outage of the cluster (%s)",
    (code) => {
      const away = throws(`[${code}] away`);
      const { outcome, pauses, reports } = run({
        awaitAdmission: (_, n) => (n < 3 ? away() : { seen: "ready", message: "" }),
        readRequest: (_, n) => (n > 0 && n < 4 ? away() : { request, outcomes: {} }),
      });
      expect([outcome?.state, pauses]).toEqual(["done", [10, 10, 10]]);
      expect(reports.filter(({ message }) => message === "away")).toHaveLength(3);
      const refused = run({ awaitAdmission: throws("[cluster-not-allowed] forbidden") });
      expect([refused.outcome?.state, refused.pauses]).toEqual(["failed", []]);
    },
  );

  /** Every row has something to do. */
  const busy: Script = {
    ...fine,
    checkEntitlement: () => ({ plan, managedDatabase: true }),
    observeDesktop: () => ({ before: { ...before, permissions: { connection: true }, others: [desktop] } }),
  };
  const runAway = (name: ActivityName, code: string) =>
    run({
      ...busy,
      [name]: (_: never, n: number) => (n < 2 ? throws(`[${code}] away`)() : (busy[name]?.(_, n) ?? null)),
    });
  const rows = rowsFor(startedNow, activationSteps).map((row) => ("do" in row ? row.do : row.poll));
  const withPod: readonly string[] = rows.slice(rows.indexOf("waitReady"));

  it.each(rows)("undoes nothing because the cluster or the database is away for a moment during %s", (name) => {
    for (const code of ["cluster-unavailable", "cluster-overloaded"]) {
      const { outcome, pauses, calls } = runAway(name, code);
      expect([outcome?.state, pauses]).toEqual(["done", [10, 10]]);
      expect(calls.filter((call) => /^(delete|remove|restore|revoke)/.test(call))).toEqual([]);
    }
    // A gateway's words: as long as there is no pod, they may be a broken webhook's.
    const failed = runAway(name, "cluster-failed").outcome;
    const isWaitedFor = withPod.includes(name) || name === "awaitAdmission";
    expect(failed).toMatchObject(isWaitedFor ? { state: "done" } : { state: "failed", code: "cluster-failed" });
    if (name !== "awaitAdmission") expect(runAway(name, "guacamole-unavailable").outcome?.state).toBe("done");
  });

  it("looks once more at a container that got ready in an outage of the cluster, however long it was", () => {
    const during = (outage: number, then: object) =>
      run({
        waitReady: (_, n) => (n > 0 && n <= outage ? throws("[cluster-unavailable] away")() : n === 0 ? slow : then),
      });
    const slow = { seen: "waiting", message: "slow", againInSeconds: 15 };
    expect(during(60, { seen: "ready", message: "" }).outcome?.state).toBe("done");
    expect(during(61 + 30, {}).outcome).toMatchObject({
      state: "failed",
      code: "cluster-unavailable",
      step: "readiness",
    });
  });

  it("waits for a slow container as long as without the outage, and a minute at least after it", () => {
    const slow = { seen: "waiting", message: "slow", againInSeconds: 10 };
    const looks = (readyWithinSeconds: number, outage: number) => {
      const { calls, outcome } = run({
        checkEntitlement: () => ({ plan: { ...plan, readyWithinSeconds }, managedDatabase: false }),
        waitReady: (_, n) => (n > 4 && n <= 4 + outage ? throws("[cluster-unavailable] away")() : slow),
      });
      expect(outcome).toMatchObject({ state: "failed", code: "not-ready-in-time" });
      return calls.filter((call) => call === "waitReady").length - outage;
    };
    expect(looks(300, 0)).toBe(31);
    // The time between the last look before it and the first one after it does not count.
    expect(looks(300, 6)).toBe(31 + 1);
    expect(looks(60, 0)).toBe(7);
    expect(looks(60, 6)).toBe(5 + 7);
  });

  it("tells each look since when the cluster answers again, and says that the outage did not count", () => {
    const told: (string | undefined)[] = [];
    const { outcome } = run({
      waitReady: ({ answersSince }: { answersSince?: string }, n) => {
        told.push(answersSince?.slice(11, 19));
        return n === 1 || n === 3 || n === 4
          ? throws("[cluster-unavailable] away")()
          : { seen: "waiting", message: "slow", againInSeconds: 10 };
      },
    });
    const [one, two, three] = ["12:00:20", "12:00:40", "12:00:50"];
    expect(told.slice(0, 7)).toEqual([undefined, undefined, one, one, two, three, three]);
    expect(outcome).toMatchObject({ reason: "not there after 30 s, outages not counted: slow" });
  });

  it("ends a wait that outages interrupt again and again when the step's patience ends", () => {
    const slow = { seen: "waiting", message: "slow", againInSeconds: 10 };
    // Of 60 s each 50 can be looked at: never a whole minute.
    const { outcome, pauses } = run({
      checkEntitlement: () => ({ plan: { ...plan, readyWithinSeconds: 300 }, managedDatabase: false }),
      waitReady: (_, n) => (n % 6 === 5 ? throws("[cluster-unavailable] away")() : slow),
    });
    expect(outcome).toMatchObject({ state: "failed", step: "readiness", code: "cluster-unavailable" });
    const seconds = pauses.reduce((sum, each) => sum + each, 0);
    expect(seconds).toBeGreaterThanOrEqual(300 + 600);
    expect(seconds).toBeLessThanOrEqual(300 + 600 + 60);
  });

  it("waits in a step for Guacamole's database as long as a failover takes, and for nothing else", () => {
    const away = throws("[guacamole-unavailable] away");
    expect(run({ grantPermission: away }).outcome).toMatchObject({ state: "failed", code: "guacamole-unavailable" });
    expect(run({ writeConnection: throws("[step-failed] broken") }).pauses).toEqual([]);
    // Also if it cannot be found out meanwhile what the person wants.
    const bothAway = run({
      grantPermission: (_, n) => (n < 2 ? away() : null),
      readRequest: (_, n) => (n === 1 ? throws("[cluster-unavailable] away")() : { request, outcomes: {} }),
    });
    expect(bothAway.outcome?.state).toBe("done");
  });

  it("does nothing for a request that has ended", () => {
    const outcomes = { r1: { state: "done", at: "", message: "" } };
    expect(run({ readRequest: () => ({ request, outcomes }) }).calls).toEqual(["readRequest"]);
  });

  it("shows that a read of the record may be its last one, and only then", () => {
    expect(run().lastLooks).toEqual([true, false, true]);
    expect(run({ readRequest: () => null }).lastLooks).toEqual([true]);
  });

  it("waits until nothing of a replaced generation can be under way, and then reads the record again", () => {
    const work = { generation: 1, notBefore: "2026-06-15T12:02:00Z" };
    const waiting = run({ readRequest: () => ({ request, outcomes: {}, work }) });
    expect(waiting).toMatchObject({ goOn: true, calls: ["readRequest"], pauses: [120], lastLooks: [true, false] });
    const past = { ...work, notBefore: "2026-06-15T12:00:00Z" };
    expect(run({ readRequest: () => ({ request, outcomes: {}, work: past }) })).toMatchObject({
      goOn: false,
      pauses: [],
    });
  });

  it("waits no longer than a takeover takes if the clock was put back since", () => {
    const work = { generation: 1, notBefore: "2026-06-15T13:02:00Z" };
    const { pauses, calls } = run({ readRequest: () => ({ request, outcomes: {}, work }) });
    expect(pauses).toEqual([120]);
    expect(calls).toContain("grantPermission");
  });

  it("does nothing if another instance took its place, which it may only learn when it comes to life again", () => {
    const work = { generation: 1, notBefore: "2026-06-15T12:00:00Z" };
    const seenBy = (instance: string) =>
      run({ readRequest: () => ({ request, outcomes: {}, work: { ...work, instance } }) });
    expect(seenBy("instance-2")).toMatchObject({ goOn: false, calls: ["readRequest"] });
    expect(seenBy("instance-1").calls).toContain("grantPermission");
  });

  it("sends the generation of the record with every activity except the first read", () => {
    const fences = new Map<string, unknown>();
    const noting = Object.fromEntries(
      Object.keys({ ...fine, recordOutcome: true, grantPermission: true }).map((name) => [
        name,
        (input: { fence?: unknown }, earlier: number) => {
          fences.set(name, input.fence);
          if (name === "readRequest")
            return { request, outcomes: {}, work: { generation: 3, notBefore: "2026-06-15T12:00:00Z" } };
          return fine[name as keyof Script]?.(input as never, earlier) ?? null;
        },
      ]),
    );
    run(noting);
    const { readRequest, ...others } = Object.fromEntries(fences);
    expect(readRequest).toBeUndefined();
    for (const [name, fence] of Object.entries(others))
      expect(fence, name).toEqual({ username: "alice", generation: 3 });
  });

  it("does nothing if nobody asked", () => {
    expect(run({ readRequest: () => null }).calls).toEqual(["readRequest"]);
  });

  it("goes on if a newer request has come in the meantime", () => {
    const newer = { ...request, id: "r2" };
    expect(run({ recordOutcome: () => ({ request: newer, outcomes: {} }) }).goOn).toBe(true);
  });

  it("gives up a wait for a newer request, and records superseded", () => {
    const newer = { ...request, id: "r2", workspace: "c" };
    const outcomes: Outcome[] = [];
    const { goOn } = run({
      // The look itself finds that the request is not the newest one (functions/activities/table.ts).
      waitReady: () => ({ refused: "request-changed", reason: "a newer one" }),
      recordOutcome: ({ outcome }: { outcome: Outcome }) => {
        outcomes.push(outcome);
        return { request: newer, outcomes: {} };
      },
    });
    expect(outcomes.map(({ state }) => state)).toEqual(["superseded"]);
    expect(goOn).toBe(true);
  });

  it("records which step failed, why, and what was undone", () => {
    const { outcome } = run({ createDeployment: () => ({ refused: "cannot-start", reason: "quota" }) });
    expect(outcome).toMatchObject({
      state: "failed",
      step: "deployment",
      code: "cannot-start",
      reason: "quota",
      undone: ["deployment", "credential and network"],
    });
  });

  it("suspends the previous desktop only when the new one is up, and access first", () => {
    const { calls } = run({ listActiveDesktops: () => [desktop] });
    const order = ["grantPermission", "withdrawPermission", "endTunnels", "scaleToZero", "recordSuspended"] as const;
    expect(order.map((name) => calls.indexOf(name))).toEqual(
      order.map((name) => calls.indexOf(name)).sort((one, other) => one - other),
    );
    expect(calls).toContain("scaleToZero");
  });

  it("leaves the previous desktop alone when the new one fails", () => {
    const { calls } = run({
      listActiveDesktops: () => [desktop],
      waitReady: () => ({ refused: "cannot-start", reason: "x" }),
    });
    expect(calls).not.toContain("withdrawPermission");
    expect(calls).not.toContain("withdrawOthers");
  });

  it("keeps the new desktop if the previous one cannot be suspended, and says so", () => {
    const { outcome, calls } = run({
      listActiveDesktops: () => [desktop],
      scaleToZero: throws("[cluster-unavailable] gone"),
    });
    expect(outcome).toMatchObject({ state: "done", message: expect.stringContaining("deployment (gone)") as string });
    expect(calls).toContain("recordSuspended");
  });
});

describe("a request for no desktop", () => {
  const none: Script = { readRequest: () => ({ request: { ...request, workspace: null }, outcomes: {} }) };

  it("suspends every active desktop of the person", () => {
    const { calls, outcome } = run({ ...none, listActiveDesktops: () => [desktop, { ...desktop, workspace: "c" }] });
    expect(calls.filter((name) => name === "scaleToZero")).toHaveLength(2);
    expect(outcome).toMatchObject({ state: "done" });
  });

  it("withdraws access even if the pod cannot be stopped, and records what failed", () => {
    const { calls, outcome } = run({
      ...none,
      listActiveDesktops: () => [desktop],
      scaleToZero: throws("[step-failed] no"),
    });
    expect(calls).toContain("withdrawPermission");
    expect(outcome).toMatchObject({ state: "failed", step: "deployment", reason: "no", leftBehind: ["deployment"] });
  });

  it("fails, and says so, if the desktops cannot be listed", () => {
    const { outcome } = run({ ...none, listActiveDesktops: throws("[cluster-unavailable] away") });
    expect(outcome).toMatchObject({ state: "failed", code: "cluster-unavailable", step: "desktops" });
  });
});

describe("a request to retire", () => {
  const leaving: Script = {
    readRequest: () => ({ request: { ...request, workspace: null, retire: true }, outcomes: {} }),
    listDesktops: () => [desktop, { ...desktop, workspace: "c" }],
  };

  it("removes every desktop: access first, the network policy after the pod, the rows last", () => {
    const { calls, outcome } = run(leaving);
    const order = [
      "withdrawPermission",
      "endTunnels",
      "retireDeployment",
      "retireService",
      "retireCredential",
      "retireNetworkPolicy",
      "retireConnection",
      "recordRetired",
    ];
    expect(calls.slice(2, -1)).toEqual([...order, ...order]);
    expect(outcome).toMatchObject({ state: "done" });
  });

  it("removes the pod even if access cannot be withdrawn, and says so", () => {
    const { calls, outcome } = run({ ...leaving, withdrawPermission: throws("[guacamole-unavailable] away") });
    expect(calls.filter((name) => name === "retireDeployment")).toHaveLength(2);
    expect(outcome).toMatchObject({ state: "failed", code: "guacamole-unavailable", step: "permission" });
  });

  it("keeps the network policy and the rows of a pod that does not go, and goes on with the next desktop", () => {
    const { calls, outcome } = run({
      ...leaving,
      retireDeployment: (_, n) => {
        if (n === 0) throw new Error("[step-failed] stuck");
      },
    });
    expect(calls.filter((name) => name === "retireNetworkPolicy")).toHaveLength(1);
    expect(calls.filter((name) => name === "retireConnection")).toHaveLength(1);
    expect(outcome).toMatchObject({ state: "failed", step: "deployment", leftBehind: ["deployment"] });
  });
});

describe("what failed before", () => {
  const trouble = { tries: 1, since: "", at: "", code: "step-failed", reason: "no", step: "deployment", nextTry: "" };
  const ended = { r1: { state: "done", at: "", message: "" } };
  const removal = (id: string, more: object = {}) => ({ id, workspace: id, requestedAt: "", reason: "gone", ...more });

  it("comes after what is new, so that it delays nothing", () => {
    const removals = [removal("old", { trouble }), removal("new")];
    const recorded: string[] = [];
    run({
      readRequest: () => ({ request, outcomes: {}, removals }),
      listDesktops: () => [],
      recordRemoval: ({ id }: { id: string }) => void recorded.push(id),
      recordOutcome: () => void recorded.push("request"),
    });
    expect(recorded).toEqual(["new", "request", "old"]);
  });

  it("of a switch is tried again with every other desktop, and what keeps it from working is recorded", () => {
    const others = { id: "r0", except: "a", requestedAt: "", trouble };
    const recorded: unknown[] = [];
    const again = (change: Script = {}) =>
      run({
        readRequest: () => ({ request, outcomes: ended, others }),
        listActiveDesktops: ({ except }: { except?: string }) => (except === "a" ? [desktop] : []),
        recordOthers: (input: unknown) => void recorded.push(input),
        ...change,
      });
    expect(again().calls).toContain("scaleToZero");
    again({ scaleToZero: throws("[cluster-unavailable] away") });
    expect(recorded).toEqual([
      expect.objectContaining({ id: "r0", setback: null }),
      expect.objectContaining({
        setback: { step: "deployment", code: "cluster-unavailable", reason: "away" },
      }),
    ]);
  });

  it("of an activation is undone again as its record says, and access goes back last", () => {
    const rollback = { id: "r1", workspace: "a", requestedAt: "", trouble };
    const plans = {
      retire: ["withdrawPermission", "endTunnels", "retireDeployment"],
      suspend: ["withdrawPermission", "endTunnels", "scaleToZero", "recordSuspended"],
      stay: [],
    };
    for (const [goes, steps] of Object.entries(plans)) {
      const { calls } = run({
        readRequest: () => ({ request, outcomes: ended, rollback }),
        planRollback: () => ({ desktop, goes, giveBack: [{ ...desktop, workspace: "c" }] }),
      });
      expect(calls.slice(1, 2 + steps.length)).toEqual(["planRollback", ...steps]);
      expect(calls.slice(-3)).toEqual(["giveBackPermission", "recordRollback", "readRequest"]);
    }
    const { calls } = run({
      readRequest: () => ({ request, outcomes: ended, rollback }),
      planRollback: () => ({ desktop, goes: "suspend", giveBack: [desktop] }),
      scaleToZero: throws("[cluster-unavailable] away"),
    });
    expect(calls).not.toContain("giveBackPermission");
  });

  it("waits while the person wants something else", () => {
    const others = { id: "r0", except: "b", requestedAt: "", trouble };
    const { calls } = run({ readRequest: () => ({ request, outcomes: {}, others }) });
    expect(calls).not.toContain("recordOthers");
  });
});

describe("the activation saga", () => {
  it("keeps the order of trust: network policy before pod, readiness before rows, permission last", () => {
    const names = activationSteps.map(({ name }) => name);
    const before = (one: string, other: string) => {
      expect(names.indexOf(one), `${one} before ${other}`).toBeLessThan(names.indexOf(other));
    };
    before("entitlement", "before");
    before("network policy", "deployment");
    before("credential", "deployment");
    before("deployment", "readiness");
    before("readiness", "connection");
    before("connection", "permission");
    before("other desktops", "permission");
  });

  it("can undo every step that changes something", () => {
    const changing = activationSteps.filter((step) => "do" in step && !/^(check|observe)/.test(step.do));
    // Only the permission step gives back access to a pod that is gone.
    expect(changing.filter((step) => step.undo === undefined).map(({ name }) => name)).toEqual(["stale access"]);
  });
});
