import { describe, expect, it } from "vitest";
import type { Notice } from "../shared/person/notice.ts";
import { runToEnd, type Script, scriptedWorkflow } from "../test/scripted-workflow.ts";
import { followNotice } from "./follow-notice.ts";

const notice = { id: "n1", at: "2026-06-15T12:00:00Z", told: { what: "everybody left" } } as const;
const people = Array.from({ length: 100 }, (_, number) => `p${number}`);
interface Asked {
  usernames: readonly string[];
}

function follow(script: Script, startedBefore = false) {
  const { workflow, calls, pauses } = scriptedWorkflow(script);
  const input = { notice, replayableUntil: notice.at };
  const run = () => {
    runToEnd(followNotice({ ...workflow, startedBefore: () => startedBefore }, input));
  };
  return { run, calls, pauses };
}

describe("a notice that concerns many people", () => {
  it("is applied to all of them, a bounded number at a time", () => {
    const asked: (readonly string[])[] = [];
    const { run, pauses } = follow({
      findPeople: () => people,
      applyNoticeToMany: ({ usernames }: Asked) => (asked.push(usernames), { failed: [], reason: "" }),
    });
    run();
    expect(asked.flat()).toEqual(people);
    expect(asked.map(({ length }) => length)).toEqual([40, 40, 20]);
    expect(pauses).toEqual([]);
  });

  it("is applied to the others although it fails for some, who are tried again later", () => {
    const asked: (readonly string[])[] = [];
    const { run, pauses } = follow({
      findPeople: () => people,
      applyNoticeToMany: ({ usernames }: Asked) => {
        asked.push(usernames);
        const failed = pauses.length < 2 ? usernames.filter((username) => /^p[37]$/.test(username)) : [];
        return { failed, reason: "[damaged-record] x" };
      },
    });
    run();
    expect(asked.slice(3)).toEqual([
      ["p3", "p7"],
      ["p3", "p7"],
    ]);
    expect(pauses).toEqual([60, 300]);
  });

  it("fails with the reason when patience is exhausted", () => {
    const { run, pauses } = follow({
      findPeople: () => people,
      applyNoticeToMany: () => ({ failed: ["p3"], reason: "[cluster-unavailable] it does not answer" }),
    });
    expect(run).toThrow("[cluster-unavailable] it does not answer");
    expect(pauses).toHaveLength(5);
  });

  it("of 0.1.0 is applied to one after the other, as its history has it", () => {
    const { run, calls } = follow({ findPeople: () => ["a", "b"] }, true);
    run();
    expect(calls).toEqual(["findPeople", "applyNotice", "applyNotice"]);
  });

  it("is applied by itself where it concerns one", () => {
    const { run, calls } = follow({ findPeople: () => ["a"] });
    run();
    expect(calls).toEqual(["findPeople", "applyNotice"]);
  });
});

// Without the admin API, nothing else would ever find that the person is gone.
describe("a notice of a deletion", () => {
  const deletion = { id: "n2", at: "2026-06-15T12:00:00Z", told: { what: "deleted" } } as const;
  const hours = 60;

  function followDeletion(script: (isOutage: () => boolean) => Script, told: Notice["told"] = deletion.told) {
    const until = Date.parse(deletion.at) + hours * 3_600_000;
    const scripted = scriptedWorkflow(script(() => scripted.workflow.now().getTime() < until));
    runToEnd(followNotice(scripted.workflow, { notice: { ...deletion, told }, replayableUntil: deletion.at }));
    return scripted;
  }
  const failing = (activity: "findPeople" | "applyNotice", reason: string) => (isOutage: () => boolean) => ({
    findPeople: () => ["a"],
    [activity]: () => {
      if (isOutage()) throw new Error(reason);
      return activity === "findPeople" ? ["a"] : null;
    },
  });

  it.each([
    ["findPeople", "[cluster-unavailable] Kubernetes does not answer"],
    ["findPeople", "[damaged-record] the record cannot be read"],
    ["applyNotice", "[cluster-unavailable] Kubernetes does not answer"],
    ["applyNotice", "[internal] an unexpected error (the log has it)"],
  ] as const)("is not forgotten in an outage of days (%s: %s)", (activity, reason) => {
    const { calls, workflow } = followDeletion(failing(activity, reason));
    expect(calls.at(-1)).toBe("applyNotice");
    const since = workflow.now().getTime() - Date.parse(deletion.at);
    expect(since).toBeLessThanOrEqual((hours + 1) * 3_600_000);
  });

  it("is tried for longer than any other, which may have been reversed since", () => {
    const outage = failing("applyNotice", "[cluster-unavailable] Kubernetes does not answer");
    expect(() => followDeletion(outage, { what: "disabled" })).toThrow("[cluster-unavailable]");
  });
});
