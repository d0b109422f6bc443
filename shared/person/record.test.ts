import { describe, expect, it } from "vitest";
import { rememberDecision } from "./decisions.ts";
import { extend } from "./extension.ts";
import { arrive, comeBack, leave } from "./presence.ts";
import type { PersonRecord } from "./record.ts";
import { finish } from "./finish.ts";
import { supersede } from "./request.ts";
import { retireDesktops } from "./retirement.ts";
import { nominate } from "./review.ts";
import { formatRecord, parseRecord, recordParser } from "./stored-record.ts";
import { replaceWork } from "./work.ts";

/** Every field is there: a field that is added to the schema has to be added to the record below. */
type Full<T> = T extends readonly unknown[]
  ? { [Index in keyof T]: Full<T[Index]> }
  : T extends object
    ? { [Key in keyof T]-?: Full<Exclude<T[Key], undefined>> }
    : T;

const at = "2026-06-15T12:00:00.000Z";
const names = {
  deployment: "d",
  service: "client-d",
  secret: "d",
  networkPolicy: "d",
  host: "client-d.guacamole.svc.cluster.local",
  group: "cohort-b",
  connection: "alice",
  entity: "cohort-b@alice",
};
const trouble = {
  ...{ tries: 2, since: at, at, nextTry: at },
  ...{ code: "step-failed" as const, reason: "away", step: "deployment" },
};
const tookDown = ["cohort-b"];
const superseded = { state: "superseded", workspace: "cohort-b", tookDown, at, reason: "newer" } as const;
const values = { date: "2026-11-24", note: "later", fault: "image" };
const why = {
  ...{ kind: "left", by: "olga", note: "later", to: "cohort-b", rule: "idle", minutes: 60, since: at, until: at },
  ...{ binding: "b", code: "cannot-start", values },
};
const full: Full<PersonRecord> = {
  request: {
    id: "r1",
    username: "alice",
    workspace: "cohort-a",
    retire: false,
    requestedAt: at,
    subject: "s1",
    claims: { groups: ["/a"], nested: { deep: [null, 1] } },
    claimsReduced: false,
    nobodyAsked: false,
    reason: "asked",
    why,
    trouble,
  },
  admission: {
    ...{ state: "admitted", since: at, workspace: "cohort-a", returns: true },
    ...{
      image: "example.org/desktop:1",
      startsAtOnce: 4,
      maxDesktops: null,
      admittedAt: at,
      waited: true,
      isLast: true,
      suspendedAt: at,
    },
  },
  outcomes: {
    r1: {
      state: "done",
      workspace: "cohort-a",
      tookDown,
      at,
      message: "ready",
      url: "https://guacamole/#/client/1",
      switchedFrom: "cohort-b",
    },
    r2: {
      state: "failed",
      workspace: null,
      tookDown,
      at,
      code: "step-failed",
      reason: "why",
      values,
      step: "service",
      undone: ["a"],
      leftBehind: ["b"],
    },
    r3: superseded,
  },
  before: {
    workspace: "cohort-a",
    desktop: {
      secret: true,
      networkPolicy: true,
      service: true,
      deployment: { replicas: 1, ready: 1, ports: [{ name: "vnc", port: 5900 }], ownPassword: false },
      group: true,
      balancing: false,
      connectionId: 1,
      password: true,
      user: true,
      validUntil: "2027-01-01",
      timeZone: "Europe/London",
      permissions: { connection: true, group: true, self: true },
      binding: {
        replicas: 1,
        status: { statusText: "ACTIVE", deploymentName: "d", replicas: 1, lastActiveCheck: "2023-10-05 10:00:00" },
      },
      others: [{ workspace: "cohort-b", username: "alice", names }],
    },
  },
  presence: {
    seenAt: at,
    sessions: ["x"],
    noted: { x: { first: at, last: at } },
    leaving: { since: at, until: at, unlessInUse: true },
  },
  lastDesktop: "cohort-a",
  ends: [{ workspace: "cohort-b", at, action: "suspend", reason: "switched", why, id: "r1", neverUp: true }],
  removals: [{ id: "m1", workspace: "cohort-c", requestedAt: at, reason: "retired", why, trouble }],
  others: { id: "r0", except: "cohort-a", requestedAt: at, trouble },
  rollback: { id: "r2", workspace: "cohort-d", requestedAt: at, trouble },
  kept: { workspace: "cohort-a", until: at, by: "olga", reason: "a long run" },
  interventions: [
    { at, by: "olga", action: "extend", workspace: "cohort-a", reason: "a long run", until: at, id: "r1" },
  ],
  reviews: [{ id: "v1", workspace: "cohort-a", requestedAt: at, by: "reap", trouble }],
  since: at,
  work: { generation: 1, notBefore: at, instance: "person-1-2" },
  decisions: [
    {
      workspace: "cohort-a",
      at,
      action: "keep",
      rule: "idle",
      minutes: 60,
      reason: "nobody is connected",
      evidence: { kind: "session-ended", what: "a session ended", at, source: "Guacamole's history" },
      next: {
        ...{ at, action: "suspend", reason: "nobody is connected" },
        ...{ cause: "idle", minutes: 60, kept: { by: "alice", byPerson: true } },
      },
    },
  ],
};

/** The texts of the record in which every object has a key that this release does not know. */
function newerTexts(): Record<string, string> {
  const newer = { newer: { deep: [1] } };
  const maps: readonly unknown[] = [full, full.request.claims, full.outcomes, full.presence.noted];
  const extend = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(extend);
    if (typeof value !== "object" || value === null || value === full.request.claims) return value;
    const entries = Object.entries(value).map(([key, each]) => [key, extend(each)]);
    return { ...(Object.fromEntries(entries) as object), ...(!maps.includes(value) && newer) };
  };
  return { ...formatRecord(extend(full) as PersonRecord), newerPart: "not JSON" };
}

function parsed(texts: Record<string, string>): PersonRecord {
  const found = parseRecord(texts);
  if ("fault" in found) throw new Error(found.fault);
  return found.record;
}

describe("a person's record", () => {
  it("with every field there is comes back as it was written", () => {
    expect(parsed(formatRecord(full))).toEqual(full);
  });

  it("keeps keys of a newer release at every level", () => {
    const texts = newerTexts();
    expect(JSON.stringify(texts).match(/newer\W/g)?.length).toBeGreaterThan(20);
    const again = formatRecord(parsed(texts), texts);
    expect(Object.keys(again).sort()).toEqual(Object.keys(texts).sort());
    for (const [part, text] of Object.entries(texts))
      if (part === "newerPart") expect(again[part]).toBe(text);
      else expect([part, JSON.parse(again[part] ?? "null")]).toEqual([part, JSON.parse(text)]);
  });

  it("drops a part that is over, and only that", () => {
    const texts = newerTexts();
    const after = formatRecord({ ...parsed(texts), kept: undefined }, texts);
    expect(Object.keys(texts).filter((part) => !(part in after))).toEqual(["kept"]);
  });

  const later = "2026-06-15T13:00:00.000Z";
  const stamp = { id: "r9", at: later };
  const rules = { graceMinutes: 10, idleMinutes: 30, maxMinutes: 600 };
  const left = { at: later, which: { session: "x" } };
  const decision = { action: "keep", rule: "in-use", reason: "somebody is connected" } as const;
  const loss = { retirements: [{ ...retirement, workspace: "cohort-d" }], reason: "no more", claims: {} };
  it.each<[string, (record: PersonRecord) => PersonRecord]>([
    ["an arrival", (record) => arrive(record, { at: later, session: "y", subject: "s1", claims: {} })],
    ["a login", (record) => comeBack(record, later)],
    ["a logout", (record) => leave({ ...record, presence: staying(record) }, left, rules)],
    ["a new generation", (record) => replaceWork(record, later)],
    ["a retirement", (record) => retireDesktops(record, "alice", loss, stamp)],
    ["a decision", (record) => rememberDecision(record, "cohort-a", later, decision)],
    ["a nomination", (record) => nominate(record, { ...review, workspace: "cohort-d" })],
    ["an extension", (record) => extend(record, { ...record.kept, ...full.kept, reason: "longer" })],
    ["an outcome", (record) => ({ ...finish(record, "r4", superseded), before: record.before })],
    ["a request", (record) => supersede(record, { ...record.request, id: "r9" })],
  ])("keeps keys of a newer release through %s", (_, change) => {
    const record = parsed(newerTexts());
    const changed = change(record);
    expect(changed).not.toEqual(record);
    for (const part of ["request", "presence", "work", "kept", "before"] as const)
      expect([part, changed[part]]).toMatchObject([part, { newer: { deep: [1] } }]);
    for (const part of ["removals", "reviews", "decisions"] as const)
      expect(changed[part]?.[0]).toEqual(record[part]?.[0]);
    expect(changed.outcomes).toMatchObject(record.outcomes);
  });

  it.each([
    ["2026-06-15T12:00:00.000Z", true], // Date.prototype.toISOString
    ["2026-06-15T12:00:00Z", true], // Kubernetes
    ["2026-06-15T14:00:00+02:00", false], // compared as text, it would come after 12:01Z
    ["2026-06-15", false],
    ["2026-02-30T12:00:00Z", false],
    ["not a time", false],
    ["", false],
  ])("has times in UTC: %j is one: %j", (requestedAt, isOne) => {
    const found = parseRecord(formatRecord(full, {}));
    expect("record" in found).toBe(true);
    const texts = { ...formatRecord(full), request: JSON.stringify({ ...full.request, requestedAt }) };
    expect("record" in parseRecord(texts)).toBe(isOne);
  });

  it.each<[string, object, string]>([
    ["request", { ...full.request, claims: 1 }, "request.claims: Invalid input: expected record, received number"],
    ["outcomes", { r1: { ...full.outcomes["r2"], code: "x" } }, "outcomes.r1.code"],
    ["outcomes", { r1: { state: "else", at } }, "outcomes.r1.state: Invalid"],
    ["before", { ...full.before, desktop: { permissions: {} } }, "before.desktop.secret"],
    [
      "decisions",
      [{ ...full.decisions[0], evidence: { what: "", at, source: "rumour" } }],
      "decisions.0.evidence.source",
    ],
    [
      "decisions",
      [{ ...full.decisions[0], next: { at: "soon", action: "suspend", reason: "" } }],
      "decisions.0.next.at",
    ],
    ["presence", { ...full.presence, leaving: { since: at } }, "presence.leaving.until"],
    ["work", { generation: -1, notBefore: at }, "work.generation"],
  ])("with a wrong part is damaged: %s %j", (part, value, fault) => {
    const found = parseRecord({ ...formatRecord(full), [part]: JSON.stringify(value) });
    expect(found).toEqual({ fault: expect.stringContaining(fault) as string });
  });

  it("that is damaged is described without quoting it", () => {
    const secret = { ...formatRecord(full), request: '{"claims": tops3cret}', presence: '{"seenAt":"tops3cret"}' };
    expect(JSON.stringify(parseRecord(secret))).not.toContain("tops3cret");
    const time = { ...formatRecord(full), presence: '{"seenAt":"tops3cret","sessions":[{"tops3cret":1}]}' };
    expect(JSON.stringify(parseRecord(time))).not.toContain("tops3cret");
  });
});

describe("a parser of records", () => {
  it("does not parse again what has not changed, and lets nobody change it", () => {
    const parse = recordParser();
    const first = parse(formatRecord(full));
    expect(first).toEqual(parseRecord(formatRecord(full)));
    expect(parse({ ...formatRecord(full), ofSomebodyElse: "x" })).toBe(first);
    expect(() => Object.assign("record" in first ? first.record.request : {}, { workspace: "other" })).toThrow(
      TypeError,
    );
  });

  it.each<[string, Record<string, string>]>([
    ["one text that has changed", { request: JSON.stringify({ ...full.request, workspace: "other" }) }],
    ["one text less", { work: undefined as unknown as string }],
    ["a text under the next key", { request: "", outcomes: JSON.stringify(full.request) }],
    ["a text that looks like two", { request: `${JSON.stringify(full.request)},2:{}`, outcomes: "" }],
  ])("takes %s for another record", (_, change) => {
    const parse = recordParser();
    const texts = formatRecord(full);
    const first = parse(texts);
    const changed = { ...texts, ...change };
    expect(parse(changed)).not.toBe(first);
    expect(parse(changed)).toEqual(parseRecord(changed));
    expect(parse(texts)).toBe(first);
  });
});

const [retirement] = full.removals as [Full<PersonRecord>["removals"][number]];
const [review] = full.reviews as [Full<PersonRecord>["reviews"][number]];

/** The presence of somebody who has not left. */
function staying({ presence }: PersonRecord): PersonRecord["presence"] {
  return presence && { ...presence, leaving: undefined };
}
