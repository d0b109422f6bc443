import { expect, it } from "vitest";
import type { PersonRecord } from "../person/record.ts";
import { stateSince } from "./state-since.ts";

const [started, ended, seen] = ["2026-11-24T10:00:00.000Z", "2026-11-24T10:00:30.000Z", "2026-11-24T11:00:00.000Z"];
const desktop = { workspace: "cohort", startedAt: started, startNoted: true };
const record: PersonRecord = {
  request: { id: "1", username: "alice", workspace: "cohort", requestedAt: started, claims: {} },
  outcomes: { 1: { state: "done", at: ended, message: "ready" } },
  lastDesktop: "cohort",
};
const none: PersonRecord = { ...record, request: { ...record.request, workspace: null } };
const because = { reason: "" };

it.each([
  ["says itself", stateSince({ state: "idle", since: seen, ...because }, desktop, record), seen],
  ["starting: when that was asked for", stateSince({ state: "starting", ...because }, desktop, undefined), started],
  [
    "starting: not known if the start was not noted",
    stateSince({ state: "starting", ...because }, { ...desktop, startNoted: false }, record),
    undefined,
  ],
  ["ready: when its request was done", stateSince({ state: "ready", ...because }, desktop, record), ended],
  ["suspended: when that was done", stateSince({ state: "suspended", ...because }, desktop, none), ended],
  [
    "suspended: not known of one that went down before",
    stateSince({ state: "suspended", ...because }, desktop, { ...none, lastDesktop: "another" }),
    undefined,
  ],
  [
    "ready: not known while another one is asked for",
    stateSince({ state: "ready", ...because }, desktop, { ...record, outcomes: {} }),
    undefined,
  ],
  ["failed: not known", stateSince({ state: "failed", ...because }, desktop, record), undefined],
])("a state began when it %s", (_words, found, expected) => {
  expect(found).toBe(expected);
});
