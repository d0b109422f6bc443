import { expect, it } from "vitest";
import { runToEnd, type Script, scriptedWorkflow } from "../test/scripted-workflow.ts";
import { endSessions } from "./end-sessions.ts";

const input = { workspace: "cohort-a", reason: "a breach" };
const of = (username: string) => ({ username, workspace: "cohort-a", operation: `/api/operations/${username}` });

function run(script: Script) {
  const scripted = scriptedWorkflow({ countSessions: () => ({ count: 3 }), ...script });
  return { end: () => runToEnd(endSessions(scripted.workflow, input)), ...scripted };
}

it("goes through the desktops step by step, and shows how far it is", () => {
  const places: unknown[] = [];
  const { end, runs } = run({
    endSomeSessions: ({ place }: { place: unknown }, earlier) => {
      places.push(place);
      return earlier === 0
        ? { ended: [of("alice")], failed: [], next: { from: "token", after: "a" } }
        : { ended: [of("bob")], failed: [{ username: "carol", workspace: "cohort-a", reason: "damaged" }], next: null };
    },
  });
  const ended = end();
  expect(places).toEqual([{ after: "" }, { from: "token", after: "a" }]);
  expect(runs.map(({ of: all, counts }) => [all, counts.ended])).toEqual([
    [null, 0],
    [3, 0],
    [3, 1],
  ]);
  expect(ended).toMatchObject({ of: 3, counts: { ended: 2, failed: 1 }, ended: [of("alice"), of("bob")] });
});

it("tries a step again that failed, and says so meanwhile", () => {
  const { end, runs, pauses } = run({
    endSomeSessions: (_, earlier) => {
      if (earlier < 2) throw new Error("[cluster-unavailable] the API server does not answer");
      return { ended: [of("alice")], failed: [], next: null };
    },
  });
  const ended = end();
  expect(pauses).toEqual([30, 30]);
  expect(runs.at(-1)).toMatchObject({ trouble: "the API server does not answer" });
  expect(ended).toMatchObject({ counts: { ended: 1, failed: 0 }, trouble: undefined });
});

it("fails after many failures in a row, and shows what was done and why", () => {
  const { end, pauses, runs } = run({
    endSomeSessions: (_, earlier) => {
      if (earlier > 0) throw new Error("[cluster-unavailable] the API server does not answer");
      return { ended: [of("alice")], failed: [], next: { after: "a" } };
    },
  });
  expect(end).toThrow("[cluster-unavailable] the API server does not answer");
  expect(pauses).toHaveLength(89);
  expect(runs.at(-1)).toMatchObject({ counts: { ended: 1, failed: 0 }, trouble: "the API server does not answer" });
});

it("names the first 200 and counts the others", () => {
  const many = Array.from({ length: 150 }, (_, index) => of(`person-${index}`));
  const { end } = run({
    endSomeSessions: (_, earlier) => ({ ended: many, failed: [], next: earlier < 2 ? { after: "a" } : null }),
  });
  const ended = end();
  expect([ended.ended.length, ended.counts.ended]).toEqual([200, 450]);
});

it("shows no more than a status of the task hub can hold", () => {
  const username = "some.person@analytics.example.org";
  const operation = `/api/operations/${"0".repeat(32)}.${"0".repeat(36)}`;
  const ended = Array.from({ length: 100 }, () => ({ username, workspace: "cohort-a", operation }));
  const failed = Array.from({ length: 10 }, () => ({ username, workspace: "cohort-a", reason: '"'.repeat(300) }));
  const { end, runs } = run({
    endSomeSessions: (_, earlier) => {
      if (earlier === 2) throw new Error(`[cluster-failed] ${'"'.repeat(3_000)}`);
      return { ended, failed, next: earlier < 4 ? { after: "a" } : null };
    },
  });
  const result = end();
  // The host fails an orchestration whose status takes more than 16 KB as UTF-16.
  for (const shown of runs) expect(JSON.stringify(shown).length * 2).toBeLessThanOrEqual(16 * 1_024);
  expect(runs[2]).toMatchObject({ counts: { ended: 100, failed: 10 }, failed });
  expect(runs[2]?.ended[0]).toEqual(ended[0]);
  expect([result.ended.length, result.failed.length]).toEqual([200, 40]);
});
