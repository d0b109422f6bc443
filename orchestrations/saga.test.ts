import { describe, expect, it } from "vitest";
import type { PlannedRun } from "../shared/desktop/activities.ts";
import { runToEnd, type Script, scriptedWorkflow } from "../test/scripted-workflow.ts";
import { inOrder, runSaga, type Step } from "./saga.ts";

const request = {
  id: "r1",
  username: "alice",
  workspace: "a",
  requestedAt: "2026-06-15T12:00:00Z",
  claims: {},
};
const always = function* () {
  return true;
};

const steps: readonly Step[] = [
  { name: "entitlement", do: "checkEntitlement" },
  { name: "credential", do: "createCredential", undo: "deleteCredential" },
  { name: "service", do: "applyService", undo: "deleteService" },
  { name: "readiness", poll: "waitReady", withinSeconds: () => 30, late: "not-ready-in-time" },
  { name: "permission", do: "grantPermission", undo: "revokePermission" },
];

const ready = { checkEntitlement: () => ({ plan: {} }), waitReady: () => ({ seen: "ready", message: "" }) };

function run(script: Script, stillWanted: Parameters<typeof runSaga>[3] = always) {
  const { workflow, calls, reports } = scriptedWorkflow({ ...ready, ...script });
  return { result: runToEnd(runSaga(workflow, steps, { request }, stillWanted)), calls, reports };
}

const fail = (message: string) => () => {
  throw new Error(message);
};

describe("a saga", () => {
  it("runs its steps in order and undoes nothing when all succeed", () => {
    const { result, calls } = run({});
    expect(result.state).toBe("done");
    expect(calls).toEqual(["checkEntitlement", "createCredential", "applyService", "waitReady", "grantPermission"]);
  });

  it("passes what a step found to the steps after it", () => {
    const seen: unknown[] = [];
    const { result } = run({
      checkEntitlement: () => ({ plan: { workspace: "a" } }),
      grantPermission: (input: PlannedRun) => {
        seen.push(input.plan, input.request.id);
        return { url: "http://there" };
      },
    });
    expect(seen).toEqual([{ workspace: "a" }, "r1"]);
    expect(result).toMatchObject({ state: "done", facts: { url: "http://there" } });
  });

  it("undoes a failing step itself and everything before it, newest first", () => {
    const { result, calls } = run({
      applyService: fail("Activity function 'applyService' failed: Error: [not-ours] taken"),
    });
    expect(calls.slice(3)).toEqual(["deleteService", "deleteCredential"]);
    expect(result).toEqual({
      state: "failed",
      step: "service",
      problem: { code: "not-ours", reason: "taken" },
      undone: ["service", "credential"],
      leftBehind: [],
    });
  });

  it("rolls back at once if a step refuses", () => {
    const { result, calls } = run({ applyService: () => ({ refused: "cannot-start", reason: "quota" }) });
    expect(result).toMatchObject({
      state: "failed",
      step: "service",
      problem: { code: "cannot-start", reason: "quota" },
    });
    expect(calls.slice(3)).toEqual(["deleteService", "deleteCredential"]);
  });

  it("neither ends a wait nor makes it longer when the clock is set forward or back", () => {
    const looks = (steps: readonly number[]) => {
      let time = Date.parse("2026-06-15T12:00:00Z");
      let count = 0;
      const { workflow } = scriptedWorkflow({
        checkEntitlement: () => ({ plan: {} }),
        waitReady: () => {
          time += (steps[count] ?? 10) * 1_000;
          count += 1;
          return { seen: "waiting", message: "slow" };
        },
      });
      const clocked = { ...workflow, now: () => new Date(time) };
      const waits: readonly Step[] = [
        { name: "entitlement", do: "checkEntitlement" },
        { name: "readiness", poll: "waitReady", withinSeconds: () => 300, late: "not-ready-in-time" },
      ];
      runToEnd(runSaga(clocked, waits, { request }, always));
      return count;
    };
    expect(looks([])).toBe(30);
    expect(looks([10, -3_600])).toBe(31);
    expect(looks([10, 3_600])).toBe(19);
  });

  it("goes on undoing when an undo fails, and names what is left behind", () => {
    const { result, calls } = run({
      grantPermission: fail("no database"),
      deleteService: fail("Activity function 'deleteService' failed: Error: [cluster-unavailable] no cluster"),
    });
    expect(calls.slice(-3)).toEqual(["revokePermission", "deleteService", "deleteCredential"]);
    expect(result).toMatchObject({ undone: ["permission", "credential"], leftBehind: ["service: no cluster"] });
  });

  it("does not undo steps that have not begun", () => {
    const { calls } = run({ checkEntitlement: () => ({ refused: "binding-expired", reason: "over" }) });
    expect(calls).toEqual(["checkEntitlement"]);
  });
});

describe("a table in order", () => {
  const entitlement = { name: "entitlement", do: "checkEntitlement" } as const;
  const before = { name: "before", do: "observeDesktop" } as const;
  const readiness = {
    name: "readiness",
    poll: "waitReady",
    withinSeconds: () => 30,
    late: "not-ready-in-time",
  } as const;

  it("is the rows as they are", () => {
    const rows = [entitlement, before, { name: "service", do: "applyService", undo: "deleteService" }] as const;
    expect(inOrder(rows)).toBe(rows);
  });

  it("does not compile if a row needs more than the rows above it find out", () => {
    // @ts-expect-error the credential needs what was there before
    inOrder([entitlement, { name: "credential", do: "createCredential" }, before]);
    // @ts-expect-error the wait needs it, too
    inOrder([entitlement, readiness, before]);
    // @ts-expect-error and so does the undo, because the step itself may be the one that fails
    inOrder([entitlement, { ...before, undo: "deleteService" }]);
  });
});

describe("a wait", () => {
  const waiting = { seen: "waiting", message: "pulling the image", againInSeconds: 10 };

  it("goes on until what is waited for is seen", () => {
    const { result, calls } = run({ waitReady: (_, n) => (n < 2 ? waiting : { seen: "ready", message: "" }) });
    expect(result.state).toBe("done");
    expect(calls.filter((name) => name === "waitReady")).toHaveLength(3);
  });

  it("ends with the last words seen when its time is up", () => {
    const { result } = run({ waitReady: () => waiting });
    expect(result).toMatchObject({
      state: "failed",
      step: "readiness",
      problem: { code: "not-ready-in-time", reason: "not there after 30 s: pulling the image" },
      undone: ["service", "credential"],
    });
  });

  it("ends at once if what is waited for will never come", () => {
    const { result, calls } = run({ waitReady: () => ({ refused: "cannot-start", reason: "ImagePullBackOff" }) });
    expect(result).toMatchObject({ problem: { code: "cannot-start", reason: "ImagePullBackOff" } });
    expect(calls.filter((name) => name === "waitReady")).toHaveLength(1);
  });

  it("fails if there is no plan that says how long it may take", () => {
    const { result, calls } = run({ checkEntitlement: () => null });
    expect(result).toMatchObject({ state: "failed", step: "readiness", undone: ["service", "credential"] });
    expect(calls).not.toContain("waitReady");
  });

  it("is given up, and undone, if the person wants something else in the meantime", () => {
    // The look finds that out itself (functions/activities/table.ts).
    const changed = { refused: "request-changed", reason: "a newer one" };
    const { result, calls } = run({ waitReady: (_, n) => (n < 1 ? waiting : changed) });
    expect(result).toMatchObject({ problem: { code: "request-changed" }, undone: ["service", "credential"] });
    expect(calls.filter((name) => name === "waitReady")).toHaveLength(2);
  });
});

describe("progress", () => {
  it("names each step, its number, since when, and what is seen while waiting", () => {
    const { reports } = run({
      waitReady: (_, n) =>
        n < 1 ? { seen: "waiting", message: "starting", againInSeconds: 5 } : { seen: "ready", message: "" },
    });
    const since = "2026-06-15T12:00:00.000Z";
    const names = steps.map(({ name }) => name);
    expect(reports).toEqual([
      { requestId: "r1", step: "entitlement", number: 1, of: 5, steps: names, since, message: undefined },
      { requestId: "r1", step: "credential", number: 2, of: 5, steps: names, since, message: undefined },
      { requestId: "r1", step: "service", number: 3, of: 5, steps: names, since, message: undefined },
      { requestId: "r1", step: "readiness", number: 4, of: 5, steps: names, since, message: undefined },
      { requestId: "r1", step: "readiness", number: 4, of: 5, steps: names, since, message: "starting" },
      {
        requestId: "r1",
        step: "permission",
        number: 5,
        of: 5,
        steps: names,
        since: "2026-06-15T12:00:05.000Z",
        message: undefined,
      },
    ]);
  });

  it("says that steps are undone, and because of which", () => {
    const { reports } = run({ applyService: fail("[not-ours] taken") });
    expect(reports.at(-1)).toMatchObject({ undoing: { failedStep: "service", code: "not-ours" } });
  });
});
