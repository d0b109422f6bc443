import { describe, expect, it } from "vitest";
import { askedIn, describeOperation, isKnown, operationIdOf, parseOperationId } from "./operation.ts";
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
      "no progress for 30 s: if a server stopped in the middle of the work, it continues after about a minute",
    );
    expect(describeOperation(id, fresh, { ...live, progress: null }, now)).toMatchObject({ state: "pending" });
    expect(describeOperation(id, fresh, { ...live, progress: null }, now).note).toContain("no progress for 30 s");
    expect(describeOperation(id, fresh, { ...live, updatedAt: "2026-01-01T00:00:31.000Z" }, now).note).toBeUndefined();
  });
  it("that waits for its turn looks seldom, and says so only after 90 seconds", () => {
    const live = { running: true, progress: { ...progress, step: "admission" } };
    const note = (updatedAt: string) => describeOperation(id, fresh, { ...live, updatedAt }, now).note;
    expect(note("2025-12-31T23:59:31.000Z")).toBeUndefined();
    expect(note("2025-12-31T23:59:30.000Z")).toMatch(/^no progress for 90 s/);
  });
  it("whose work was replaced says when it goes on", () => {
    const replaced = { ...fresh, work: { generation: 1, notBefore: "2026-01-01T00:02:00.000Z" } };
    const live = { running: true, progress: null, updatedAt: "2026-01-01T00:01:00.000Z" };
    expect(describeOperation(id, replaced, live, now).note).toBe(
      "the work was stuck and has been restarted: it continues at 2026-01-01T00:02:00.000Z",
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

describe("the entry of an operation", () => {
  const retirement = { id: other, workspace: "b", requestedAt: "2026-01-01T00:00:02Z", reason: "no more" };
  const record = { ...fresh, removals: [retirement], outcomes: { ended: done } };
  it.each([
    [id, request, true],
    [other, retirement, true],
    ["ended", undefined, true],
    ["never", undefined, false],
  ])("%s", (requestId, entry, known) => {
    expect(askedIn(record, requestId)).toBe(entry);
    expect(isKnown(record, requestId)).toBe(known);
  });
});
