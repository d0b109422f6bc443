import { describe, expect, it } from "vitest";
import { admit, noteFacts, queueUp } from "./admission.ts";
import { ask } from "./ask.ts";
import type { Outcome, PersonRecord } from "./record.ts";
import { finish } from "./finish.ts";

const at = (time: string) => `2026-06-15T${time}:00.000Z`;
const facts = { image: "example.org/desktop:1", startsAtOnce: 4, maxDesktops: null };
const admitted = (time: string) => ({ at: at(time), isLast: false });
let count = 0;

/** The record after the person asks for a workspace at that time, or for none. */
function asked(record: PersonRecord | null, workspace: string | null, time: string, more: { retire?: true } = {}) {
  const stamp = { id: `r${(count += 1)}`, at: at(time) };
  return ask(record, "alice", { workspace, claims: {}, ...more }, stamp, { stillTrue: () => true });
}

function ended(record: PersonRecord, time: string, change: Partial<Outcome> = {}): PersonRecord {
  const outcome = { state: "done", at: at(time), message: "", url: "http://guacamole", ...change } as Outcome;
  const { workspace } = record.request;
  const before = workspace === null ? undefined : ({ workspace, desktop: { others: [] } } as unknown);
  return finish({ ...record, before: before as PersonRecord["before"] }, record.request.id, outcome);
}
const failed: Partial<Outcome> = {
  ...{ state: "failed", code: "cannot-start", reason: "", step: "readiness" },
  ...{ undone: [], leftBehind: [] },
};

const left: Partial<Outcome> = { url: undefined };
const first = asked(null, "a", "09:00");

describe("a person's place in the queue", () => {
  it("is theirs from the moment in which they ask", () => {
    expect(first.admission).toEqual({ state: "waiting", since: at("09:00"), workspace: "a", returns: false });
  });

  it("stays the same when they ask for the same again", () => {
    expect(asked(first, "a", "09:05")).toBe(first);
    const starting = admit(first, first.request, facts, admitted("09:01"));
    expect(asked(starting, "a", "09:05").admission).toEqual(starting.admission);
  });

  it("keeps its time when they choose another workspace, whose start is not admitted yet", () => {
    const starting = admit(first, first.request, facts, admitted("09:01"));
    const place = { state: "waiting", since: at("09:00"), workspace: "b", returns: false };
    for (const record of [first, starting]) expect(asked(record, "b", "09:05").admission).toEqual(place);
  });

  it.each<[string, (record: PersonRecord) => PersonRecord]>([
    ["they want none any more", (record) => asked(record, null, "09:05")],
    ["everything of theirs is to be removed", (record) => asked(record, null, "09:05", { retire: true })],
    ["their desktop is ready", (record) => ended(record, "09:05")],
    ["it cannot be started", (record) => ended(record, "09:05", failed)],
  ])("is gone when %s", (_, change) => {
    const starting = admit(first, first.request, facts, admitted("09:01"));
    for (const record of [first, starting]) expect(change(record).admission).toBeUndefined();
  });

  it("is not touched by the end of an older request", () => {
    const switched = asked(first, "b", "09:05");
    const outcome = { state: "superseded", at: at("09:06"), reason: "" } as const;
    expect(finish(switched, first.request.id, outcome).admission).toEqual(switched.admission);
  });

  it.each<[string, PersonRecord, string, boolean]>([
    ["their desktop came up within the last hour", ended(first, "09:05"), "10:05", true],
    [
      "they left it within the last hour",
      ended(asked(ended(first, "07:00"), null, "09:00"), "09:05", left),
      "10:00",
      true,
    ],
    [
      "it came up longer ago, and was left",
      ended(asked(ended(first, "09:05"), null, "09:10"), "09:10", left),
      "10:11",
      false,
    ],
    ["it came up longer ago, and still runs", ended(first, "09:05"), "15:00", true],
    [
      "they asked as one who came back",
      asked(ended(asked(ended(first, "08:00"), null, "08:30"), "08:30", left), "a", "09:20"),
      "09:40",
      true,
    ],
    ["a first start failed", ended(first, "09:05", failed), "09:06", false],
  ])("is ahead of others, or not, if %s", (_, record, time, returns) => {
    expect(asked(record, "b", time).admission).toMatchObject({ returns });
  });

  it("of a request of an earlier release begins with that request", () => {
    const old = { ...first, admission: undefined };
    const admission = { state: "waiting", since: at("09:00"), workspace: "a", returns: false };
    expect(queueUp(old, old.request)).toEqual(admission);
    expect(noteFacts(old, old.request, facts).admission).toEqual({ ...admission, ...facts });
    expect(admit(old, old.request, facts, admitted("09:01")).admission).toEqual({
      ...{ ...admission, ...facts },
      ...{ state: "admitted", admittedAt: at("09:01") },
    });
  });
});

describe("what is written of a place", () => {
  it("counts only for the request that it is about", () => {
    const { request } = first;
    for (const record of [asked(first, "b", "09:05"), asked(first, null, "09:05")]) {
      expect(admit(record, request, facts, admitted("09:06"))).toBe(record);
      expect(noteFacts(record, request, facts)).toBe(record);
    }
  });

  it("says if it was the last one", () => {
    const last = admit(first, first.request, facts, { at: at("09:01"), isLast: true });
    expect(last.admission).toMatchObject({ state: "admitted", isLast: true });
    expect(asked(last, "b", "09:05").admission?.isLast).toBeUndefined();
  });

  it("says if it waited: what bounds it was noted before", () => {
    const behind = noteFacts(first, first.request, facts);
    expect(admit(behind, first.request, facts, admitted("09:01")).admission).toMatchObject({ waited: true });
    expect(admit(first, first.request, facts, admitted("09:01")).admission).not.toHaveProperty("waited");
  });

  it("is written once", () => {
    const starting = admit(first, first.request, facts, admitted("09:01"));
    expect(admit(starting, first.request, facts, admitted("09:02"))).toBe(starting);
    expect(noteFacts(starting, first.request, facts)).toBe(starting);
  });
});
