import { expect, it } from "vitest";
import type { PersonRecord } from "../person/record.ts";
import { stateSince } from "./state-since.ts";

const [started, ended, seen] = ["2026-11-24T10:00:00.000Z", "2026-11-24T10:00:30.000Z", "2026-11-24T11:00:00.000Z"];
const desktop = { workspace: "cohort", startedAt: started, startNoted: true };
const record: PersonRecord = {
  request: { id: "1", username: "alice", workspace: "cohort", requestedAt: started, claims: {} },
  outcomes: { 1: { state: "done", at: ended, message: "ready", url: "u" } },
  lastDesktop: "cohort",
};
const up = { ...record.outcomes["1"], workspace: "cohort" } as const;
/** They went on to another one: this one is what they had before. */
const another: PersonRecord = {
  ...record,
  request: { ...record.request, id: "2", workspace: "another", requestedAt: seen },
  outcomes: { 1: up as PersonRecord["outcomes"][string] },
};
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
  [
    "ready: the same while another one is asked for",
    stateSince({ state: "ready", ...because }, desktop, another),
    ended,
  ],
  [
    "ready: not known if its request is forgotten",
    stateSince({ state: "ready", ...because }, desktop, { ...another, outcomes: {} }),
    undefined,
  ],
  ["failed: not known", stateSince({ state: "failed", ...because }, desktop, record), undefined],
])("a state began when it %s", (_words, found, expected) => {
  expect(found).toBe(expected);
});
