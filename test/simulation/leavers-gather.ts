import type { GatheredDrift } from "../../shared/lifecycle/drift-sources.ts";
import { decideSurvey } from "../../shared/lifecycle/survey.ts";
import type { Standing } from "../../shared/person/claims.ts";
import { known } from "./leavers-product.ts";
import { claimNames, group, type Leaver } from "./leavers-truth.ts";
import { desktopDefaults } from "./survey-model.ts";
import { iso, workspace } from "./truth.ts";

/** What reconciliation reads of all this. */
export function gatherDrift(
  leavers: readonly Leaver[],
  at: Date,
  standingOf: ((leaver: Leaver) => Standing | null) | null,
): GatheredDrift {
  const there = leavers.filter(({ parts }) => parts.has("deployment"));
  const claims = [{ name: "groups", operator: "EQUALS" as const, value: group }];
  const dates = { availableFrom: "2020-01-01", expires: "2030-01-01" };
  const workspaces = {
    workspaces: [{ name: workspace, displayName: workspace, description: "", ...dates }],
    bindings: [
      { name: "by-group", workspace, claims, expires: dates.expires },
      ...leavers
        .filter(({ byGroup }) => !byGroup)
        .map(({ username }) => ({ name: username, username, workspace, claims: [], expires: dates.expires })),
    ],
    unreadable: { workspaces: [], bindings: [] },
  };
  const records = new Map(leavers.flatMap(({ username, record }) => (record ? [[username, record] as const] : [])));
  const numbers = new Map(there.map(({ username }, number) => [username, number]));
  const survey = decideSurvey({
    at: at,
    settings: { timeZone: "UTC", desktopDefaults },
    deployed: there.map(({ username, replicas, startedAt }) => ({
      ...known(username),
      replicas,
      side: { replicas, ready: replicas, ports: [], ownPassword: false },
      startedAt: startedAt === null ? null : iso(startedAt),
      startNoted: true,
      ours: true,
    })),
    records,
    damaged: [],
    known: workspaces,
    policies: new Map(),
    maintenance: {},
    sessions: there.map(({ username, connected, connectedSince }) => {
      const since = connectedSince === null ? null : iso(connectedSince);
      const open = connected && since !== null ? [since] : [];
      const history = { open, lastStart: since, lastEnd: null, lastAttempt: null };
      return { workspace, username, connectionId: numbers.get(username) as number, host: null, history };
    }),
    active: null,
    guacamoleSince: null,
    unanswered: [],
    doubts: [],
  });
  const people = there.filter(({ record }) => record && !record.request.retire);
  return {
    survey,
    known: workspaces,
    connections: leavers
      .filter(({ parts, permitted }) => parts.has("connection") || permitted)
      .map(({ username, permitted }, connectionId) => ({
        ...{ workspace, username, connectionId, protocol: "vnc", host: username, digests: {} },
        readers: permitted ? [username] : [],
        groupReaders: permitted ? [username] : [],
        ...{ rights: [], groupRights: [], shares: 0, othersLeadingThere: 0, otherGuacd: false },
      })),
    users: new Map(),
    networkParts: [],
    podsOf: [],
    rules: { namespace: "desktops", clusterDomain: "cluster.local", entityTemplate: "{workspace}@{username}" },
    wanted: new Map(),
    secrets: [],
    duplicateGroups: [],
    standings: new Map(standingOf ? people.map((leaver) => [leaver.username, standingOf(leaver)]) : []),
    claimNames,
    timeZone: "UTC",
    unanswered: [],
  };
}
