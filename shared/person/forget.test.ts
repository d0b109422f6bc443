import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ask } from "./ask.ts";
import { rememberDecision } from "./decisions.ts";
import { extend } from "./extension.ts";
import { forgetRetired, instanceIdsOf, isOutdated, isRetired } from "./forget.ts";
import { arrive, comeBack, leave } from "./presence.ts";
import type { PersonRecord } from "./record.ts";
import { finish } from "./finish.ts";
import { finishRetirement, retireDesktops, retirePerson } from "./retirement.ts";
import { finishReview, nominate } from "./review.ts";
import { formatRecord } from "./stored-record.ts";

const day = 86_400_000;
const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();
const done = (at: string) => ({ state: "done", at, message: "nothing of this person is left" }) as const;
const secrets = ["subject-of-alice", "a-secret-group", "a-secret-session", "what an administrator said"] as const;
const [subject, group, session, reason] = secrets;
const claims = { groups: [group] };
const rules = { graceMinutes: 15, idleMinutes: 30, maxMinutes: 600 };

const asked: PersonRecord = {
  request: {
    id: "r1",
    username: "alice",
    workspace: "a",
    requestedAt: minute(0),
    subject,
    claims,
    claimsReduced: true,
  },
  outcomes: { r1: { ...done(minute(1)), url: "http://x" } },
  presence: { seenAt: minute(0), sessions: [session] },
  kept: { workspace: "a", until: minute(600), by: "olga" },
  interventions: [{ at: minute(1), by: "olga", action: "extend", workspace: "a", until: minute(600), reason }],
};
const retiring = retirePerson(asked, "alice", "alice left", { id: "r2", at: minute(2) });
const retired = forgetRetired(finish(retiring, "r2", done(minute(3))));

describe("a person of whom everything is removed", () => {
  it("is forgotten at once, but for what was asked and how it ended", () => {
    expect(retired.request).toMatchObject({ id: "r2", username: "alice", retire: true, claims: {} });
    expect(Object.keys(retired.outcomes)).toEqual(["r1", "r2"]);
    for (const secret of secrets) expect(JSON.stringify(retired)).not.toContain(secret);
    expect(forgetRetired(retired)).toBe(retired);
  });

  it("is not forgotten while anything is left to do", () => {
    expect(forgetRetired(retiring)).toBe(retiring);
    const review = { id: "v", workspace: "a", requestedAt: minute(2), by: "reap" };
    const left = finish(nominate(retiring, review), "r2", done(minute(3)));
    expect(isRetired(left)).toBe(false);
    expect(forgetRetired(left)).toBe(left);
    const reviewed = finishReview(left, review, noDesktop, { id: "n", at: minute(4) });
    expect(forgetRetired(reviewed).request.subject).toBeUndefined();
  });

  it("leaves the username to somebody else, of whom nothing before counts", () => {
    const next = ask(retired, "alice", { workspace: "b", subject: "s2" }, { id: "r3", at: minute(9) }, asIs);
    expect(next).toMatchObject({ request: { subject: "s2", claims: {} }, since: minute(9) });
  });
});

const asIs = { stillTrue: () => true };
const noDesktop = { decision: null, suspended: false };

/** Everything that may happen to a record, in any order. */
type Event = (record: PersonRecord, at: string, id: string) => PersonRecord;
const events: Record<string, Event> = {
  asks: (record, at, id) => ask(record, "alice", { workspace: "a", subject, claims }, { id, at }, asIs),
  "asks for none": (record, at, id) => ask(record, "alice", { workspace: null, claims }, { id, at }, asIs),
  arrives: (record, at) => arrive(record, { at, session, subject, claims, reduced: true }),
  "comes back": (record, at) => comeBack(record, at),
  leaves: (record, at) => leave(record, { at, which: { session } }, rules),
  "is extended": (record, at) => extend(record, { workspace: "a", until: at, by: "olga" }),
  "is reviewed": (record, at, id) => nominate(record, { id, workspace: "a", requestedAt: at, by: "reap" }),
  "ends a review": (record, at, id) =>
    record.reviews?.[0] ? finishReview(record, record.reviews[0], noDesktop, { id, at }) : record,
  "loses a desktop": (record, at, id) =>
    retireDesktops(
      record,
      "alice",
      { retirements: [{ id, workspace: "a", requestedAt: at, reason: "no" }], reason: "no" },
      { id: `${id}n`, at },
    ),
  "a desktop is removed": (record, at) => finishRetirement(record, record.removals?.[0]?.id ?? "", done(at)),
  "is retired": (record, at, id) => retirePerson(record, "alice", "left", { id, at }, { isGone: false }),
  "is done": (record, at) => finish(record, record.request.id, done(at)),
  "is decided": (record, at) => rememberDecision(record, "a", at, { action: "keep", rule: "idle", reason: session }),
};

it("whatever happens, no record of a person who is retired holds their claims, id or sessions", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.keys(events)), { maxLength: 40 }), (names) => {
      let record = asked;
      names.forEach((name, number) => {
        try {
          record = forgetRetired(events[name]?.(record, minute(number + 1), `e${number}`) ?? record);
        } catch {
          return; // refused: nothing is written
        }
        const texts = JSON.stringify(formatRecord(record));
        if (isRetired(record)) for (const secret of secrets) expect(texts).not.toContain(secret);
      });
    }),
    { numRuns: 500 },
  );
});

describe("a record", () => {
  const failed = { state: "failed", at: minute(1), code: "cannot-start", reason: "no", step: "readiness" } as const;
  const refused = { ...failed, undone: [], leftBehind: [] };
  const none = { ...asked, kept: undefined, request: { ...asked.request, workspace: null } };
  it.each<[string, PersonRecord, boolean]>([
    ["of a person who was retired", retired, true],
    ["of a person who wants nothing", none, true],
    ["of a person who could not get what they wanted", { ...asked, outcomes: { r1: refused } }, true],
    ["of a person who has what they wanted", asked, false],
    ["of a person who is being retired", retiring, false],
    ["of work that was replaced lately", { ...retired, work: { generation: 1, notBefore: minute(60) } }, false],
  ])("%s is over after the retention time: %s", (_words, record, isOver) => {
    const end = Date.parse(record.outcomes["r2"]?.at ?? minute(1)) + 30 * day;
    expect(isOutdated(record, 30, new Date(end))).toBe(isOver);
    expect(isOutdated(record, 30, new Date(end - 1))).toBe(false);
  });

  it("stays two minutes at least: an activity of an old generation may be under way", () => {
    expect(isOutdated(retired, 0, new Date(minute(4)))).toBe(false);
    expect(isOutdated(retired, 0, new Date(minute(5)))).toBe(true);
  });

  it("names every instance that its person's work may have had", () => {
    const usual = "person-89a3c33513445b29a48b957950054470";
    expect(instanceIdsOf(asked)).toEqual([usual]);
    const work = { generation: 2, notBefore: minute(0), instance: `${usual}-2` };
    expect(instanceIdsOf({ ...asked, work })).toEqual([usual, `${usual}-1`, `${usual}-2`]);
  });
});
