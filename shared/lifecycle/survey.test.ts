import { describe, expect, it } from "vitest";
import type { Binding, Workspace, WorkspacesAndBindings } from "../desktop/entitlement.ts";
import type { DeployedDesktop } from "../desktop/known-desktop.ts";
import { nameDesktop, personId } from "../desktop/names.ts";
import { ProductError } from "../errors.ts";
import type { PersonRecord } from "../person/record.ts";
import type { DesktopFacts, Limits } from "./reaping.ts";
import { type ActiveTunnel, type ConnectionSessions, sessionsSince } from "./sessions.ts";
import { decideSurvey, type Gathered, type Survey, summarize } from "./survey.ts";

const at = (minutes: number) => new Date(Date.parse("2026-11-24T10:00:00.000Z") + minutes * 60_000).toISOString();
const rules = { namespace: "desktops", clusterDomain: "cluster.local", entityTemplate: "{workspace}@{username}" };

const desktop: DeployedDesktop = {
  workspace: "cohort",
  username: "alice",
  names: nameDesktop({ workspace: "cohort", username: "alice" }, rules),
  binding: "alice-cohort",
  replicas: 1,
  side: { replicas: 1, ready: 1, ports: [], ownPassword: false },
  startedAt: at(-120),
  startNoted: true,
  ours: true,
};
const record: PersonRecord = {
  request: { id: "1", username: "alice", workspace: "cohort", requestedAt: at(-120), claims: { team: "blue" } },
  outcomes: { 1: { state: "done", at: at(-118), message: "ready" } },
  presence: { seenAt: at(-110), sessions: [] },
};
const workspace: Workspace = {
  name: "cohort",
  displayName: "Cohort",
  description: "",
  availableFrom: "2026-01-01",
  expires: "2026-12-31",
};
const binding: Binding = {
  name: "alice-cohort",
  workspace: "cohort",
  expires: "2026-11-30",
  username: "alice",
  claims: [],
};
const sessions: ConnectionSessions = {
  workspace: "cohort",
  username: "alice",
  connectionId: 7,
  host: null,
  history: { open: [at(-30)], lastStart: at(-30), lastEnd: at(-60), lastAttempt: at(-1) },
};

/** alice's desktop, in use, with everything known; tests change one thing. */
const gathered: Gathered = {
  at: new Date(at(0)),
  settings: { timeZone: "Europe/Berlin", desktopDefaults: { image: "desktop" } },
  deployed: [desktop],
  records: new Map([["alice", record]]),
  damaged: [],
  known: { workspaces: [workspace], bindings: [binding], unreadable: { workspaces: [], bindings: [] } },
  policies: new Map(),
  maintenance: {},
  sessions: [sessions],
  active: null,
  guacamoleSince: null,
  unanswered: [],
  doubts: [],
};
const withRecord = (change: Partial<PersonRecord>): Partial<Gathered> => ({
  records: new Map([["alice", { ...record, ...change }]]),
});
const withDesktop = (change: Partial<DeployedDesktop>): Partial<Gathered> => ({
  deployed: [{ ...desktop, ...change }],
});
const withWorkspace = (change: Partial<Workspace>, more: Partial<Gathered> = {}): Partial<Gathered> => ({
  known: {
    workspaces: [{ ...workspace, ...change }],
    bindings: [binding],
    unreadable: { workspaces: [], bindings: [] },
  },
  ...more,
});
const withBindings = (
  bindings: Binding[],
  unreadable: WorkspacesAndBindings["unreadable"]["bindings"] = [],
): Partial<Gathered> => ({
  known: { workspaces: [workspace], bindings, unreadable: { workspaces: [], bindings: unreadable } },
});
const taken = (minutes: number, rule: "idle" | "in-use" | "kept") => ({
  workspace: "cohort",
  at: at(minutes),
  action: "keep" as const,
  rule,
  reason: rule,
});

/** What the decision is made on. */
function given(change: Partial<Gathered> = {}): { facts: DesktopFacts; limits: Limits | null } {
  const found: { facts: DesktopFacts; limits: Limits | null }[] = [];
  decideSurvey({ ...gathered, ...change }, (facts, limits) => {
    found.push({ facts, limits });
    return { action: "keep", rule: "unknown", reason: "" };
  });
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${found.length} decisions instead of one`);
  return only;
}

describe("the facts of a desktop", () => {
  it("are put together from everything that was gathered", () => {
    expect(given().facts).toEqual({
      replicas: 1,
      ready: 1,
      startedAt: at(-120),
      startGuessed: false,
      sessions: {
        open: [at(-30)],
        active: false,
        activeSince: null,
        lastStart: at(-30),
        lastEnd: at(-60),
        lastAttempt: at(-1),
        presumedEnd: null,
        readAt: at(0),
      },
      request: { workspace: "cohort", requestedAt: at(-120), working: false, readyAt: at(-118) },
      seenAt: at(-110),
      leavingUntil: undefined,
      entitlement: { endsAt: "2026-11-30T23:00:00.000Z" },
      scaledToZero: undefined,
      kept: undefined,
      keptByPerson: false,
      reapingPaused: undefined,
      before: undefined,
      unanswered: [],
      recordDamaged: false,
    });
  });

  const kept = { until: at(60), by: "olga" };
  it.each<[string, Partial<Gathered>, Partial<DesktopFacts>]>([
    ["one that does not run", withDesktop({ replicas: 0, startedAt: null }), { replicas: 0, startedAt: null }],
    ["one whose start is only guessed", withDesktop({ startNoted: false }), { startGuessed: true }],
    ["one that is not ready", withDesktop({ side: { ...desktop.side, ready: 0 } }), { ready: 0 }],
    ["nobody's record", { records: new Map() }, { request: null, seenAt: null, before: undefined }],
    [
      "a request that has not ended",
      withRecord({ outcomes: {} }),
      { request: { workspace: "cohort", requestedAt: at(-120), working: true } },
    ],
    [
      "its removal that has not ended",
      withRecord({ removals: [{ id: "2", workspace: "cohort", requestedAt: at(-1), reason: "" }] }),
      { request: { workspace: "cohort", requestedAt: at(-120), working: true, readyAt: at(-118) } },
    ],
    [
      "the removal of another desktop, which says nothing of this one",
      withRecord({ removals: [{ id: "2", workspace: "other", requestedAt: at(-1), reason: "" }] }),
      { request: { workspace: "cohort", requestedAt: at(-120), working: false, readyAt: at(-118) } },
    ],
    [
      "a request for another desktop: it says nothing of who uses this one",
      withRecord({ request: { ...record.request, workspace: "other" } }),
      { request: { workspace: "other", requestedAt: at(-120), working: false }, seenAt: null },
    ],
    [
      "its person leaves",
      withRecord({ presence: { seenAt: at(-110), sessions: [], leaving: { since: at(-5), until: at(5) } } }),
      { leavingUntil: at(5), seenAt: at(-110) },
    ],
    [
      "it is extended",
      withRecord({ kept: { workspace: "cohort", ...kept } }),
      { kept: { workspace: "cohort", ...kept } },
    ],
    ["another desktop is extended", withRecord({ kept: { workspace: "other", ...kept } }), { kept: undefined }],
    [
      "the last decision that tells who uses it",
      withRecord({ decisions: [taken(-20, "in-use"), taken(-10, "kept")] }),
      { before: taken(-20, "in-use") },
    ],
    [
      "a binding that was scaled to 0 some time ago",
      withBindings([{ ...binding, scale: { replicas: 0, seen: 1, noticedAt: at(-1) } }]),
      { scaledToZero: "alice-cohort" },
    ],
    [
      "a binding that was scaled to 0 just now, perhaps for another one",
      withBindings([{ ...binding, scale: { replicas: 0, seen: 1 } }]),
      { scaledToZero: undefined },
    ],
    [
      "a binding that was scaled to 0 while another one to the same workspace was scaled up",
      withBindings([
        { ...binding, scale: { replicas: 0, seen: 1, noticedAt: at(-1) } },
        { ...binding, name: "alice-cohort-2", scale: { replicas: 1, seen: 0 } },
      ]),
      { scaledToZero: undefined },
    ],
    [
      "a binding that was scaled to 0 while one to another workspace was scaled up",
      withBindings([
        { ...binding, scale: { replicas: 0, seen: 1, noticedAt: at(-1) } },
        { ...binding, name: "alice-other", workspace: "other", scale: { replicas: 1, seen: 0 } },
      ]),
      { scaledToZero: undefined },
    ],
    [
      "a binding that was at 0 already",
      withBindings([{ ...binding, scale: { replicas: 0, seen: 0 } }]),
      { scaledToZero: undefined },
    ],
    [
      "paused reaping",
      { maintenance: { reaping: { by: "olga", since: at(-5) } } },
      { reapingPaused: { by: "olga", since: at(-5) } },
    ],
    ["an unknown switch", { maintenance: null }, { reapingPaused: null }],
    [
      "sources that do not answer",
      { doubts: ["it cannot be read"], unanswered: ["at 10.0.0.1"] },
      { unanswered: ["it cannot be read"] },
    ],
    [
      "a damaged record",
      { damaged: [{ person: personId("alice"), fault: new ProductError("damaged-record", "broken") }] },
      { recordDamaged: true },
    ],
  ])("%s", (_, change, expected) => {
    expect(given(change).facts).toMatchObject(expected);
  });
});

describe("the sessions of a desktop", () => {
  const none = { open: [], lastStart: null, lastEnd: null };
  const tunnel = (connectionId: number | null, minutes = -30, entity = "cohort@alice"): ActiveTunnel => ({
    connectionId,
    entity,
    startedAt: at(minutes),
  });
  it.each<[string, Partial<Gathered>, Partial<NonNullable<DesktopFacts["sessions"]>> | null]>([
    ["not known if the history does not answer", { sessions: null }, null],
    ["not known of a desktop that is up and has no connection in it", { sessions: [] }, null],
    ["none of a desktop that is not up yet", { sessions: [], ...withRecord({ outcomes: {} }) }, none],
    ["none if nobody has a record and a connection", { sessions: [], records: new Map() }, none],
    ["not somebody else's", { sessions: [sessions, { ...sessions, username: "bob" }] }, { open: [at(-30)] }],
    ["active if Guacamole says so", { active: [tunnel(7)] }, { open: [at(-30)], active: true }],
    ["ended if Guacamole knows of none", { active: [tunnel(8, -20)] }, { open: [], active: false, presumedEnd: at(0) }],
    [
      "ended when it was first decided that nobody is connected",
      { active: [], ...withRecord({ decisions: [taken(-12, "idle"), taken(-6, "idle")] }) },
      { open: [], presumedEnd: at(-12) },
    ],
    ["ended if Guacamole was started after", { guacamoleSince: at(-10) }, { open: [], presumedEnd: at(0) }],
    ["those of the start before end with it", withDesktop({ startedAt: at(-10) }), { open: [], presumedEnd: null }],
    [
      "a start that is only guessed ends none",
      withDesktop({ startedAt: at(-10), startNoted: false }),
      { open: [at(-30)] },
    ],
    [
      "ended if older than a session may be",
      withWorkspace({ policy: "short" }, { policies: new Map([["short", { longestSessionMinutes: "20" }]]) }),
      { open: [], presumedEnd: at(0) },
    ],
    [
      "of all connections of its name",
      {
        sessions: [
          sessions,
          {
            ...sessions,
            connectionId: 8,
            history: { open: [at(-9)], lastStart: at(-9), lastEnd: at(-70), lastAttempt: at(-2) },
          },
        ],
        active: [tunnel(8, -9)],
      },
      { open: [at(-9)], active: true, lastStart: at(-9), lastEnd: at(-60), lastAttempt: at(-1), presumedEnd: at(0) },
    ],
    // Its connection was deleted and written again while it was open: the tunnel keeps the old id, the row has none
    // (measured on 1.6.0, November 2026).
    ["active if Guacamole has it under an older id", { active: [tunnel(3)] }, { open: [at(-30)], active: true }],
    ["ended if Guacamole has somebody else's then", { active: [tunnel(3, -30, "cohort@bob")] }, { active: false }],
    ["ended if Guacamole has another of theirs", { active: [tunnel(3, -29)] }, { open: [], active: false }],
  ])("are %s", (_, change, expected) => {
    const { facts } = given(change);
    if (expected === null) expect(facts.sessions).toBeNull();
    else expect(facts.sessions).toMatchObject(expected);
  });

  it("are read from before the earliest start of what runs, or all of them if that is not known", () => {
    const now = new Date(at(0));
    const later = { ...desktop, startedAt: at(-60) };
    expect(sessionsSince([later, desktop], now)).toBe(at(-125));
    expect(sessionsSince([later, { ...desktop, replicas: 0 }], now)).toBe(at(-65));
    expect(sessionsSince([later, { ...desktop, startedAt: null }], now)).toBeNull();
    expect(sessionsSince([], now)).toBe(at(-5));
  });
});

describe("the entitlement of a desktop's person", () => {
  const byClaim: Binding = {
    name: "blue",
    workspace: "cohort",
    expires: "2026-11-24",
    claims: [{ name: "team", operator: "EQUALS", value: "blue" }],
  };
  const red: Binding = { ...byClaim, claims: [{ name: "team", operator: "EQUALS", value: "red" }] };
  const nobodyAsked = withRecord({ request: { ...record.request, nobodyAsked: true } });
  it.each<[string, Partial<Gathered>, DesktopFacts["entitlement"]]>([
    ["not known without bindings", { known: null }, null],
    [
      "until the end of the day, where the workspaces are",
      withBindings([byClaim]),
      { endsAt: "2026-11-24T23:00:00.000Z" },
    ],
    [
      "over",
      withBindings([{ ...binding, expires: "2026-11-23" }]),
      { ended: "the right to use cohort ended after 2026-11-23 (binding alice-cohort)" },
    ],
    ["none", withBindings([red]), { ended: "no binding names alice or matches their claims" }],
    ["in doubt if claims may let in and are not known", { ...withBindings([red]), ...nobodyAsked }, null],
    [
      "in doubt if a binding to the workspace cannot be read",
      withBindings([], [{ name: "x", workspace: "cohort" }]),
      null,
    ],
    ["in doubt if a binding of the person cannot be read", withBindings([], [{ name: "x", username: "alice" }]), null],
    [
      "in doubt if the binding that the desktop notes cannot be read",
      { ...withBindings([], [{ name: "alices" }]), ...withDesktop({ binding: "alices" }) },
      null,
    ],
    [
      "none if only a binding to another workspace cannot be read",
      withBindings(
        [],
        [{ name: "x", workspace: "other" }, { name: "y", workspace: "cohort", username: "bob" }, { name: "z" }],
      ),
      { ended: "no binding names alice or matches their claims" },
    ],
  ])("is %s", (_, change, expected) => {
    expect(given(change).facts.entitlement).toEqual(expected);
    const [surveyed] = decideSurvey({ ...gathered, ...change }).desktops;
    expect(surveyed?.entitledUntil).toBe(expected && "endsAt" in expected ? expected.endsAt : null);
  });
});

it("a desktop that cannot be judged is kept and named, and the others are judged", () => {
  const other = { ...desktop, username: "bob", names: { ...desktop.names, deployment: "d-bob" } };
  const deployed = [desktop, other];
  const survey = decideSurvey({ ...gathered, deployed, odd: ["a binding"] }, ({ request }) => {
    if (request) throw new RangeError("Invalid time value");
    return { action: "suspend", rule: "idle", reason: "" };
  });
  expect(survey.desktops.map(({ decision }) => decision)).toMatchObject([
    { action: "keep", rule: "unknown", reason: "kept in doubt: it cannot be judged: Invalid time value" },
    { action: "suspend", rule: "idle" },
  ]);
  expect(survey.odd).toEqual(["a binding", expect.stringContaining("it cannot be judged: Invalid time value")]);
  expect(summarize(survey).unanswered).toEqual(survey.odd);
});

describe("the limits of a desktop", () => {
  it.each<[string, Partial<Gathered>, number | null]>([
    ["are the defaults", {}, 60],
    ["are not known without workspaces", { known: null }, null],
    ["are not known of another workspace", withDesktop({ workspace: "other" }), null],
    [
      "are those of the policy that the workspace names",
      withWorkspace({ policy: "long" }, { policies: new Map([["long", { idleMinutes: "90" }]]) }),
      90,
    ],
    ["are not known if there is no such policy", withWorkspace({ policy: "long" }), null],
    [
      "are not known if the policy is wrong",
      withWorkspace({ policy: "long" }, { policies: new Map([["long", { idleMinutes: "soon" }]]) }),
      null,
    ],
  ])("%s", (_, change, expected) => {
    expect(given(change).limits?.idleMinutes ?? null).toBe(expected);
  });
});

it("nothing is decided about what the operator left", () => {
  const { desktops } = decideSurvey({ ...gathered, ...withDesktop({ ours: false }) });
  expect(desktops.map(({ decision }) => decision)).toEqual([
    { action: "keep", rule: "not-ours", reason: "the operator left it, and it has not been adopted yet" },
  ]);
});

describe("what a survey comes to", () => {
  const surveyed = (
    username: string,
    action: "keep" | "suspend" | "retire",
    change: Partial<DeployedDesktop> = {},
  ) => ({
    desktop: { ...desktop, username, ...change },
    limits: null,
    decision: { action, rule: "idle" as const, reason: "idle" },
    record:
      username === "nobody"
        ? undefined
        : { ...record, decisions: [taken(-5, username === "news" ? "in-use" : "idle")] },
    entitledUntil: null,
    use: null,
  });
  const survey: Survey = {
    at: at(0),
    desktops: [
      surveyed("due", "suspend"),
      surveyed("gone", "retire"),
      surveyed("news", "keep"),
      surveyed("same", "keep"),
      surveyed("nobody", "keep"),
      surveyed("stopped", "suspend", { replicas: 0 }),
    ],
    records: new Map(),
    unanswered: ["the switch"],
    damaged: [{ person: "x", fault: new ProductError("damaged-record", "a record") }],
    odd: ["a Deployment"],
  };

  it("is counted, and each desktop is in the list that it belongs to", () => {
    const { due, news, ...rest } = summarize(survey);
    expect(due.map(({ username }) => username)).toEqual(["due"]);
    expect(news.map(({ username }) => username)).toEqual(["news"]);
    expect(rest).toEqual({
      at: at(0),
      looked: 6,
      rules: { idle: 5 },
      later: 0,
      toRetire: 1,
      unanswered: ["the switch", "a record", "a Deployment"],
    });
  });

  it("leaves what is too much for one run to the next", () => {
    const many = Array.from({ length: 503 }, (_, number) => surveyed(`due-${number}`, "suspend"));
    const { due, later } = summarize({ ...survey, desktops: many });
    expect([due.length, later]).toEqual([500, 3]);
  });
});
