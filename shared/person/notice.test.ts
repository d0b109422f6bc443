import { describe, expect, it } from "vitest";
import {
  type Arrival,
  lastSeen,
  leave,
  loggedIn,
  type Notice,
  stillHeld,
  type Told,
  withArrival,
  withoutLost,
  withRemovals,
} from "./notice.ts";
import type { DesktopRequest, Presence, PersonRecord } from "./record.ts";

const at = (minute: number) => new Date(Date.parse("2026-01-05T09:00:00Z") + minute * 60_000).toISOString();
const request: DesktopRequest = {
  id: "r1",
  username: "alice",
  workspace: "cohort-a",
  requestedAt: at(0),
  subject: "s1",
  claims: { groups: ["/a", "/b"] },
};
const record = (presence?: Presence, changed: Partial<PersonRecord> = {}): PersonRecord => ({
  request,
  outcomes: { r1: { state: "done", at: at(1), message: "the desktop is ready" } },
  presence,
  ...changed,
});
const present = (...sessions: string[]): Presence => ({ seenAt: at(0), sessions });
type Left = Extract<Told, { what: "left" }>["which"];
const left = (which: Left, minute = 10): Notice & { told: Extract<Told, { what: "left" }> } => ({
  id: "n1",
  at: at(minute),
  told: { what: "left", which },
});
const leaving = { since: at(10), until: at(25) };

describe("a leave", () => {
  it.each<[string, Presence | undefined, Left, string[] | undefined]>([
    ["the session that asked ends", present("one"), { session: "one" }, undefined],
    ["every session ends", present("one", "two"), "every session", undefined],
    ["some session ends and only one is known", present("one"), "some session", undefined],
    ["nobody ever said which session asks", undefined, { session: "one" }, undefined],
    ["the identity provider has no session left", present("one", "two"), "some session", []],
  ])("begins when %s", (_name, presence, which, alive) => {
    expect(leave(record(presence), left(which), 15, alive)).toEqual({ seenAt: at(0), sessions: [], leaving });
  });

  it.each<[string, PersonRecord, Left, string[] | undefined, number?]>([
    ["another session that asked is left", record(present("one", "two")), { session: "one" }, undefined],
    ["some session of several ends", record(present("one", "two")), "some session", undefined],
    ["a session ends that never asked", record(present("one")), { session: "wiki" }, undefined],
    ["the identity provider knows a live session", record(present("one")), { session: "one" }, ["two"]],
    ["they were there after it", record({ seenAt: at(11), sessions: ["one"] }), { session: "one" }, undefined],
    ["they asked after it", record(present("one")), { session: "one" }, undefined, -1],
    ["they have no desktop", record(present("one"), { request: { ...request, workspace: null } }), "every session", []],
  ])("does not begin when %s", (_name, known, which, alive, minute) => {
    expect(leave(known, left(which, minute), 15, alive)?.leaving).toBeUndefined();
  });

  it("forgets the session that ended", () => {
    const presence = leave(record(present("one", "two")), left({ session: "one" }), 15);
    expect(presence).toEqual(present("two"));
    expect(leave(record(presence), left({ session: "two" }), 15)?.leaving).toEqual(leaving);
  });

  it("is not begun again by a second telling of it", () => {
    const once = leave(record(present("one")), left({ session: "one" }), 15);
    expect(leave(record(once), left("some session", 12), 15)).toBe(once);
  });

  it("ends with a login after it, and not with one before it that is told late", () => {
    const known = record({ ...present("one"), leaving });
    expect(loggedIn(known, at(11))).toEqual({ seenAt: at(11), sessions: ["one"] });
    expect(loggedIn(known, at(9))?.leaving).toEqual(leaving);
  });

  it("comes out the same in whatever order a logout and a later login are told", () => {
    const loginLast = loggedIn(record(leave(record(present("one")), left({ session: "one" }), 15)), at(11));
    const logoutLast = leave(record(loggedIn(record(present("one")), at(11))), left({ session: "one" }), 15);
    expect(loginLast?.leaving).toBeUndefined();
    expect(logoutLast?.leaving).toBeUndefined();
  });
});

describe("a person who asks", () => {
  const arrival: Arrival = { at: at(12), session: "two", subject: "s1", claims: request.claims };

  it("is there: their leave is over, and the session is known", () => {
    const known = record({ ...present("one"), leaving });
    expect(withArrival(known, null, arrival)?.presence).toEqual({ seenAt: at(12), sessions: ["one", "two"] });
    expect(withArrival(known, null, { ...arrival, session: undefined })?.presence).toEqual({
      seenAt: at(12),
      sessions: ["one"],
    });
  });

  it("changes nothing with the same again within a minute, and is seen anew after it", () => {
    const known = record({ ...present("one", "two"), seenAt: at(11.5) });
    expect(withArrival(known, null, arrival)).toBeNull();
    expect(withArrival(known, null, { ...arrival, session: undefined })).toBeNull();
    const later = { seenAt: at(13), sessions: ["one", "two"] };
    expect(withArrival(known, null, { ...arrival, at: at(13) })?.presence).toEqual(later);
    const unknown = record(undefined);
    expect(withArrival(unknown, null, { ...arrival, session: undefined })?.presence).toEqual({
      seenAt: at(12),
      sessions: [],
    });
  });

  it("brings claims and subject as they are now, also with the same request", () => {
    const known = record(present("two"), { request: { ...request, subject: undefined } });
    const next = withArrival(known, null, { ...arrival, claims: { groups: ["/a"] } });
    expect(next?.request).toEqual({ ...request, claims: { groups: ["/a"] } });
  });

  it("is remembered with eight sessions at most", () => {
    let known = record();
    for (let session = 1; session <= 10; session += 1)
      known = withArrival(known, null, { ...arrival, session: `s${session}` }) ?? known;
    expect(known.presence?.sessions).toEqual(["s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10"]);
  });

  it("was seen when they asked, or later", () => {
    expect(lastSeen(record())).toBe(at(0));
    expect(lastSeen(record({ seenAt: at(5), sessions: [] }))).toBe(at(5));
    expect(lastSeen(record({ seenAt: at(-5), sessions: [] }))).toBe(at(0));
  });
});

describe("claims", () => {
  const names = { groups: "groups", roles: "roles" };
  const now = { enabled: true, groups: ["/b", "b"], roles: ["reader"], sessions: [] };

  it("lose what was taken away", () => {
    expect(withoutLost({ groups: ["/a", "/b"], x: 1 }, "groups", ["/a", "a"])).toEqual({ x: 1, groups: ["/b"] });
    expect(withoutLost({ groups: "/a" }, "groups", ["/a"])).toEqual({});
    expect(withoutLost({ groups: ["/b"] }, "groups", ["/a"])).toEqual({ groups: ["/b"] });
    expect(withoutLost({}, "groups", ["/a"])).toEqual({});
  });

  it("keep what the person still has, by path or by name, and gain nothing", () => {
    expect(stillHeld({ groups: ["/a", "/b"], roles: ["reader", "writer"] }, names, now)).toEqual({
      groups: ["/b"],
      roles: ["reader"],
    });
    expect(stillHeld({ groups: ["b"] }, names, now)).toEqual({ groups: ["b"] });
    expect(stillHeld({ email: "a@b" }, names, now)).toEqual({ email: "a@b" });
  });
});

describe("a removal", () => {
  const none: DesktopRequest = { ...request, id: "r2", workspace: null, requestedAt: at(30), reason: "no more" };
  const removal = { id: "x1", workspace: "cohort-a", requestedAt: at(30), reason: "no more" };

  it("ends the wish for that desktop", () => {
    const next = withRemovals(record(), {}, [removal], none);
    expect(next?.request).toEqual({ ...none, claims: {} });
    expect(next?.removals).toEqual([removal]);
  });

  it("leaves the wish for another", () => {
    const other = { ...removal, workspace: "cohort-b" };
    const next = withRemovals(record(), request.claims, [other], none);
    expect(next?.request).toEqual(request);
    expect(next?.removals).toEqual([other]);
  });

  it("is written once", () => {
    const next = withRemovals(record(), request.claims, [removal], none);
    expect(next && withRemovals(next, request.claims, [{ ...removal, id: "x2" }], none)).toBeNull();
    expect(withRemovals(record(), request.claims, [], none)).toBeNull();
  });

  it("may be none: then the claims alone are kept", () => {
    expect(withRemovals(record(), { groups: ["/b"] }, [], none)?.request.claims).toEqual({ groups: ["/b"] });
  });
});
