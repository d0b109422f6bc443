import { describe, expect, it } from "vitest";
import type { DesktopRequest, Outcome, PersonRecord } from "./record.ts";
import { finish } from "./finish.ts";
import { isDue } from "./left-to-do.ts";
import { outcomeOf, outcomesKept } from "./outcomes.ts";
import { finishRetirement, retireDesktops, retirementOf, retirePerson } from "./retirement.ts";

const at = "2026-01-05T09:00:00Z";
const request: DesktopRequest = {
  id: "r1",
  username: "alice",
  workspace: "cohort-a",
  requestedAt: at,
  subject: "s1",
  claims: { groups: ["/a", "/b"] },
};
const done: Outcome = { state: "done", at, message: "the desktop is ready" };
const record: PersonRecord = { request, outcomes: { r1: done } };
const stamp = { id: "r2", at: "2026-01-05T09:30:00Z" };
const failed = (at: string): Outcome => ({
  ...{ state: "failed", at, code: "step-failed", reason: "away", step: "service" },
  ...{ undone: [], leftBehind: ["service"] },
});
const retirement = { id: "x1", workspace: "cohort-a", requestedAt: stamp.at, reason: "no more" };
const loss = { retirements: [retirement], reason: "no more" };

describe("retiring desktops", () => {
  it("ends the wish for one of them", () => {
    const after = retireDesktops(record, "alice", { ...loss, claims: {} }, stamp);
    expect(after.request).toEqual({
      ...request,
      id: "r2",
      workspace: null,
      requestedAt: stamp.at,
      claims: {},
      reason: "no more",
    });
    expect(after.removals).toEqual([retirement]);
  });

  it("leaves the wish for another", () => {
    const other = { ...retirement, workspace: "cohort-b" };
    const after = retireDesktops(record, "alice", { ...loss, retirements: [other] }, stamp);
    expect(after.request).toEqual(request);
    expect(after.removals).toEqual([other]);
  });

  it("does not forget how the request ended, however many have ended since", () => {
    let after = record;
    for (let n = 0; n < 2 * outcomesKept; n += 1) {
      const other = { ...retirement, id: `x${n}`, workspace: "cohort-b" };
      after = retireDesktops(after, "alice", { ...loss, retirements: [other] }, stamp);
      after = finishRetirement(after, other.id, done);
    }
    expect(outcomeOf(after)).toEqual(done);
    expect(Object.keys(after.outcomes)).toHaveLength(outcomesKept);
    expect(after.outcomes).toHaveProperty(`x${2 * outcomesKept - 1}`);
  });

  it("is written once", () => {
    const once = retireDesktops(record, "alice", loss, stamp);
    const again = { ...loss, retirements: [{ ...retirement, id: "x2" }] };
    expect(retireDesktops(once, "alice", again, { ...stamp, id: "r3" })).toBe(once);
    expect(retireDesktops(record, "alice", { retirements: [], reason: "" }, stamp)).toBe(record);
  });

  it("of none narrows the claims alone", () => {
    const narrowed = { retirements: [], reason: "", claims: { groups: ["/b"] } };
    expect(retireDesktops(record, "alice", narrowed, stamp)).toEqual({
      ...record,
      request: { ...request, claims: { groups: ["/b"] } },
    });
  });

  it("of a person who never asked begins a record", () => {
    expect(retireDesktops(null, "alice", loss, stamp)).toMatchObject({
      request: { id: "r2", username: "alice", workspace: null, claims: {} },
      removals: [retirement],
    });
  });
});

describe("the end of a desktop's retirement", () => {
  const other = { ...retirement, id: "x2", workspace: "cohort-b" };
  const before = { workspace: "cohort-a", desktop: {} as never };
  const retiring: PersonRecord = { ...record, removals: [retirement, other], before };

  it("is told, and the other one stays to be done", () => {
    expect(finishRetirement(retiring, "x1", done)).toEqual({
      ...record,
      removals: [other],
      outcomes: { r1: done, x1: { ...done, workspace: "cohort-a" } },
      ends: [
        {
          ...{ workspace: "cohort-a", at: done.at, action: "retire" },
          ...{ reason: retirement.reason, why: { kind: "unknown" }, id: "x1" },
        },
      ],
    });
  });

  it("that failed is not its end", () => {
    const after = finishRetirement(retiring, "x1", failed(at));
    expect(after.outcomes).toEqual(retiring.outcomes);
    expect(after.removals).toEqual([
      { ...retirement, trouble: expect.objectContaining({ tries: 1 }) as unknown },
      other,
    ]);
    expect(finishRetirement(after, "x1", done).removals).toEqual([other]);
  });

  it("forgets what was there before that desktop, and of no other", () => {
    expect(finishRetirement(retiring, "x1", done).before).toBeUndefined();
    expect(finishRetirement(retiring, "x2", done).before).toBe(before);
  });

  it("of one that is not known changes nothing", () => {
    expect(finishRetirement(retiring, "x3", done)).toBe(retiring);
  });

  it("is looked up by the workspace while it lasts", () => {
    expect(retirementOf(retiring, "cohort-b")).toBe(other);
    expect(retirementOf(finishRetirement(retiring, "x2", done), "cohort-b")).toBeUndefined();
  });
});

describe("retiring a person", () => {
  it("is one wish, which a second one does not repeat, under way or ended", () => {
    const once = retirePerson(record, "alice", "alice was deleted", stamp);
    expect(once.request).toMatchObject({ id: "r2", workspace: null, retire: true, reason: "alice was deleted" });
    const later = { ...stamp, id: "r3" };
    expect(retirePerson(once, "alice", "again", later)).toBe(once);
    const ended = { ...once, outcomes: { ...once.outcomes, r2: done } };
    expect(retirePerson(ended, "alice", "again", later)).toBe(ended);
  });

  it("that failed stays to be done, with how often and since when it failed", () => {
    const once = retirePerson(record, "alice", "gone", stamp);
    const tried = finish(once, "r2", failed("2026-01-05T09:31:00Z"));
    expect(outcomeOf(tried)).toBeUndefined();
    expect(tried.request.trouble).toEqual({
      ...{ tries: 1, since: "2026-01-05T09:31:00Z", at: "2026-01-05T09:31:00Z", nextTry: "2026-01-05T09:31:30.000Z" },
      ...{ code: "step-failed", reason: "away", step: "service" },
    });
    expect(retirePerson(tried, "alice", "gone", { ...stamp, id: "r3" })).toBe(tried);
    expect(finish(tried, "r2", failed("2026-01-05T09:32:00Z")).request.trouble).toMatchObject({
      ...{ tries: 2, since: "2026-01-05T09:31:00Z", nextTry: "2026-01-05T09:33:00.000Z" },
    });
    const ended = finish(tried, "r2", done);
    expect(ended.request.trouble).toBeUndefined();
    expect(outcomeOf(ended)).toEqual({ ...done, workspace: null });
  });

  it("that an older release gave up is still to be done", () => {
    const once = retirePerson(record, "alice", "gone", stamp);
    const givenUp = { ...once, outcomes: { ...once.outcomes, r2: failed(at) } };
    expect(isDue(givenUp, new Date(at))).toBe(true);
    expect(retirePerson(givenUp, "alice", "gone", { ...stamp, id: "r3" })).toBe(givenUp);
    expect(outcomeOf(finish(givenUp, "r2", done))).toEqual({ ...done, workspace: null });
  });
});
