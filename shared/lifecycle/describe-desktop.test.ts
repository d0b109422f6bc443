import { describe, expect, it } from "vitest";
import type { Decision } from "../desktop/decision.ts";
import type { PersonRecord } from "../person/record.ts";
import { describeDesktop } from "./describe-desktop.ts";

const at = "2026-11-24T10:00:00.000Z";
const deployment = { replicas: 1, ready: 1, ports: [], ownPassword: false };
const ready = {
  cluster: { deployment },
  rows: { connectionId: 7, permissions: { connection: true, group: true, self: true } },
};
const suspended = {
  cluster: { deployment: { ...deployment, replicas: 0, ready: 0 } },
  rows: { connectionId: 7, permissions: { connection: false, group: false, self: false } },
};
const record: PersonRecord = {
  request: { id: "1", username: "alice", workspace: "cohort", requestedAt: at, claims: {} },
  outcomes: { 1: { state: "done", at, message: "ready" } },
};
const removal = { id: "2", workspace: "cohort", requestedAt: at, reason: "retired by olga" };
const decided = (rule: Decision["rule"], action: Decision["action"] = "keep"): Decision => ({
  action,
  rule,
  reason: `by ${rule}`,
  evidence: { kind: "open-session", what: "a session that is open", at, source: "Guacamole's history" },
});

describe("a desktop", () => {
  it.each([
    ["is ready while nobody came yet", ready, { record, decision: decided("start-grace") }, "ready"],
    ["is ready if nobody knows who uses it", ready, { record, decision: decided("unknown") }, "ready"],
    ["is ready if nothing was decided", ready, { record, decision: undefined }, "ready"],
    ["is in use", ready, { record, decision: decided("in-use") }, "in-use"],
    ["is idle", ready, { record, decision: decided("idle") }, "idle"],
    ["is not idle any more when it is taken down", ready, { record, decision: decided("idle", "suspend") }, "ready"],
    [
      "is starting, whoever is connected to it",
      { ...ready, cluster: { deployment: { ...deployment, ready: 0 } } },
      { record, decision: decided("in-use") },
      "starting",
    ],
    ["is suspended", suspended, { record, decision: decided("not-running") }, "suspended"],
    [
      "is being retired, in use or not",
      ready,
      { record: { ...record, removals: [removal] }, decision: decided("in-use") },
      "retiring",
    ],
    [
      "is not being retired while another is",
      ready,
      { record: { ...record, removals: [{ ...removal, workspace: "other" }] }, decision: decided("in-use") },
      "in-use",
    ],
  ])("%s", (_, sides, around, state) => {
    expect(describeDesktop("cohort", sides, around).state).toBe(state);
  });

  it("says since when it is in use, and why", () => {
    const described = describeDesktop("cohort", ready, { record, decision: decided("in-use") });
    expect(described).toEqual({ state: "in-use", reason: "by in-use", since: at });
  });
  it("says why it was suspended, if somebody else wanted that", () => {
    const none = { ...record, request: { ...record.request, workspace: null, reason: "suspended by olga" } };
    expect(describeDesktop("cohort", suspended, { record: none, decision: undefined }).reason).toBe(
      "suspended by olga; the next request starts it again",
    );
  });
});
