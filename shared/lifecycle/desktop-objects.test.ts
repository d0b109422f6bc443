import { describe, expect, it } from "vitest";
import { nameDesktop } from "../desktop/names.ts";
import type { PersonRecord } from "../person/record.ts";
import { type ComparedObject, compareObjects, type ObjectFacts } from "./desktop-objects.ts";

const at = "2026-11-24T10:00:00.000Z";
const rules = { namespace: "desktops", clusterDomain: "cluster.local", entityTemplate: "{workspace}@{username}" };
const key = { workspace: "cohort", username: "alice" };
const names = nameDesktop(key, rules);
const entity = "cohort@alice";
const record: PersonRecord = {
  request: { id: "1", username: "alice", workspace: "cohort", requestedAt: at, claims: {} },
  outcomes: { 1: { state: "done", at, message: "ready" } },
};
const side = { replicas: 1, ready: 1, ports: [], ownPassword: false };
const read = { holder: entity, type: "USER", permission: "READ" } as const;
const digests = { hostname: "h", password: "p", "disable-copy": "c" };

const pod = { name: "pod-1", phase: "Running", ready: true, node: "n1", faults: [] as string[] };

/** alice's desktop runs, and everything of it is as it should be; tests change one thing. */
const usual = {
  surveyed: {
    desktop: { ...key, names, binding: "b", replicas: 1, side, startedAt: at, startNoted: true, ours: true },
    limits: null,
    decision: { action: "keep", rule: "in-use", reason: "" },
    record,
    entitledUntil: null,
    use: null,
  },
  wanted: {
    ...{ protocol: "vnc", until: "2026-11-30", network: [], isReady: true },
    parameters: { digests, secret: new Set(["password"]), isOfPod: true },
  },
  binding: { name: "b", workspace: "cohort", expires: "2026-11-30", username: "alice", claims: [], active: true },
  service: { there: true, differences: [] },
  networkPolicy: { there: true, differences: [] },
  secret: true,
  pods: [pod],
  rows: {
    ...{ group: true, balancing: false, connectionId: 7, password: true, user: true },
    ...{ validUntil: "2026-11-30", timeZone: null, permissions: { connection: true, group: true, self: true } },
  },
  connection: {
    ...{
      ...key,
      connectionId: 7,
      protocol: "vnc",
      host: names.host,
      digests,
      readers: [entity],
      groupReaders: [entity],
    },
    ...{ rights: [read], groupRights: [], shares: 0, othersLeadingThere: 0, otherGuacd: false },
  },
  user: { lastDay: "2026-11-30", hasPassword: false, isPrivileged: false, rights: [] },
} satisfies ObjectFacts;

const wrong = (facts: ObjectFacts) => compareObjects(facts).flatMap(faultsOf);

/** What of an object is not as it should be, in words. */
function faultsOf({ kind, there, wanted, fields }: ComparedObject): string[] {
  const presence =
    wanted !== null && there !== null && there !== wanted ? [`${kind} is ${there ? "there" : "missing"}`] : [];
  const differing = fields.filter(({ differs }) => differs);
  return [
    ...presence,
    ...differing.map((each) => `${kind} ${each.field}: ${each.found ?? "-"} / ${each.wanted ?? "-"}`),
  ];
}
const { surveyed, rows, connection, user, wanted } = usual;
const withDesktop = (change: object) => ({ surveyed: { ...surveyed, desktop: { ...surveyed.desktop, ...change } } });
const noAccess = { connection: false, group: false, self: false };
const without = { request: { ...record.request, workspace: null } };

describe("the objects of a desktop", () => {
  it("are all that there are in both systems, with their names", () => {
    expect(compareObjects(usual).map(({ system, kind, name, there }) => [system, kind, name, there])).toEqual([
      ["Kubernetes", "Deployment", names.deployment, true],
      ["Kubernetes", "Pod", "pod-1", true],
      ["Kubernetes", "Secret", names.secret, true],
      ["Kubernetes", "NetworkPolicy", names.networkPolicy, true],
      ["Kubernetes", "Service", names.service, true],
      ["Kubernetes", "AnalyticsWorkspaceBinding", "b", true],
      ["Guacamole", "connection group", "cohort", true],
      ["Guacamole", "connection", "alice", true],
      ["Guacamole", "user", entity, true],
      ["Guacamole", "permission", `READ of ${entity} on its connection`, true],
      ["Guacamole", "permission", `READ of ${entity} on its connection group`, true],
      ["Guacamole", "permission", `READ of ${entity} on itself`, true],
    ]);
  });

  it.each<[string, Partial<ObjectFacts>, string[]]>([
    ["nothing is wrong", {}, []],
    [
      "nothing is wrong with one that is suspended, whatever is left of it",
      {
        ...{
          surveyed: {
            ...withDesktop({ replicas: 0, side: { ...side, replicas: 0, ready: 0 } }).surveyed,
            record: { ...record, ...without },
          },
        },
        ...{
          wanted: undefined,
          pods: [],
          binding: { ...usual.binding, active: false },
          rows: { ...rows, permissions: noAccess },
        },
      },
      [],
    ],
    [
      "it should not run, and may be opened",
      { surveyed: { ...surveyed, record: { ...record, ...without } } },
      [
        "Deployment spec.replicas: 1 / 0",
        "Deployment status.readyReplicas: 1 / 0",
        "Pod is there",
        "AnalyticsWorkspaceBinding status: running / not running",
        "permission is there",
      ],
    ],
    [
      "it was scaled down by hand",
      { ...withDesktop({ replicas: 0, side: { ...side, replicas: 0, ready: 0 } }), pods: [] },
      ["Deployment spec.replicas: 0 / 1", "Deployment status.readyReplicas: 0 / 1", "Pod is missing"],
    ],
    [
      "somebody changed its template, and its pod",
      {
        ...withDesktop({ templateFaults: ["spec.hostNetwork"] }),
        pods: [{ ...pod, ready: false, faults: ["metadata.labels"] }],
      },
      [
        "Deployment spec.template.spec.hostNetwork: changed by somebody / as it was made",
        "Pod ready: false / true",
        "Pod metadata.labels: changed by somebody / as it was made",
      ],
    ],
    [
      "its network was changed and removed",
      {
        service: { there: false, differences: [] },
        networkPolicy: { there: true, differences: [{ field: "spec.egress", found: "[{}]", wanted: "[]" }] },
      },
      ["NetworkPolicy spec.egress: [{}] / []", "Service is missing"],
    ],
    ["its Secret is missing", { secret: false, wanted: { ...wanted, parameters: null } }, ["Secret is missing"]],
    [
      "its Secret was changed",
      { wanted: { ...wanted, parameters: { ...wanted.parameters, isOfPod: false } } },
      ["Secret password: another one than the pod was started with / the one that the pod was started with"],
    ],
    [
      "parameters were changed, added and removed",
      {
        connection: { ...connection, protocol: "rdp", digests: { hostname: "h", password: "x", "enable-audio": "a" } },
      },
      [
        "connection protocol: rdp / vnc",
        "connection parameter disable-copy: none / that of the policy",
        "connection parameter enable-audio: another value / none",
        "connection parameter password: another value / that of its Secret",
      ],
    ],
    [
      "a password that was not read is not compared",
      {
        connection: { ...connection, digests: { ...digests, password: "x" } },
        wanted: { ...wanted, parameters: { ...wanted.parameters, isUnread: true } },
      },
      [],
    ],
    [
      "others may use its connection",
      { connection: { ...connection, shares: 1, rights: [read, { holder: "eve", type: "USER", permission: "READ" }] } },
      ["connection sharing profiles: 1 / 0", "connection permission READ of eve: held / none"],
    ],
    [
      "its user was changed",
      {
        user: {
          ...user,
          lastDay: null,
          hasPassword: true,
          rights: [{ holder: "g", type: "USER_GROUP", permission: "UPDATE" }],
        },
      },
      [
        "user last day: unlimited / 2026-11-30",
        "user has a password: yes / no",
        "user permission UPDATE of the group g: held / none",
      ],
    ],
    [
      "its rows are gone",
      {
        rows: { ...rows, group: false, connectionId: null, user: false, permissions: noAccess },
        ...{ connection: undefined, user: undefined },
      },
      [
        ...["connection group", "connection", "user", "permission", "permission", "permission"].map(
          (kind) => `${kind} is missing`,
        ),
      ],
    ],
    [
      "it should be gone",
      {
        surveyed: { ...surveyed, decision: { action: "retire", rule: "entitlement-ended", reason: "" } },
        wanted: undefined,
      },
      [
        ...["Deployment is there", "Deployment spec.replicas: 1 / 0", "Deployment status.readyReplicas: 1 / 0"],
        ...["Pod", "Secret", "NetworkPolicy", "Service"].map((kind) => `${kind} is there`),
        "AnalyticsWorkspaceBinding status: running / not running",
        ...["connection", "user", "permission", "permission", "permission"].map((kind) => `${kind} is there`),
      ],
    ],
    [
      "nothing is said while it is being changed",
      { surveyed: { ...surveyed, record: { ...record, outcomes: {} } }, pods: [] },
      [],
    ],
  ])("say if %s", (_words, change, expected) => {
    expect(wrong({ ...usual, ...change })).toEqual(expected);
  });

  it("are not known in Guacamole while its database does not answer", () => {
    const found = compareObjects({ ...usual, rows: null, connection: undefined, user: undefined });
    expect(found.filter(({ system }) => system === "Guacamole").map(({ there }) => there)).toEqual(Array(6).fill(null));
    expect(found.flatMap(faultsOf)).toEqual([]);
  });
});
