import { describe, expect, it } from "vitest";
import type { Decision } from "../desktop/decision.ts";
import type { PersonRecord, Review } from "./record.ts";
import { isDue, isUnfinished } from "./left-to-do.ts";
import { finishReview, nominate, recordOfNobody } from "./review.ts";

const at = "2026-01-05T09:00:00Z";
const stamp = { id: "r2", at: "2026-01-05T09:30:00Z" };
const review: Review = { id: "v1", workspace: "a", requestedAt: at, by: "reap" };
const record: PersonRecord = {
  request: { id: "r1", username: "alice", workspace: "a", requestedAt: at, claims: {} },
  outcomes: { r1: { state: "done", at, message: "ready" } },
};
const idle: Decision = { action: "suspend", rule: "idle", reason: "nobody is connected" };

describe("a nomination", () => {
  it("adds a review, one per desktop", () => {
    const once = nominate(record, review);
    expect(once.reviews).toEqual([review]);
    expect(nominate(once, { ...review, id: "v2" })).toBe(once);
    expect(nominate(once, { ...review, id: "v2", workspace: "b" }).reviews).toHaveLength(2);
  });

  it("of a person whose record was deleted asks for nothing else", () => {
    const nobody = recordOfNobody("alice", stamp);
    expect(isUnfinished(nobody)).toBe(false);
    expect(nobody.request).toMatchObject({ workspace: null, nobodyAsked: true });
    expect(nominate(nobody, review).reviews).toEqual([review]);
  });
});

describe("the end of a review", () => {
  const waiting = nominate(record, review);

  it("that kept the desktop is remembered, and the wish stays", () => {
    const kept: Decision = { action: "keep", rule: "in-use", reason: "somebody is connected" };
    const after = finishReview(waiting, review, { decision: kept, suspended: false }, stamp);
    expect(after).toEqual({ ...record, decisions: [{ workspace: "a", at: stamp.at, ...kept }] });
  });

  it("that suspended the desktop leaves the person without a wish, with the reason", () => {
    const after = finishReview(waiting, review, { decision: idle, suspended: true }, stamp);
    expect(after.request).toMatchObject({ id: "r2", workspace: null, reason: "nobody is connected" });
    expect(after.outcomes["r2"]).toMatchObject({ state: "done", message: "suspended: nobody is connected" });
    expect(after.outcomes["r1"]).toBe(record.outcomes["r1"]);
    expect(isUnfinished(after)).toBe(false);
  });

  it.each<[string, Partial<PersonRecord>]>([
    ["asked for another desktop meanwhile", { request: { ...record.request, workspace: "b" } }],
    ["asked for the same again meanwhile", { request: { ...record.request, id: "r9" } }],
  ])("that suspended the desktop of a person who %s leaves that wish", (_words, changed) => {
    const asked = { ...waiting, ...changed };
    const after = finishReview(asked, review, { decision: idle, suspended: true }, stamp);
    expect(after.request).toBe(asked.request);
  });

  it("that could not suspend the desktop is not its end: it is tried again, and decides again", () => {
    const setback = { code: "cluster-unavailable", reason: "away", step: "deployment" } as const;
    const after = finishReview(waiting, review, { decision: idle, suspended: false, setback }, stamp);
    expect(after.reviews).toMatchObject([{ id: "v1", trouble: { tries: 1, reason: "away" } }]);
    expect([after.request, isDue(after, new Date(stamp.at))]).toEqual([record.request, false]);
    const ended = finishReview(after, review, { decision: idle, suspended: true }, stamp);
    expect([ended.reviews, ended.request.workspace]).toEqual([undefined, null]);
  });

  it("of a desktop that is gone leaves nothing to remember", () => {
    expect(finishReview(waiting, review, { decision: null, suspended: false }, stamp)).toEqual(record);
  });

  it("that was recorded before changes nothing", () => {
    expect(finishReview(record, review, { decision: idle, suspended: true }, stamp)).toBe(record);
  });
});
