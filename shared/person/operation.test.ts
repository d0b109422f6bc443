import { describe, expect, it } from "vitest";
import { describeOperation, nextRequest } from "./operation.ts";
import { addOutcome, operationIdOf, outcomesKept, parseOperationId } from "./request.ts";
import type { DesktopRequest, Outcome, PersonRecord } from "./record.ts";

const id = "11111111-1111-4111-8111-111111111111";
const other = "22222222-2222-4222-8222-222222222222";
const request: DesktopRequest = {
  id,
  username: "alice",
  workspace: "a",
  requestedAt: "2026-01-01T00:00:00Z",
  claims: {},
};
const done: Outcome = { state: "done", at: "2026-01-01T00:00:05Z", message: "ready", url: "http://x" };
const failed: Outcome = {
  state: "failed",
  at: "2026-01-01T00:00:05Z",
  code: "cannot-start",
  reason: "no",
  step: "readiness",
  undone: [],
  leftBehind: [],
};
const fresh: PersonRecord = { request, outcomes: {} };
const idle = { running: false, progress: null };
const progress = { requestId: id, step: "readiness", number: 8, of: 12, since: "2026-01-01T00:00:01Z" };

const now = new Date("2026-01-01T00:01:00Z");

describe("an operation", () => {
  it("that nobody works on is pending and wants waking", () => {
    expect(describeOperation(id, fresh, idle, now)).toEqual({ state: "pending", needsWaking: true });
  });
  it("whose orchestration is on an older request is pending and needs no waking", () => {
    const live = { running: true, progress: { ...progress, requestId: other } };
    expect(describeOperation(id, fresh, live, now)).toEqual({ state: "pending", needsWaking: false });
  });
  it("shows the progress of its own run", () => {
    expect(describeOperation(id, fresh, { running: true, progress }, now)).toMatchObject({
      state: "running",
      progress,
    });
  });
  it("without progress for 30 seconds says so, and that it goes on by itself", () => {
    const live = { running: true, progress, updatedAt: "2026-01-01T00:00:30.000Z" };
    expect(describeOperation(id, fresh, live, now).note).toBe(
      "no progress for 30 s: if a server stopped in the middle of the work, it goes on after about a minute",
    );
    expect(describeOperation(id, fresh, { ...live, progress: null }, now)).toMatchObject({ state: "pending" });
    expect(describeOperation(id, fresh, { ...live, progress: null }, now).note).toContain("no progress for 30 s");
    expect(describeOperation(id, fresh, { ...live, updatedAt: "2026-01-01T00:00:31.000Z" }, now).note).toBeUndefined();
  });
  it("whose work was replaced says when it goes on", () => {
    const replaced = { ...fresh, work: { generation: 1, notBefore: "2026-01-01T00:02:00.000Z" } };
    const live = { running: true, progress: null, updatedAt: "2026-01-01T00:01:00.000Z" };
    expect(describeOperation(id, replaced, live, now).note).toBe(
      "the work was stuck and is started again: it goes on at 2026-01-01T00:02:00.000Z",
    );
    const begun = { ...live, updatedAt: "2026-01-01T00:02:00.000Z" };
    expect(describeOperation(id, replaced, begun, new Date("2026-01-01T00:02:00Z")).note).toBeUndefined();
  });
  it("that has ended stays as it ended, whatever runs now", () => {
    const record = { request: { ...request, id: other }, outcomes: { [id]: done } };
    expect(describeOperation(id, record, { running: true, progress }, now)).toMatchObject({
      state: "done",
      outcome: done,
    });
  });
  it("that a newer one replaced before it began is superseded", () => {
    const record = { request: { ...request, id: other }, outcomes: {} };
    expect(describeOperation(id, record, idle, now)).toMatchObject({ state: "superseded", needsWaking: false });
  });
});

describe("a request", () => {
  const wanted = { ...request, id: other };
  it.each([
    ["the first", null, "a", true],
    ["the same while the first is worked on", fresh, "a", false],
    ["the same after it was done and still is", { ...fresh, outcomes: { [id]: done } }, "a", false],
    ["the same after it failed", { ...fresh, outcomes: { [id]: failed } }, "a", true],
    ["another workspace", fresh, "b", true],
    ["no desktop", fresh, null, true],
  ])("%s", (_words, current, workspace, writes) => {
    expect(nextRequest(current, { ...wanted, workspace }, () => true) !== null).toBe(writes);
  });
  it("for a desktop that is no longer there is new work", () => {
    expect(nextRequest({ ...fresh, outcomes: { [id]: done } }, wanted, () => false)?.request.id).toBe(other);
  });
  it("that replaces one which is still worked on says of it that it is superseded", () => {
    const record = nextRequest(fresh, { ...wanted, workspace: "b" }, () => true);
    expect(record?.outcomes[id]).toMatchObject({ state: "superseded" });
  });
  it("keeps what was there before the work that it goes on with", () => {
    const before = { workspace: "a", desktop: {} as never };
    expect(nextRequest({ ...fresh, before }, { ...wanted, workspace: "b" }, () => true)?.before).toBe(before);
  });
  it("keeps the outcomes of the ones before it", () => {
    expect(nextRequest({ ...fresh, outcomes: { [id]: failed } }, wanted, () => true)?.outcomes).toEqual({
      [id]: failed,
    });
  });
});

describe("outcomes", () => {
  it("keep the first of a request: it has been told", () => {
    expect(addOutcome({ [id]: done }, id, failed)).toEqual({ [id]: done });
  });
  it("forget the oldest", () => {
    let outcomes: Record<string, Outcome> = {};
    for (let n = 0; n <= outcomesKept; n += 1) outcomes = addOutcome(outcomes, `request-${n}`, done);
    expect(Object.keys(outcomes)).toHaveLength(outcomesKept);
    expect(outcomes).not.toHaveProperty("request-0");
    expect(outcomes).toHaveProperty(`request-${outcomesKept}`);
  });
});

describe("an operation's id", () => {
  it("names person and request", () => {
    const parts = parseOperationId(operationIdOf(request));
    expect(parts?.request).toBe(id);
    expect(parts?.person).toMatch(/^[0-9a-f]{32}$/);
  });
  it.each(["", "x", `${"a".repeat(32)}.`, `${"a".repeat(32)}.${id}x`, `../${id}`])("cannot be %j", (text) => {
    expect(parseOperationId(text)).toBeNull();
  });
});
