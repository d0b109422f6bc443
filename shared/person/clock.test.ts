import { expect, it } from "vitest";
import { withoutFuture } from "./clock.ts";
import { comeBack, leave } from "./presence.ts";
import type { PersonRecord } from "./record.ts";

const now = new Date("2026-01-05T10:00:00.000Z");
/** Written an hour ahead, before the clock was put back. */
const ahead = "2026-01-05T10:59:00.000Z";
const request = { id: "r1", username: "alice", workspace: "a", requestedAt: ahead, claims: {} };
const record: PersonRecord = {
  request,
  outcomes: { r1: { state: "done", at: ahead, message: "ready" } },
  presence: { seenAt: ahead, sessions: ["s1"], noted: { s1: { first: ahead, last: ahead } } },
};
const rules = { graceMinutes: 15, idleMinutes: 30, maxMinutes: 600 };
const left = { at: "2026-01-05T10:05:00.000Z", which: "every session" } as const;

it("a logout is not older than a person who was seen before the clock was put back", () => {
  expect(leave(record, left, rules)).toBe(record);
  const sober = withoutFuture(record, now);
  expect(sober.request.requestedAt).toBe(now.toISOString());
  expect(sober.presence).toMatchObject({ seenAt: now.toISOString(), noted: { s1: { last: now.toISOString() } } });
  expect(leave(sober, left, rules).presence?.leaving).toBeDefined();
});

it("a leave that began before the clock was put back ends as soon as it would have, and by a login", () => {
  const leaving = { since: ahead, until: "2026-01-05T11:14:00.000Z" };
  const sober = withoutFuture({ ...record, presence: { seenAt: ahead, sessions: [], leaving } }, now);
  expect(sober.presence?.leaving).toEqual({ since: now.toISOString(), until: "2026-01-05T10:15:00.000Z" });
  expect(comeBack(sober, "2026-01-05T10:01:00.000Z").presence?.leaving).toBeUndefined();
});

it("people who queued before the clock was put back do not wait behind everybody who asks meanwhile", () => {
  const admission = { workspace: "a", returns: false, since: ahead };
  const sober = (change: object) =>
    withoutFuture({ request: { ...request, requestedAt: now.toISOString() }, outcomes: {}, ...change }, now);
  const waiting = { ...admission, state: "waiting" };
  expect(sober({ admission: waiting }).admission).toEqual({ ...waiting, since: now.toISOString() });
  const admitted = { ...admission, state: "admitted", since: "2026-01-05T09:50:00.000Z", admittedAt: ahead };
  expect(sober({ admission: admitted }).admission).toEqual({ ...admitted, admittedAt: now.toISOString() });
});

it("nothing changes if no time is ahead, or only as far as clocks differ", () => {
  const at = "2026-01-05T10:01:59.000Z";
  const usual: PersonRecord = {
    request: { ...request, requestedAt: at },
    outcomes: {},
    presence: { seenAt: at, sessions: [], leaving: { since: at, until: ahead } },
  };
  expect(withoutFuture(usual, now)).toBe(usual);
  const { presence, ...absent } = usual;
  expect(presence).toBeDefined();
  expect(withoutFuture(absent, now)).toBe(absent);
});
