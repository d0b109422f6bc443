import { describe, expect, it } from "vitest";
import type { Decision } from "../desktop/decision.ts";
import type { PersonRecord } from "../person/record.ts";
import { describeDesktop } from "./describe-desktop.ts";

const at = "2026-11-24T10:00:00.000Z";
const seen = "2026-11-24T11:00:00.000Z";
const deployment = { replicas: 1, ready: 1, ports: [], ownPassword: false };
const ready = {
  cluster: { deployment },
  rows: { connectionId: 7, permissions: { connection: true, group: true, self: true } },
};
const noAccess = { connection: false, group: false, self: false };
const withoutAccess = { ...ready, rows: { connectionId: 7, permissions: noAccess } };
const deletedRows = { ...ready, rows: { connectionId: null, permissions: noAccess } };
const noRows = { ...ready, rows: null };
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
    // Guacamole goes on with a session whose connection was deleted (measured on 1.6.0, November 2026).
    ["is not starting if its connection was deleted", deletedRows, { record, decision: decided("unknown") }, "failed"],
    ["is not starting if access was taken away", withoutAccess, { record, decision: decided("in-use") }, "failed"],
    ["is not known while the database does not answer", noRows, { record, decision: undefined }, "unknown"],
    [
      "is not known while the database does not answer, suspended or not",
      { ...suspended, rows: null },
      { record, decision: undefined },
      "unknown",
    ],
    [
      "is not known while the database does not answer, if there is no container",
      { cluster: { deployment: null }, rows: null },
      { record: undefined, decision: undefined },
      "unknown",
    ],
    [
      "is starting if its container is, whatever the database says",
      { cluster: { deployment: { ...deployment, ready: 0 } }, rows: null },
      { record, decision: undefined },
      "starting",
    ],
    [
      "is being retired, whatever the database says",
      noRows,
      { record: { ...record, removals: [removal] }, decision: undefined },
      "retiring",
    ],
    [
      "is being suspended if access was withdrawn for that",
      withoutAccess,
      { record, decision: decided("idle", "suspend") },
      "suspending",
    ],
    [
      "is starting while its access is not granted yet",
      withoutAccess,
      { record: { ...record, outcomes: {} }, decision: decided("working") },
      "starting",
    ],
    [
      "is starting while it has no connection yet",
      deletedRows,
      { record: { ...record, outcomes: {} }, decision: undefined },
      "starting",
    ],
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
  it("says what is wrong if it cannot be opened, and what happens next", () => {
    const reasonOf = (sides: typeof deletedRows | typeof withoutAccess, of: PersonRecord | undefined) =>
      describeDesktop("cohort", sides, { record: of, decision: undefined }).reason;
    expect(reasonOf(deletedRows, record)).toBe(
      "the container is ready, but Guacamole has no connection for it; open sessions go on; the next reconciliation writes it again",
    );
    expect(reasonOf(withoutAccess, record)).toBe(
      "the container is ready, but its person may not open it; open sessions go on; the next reconciliation grants access again",
    );
    expect(reasonOf(deletedRows, undefined)).toBe(
      "the container is ready, but Guacamole has no connection for it; open sessions go on; ask for it again",
    );
  });
  it("says why it was suspended, if somebody else wanted that", () => {
    const end = {
      workspace: "cohort",
      at: seen,
      action: "suspend",
      reason: "suspended by olga",
      why: { kind: "administrator" },
    } as const;
    const ended = { ...record, ends: [end] };
    expect(describeDesktop("cohort", suspended, { record: ended, decision: undefined })).toEqual({
      ...{ state: "suspended", reason: "suspended by olga; the next request starts it again", since: seen },
    });
    // Of another one of theirs it says nothing, and nothing of this one while it runs.
    expect(describeDesktop("other", suspended, { record: ended, decision: undefined }).reason).toBe(
      "it is stopped; the next request starts it again",
    );
    expect(describeDesktop("cohort", ready, { record: ended, decision: undefined }).reason).not.toContain("olga");
  });

  it("says why it was removed, and when", () => {
    const end = {
      workspace: "cohort",
      at: seen,
      action: "retire",
      reason: "the study ended",
      why: { kind: "administrator" },
    } as const;
    const gone = { cluster: { deployment: null }, rows: { ...suspended.rows, connectionId: null } };
    const ended = { ...record, ends: [end] };
    expect(describeDesktop("cohort", gone, { record: ended, decision: undefined })).toEqual({
      ...{ state: "absent", reason: "it was removed: the study ended", since: seen },
    });
  });
});
