import { describe, expect, it } from "vitest";
import { adopt, ask } from "./ask.ts";
import type { DesktopRequest, Outcome, PersonRecord } from "./record.ts";

const request: DesktopRequest = {
  id: "r1",
  username: "alice",
  workspace: "a",
  requestedAt: "2026-01-01T00:00:00Z",
  claims: { groups: ["/a"] },
  subject: "s1",
};
const stamp = { id: "r2", at: "2026-01-01T00:01:00Z" };
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
const ended = (outcome: Outcome, changed: Partial<DesktopRequest> = {}): PersonRecord => ({
  request: { ...request, ...changed },
  outcomes: { r1: outcome },
});
const asIs = { stillTrue: () => true };
const gone = { stillTrue: () => false };

describe("a wish", () => {
  it.each<[string, PersonRecord | null, string | null, boolean]>([
    ["the first", null, "a", true],
    ["the same while the first is worked on", fresh, "a", false],
    ["the same after it was done and still is", ended(done), "a", false],
    ["the same after it failed", ended(failed), "a", true],
    ["another workspace", fresh, "b", true],
    ["no desktop", fresh, null, true],
  ])("%s", (_words, record, workspace, isNew) => {
    const after = ask(record, "alice", { workspace }, stamp, asIs);
    expect(after.request.id).toBe(isNew ? "r2" : "r1");
    if (!isNew) expect(after).toBe(record);
  });

  it("for a desktop that is no longer there is new work", () => {
    expect(ask(ended(done), "alice", { workspace: "a" }, stamp, gone).request.id).toBe("r2");
  });

  it("that replaces one which is still worked on says of it that it is superseded", () => {
    expect(ask(fresh, "alice", { workspace: "b" }, stamp, asIs).outcomes["r1"]).toMatchObject({ state: "superseded" });
  });

  it("keeps what was there before the work that it goes on with", () => {
    const before = { workspace: "a", desktop: {} as never };
    expect(ask({ ...fresh, before }, "alice", { workspace: "b" }, stamp, asIs).before).toBe(before);
  });

  it("keeps the outcomes of the ones before it", () => {
    expect(ask(ended(failed), "alice", { workspace: "a" }, stamp, asIs).outcomes).toEqual({ r1: failed });
  });

  it("for none ends an extension, and one for another desktop does not", () => {
    const kept = { workspace: "a", until: "2026-01-01T08:00:00Z", by: "olga" };
    expect(ask({ ...fresh, kept }, "alice", { workspace: null }, stamp, asIs).kept).toBeUndefined();
    expect(ask({ ...fresh, kept }, "alice", { workspace: "b" }, stamp, asIs).kept).toBe(kept);
  });

  it.each([
    ["takes claims and subject from the record", {}, { claims: { groups: ["/a"] }, subject: "s1" }],
    ["with claims of its own has those", { claims: { x: 1 } }, { claims: { x: 1 }, subject: "s1" }],
  ])("%s", (_words, proven, expected) => {
    const { claims, subject } = ask(fresh, "alice", { workspace: "b", ...proven }, stamp, asIs).request;
    expect({ claims, subject }).toEqual(expected);
  });

  it("of a person who is there is written with their arrival, the same wish too", () => {
    const arrival = { at: stamp.at, session: "one", subject: "s1", claims: { groups: ["/a"] } };
    const again = ask(fresh, "alice", { workspace: "a" }, stamp, { ...asIs, arrival });
    expect(again.request.id).toBe("r1");
    expect(again.presence).toMatchObject({ seenAt: stamp.at, sessions: ["one"] });
    expect(ask(again, "alice", { workspace: "a" }, stamp, { ...asIs, arrival })).toBe(again);
  });
});

describe("while everything of a person is being removed", () => {
  const retiring: PersonRecord = { request: { ...request, workspace: null, retire: true }, outcomes: {} };

  it("a wish for none changes nothing", () => {
    expect(ask(retiring, "alice", { workspace: null }, stamp, gone)).toBe(retiring);
    expect(ask(retiring, "alice", { workspace: null, retire: true }, stamp, gone)).toBe(retiring);
  });

  it("a wish for a desktop is refused, and after it is not", () => {
    const wish = () => ask(retiring, "alice", { workspace: "a" }, stamp, asIs);
    expect(wish).toThrow(expect.objectContaining({ code: "being-retired" }) as Error);
    const after = ask({ ...retiring, outcomes: { r1: done } }, "alice", { workspace: "a" }, stamp, asIs);
    expect(after.request.id).toBe("r2");
  });

  it("a wish for the one desktop that is being removed is refused, and for another it is not", () => {
    const removals = [{ id: "x", workspace: "a", requestedAt: stamp.at, reason: "no more" }];
    const wish = (workspace: string) => ask({ ...fresh, removals }, "alice", { workspace }, stamp, asIs);
    expect(() => wish("a")).toThrow(expect.objectContaining({ code: "being-retired" }) as Error);
    expect(wish("b").request.workspace).toBe("b");
  });

  it("what was there before is remembered, and forgotten by the next activation", () => {
    const before = { workspace: "a", desktop: {} as never };
    const ended = { ...retiring, before, outcomes: { r1: done } };
    expect(ask(ended, "alice", { workspace: "a" }, stamp, asIs).before).toBeUndefined();
    expect(ask(ended, "alice", { workspace: null, retire: true }, stamp, gone).before).toBe(before);
  });
});

describe("a username that belonged to somebody else", () => {
  const wish = { workspace: "a", subject: "s2" };
  it.each<[string, PersonRecord, boolean]>([
    ["is refused", ended(done), true],
    ["is refused while the first owner's things are being removed", ended(failed, { retire: true }), true],
    ["is free once everything of the first owner is removed", ended(done, { retire: true, workspace: null }), false],
    ["is no matter if the first owner's id is not known", ended(done, { subject: undefined }), false],
  ])("%s", (_words, record, isRefused) => {
    const asking = () => ask(record, "alice", wish, stamp, asIs);
    if (isRefused) expect(asking).toThrow(expect.objectContaining({ code: "identity-changed" }) as Error);
    else expect(asking().request.workspace).toBe("a");
  });

  it("passes on neither the id nor the claims of its first owner", () => {
    const removed = ended(done, { retire: true, workspace: null, claimsReduced: true });
    const { subject, claims, claimsReduced } = ask(removed, "alice", { workspace: "a" }, stamp, asIs).request;
    expect({ subject, claims, claimsReduced }).toEqual({ subject: undefined, claims: {}, claimsReduced: undefined });
  });

  it("may be retired by anybody", () => {
    const retirement = { workspace: null, retire: true, subject: "s2" };
    expect(ask(ended(done), "alice", retirement, stamp, asIs).request.retire).toBe(true);
  });
});

describe("a person who is adopted", () => {
  it("gets a record with the wish, unless there is one", () => {
    expect(adopt(null, "alice", { workspace: "a" }, stamp)).toMatchObject({
      request: { id: "r2", workspace: "a", claims: {} },
      outcomes: {},
    });
    expect(adopt(fresh, "alice", { workspace: "b" }, stamp)).toBe(fresh);
  });
});
