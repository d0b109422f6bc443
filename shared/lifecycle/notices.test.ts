import { describe, expect, it } from "vitest";
import type { Standing } from "../person/claims.ts";
import type { Told } from "../person/notice.ts";
import type { PersonRecord } from "../person/record.ts";
import {
  asksForStanding,
  countsAtAnyAge,
  decideNotice,
  mayConcern,
  needsStanding,
  type NoticeDecision,
} from "./notices.ts";

const before = "2026-01-05T08:00:00Z";
const asked = "2026-01-05T09:00:00Z";
const after = "2026-01-05T10:00:00Z";
const record: PersonRecord = {
  request: { id: "r1", username: "alice", workspace: "a", requestedAt: asked, claims: { groups: ["/a"] } },
  outcomes: {},
};
const now: Standing = { enabled: true, groups: ["/b"], roles: [], sessions: ["one"], elsewhere: false };
const disabled: Standing = { ...now, enabled: false };
const claimNames = { groups: "groups", roles: "realm_roles" };

const nothing: NoticeDecision = { do: "nothing" };
const retire = (why: string): NoticeDecision => ({ do: "retire person", reason: `alice ${why}` });
const narrowToNow: NoticeDecision = { do: "narrow claims", by: { now, ...claimNames } };

const which = { session: "one" };
const told = {
  back: { what: "back" },
  left: { what: "left", which },
  deleted: { what: "deleted" },
  disabled: { what: "disabled" },
  "lost a group": { what: "lost", claim: "groups", values: ["/a"] },
  "lost a role": { what: "lost", claim: "roles", values: ["reader"] },
  changed: { what: "changed" },
  "group deleted": { what: "group deleted" },
  "everybody left": { what: "everybody left" },
  "a group is gone": { what: "gone", claim: "groups", values: ["/a"] },
  "a role is gone": { what: "gone", claim: "roles", values: ["reader"] },
  "something is gone": { what: "gone", claim: "groups", values: [] },
} as const satisfies Record<string, Told>;

const cannotBeAsked = undefined;
const unknownThere = null;

describe("what a notice means", () => {
  it.each<[keyof typeof told, string, Standing | null | undefined, string, NoticeDecision]>([
    ["back", "the provider is not asked", cannotBeAsked, after, { do: "come back" }],
    ["left", "the provider cannot be asked", cannotBeAsked, after, { do: "leave", which, alive: undefined }],
    ["left", "the provider knows living sessions", now, after, { do: "leave", which, alive: ["one"] }],
    ["deleted", "the provider cannot be asked", cannotBeAsked, after, retire("was deleted at the identity provider")],
    ["deleted", "the provider still knows them", now, after, nothing],
    ["disabled", "the provider cannot be asked", cannotBeAsked, after, retire("was disabled at the identity provider")],
    ["disabled", "they were seen since", cannotBeAsked, before, nothing],
    ["disabled", "the provider has enabled them again", now, after, nothing],
    [
      "lost a group",
      "the provider cannot be asked",
      cannotBeAsked,
      after,
      { do: "narrow claims", by: { lost: ["/a"], of: "groups" } },
    ],
    [
      "lost a role",
      "the provider cannot be asked",
      cannotBeAsked,
      after,
      { do: "narrow claims", by: { lost: ["reader"], of: "realm_roles" } },
    ],
    [
      "lost a role",
      "the provider hides roles from us",
      { ...now, roles: undefined },
      after,
      { do: "narrow claims", by: { lost: ["reader"], of: "realm_roles" } },
    ],
    [
      "lost a role",
      "the provider hides roles, and claims were proven since",
      { ...now, roles: undefined },
      before,
      nothing,
    ],
    ["lost a group", "claims were proven since", cannotBeAsked, before, nothing],
    ["lost a group", "the provider says what they have", now, before, narrowToNow],
    ["changed", "the provider cannot be asked", cannotBeAsked, after, nothing],
    ["changed", "the provider says what they have", now, after, narrowToNow],
    ["group deleted", "the provider cannot be asked", cannotBeAsked, after, nothing],
    ["group deleted", "the provider says what they have", now, after, narrowToNow],
    [
      "everybody left",
      "the provider cannot be asked",
      cannotBeAsked,
      after,
      { do: "leave", which: "every session", alive: undefined },
    ],
    [
      "everybody left",
      "the provider knows living sessions",
      now,
      after,
      { do: "leave", which: "every session", alive: ["one"] },
    ],
    [
      "a group is gone",
      "the provider cannot be asked",
      cannotBeAsked,
      after,
      { do: "narrow claims", by: { lost: ["/a"], of: "groups", below: true } },
    ],
    [
      "a role is gone",
      "the provider cannot be asked",
      cannotBeAsked,
      after,
      { do: "narrow claims", by: { lost: ["reader"], of: "realm_roles", below: true } },
    ],
    ["a role is gone", "claims were proven since", cannotBeAsked, before, nothing],
    ["something is gone", "the provider cannot be asked", cannotBeAsked, after, nothing],
    ["something is gone", "the provider says what they have", now, after, narrowToNow],
  ])("%s, and %s", (what, _words, standing, at, decision) => {
    expect(decideNotice(record, standing, { id: "n1", at, told: told[what] }, claimNames)).toEqual(decision);
  });

  it("a lost group is taken at its word if roles are in the same claim, and hidden from us", () => {
    const lost = { id: "n", at: after, told: told["lost a group"] };
    const standing = { ...now, roles: undefined };
    expect(decideNotice(record, standing, lost, { groups: "groups", roles: "groups" })).toEqual({
      do: "narrow claims",
      by: { lost: ["/a"], of: "groups" },
    });
  });

  it("a lost role, told late, does nothing while the provider hides roles from us", () => {
    const late = { id: "n1", at: after, told: told["lost a role"], late: true } as const;
    expect(decideNotice(record, { ...now, roles: undefined }, late, claimNames)).toEqual(nothing);
  });

  it.each(Object.keys(told) as (keyof typeof told)[])("%s about a person whom the provider does not know", (what) => {
    const notice = { id: "n1", at: before, told: told[what] };
    expect(decideNotice(record, unknownThere, notice, claimNames)).toEqual(
      retire("is no longer known to the identity provider"),
    );
    expect(decideNotice(record, disabled, notice, claimNames)).toEqual(retire("was disabled at the identity provider"));
  });

  it("counts from when the person was last seen, not from when they asked", () => {
    const seen = { ...record, presence: { seenAt: after, sessions: [], elsewhere: false } };
    const notice = { id: "n1", at: "2026-01-05T09:30:00Z", told: told.disabled };
    expect(decideNotice(seen, cannotBeAsked, notice, claimNames)).toEqual(nothing);
    expect(decideNotice(record, cannotBeAsked, notice, claimNames)).not.toEqual(nothing);
  });

  it.each(Object.keys(told) as (keyof typeof told)[])("%s, told late, only if it is true or asking told", (what) => {
    const late = { id: "n1", at: after, told: told[what], late: true } as const;
    const inTime = { id: "n1", at: after, told: told[what] };
    const inDoubt = decideNotice(record, cannotBeAsked, late, claimNames);
    expect(inDoubt).toEqual(
      what === "deleted" ? decideNotice(record, cannotBeAsked, inTime, claimNames) : { do: "nothing" },
    );
    if (what !== "back")
      for (const standing of [now, disabled, unknownThere])
        expect(decideNotice(record, standing, late, claimNames)).toEqual(
          decideNotice(record, standing, inTime, claimNames),
        );
  });

  it("the end of a session in which they asked is true however late it is told", () => {
    const late = { id: "n1", at: after, told: told.left, late: true } as const;
    const asking = { ...record, presence: { seenAt: asked, sessions: ["one"] } };
    expect(decideNotice(asking, cannotBeAsked, late, claimNames)).toEqual({ do: "leave", which, alive: undefined });
    const unnamed = { ...late, told: { what: "left", which: "some session" } } as const;
    expect(decideNotice(asking, cannotBeAsked, unnamed, claimNames)).toEqual(nothing);
    expect(countsAtAnyAge(unnamed, false)).toBe(false);
  });

  it("counts at any age if it is a deletion or the end of one session, or if the provider can be asked about it", () => {
    const counting = (canAsk: boolean) =>
      Object.entries(told).flatMap(([what, each]) => (countsAtAnyAge({ told: each }, canAsk) ? [what] : []));
    expect(counting(false)).toEqual(["left", "deleted"]);
    expect(counting(true)).toEqual(Object.keys(told).filter((what) => what !== "back"));
  });

  it("needs the provider's answer exactly if nothing is done without it, whenever it happened", () => {
    for (const late of [undefined, true] as const)
      for (const [what, each] of Object.entries(told)) {
        const notice = { id: "n", at: after, told: each, ...(late && { late }) };
        const { do: done } = decideNotice(record, cannotBeAsked, notice, claimNames);
        expect([what, late, needsStanding(notice)]).toEqual([
          what,
          late,
          done === "nothing" && asksForStanding(notice),
        ]);
      }
  });

  it("is never worth asking the provider about a person who came back", () => {
    const asks = Object.entries(told).filter(([, told]) => asksForStanding({ told }));
    expect(asks.map(([what]) => what)).toEqual(Object.keys(told).filter((what) => what !== "back"));
  });
});

describe("a notice about a username", () => {
  const of = (subject: string | undefined, since?: string): PersonRecord => ({
    ...record,
    request: { ...record.request, subject },
    since,
  });
  it.each<[string, PersonRecord, string | undefined, string, boolean]>([
    ["that names nobody's id", of("s2", asked), undefined, before, true],
    ["with the id of the one who has it", of("s2", asked), "s2", before, true],
    ["with the id of somebody else", of("s2", asked), "s1", after, false],
    ["from before the one who has it asked first", of(undefined, asked), "s1", before, false],
    ["from after the one who has it asked first", of(undefined, asked), "s1", after, true],
    ["of which nobody noted since when they have it", of(undefined), "s1", before, true],
  ])("%s concerns them: %s", (_words, theirs, subject, at, may) => {
    expect(mayConcern(theirs, { subject, at })).toBe(may);
  });
});
