import { describe, expect, it } from "vitest";
import {
  type Arrival,
  arrive,
  comeBack,
  endLeave,
  type EndedSessions,
  lastSeen,
  type Leave,
  leave,
} from "./presence.ts";
import type { DesktopRequest, PersonRecord, Presence } from "./record.ts";

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
const left = (which: EndedSessions, alive?: string[], minute = 10): Leave => ({ at: at(minute), which, alive });
const leaving = { since: at(10), until: at(25) };
const rules = { graceMinutes: 15, idleMinutes: 30, maxMinutes: 600 };
/** Present in sessions that were named at these minutes, for the first and the last time. */
const noted = (times: Record<string, [first: number, last: number]>): Presence => ({
  ...present(...Object.keys(times)),
  noted: Object.fromEntries(
    Object.entries(times).map(([session, [first, last]]) => [session, { first: at(first), last: at(last) }]),
  ),
});

describe("a leave", () => {
  it.each<[string, Presence | undefined, EndedSessions, string[] | undefined]>([
    ["the session that asked ends", present("one"), { session: "one" }, undefined],
    ["every session ends", present("one", "two"), "every session", undefined],
    ["every session ends, and the identity provider has none left", present("one"), "every session", []],
    [
      "the identity provider still has the session that ends, and no other",
      present("one"),
      { session: "one" },
      ["one"],
    ],
  ])("begins when %s", (_name, presence, which, alive) => {
    expect(leave(record(presence), left(which, alive), rules).presence).toEqual({
      seenAt: at(0),
      sessions: [],
      leaving,
    });
  });

  it.each<[string, Presence | undefined, EndedSessions, string[] | undefined, string[]]>([
    ["some session ends and only one is known", present("one"), "some session", undefined, ["one"]],
    ["nobody ever said which session asks", undefined, { session: "one" }, undefined, []],
    ["the identity provider has no session left", present("one", "two"), "some session", [], []],
    ["another application's session ends, and no other is left", present("one"), { session: "wiki" }, [], []],
  ])("begins, unless they are in Guacamole at its end, when %s", (_name, presence, which, alive, sessions) => {
    const after = leave(record(presence), left(which, alive), rules);
    expect(after.presence).toEqual({ seenAt: at(0), sessions, leaving: { ...leaving, unlessInUse: true } });
  });

  it("begins when the session ends in which they were seen last, by a clock that is behind", () => {
    const after = leave(record(noted({ one: [-30, 0] })), left({ session: "one" }, undefined, -1), rules);
    expect(after.presence).toMatchObject({ sessions: [], leaving: { since: at(0), until: at(15) } });
  });

  it("does not begin when they were seen in another session since, or nobody knows in which", () => {
    const another = record(noted({ one: [-30, -20], two: [0, 0] }));
    const unnamed = record({ ...noted({ one: [-30, -20] }), seenAt: at(0) });
    for (const known of [another, unnamed])
      expect(leave(known, left({ session: "one" }, undefined, -1), rules)).toBe(known);
  });

  it("becomes certain when the session that asked ends after all", () => {
    const doubtful = leave(record(present("one")), left("some session"), rules);
    const certain = leave(doubtful, left({ session: "one" }, undefined, 12), rules);
    expect(certain.presence).toEqual({ seenAt: at(0), sessions: [], leaving });
  });

  it.each<[string, PersonRecord, EndedSessions, string[] | undefined, number?]>([
    ["another session that asked is left", record(present("one", "two")), { session: "one" }, undefined],
    ["some session of several ends", record(present("one", "two")), "some session", undefined],
    ["a session ends that never asked", record(present("one")), { session: "wiki" }, undefined],
    ["the identity provider knows a live session", record(present("one")), { session: "one" }, ["two"]],
    ["they were there after it", record({ seenAt: at(11), sessions: ["one"] }), { session: "one" }, undefined],
    ["they asked after it", record(present("one")), { session: "one" }, undefined, -1],
    ["they have no desktop", record(present("one"), { request: { ...request, workspace: null } }), "every session", []],
  ])("does not begin when %s", (_name, known, which, alive, minute) => {
    expect(leave(known, left(which, alive, minute), rules).presence?.leaving).toBeUndefined();
  });

  it("does not begin when the same end is told again while another session is known", () => {
    // Keycloak's back channel tells of a logout, and then the webhook does.
    const once = leave(record(present("one", "two")), left({ session: "one" }), rules);
    expect(leave(once, left({ session: "one" }, undefined, 11), rules)).toBe(once);
  });

  it("forgets the session that ended", () => {
    const after = leave(record(present("one", "two")), left({ session: "one" }), rules);
    expect(after.presence).toEqual(present("two"));
    expect(leave(after, left({ session: "two" }), rules).presence?.leaving).toEqual(leaving);
  });

  it.each<[string, Record<string, [number, number]>, number, string[], Presence["leaving"]]>([
    ["within the idle time", { one: [-25, -25], two: [0, 0] }, 0, ["one"], undefined],
    [
      "after its idle time",
      { one: [-590, -30], two: [0, 0] },
      5,
      ["one"],
      { since: at(5), until: at(20), unlessInUse: true },
    ],
    ["named again meanwhile", { one: [-590, 0], two: [0, 0] }, 5, ["one"], undefined],
    ["after the longest time", { one: [-600, 0], two: [0, 0] }, 1, [], { since: at(1), until: at(16) }],
  ])("counts another session %s as the realm's settings say", (_name, times, minute, sessions, expected) => {
    const after = leave(record(noted(times)), left({ session: "two" }, undefined, minute), rules);
    expect(after.presence?.sessions).toEqual(sessions);
    expect(after.presence?.leaving).toEqual(expected);
    expect(Object.keys(after.presence?.noted ?? {})).toEqual(sessions);
  });

  it("counts a session of which no time was noted from when its person was seen last", () => {
    const old = record({ ...present("one", "two"), seenAt: at(0) });
    expect(leave(old, left({ session: "two" }, undefined, 29), rules).presence?.leaving).toBeUndefined();
    expect(leave(old, left({ session: "two" }, undefined, 31), rules).presence?.leaving?.unlessInUse).toBe(true);
    expect(leave(old, left({ session: "two" }, undefined, 601), rules).presence?.leaving?.unlessInUse).toBeUndefined();
  });

  it("does not ask how old a session is that the identity provider knows", () => {
    const known = record(noted({ one: [-10_000, -10_000], two: [0, 0] }));
    expect(leave(known, left({ session: "two" }, ["one"]), rules).presence?.leaving).toBeUndefined();
  });

  it("is not begun again by a second telling of it", () => {
    const once = leave(record(present("one")), left({ session: "one" }), rules);
    expect(leave(once, left("some session", undefined, 12), rules)).toBe(once);
  });

  it("ends with a login after it, and not with one before it that is told late", () => {
    const known = record({ ...present("one"), leaving });
    expect(comeBack(known, at(11)).presence).toEqual({ seenAt: at(11), sessions: ["one"] });
    expect(comeBack(known, at(9)).presence?.leaving).toEqual(leaving);
  });

  it("comes out the same in whatever order a logout and a later login are told", () => {
    const loginLast = comeBack(leave(record(present("one")), left({ session: "one" }), rules), at(11));
    const logoutLast = leave(comeBack(record(present("one")), at(11)), left({ session: "one" }), rules);
    expect(loginLast.presence?.leaving).toBeUndefined();
    expect(logoutLast.presence?.leaving).toBeUndefined();
  });
});

describe("a person who asks", () => {
  const arrival: Arrival = { at: at(12), session: "two", subject: "s1", claims: request.claims };

  it("is there: their leave is over, and the session is known", () => {
    const known = record({ ...present("one"), leaving });
    const one = { first: at(0), last: at(0) };
    expect(arrive(known, arrival).presence).toEqual({
      seenAt: at(12),
      sessions: ["one", "two"],
      noted: { one, two: { first: at(12), last: at(12) } },
    });
    expect(arrive(known, { ...arrival, session: undefined }).presence).toEqual({
      seenAt: at(12),
      sessions: ["one"],
      noted: { one },
    });
  });

  it("changes nothing with the same again within a minute, and is seen again after it", () => {
    const known = record({ ...present("one", "two"), seenAt: at(11.5) });
    expect(arrive(known, arrival)).toBe(known);
    expect(arrive(known, { ...arrival, session: undefined })).toBe(known);
    const unnoted = { first: at(11.5), last: at(11.5) };
    const two = { first: at(11.5), last: at(13) };
    const later = { seenAt: at(13), sessions: ["one", "two"], noted: { one: unnoted, two } };
    expect(arrive(known, { ...arrival, at: at(13) }).presence).toEqual(later);
    const unknown = record(undefined);
    expect(arrive(unknown, { ...arrival, session: undefined }).presence).toEqual({
      seenAt: at(12),
      sessions: [],
    });
  });

  it("brings claims and subject as they are now, also with the same request", () => {
    const known = record(present("two"), { request: { ...request, subject: undefined } });
    const next = arrive(known, { ...arrival, claims: { groups: ["/a"] } });
    expect(next.request).toEqual({ ...request, claims: { groups: ["/a"] } });
  });

  it("is remembered with eight sessions at most", () => {
    let known = record();
    for (let session = 1; session <= 10; session += 1) known = arrive(known, { ...arrival, session: `s${session}` });
    const kept = ["s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10"];
    expect(known.presence?.sessions).toEqual(kept);
    expect(Object.keys(known.presence?.noted ?? {})).toEqual(kept);
  });

  it("was seen when they asked, or later", () => {
    expect(lastSeen(record())).toBe(at(0));
    expect(lastSeen(record({ seenAt: at(5), sessions: [] }))).toBe(at(5));
    expect(lastSeen(record({ seenAt: at(-5), sessions: [] }))).toBe(at(0));
  });
});

describe("a leave that is over", () => {
  const stamp = { id: "r2", at: at(30) };
  const away = record({ ...present("one"), leaving });
  const over = { since: leaving.since, isBack: false, sessions: [], reason: "logged out" };

  it("leaves a person who is not back without a wish for a desktop", () => {
    const after = endLeave(away, over, stamp);
    const why = { kind: "left", since: leaving.since, until: leaving.until };
    expect(after.request).toEqual({
      ...{ ...request, id: "r2", workspace: null, requestedAt: at(30) },
      ...{ reason: "logged out", why },
    });
    expect(after.presence).toEqual({ seenAt: at(0), sessions: [] });
  });

  it("of a person who is back, or has no desktop, is only forgotten", () => {
    const back = endLeave(away, { ...over, isBack: true, sessions: ["two"] }, stamp);
    expect(back).toEqual({ ...away, presence: { seenAt: at(0), sessions: ["two"] } });
    const none = record(away.presence, { request: { ...request, workspace: null } });
    expect(endLeave(none, over, stamp).request).toBe(none.request);
  });

  it("keeps the sessions of a person who is back if the identity provider was not asked", () => {
    const notAsked = { ...over, sessions: undefined };
    expect(endLeave(away, { ...notAsked, isBack: true }, stamp).presence?.sessions).toEqual(["one"]);
    expect(endLeave(away, notAsked, stamp).presence?.sessions).toEqual([]);
  });

  it("changes nothing if the person came back meanwhile, or left again", () => {
    const back = record(present("one"));
    expect(endLeave(back, over, stamp)).toBe(back);
    const again = record({ ...present("one"), leaving: { since: at(26), until: at(41) } });
    expect(endLeave(again, over, stamp)).toBe(again);
  });
});
