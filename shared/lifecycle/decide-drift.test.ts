import { describe, expect, it } from "vitest";
import type { DeployedDesktop } from "../desktop/known-desktop.ts";
import { type DesktopKey, nameDesktop, personId } from "../desktop/names.ts";
import { ProductError } from "../errors.ts";
import type { Outcome, PersonRecord } from "../person/record.ts";
import { decideDrift, driftQuestions } from "./decide-drift.ts";
import type { ConnectionDetails, GatheredDrift, WantedDesktop } from "./drift-sources.ts";
import type { Survey, SurveyedDesktop } from "./survey.ts";

const at = "2026-11-24T10:00:00.000Z";
const rules = { namespace: "desktops", clusterDomain: "cluster.local", entityTemplate: "{workspace}@{username}" };
const alice = { workspace: "cohort", username: "alice" };
const bob = { workspace: "cohort", username: "bob" };
const names = nameDesktop(alice, rules);

const record: PersonRecord = {
  request: { id: "1", ...alice, requestedAt: at, subject: "s-alice", claims: {} },
  outcomes: { 1: { state: "done", at, message: "ready" } },
};
const desktop: DeployedDesktop = {
  ...alice,
  names,
  binding: "alice-cohort",
  replicas: 1,
  side: { replicas: 1, ready: 1, ports: [], ownPassword: false },
  startedAt: at,
  startNoted: true,
  ours: true,
};
const surveyed: SurveyedDesktop = {
  desktop,
  limits: null,
  decision: { action: "keep", rule: "in-use", reason: "in use" },
  record,
  entitledUntil: null,
  use: { connected: true, visited: true },
};
const connection: ConnectionDetails = {
  ...alice,
  connectionId: 7,
  protocol: "vnc",
  host: names.host,
  digests: { hostname: "h", password: "p" },
  readers: ["cohort@alice"],
  groupReaders: ["cohort@alice"],
  rights: [{ holder: "cohort@alice", type: "USER", permission: "READ" }],
  ...{ groupRights: [], shares: 0, othersLeadingThere: 0, otherGuacd: false },
};
const user = { lastDay: "2026-11-30", hasPassword: false, isPrivileged: false, rights: [] };
const workspace = {
  name: "cohort",
  displayName: "",
  description: "",
  availableFrom: "2026-01-01",
  expires: "2026-12-31",
};
const binding = { name: "alice-cohort", ...alice, expires: "2026-11-30", claims: [], active: true };
const bindingOfBob = { name: "bob-cohort", ...bob, expires: "2026-11-30", claims: [] };
const survey: Survey = {
  at,
  desktops: [surveyed],
  records: new Map([["alice", record]]),
  unanswered: [],
  damaged: [],
  odd: [],
};
const wanted = {
  protocol: "vnc" as const,
  until: "2026-11-30",
  network: [],
  isReady: true,
  parameters: { digests: { hostname: "h", password: "p" }, secret: new Set(["password"]), isOfPod: true },
};

/** alice's desktop runs and is as it should be, and bob has none; tests change one thing. */
const gathered: GatheredDrift = {
  survey,
  known: { workspaces: [workspace], bindings: [binding, bindingOfBob], unreadable: { workspaces: [], bindings: [] } },
  connections: [connection],
  users: new Map([["cohort@alice", user]]),
  networkParts: [{ ...alice, service: true, networkPolicy: true }],
  podsOf: [alice],
  rules,
  wanted: new Map([["cohort/alice", wanted]]),
  secrets: [],
  duplicateGroups: [],
  standings: new Map([["alice", { enabled: true, groups: [], roles: [], sessions: ["one"], elsewhere: false }]]),
  claimNames: { groups: "groups", roles: "roles" },
  timeZone: "UTC",
  unanswered: [],
};
type Change = Partial<GatheredDrift>;

const withDesktop = (change: Partial<DeployedDesktop>, more: Partial<SurveyedDesktop> = {}): Change => ({
  survey: { ...survey, desktops: [{ ...surveyed, desktop: { ...desktop, ...change }, ...more }] },
});
const withRecord = (change: Partial<PersonRecord>): Change => ({
  survey: {
    ...survey,
    desktops: [{ ...surveyed, record: { ...record, ...change } }],
    records: new Map([["alice", { ...record, ...change }]]),
  },
});
const withConnection = (change: Partial<ConnectionDetails>): Change => ({
  connections: [{ ...connection, ...change }],
});
const withWanted = (change: Partial<WantedDesktop>): Change => ({
  wanted: new Map([["cohort/alice", { ...wanted, ...change }]]),
});
const network = [{ kind: "service" as const, reason: "its Service is missing" }];
const retire = { action: "retire" as const, rule: "entitlement-ended" as const, reason: "the binding ended" };
const stuck = { action: "suspend" as const, rule: "stuck-starting" as const, reason: "was never ready" };
const stopped = { replicas: 0, side: { ...desktop.side, replicas: 0, ready: 0 } };
const damaged = [{ person: personId("alice"), fault: new ProductError("damaged-record", "alice's record is damaged") }];
const damagedOfBob = [{ person: personId("bob"), fault: new ProductError("damaged-record", "bob's record") }];
const busy = { outcomes: {} };
const hostOfBob = nameDesktop(bob, rules).host;
const leftOfBob: Change = {
  networkParts: [{ ...bob, service: true, networkPolicy: true }],
  podsOf: [alice, bob],
  connections: [connection, { ...connection, ...bob, host: hostOfBob }],
  secrets: [bob],
};

/** What drifted, each as `kind: reason`. */
function drifted(...changes: Change[]): string[] {
  const { drifts } = decideDrift(Object.assign({}, gathered, ...changes) as GatheredDrift, 100);
  return drifts.map(({ kind, reason }) => `${kind}: ${reason}`);
}

describe("a desktop has drifted", () => {
  it.each<[string, Change, string[]]>([
    ["not if everything is as it should be", {}, []],
    [
      "if its person may not have it any more",
      withDesktop({}, { decision: retire }),
      ["entitlement-ended: the binding ended"],
    ],
    ["if it is stuck", withDesktop({}, { decision: stuck }), ["stuck-starting: was never ready"]],
    ["if it has several pods", withDesktop({ replicas: 2 }), ["too-many-pods: it has 2 pods instead of one"]],
    [
      "if it does not run, and its binding and its permission say so",
      withDesktop(stopped),
      [
        "access-without-desktop: cohort@alice may open it, but it is not running",
        "binding-status: the binding alice-cohort says that it is running",
      ],
    ],
    [
      "if its binding says that it does not run",
      { known: { ...gathered.known, bindings: [{ ...binding, active: false }] } },
      ["binding-status: the binding alice-cohort says that it is not running"],
    ],
    ["if its network's side is not as planned", withWanted({ network }), ["service: its Service is missing"]],
    ["if it has no connection", { connections: [] }, ["connection: Guacamole has no connection for it"]],
    ["if it has another protocol", withConnection({ protocol: "rdp" }), ["connection: its protocol is rdp"]],
    [
      "if its parameters differ, of which the names are told",
      withConnection({ digests: { hostname: "other", password: "p", "enable-sftp": "x" } }),
      ["connection: wrong parameters: enable-sftp, hostname"],
    ],
    [
      "if its password differs",
      withConnection({ digests: { hostname: "h", password: "other" } }),
      ["credential: its password in Guacamole is not the one in its Secret"],
    ],
    [
      "if it has no password in Guacamole, which then asks its person for one",
      withConnection({ digests: { hostname: "h" } }),
      ["credential: its password in Guacamole is not the one in its Secret"],
    ],
    [
      "if its Secret was changed under its container, and nothing else, since that would be written with it",
      {
        ...withWanted({ parameters: { ...wanted.parameters, isOfPod: false } }),
        ...withConnection({ digests: { hostname: "other", password: "other" } }),
      },
      ["pod-credential: its Secret was changed after its container had started with it"],
    ],
    [
      "in what is not secret if its Secret was not read this time",
      {
        ...withWanted({
          parameters: { digests: { hostname: "h" }, secret: new Set(["password"]), isOfPod: true, isUnread: true },
        }),
        ...withConnection({ digests: { hostname: "other", password: "other" } }),
      },
      ["connection: wrong parameters: hostname"],
    ],
    ["if its Secret has no password", withWanted({ parameters: null }), ["credential: its Secret has no password"]],
    [
      "if a group may open it, and more",
      withConnection({
        rights: [{ holder: "staff", type: "USER_GROUP", permission: "READ" }],
        groupRights: [{ holder: "eve", type: "USER", permission: "UPDATE" }],
        shares: 2,
        otherGuacd: true,
      }),
      [
        "connection: it uses another guacd than Guacamole's own",
        "foreign-access: the group staff holds READ on its connection; eve holds UPDATE on its connection group; its connection has a sharing profile",
      ],
    ],
    [
      "if others may change its user, which has a password",
      {
        users: new Map([
          [
            "cohort@alice",
            {
              ...user,
              hasPassword: true,
              rights: ["ADMINISTER", "DELETE", "READ", "UPDATE"].map((permission) => ({
                holder: "eve",
                type: "USER" as const,
                permission,
              })),
            },
          ],
        ]),
      },
      [
        "foreign-access: eve holds ADMINISTER on its user; eve holds DELETE on its user; eve holds READ on its user; and 2 more",
      ],
    ],
    [
      "if other connections lead to it",
      withConnection({ othersLeadingThere: 2 }),
      ["foreign-connection: 2 other connections lead to it: remove what nobody needs in Guacamole"],
    ],
    [
      "if its user is privileged, and so is not changed",
      { users: new Map([["cohort@alice", { ...user, isPrivileged: true, hasPassword: true }]]) },
      [
        "privileged-user: its user cohort@alice has a system permission: take it away in Guacamole, since nothing of this user is changed as long",
      ],
    ],
    ["if it has no user", { users: new Map() }, ["connection: Guacamole has no user for it"]],
    [
      "if its person may not open it",
      withConnection({ readers: ["somebody"] }),
      ["access-missing: cohort@alice may not open it, though it is ready"],
    ],
    [
      "if its person may open it but not see it",
      withConnection({ groupReaders: ["somebody"] }),
      ["access-missing: cohort@alice may open it, but does not see it: READ on its group is missing"],
    ],
    [
      "if its user's last day is another",
      { users: new Map([["cohort@alice", { ...user, lastDay: null }]]) },
      ["last-day: cohort@alice may log in without an end instead of until 2026-11-30"],
    ],
  ])("%s", (_, change, expected) => {
    expect(drifted(change)).toEqual(expected);
  });

  const amiss: Change = { connections: [], ...withWanted({ network }) };
  it.each<[string, Change]>([
    ["the operator left it", withDesktop({ ours: false })],
    ["somebody works for its person", withRecord(busy)],
    ["its person's record is damaged", { survey: { ...survey, damaged } }],
    ["it does not run", { ...withDesktop(stopped), known: { ...gathered.known, bindings: [bindingOfBob] } }],
    ["nobody knows how it should be", { wanted: new Map() }],
  ])("not if %s", (_, change) => {
    expect(drifted(amiss, change)).toEqual([]);
  });
  it("though reviews wait for it", () => {
    const reviews = [{ id: "2", workspace: "cohort", requestedAt: at, by: "reap" }];
    expect(drifted(amiss, withRecord({ reviews }))).toHaveLength(2);
  });
  it("in its network alone if nobody asked for it", () => {
    const request = { ...record.request, workspace: null, nobodyAsked: true };
    expect(drifted(amiss, withRecord({ request }))).toEqual(["service: its Service is missing"]);
  });

  const none = { ...record.request, workspace: null };
  const elsewhere = { ...record.request, workspace: "other" };
  const retired = { ...none, retire: true };
  const failed: Outcome = {
    ...{ state: "failed", at, code: "cannot-start", reason: "no", step: "readiness" },
    ...{ undone: [], leftBehind: [] },
  };
  const runs = "should-be-suspended: it runs, although its person wants none or another one";
  const isThere = "should-be-retired: is there, although everything of its person was removed";
  it.each<[string, Partial<PersonRecord>, string[]]>([
    ["it runs and its person wants none", { request: none }, [runs]],
    ["it runs and its person has another one", { request: elsewhere }, [runs]],
    ["another one did not come up", { request: elsewhere, outcomes: { 1: failed } }, []],
    ["another one is coming up", { request: elsewhere, outcomes: {} }, []],
    ["its suspension is still tried", { request: none, outcomes: {} }, []],
    ["its person's record was deleted", { request: { ...none, nobodyAsked: true } }, []],
    ["everything of its person was removed", { request: retired }, [isThere]],
    ["that is still tried", { request: retired, outcomes: {} }, []],
    ["an older release gave that up: it is still tried", { request: retired, outcomes: { 1: failed } }, []],
  ])("judged by what is there, if %s", (_, change, expected) => {
    expect(drifted(withRecord(change))).toEqual(expected);
  });
  it("also if it is suspended and everything of its person was removed", () => {
    const gone = { ...record, request: retired };
    expect(drifted(withDesktop(stopped, { record: gone }))).toContain(isThere);
  });
  it("by the oldest of several connections of its name", () => {
    expect(drifted({ connections: [connection, { ...connection, connectionId: 9, protocol: "rdp" }] })).toEqual([]);
  });
});

const changedPodOf = (key: DesktopKey) => ({ ...key, pod: "p1", uid: "u1", faults: ["spec.ephemeralContainers"] });

describe("a pod that somebody changed", () => {
  const ofAlice: Change = { changedPods: [changedPodOf(alice)] };
  it("is reported, also if its Deployment is gone", () => {
    const words = "pod-changed: somebody changed its pod p1: spec.ephemeralContainers";
    expect(drifted(ofAlice)).toEqual([words]);
    expect(drifted({ changedPods: [changedPodOf(bob)] })).toEqual([words]);
  });
  it.each<[string, Change]>([
    ["somebody works for its person", withRecord(busy)],
    ["its person's record is damaged", { survey: { ...survey, damaged } }],
  ])("is left alone if %s", (_, change) => {
    expect(drifted(ofAlice, change)).toEqual([]);
  });
  it("goes with its template, if that was changed too", () => {
    expect(drifted(ofAlice, withDesktop({ templateFaults: ["spec.hostNetwork"] }))).toEqual([
      "pod-template: somebody changed what its pod is made from: spec.hostNetwork",
    ]);
  });
});

describe("what is left of a desktop without Deployment", () => {
  it("is named part by part", () => {
    expect(drifted(leftOfBob)).toEqual([
      "connection-alone: the connection exists without its Deployment",
      "credential-alone: the Secret exists without its Deployment",
      "network-policy-alone: the NetworkPolicy exists without its Deployment",
      "pod-alone: a pod exists without its Deployment",
      "service-alone: the Service exists without its Deployment",
    ]);
  });
  it.each<[string, Change]>([
    ["somebody works for its person", { survey: { ...survey, records: new Map([["bob", { ...record, ...busy }]]) } }],
    ["its person's record is damaged", { survey: { ...survey, damaged: damagedOfBob } }],
    ["the connection leads elsewhere", { connections: [{ ...connection, ...bob, host: "elsewhere" }] }],
  ])("is left alone if %s", (_, change) => {
    expect(
      drifted({ ...leftOfBob, secrets: [] }, change).filter((each) => each.startsWith("connection-alone")),
    ).toEqual([]);
  });
});

describe("a person without a session at the identity provider", () => {
  const none = {
    standings: new Map([["alice", { enabled: true, groups: [], roles: [], sessions: [], elsewhere: false }]]),
  };
  const seen = (minutes: number, sessions: string[] = []) => ({
    ...record,
    request: { ...record.request, requestedAt: before(minutes) },
    outcomes: { 1: { state: "done" as const, at: before(minutes), message: "ready" } },
    presence: { seenAt: before(minutes), sessions },
  });
  const before = (minutes: number) => new Date(Date.parse(at) - minutes * 60_000).toISOString();
  const away = { connected: false, visited: true };
  const found = (change: Partial<SurveyedDesktop>, more: Change = none, changed: Partial<DeployedDesktop> = {}) =>
    drifted(withDesktop(changed, { record: seen(30), use: away, ...change }), more).filter((each) =>
      each.startsWith("session-ended"),
    );

  it("has left if they were in Guacamole, or asked in a session, and are not connected", () => {
    const left = ["session-ended: has no session with Guacamole any more"];
    expect(found({})).toEqual(left);
    expect(found({ record: seen(30, ["one"]), use: { connected: false, visited: false } })).toEqual(left);
  });

  it.each(["cohort", "other"])("has left also if a later request, for %s, failed and this desktop stayed", (wanted) => {
    const { request, outcomes } = seen(30);
    const failed = { ...outcomes[1], state: "failed", code: "cannot-start", reason: "", step: "readiness" } as const;
    const outcome = { ...failed, at: request.requestedAt, undone: [], leftBehind: [] };
    const record = { ...seen(30), request: { ...request, workspace: wanted }, outcomes: { 1: outcome } };
    expect(found({ record })).toEqual(["session-ended: has no session with Guacamole any more"]);
  });

  it.each<[string, Partial<SurveyedDesktop>, Change?, Partial<DeployedDesktop>?]>([
    ["is connected", { use: { connected: true, visited: true } }],
    ["may be connected", { use: null }],
    ["was never there", { use: { connected: false, visited: false } }],
    ["was seen a minute ago", { record: seen(1) }],
    ["got the desktop a minute ago", { record: { ...seen(30), outcomes: seen(1).outcomes } }],
    [
      "has left already",
      { record: { ...seen(30), presence: { seenAt: at, sessions: [], leaving: { since: at, until: at } } } },
    ],
    ["wants another desktop", { record: { ...seen(30), request: { ...seen(30).request, workspace: "other" } } }],
    ["is being served", { record: { ...seen(30), outcomes: {} } }],
    ["has a session", {}, { standings: gathered.standings }],
    ["could not be looked up", {}, { standings: new Map() }],
    ["has a stopped desktop", {}, none, stopped],
    ["has a desktop that is not ours", {}, none, { ours: false }],
    ["is unknown", {}, { standings: new Map([["alice", null]]) }],
  ])("has not left if the person %s", (_, change, more, changed) => {
    expect(found(change, more, changed)).toEqual([]);
  });
});

describe("what suspends many desktops for one reason", () => {
  const count = 20;
  const people = Array.from({ length: count }, (_, index) => `person-${index}`);
  const earlier = "2026-11-24T09:00:00.000Z";
  const recordOf = (username: string): PersonRecord => ({
    ...record,
    request: { ...record.request, username, requestedAt: earlier },
    outcomes: { 1: { state: "done", at: earlier, message: "ready" } },
  });
  const estate = (more: Change): GatheredDrift => ({
    ...gathered,
    survey: {
      ...survey,
      desktops: people.map((username) => ({
        ...surveyed,
        desktop: { ...desktop, username, names: nameDesktop({ workspace: "cohort", username }, rules) },
        record: recordOf(username),
        use: { connected: false, visited: true },
      })),
      records: new Map(people.map((username) => [username, recordOf(username)])),
    },
    connections: people.map((username) => ({
      ...connection,
      username,
      readers: [`cohort@${username}`],
      groupReaders: [`cohort@${username}`],
      rights: [],
    })),
    users: new Map(people.map((username) => [`cohort@${username}`, { ...user, lastDay: wanted.until }])),
    networkParts: [],
    podsOf: [],
    wanted: new Map(),
    standings: new Map(),
    ...more,
  });
  const changed = (many: number): Change => {
    const parameters = { ...wanted.parameters, isOfPod: false };
    return { wanted: new Map(people.slice(0, many).map((name) => [`cohort/${name}`, { ...wanted, parameters }])) };
  };
  const away = (many: number, elsewhere: boolean): Change => ({
    standings: new Map(
      people.slice(0, many).map((name) => [name, { enabled: true, groups: [], roles: [], sessions: [], elsewhere }]),
    ),
  });
  const decided = (change: Change, sharePercent: number) => {
    const { drifts, unanswered, refused } = decideDrift(estate(change), sharePercent);
    return [drifts.length, unanswered, refused];
  };

  const templatesOf = (many: number): Change => {
    const { survey: usual } = estate({});
    const desktops = usual.desktops.map((each, index) =>
      index < many ? { ...each, desktop: { ...each.desktop, templateFaults: ["spec.hostNetwork"] } } : each,
    );
    return { survey: { ...usual, desktops } };
  };
  const podsOf = (many: number): Change => ({
    changedPods: people.slice(0, many).map((username) => changedPodOf({ workspace: "cohort", username })),
  });

  const groupless = (many: number): Change => {
    const { survey: usual } = estate({});
    const request = { ...record.request, claims: { groups: ["/a"] } };
    const rule = { name: "groups", operator: "EQUALS" as const, value: "/a" };
    const own = people.slice(many).map((username) => ({ ...binding, name: `own-${username}`, username }));
    return {
      survey: { ...usual, desktops: usual.desktops.map((each) => ({ ...each, record: { ...record, request } })) },
      known: {
        ...gathered.known,
        bindings: [{ name: "by-claim", workspace: "cohort", expires: wanted.until, claims: [rule] }, ...own],
      },
      standings: new Map(
        people.map((name) => [name, { enabled: true, groups: [], roles: [], sessions: ["one"], elsewhere: false }]),
      ),
    };
  };

  it.each<[string, (many: number) => Change, RegExp]>([
    [
      "a wrong KEYCLOAK_GROUPS_CLAIM",
      groupless,
      /^5 of 20 desktops belong to people whose claims .*\(check KEYCLOAK_GROUPS_CLAIM.* 4 .*20 %/,
    ],
    [
      "a wrong GUACAMOLE_CLIENT",
      (many) => away(many, true),
      /^5 of 20 desktops .*\(check GUACAMOLE_CLIENT\); .* 4 .*20 %/,
    ],
    [
      "a program that changed pod templates",
      templatesOf,
      /^5 of 20 desktops have a pod template that somebody changed /,
    ],
    ["a program that changed pods", podsOf, /^5 of 20 desktops have a pod that somebody changed /],
    ["a program that changed Secrets", changed, /^5 of 20 desktops have a Secret that was changed .* 4 .*20 %/],
  ])("is left alone beyond the share that is allowed: %s", (_, change, words) => {
    expect(decided(change(4), 20)).toEqual([4, [], undefined]);
    expect(decided(change(5), 20)).toEqual([0, [expect.stringMatching(words)], undefined]);
    expect(decided(change(5), 25)).toEqual([5, [], undefined]);
  });

  it("counts against the Secrets that were read, if not all were", () => {
    const estateOf = (many: number): Change => ({
      wanted: new Map(
        people.slice(0, 15).map((name, index) => {
          const parameters = { ...wanted.parameters, isOfPod: index >= many, isUnread: index >= 8 };
          return [`cohort/${name}`, { ...wanted, parameters }];
        }),
      ),
    });
    expect(decided(estateOf(3), 20)).toEqual([3, [], undefined]);
    expect(decided(estateOf(4), 20)).toEqual([0, [expect.stringMatching(/^4 of 8 desktops have a Secret/)], undefined]);
  });

  it("is never too much if people have no session at all", () => {
    expect(decided(away(count, false), 20)).toEqual([count, [], undefined]);
  });
});

describe("beyond desktops", () => {
  it.each<[string, Change, string[]]>([
    [
      "a person whom the identity provider does not know",
      { standings: new Map([["alice", null]]) },
      ["person-gone: is no longer known to the identity provider"],
    ],
    [
      "a person who was disabled",
      {
        standings: new Map([["alice", { enabled: false, groups: [], roles: [], sessions: ["one"], elsewhere: false }]]),
      },
      ["person-gone: was disabled at the identity provider"],
    ],
    [
      "root groups of a workspace's name",
      { duplicateGroups: [{ workspace: "cohort", count: 2 }] },
      ["duplicate-groups: there are 2 root groups with that name"],
    ],
    ["not those of another name", { duplicateGroups: [{ workspace: "Linux servers", count: 2 }] }, []],
  ])("%s", (_, change, expected) => {
    expect(drifted(change)).toEqual(expected);
  });

  it("what goes is counted once for each desktop", () => {
    const change = { standings: new Map([["alice", null]]), ...withDesktop({}, { decision: retire }), ...leftOfBob };
    expect(decideDrift({ ...gathered, ...change }, 100)).toMatchObject({ desktops: 1, goes: 2 });
  });
  it("nothing is done if there is no binding at all", () => {
    const known = { ...gathered.known, bindings: [] };
    expect(decideDrift({ ...gathered, known }, 100).refused).toBe("there are no bindings, but 1 desktops");
  });
  it("exactly as many go as were confirmed, whatever the share, or nothing is done", () => {
    const people = Array.from({ length: 5 }, (_, number) => `p${number}`);
    const standings = new Map(people.map((name) => [name, null] as const));
    const desktops = people.map((username) => ({ ...surveyed, desktop: { ...desktop, username } }));
    const all = {
      ...gathered,
      survey: { ...survey, desktops },
      standings,
      connections: [],
      networkParts: [],
      podsOf: [],
    };
    const refusedWith = (confirmed?: number) => decideDrift(all, 20, confirmed).refused;
    expect(refusedWith()).toMatch(/^5 of 5 desktops would be removed, and at most 3 /);
    expect([4, 6].map(refusedWith)).toEqual(
      [4, 6].map((number) => expect.stringContaining(`${number} were confirmed`) as string),
    );
    expect(refusedWith(5)).toBeUndefined();
    expect(decideDrift({ ...all, known: { ...gathered.known, bindings: [] } }, 20, 5).refused).toMatch(
      /^there are no bindings/,
    );
    expect(decideDrift(gathered, 20, 1).refused).toMatch(/^0 of 1 /);
  });
  it("what was not answered is named once", () => {
    const unanswered = ["the identity provider is away", "the identity provider is away"];
    expect(decideDrift({ ...gathered, unanswered, survey: { ...survey, damaged } }, 100).unanswered).toEqual([
      "alice's record is damaged",
      "the identity provider is away",
    ]);
  });
});

describe("what is asked besides", () => {
  const asked = (change: Change, username?: string) => {
    const { compared, withoutDeployment, people } = driftQuestions({ ...gathered, ...change }, username);
    return {
      compared: compared.map(({ surveyed: { desktop }, withParameters }) => [desktop.username, withParameters]),
      withoutDeployment: withoutDeployment.map(({ username }) => username),
      people: people.map(({ username }) => username),
    };
  };
  const all = { compared: [["alice", true]], withoutDeployment: ["bob"], people: ["alice"] };
  it.each<[string, Change, Partial<typeof all>]>([
    ["the plan and credential of what runs, Secrets of what is bound, people with desktops", {}, {}],
    ["no plan of what does not run", withDesktop(stopped), { compared: [] }],
    ["no plan of what goes", withDesktop({}, { decision: retire }), { compared: [] }],
    ["no plan of what the operator left", withDesktop({ ours: false }), { compared: [] }],
    ["no plan while somebody works on it", withRecord(busy), { compared: [] }],
    ["no credential without connection", { connections: [] }, { compared: [["alice", false]] }],
    [
      "no credential if nobody asked",
      withRecord({ request: { ...record.request, workspace: null } }),
      { compared: [["alice", false]] },
    ],
    [
      "nobody who is being retired",
      withRecord({ request: { ...record.request, retire: true } }),
      { people: [], compared: [["alice", true]] },
    ],
    [
      "nobody whose id is not known",
      withRecord({ request: { ...record.request, subject: undefined } }),
      { people: [] },
    ],
  ])("%s", (_, change, expected) => {
    expect(asked(change)).toEqual({ ...all, ...expected });
  });
  it("of one person: their Secrets, and not whether they still exist", () => {
    expect(asked({}, "alice")).toEqual({ ...all, withoutDeployment: [], people: [] });
  });
});

describe("groups and roles that a person has no longer, of which no event told", () => {
  const byClaim = (value: string, name = "groups") => [
    {
      name: "by-claim",
      workspace: "cohort",
      expires: "2026-11-30",
      claims: [{ name, operator: "EQUALS" as const, value }],
    },
  ];
  const standing = (groups: string[], roles?: string[]) => ({
    standings: new Map([["alice", { enabled: true, groups, roles, sessions: ["one"], elsewhere: false }]]),
  });
  const claims = { groups: ["/a", "/b"], roles: ["reader"], department: ["x"] };
  const many = { claims: { groups: ["/a"] }, claimsReduced: true };
  const found = (bindings: GatheredDrift["known"]["bindings"], change: Change, more: object = {}) =>
    decideDrift(
      {
        ...gathered,
        known: { ...gathered.known, bindings },
        ...withRecord({ request: { ...record.request, claims, ...more } }),
        ...change,
      },
      100,
    ).drifts.filter(({ kind }) => kind === "entitlement-ended");

  it.each<[string, GatheredDrift["known"]["bindings"], Change, object, boolean]>([
    ["the group by which they have it", byClaim("/a"), standing(["/b"], ["reader"]), {}, true],
    ["all groups", byClaim("/a"), standing([], ["reader"]), {}, true],
    ["another group", byClaim("/a"), standing(["/a"], ["reader"]), {}, false],
    ["the role by which they have it", byClaim("reader", "roles"), standing(["/a", "/b"], []), {}, true],
    ["a role that may be hidden", byClaim("reader", "roles"), standing(["/a", "/b"], undefined), {}, false],
    ["one of two groups that let them in", [...byClaim("/a"), ...byClaim("/b")], standing(["/b"]), {}, false],
    ["a group, though a binding names them", [binding, ...byClaim("/a")], standing([]), {}, false],
    ["a group, though an attribute lets them in", byClaim("x", "department"), standing([], []), {}, false],
    ["a group that was not kept of many", byClaim("/c"), standing(["/b"]), many, true],
    ["nothing, and has a group that was not kept of many", byClaim("/c"), standing(["/c"]), many, false],
    ["nothing, and the identity provider does not answer", byClaim("/a"), { standings: new Map() }, {}, false],
  ])("%s", (_words, bindings, change, more, ends) => {
    const reason = expect.stringMatching(
      /^no binding names alice .*, as the identity provider knows them now$/,
    ) as string;
    expect(found(bindings, change, more)).toEqual(
      ends ? [{ kind: "entitlement-ended", workspace: "cohort", username: "alice", reason }] : [],
    );
  });
});
