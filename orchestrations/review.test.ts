import { describe, expect, it } from "vitest";
import type { Decision } from "../shared/desktop/decision.ts";
import { runToEnd, type Script, scriptedWorkflow } from "../test/scripted-workflow.ts";
import { reviewDesktop } from "./review.ts";

const review = { id: "v1", workspace: "a", requestedAt: "", by: "reap" };
const desktop = { workspace: "a", username: "alice", names: {} };
const keep: Decision = { action: "keep", rule: "in-use", reason: "somebody is connected" };
const suspend: Decision = { action: "suspend", rule: "idle", reason: "nobody is connected" };
const retire: Decision = { action: "retire", rule: "entitlement-ended", reason: "binding-expired" };

/** What an inspection finds: access exists at the first, and is gone at the second. */
const open = (decision: Decision) => ({ desktop, decision, mayBeOpened: true, drifts: [] as unknown[] });
const shut = (decision: Decision) => ({ ...open(decision), mayBeOpened: false });
const fails = (message: string) => () => {
  throw new Error(message);
};

type Look = ReturnType<typeof open> | null | (() => never);

/**
 * Reviews alice's desktop with what each look finds, and returns what was done to which desktop, when, and what was
 * recorded.
 */
function run(looks: Look[], change: Script = {}) {
  const recorded: unknown[] = [];
  const inputs: unknown[] = [];
  const seconds: number[] = [];
  const steps: string[] = [];
  const noting = (input: unknown) => {
    inputs.push(input);
    seconds.push((workflow.now().getTime() - begun) / 1_000);
    return null;
  };
  const { workflow, calls } = scriptedWorkflow({
    inspectDesktop: (input, earlierCalls) => {
      noting(input);
      const look = looks[earlierCalls] ?? null;
      return typeof look === "function" ? look() : look;
    },
    withdrawPermission: noting,
    scaleToZero: noting,
    recordSuspended: noting,
    giveBackPermission: noting,
    repairDesktop: noting,
    recordReview: (input) => {
      recorded.push(input);
      return null;
    },
    ...change,
  });
  const begun = workflow.now().getTime();
  runToEnd(
    reviewDesktop(workflow, "alice", review, (step, number, of) => {
      steps.push(`${number}/${of} ${step}`);
    }),
  );
  return { calls, recorded, inputs, seconds, steps };
}

const noted = (decision: Decision | null, suspended = false) => [{ username: "alice", review, decision, suspended }];
/** Why the review stays to be done. */
const withSetback = (expected: readonly object[], setback: object) => expected.map((each) => ({ ...each, setback }));
const inDoubt = (reason: string) => noted({ action: "keep", rule: "unknown", reason: `kept in doubt: ${reason}` });

describe("a review", () => {
  it.each<[string, Look, unknown]>([
    ["is kept", open(keep), noted(keep)],
    ["is to be retired, which a review does not do", open(retire), noted(retire)],
    ["is gone", null, noted(null)],
    ["cannot be inspected", fails("[cluster-unavailable] away"), inDoubt("away")],
  ])("only records it if the desktop %s", (_words, look, expected) => {
    const { calls, recorded } = run([look]);
    expect(calls).toEqual(["inspectDesktop", "recordReview"]);
    expect(recorded).toEqual(expected);
  });

  it("suspends the desktop if that is still the decision after access is withdrawn and a pause", () => {
    const later = { ...desktop, binding: "b" };
    const { calls, recorded, inputs, seconds, steps } = run([open(suspend), { ...shut(suspend), desktop: later }]);
    expect(calls).toEqual([
      "inspectDesktop",
      "withdrawPermission",
      "inspectDesktop",
      "withdrawPermission",
      "endTunnels",
      "scaleToZero",
      "recordSuspended",
      "recordReview",
    ]);
    const key = { username: "alice", workspace: "a" };
    expect(inputs).toEqual([key, desktop, key, later, later, later]);
    expect(seconds).toEqual([0, 0, 5, 5, 5, 5]);
    expect(steps).toEqual(["1/4 permission", "2/4 sessions", "3/4 deployment", "4/4 binding status"]);
    expect(recorded).toEqual(noted(suspend, true));
  });

  it("repairs drift if the desktop is kept, but not if it goes down", () => {
    const drifts = ["one", "two"];
    const { calls, recorded, inputs } = run([{ ...open(keep), drifts }]);
    expect(calls).toEqual(["inspectDesktop", "repairDesktop", "repairDesktop", "recordReview"]);
    expect(inputs.slice(1)).toEqual(drifts);
    expect(recorded).toEqual(noted(keep));
    for (const decision of [suspend, retire])
      expect(run([{ ...open(decision), drifts }, shut(decision)]).calls).not.toContain("repairDesktop");
  });

  it.each([
    ["the first of them", [0]],
    ["the last of them", [2]],
    ["every one", [0, 1, 2]],
  ])("goes on if %s cannot be repaired, and records the decision", (_words, failing) => {
    const repaired: unknown[] = [];
    const { calls, recorded } = run([{ ...open(keep), drifts: ["one", "two", "three"] }], {
      repairDesktop: (input: unknown, earlierCalls) => {
        repaired.push(input);
        if (failing.includes(earlierCalls)) throw new Error("[step-failed] no");
        return null;
      },
    });
    expect(repaired).toEqual(["one", "two", "three"]);
    expect(calls).toEqual(["inspectDesktop", "repairDesktop", "repairDesktop", "repairDesktop", "recordReview"]);
    expect(recorded).toEqual(noted(keep));
  });

  it("records the decision of the second inspection", () => {
    const other: Decision = { ...suspend, rule: "longest-session" };
    expect(run([open(suspend), shut(other)]).recorded).toEqual(noted(other, true));
  });
});

describe("access that a review withdrew", () => {
  const begun = ["inspectDesktop", "withdrawPermission", "inspectDesktop"];

  it("is given back to a person who has connected in the meantime", () => {
    const { calls, recorded, inputs } = run([open(suspend), shut(keep)]);
    expect(calls).toEqual([...begun, "giveBackPermission", "recordReview"]);
    expect(inputs.at(-1)).toEqual(desktop);
    expect(recorded).toEqual(noted(keep));
  });

  it("is not given if there was none before", () => {
    const { calls, recorded } = run([shut(suspend), shut(keep)]);
    expect(calls).toEqual([...begun, "recordReview"]);
    expect(recorded).toEqual(noted(keep));
  });

  it.each<[string, Look, unknown]>([
    ["a person who may no longer have the desktop", shut(retire), noted(retire)],
    ["a desktop that is gone", null, noted(null)],
  ])("is not given back to %s, and nothing is suspended", (_words, second, expected) => {
    const { calls, recorded } = run([open(suspend), second]);
    expect(calls).toEqual([...begun, "recordReview"]);
    expect(recorded).toEqual(expected);
  });

  it("is given back in doubt", () => {
    const { calls, recorded } = run([open(suspend), fails("[guacamole-unavailable] away")]);
    expect(calls).toEqual([...begun, "giveBackPermission", "recordReview"]);
    const setback = { code: "guacamole-unavailable", reason: "away", step: "inspection" };
    expect(recorded).toEqual(withSetback(inDoubt("away"), setback));
  });

  it("is given back if it may or may not have been withdrawn", () => {
    const { calls, recorded } = run([open(suspend)], { withdrawPermission: fails("[guacamole-unavailable] away") });
    expect(calls).toEqual(["inspectDesktop", "withdrawPermission", "giveBackPermission", "recordReview"]);
    const setback = { code: "guacamole-unavailable", reason: "away", step: "permission" };
    expect(recorded).toEqual(withSetback(inDoubt("away"), setback));
  });

  it("that cannot be given back is recorded, and the review is tried again", () => {
    const { calls, recorded } = run([open(suspend), shut(keep)], { giveBackPermission: fails("[step-failed] no") });
    expect(calls).toEqual([...begun, "giveBackPermission", "recordReview"]);
    expect(recorded).toEqual(withSetback(noted(keep), { code: "step-failed", reason: "no", step: "permission" }));
  });
});

describe("a suspension that does not succeed", () => {
  const steps = ["withdrawPermission", "endTunnels", "scaleToZero", "recordSuspended"] as const;

  it.each([
    ["withdrawPermission", "permission"],
    // They end with the container.
    ["endTunnels", null],
    ["scaleToZero", "deployment"],
    // The desktop is down anyway; only the binding does not show it.
    ["recordSuspended", null],
  ] as const)(
    "because of %s does every other step, and gives no access back; tried again because of: %s",
    (failing, step) => {
      const { calls, recorded } = run([open(suspend), shut(suspend)], {
        // Access is withdrawn twice: before the second inspection, and as the first step of the suspension.
        [failing]: (_input: unknown, earlierCalls: number) => {
          if (failing !== "withdrawPermission" || earlierCalls === 1) throw new Error("[step-failed] no");
          return null;
        },
      });
      expect(calls.slice(3)).toEqual([...steps, "recordReview"]);
      const setback = { code: "step-failed", reason: "no", step };
      expect(recorded).toEqual(step === null ? noted(suspend, true) : withSetback(noted(suspend), setback));
    },
  );
});
