/** The examples in the OpenAPI document. A test checks each against its schema. */

export const wish = {
  workspace: "asthma-cohort",
  claims: { groups: ["/asthma"] },
  subject: "f7cd3491-7c6c-480c-bc5c-b2b3b0fb048c",
  session: "70c446c9-2f0e-4f60-9d4e-0a7b9c2f1d55",
};

export const workspaces = {
  username: "alice",
  workspaces: [
    {
      workspace: "asthma-cohort",
      displayName: "Asthma cohort",
      description: "Sample workspace: Asthma cohort",
      entitled: true,
      until: "2099-12-31",
      guacamoleUsername: "asthma-cohort@alice",
      desktop: {
        state: "suspended",
        reason: "it is stopped; the next request starts it again",
        explanation: "It is stopped. Saved files are kept.",
      },
    },
    {
      workspace: "flu-season-2023",
      displayName: "Flu season 2023",
      description: "Sample workspace: Flu season 2023",
      entitled: false,
      code: "workspace-expired",
      reason: "flu-season-2023 ended after 2024-04-30",
      explanation: "This workspace closed after 30 April 2024.",
    },
  ],
};

export const personsDesktop = {
  username: "alice",
  workspace: "asthma-cohort",
  wanted: "asthma-cohort",
  state: "idle",
  reason: "nobody is connected (a session ended at 2026-11-24T11:40:00.000Z), which is allowed for 60 minutes",
  explanation: "Nobody is connected now.",
  since: "2026-11-24T11:40:00.000Z",
  url: "https://guacamole.example/#/client/MQBjAHBvc3RncmVzcWw",
  guacamoleUsername: "asthma-cohort@alice",
  lastRefusal: {
    workspace: "flu-season-2023",
    at: "2026-11-24T11:30:00.000Z",
    code: "workspace-expired",
    reason: "flu-season-2023 ended after 2024-04-30",
    explanation: "This workspace closed after 30 April 2024.",
  },
  leaving: { since: "2026-11-24T12:00:00.000Z", until: "2026-11-24T12:15:00.000Z" },
  decision: {
    action: "keep",
    rule: "idle",
    reason: "nobody is connected (a session ended at 2026-11-24T11:40:00.000Z), which is allowed for 60 minutes",
    evidence: {
      kind: "session-ended",
      what: "a session ended",
      at: "2026-11-24T11:40:00.000Z",
      source: "Guacamole's history",
    },
    next: { at: "2026-11-24T12:15:00.000Z", action: "suspend", reason: "its person logged out", cause: "left" },
  },
  endsAt: "2026-11-24T12:15:00.000Z",
  endsBecause: "its person logged out",
  endsExplanation: "You signed out.",
  history: [
    {
      at: "2026-11-24T09:35:00.000Z",
      action: "keep",
      rule: "in-use",
      reason: "somebody has been connected since 2026-11-24T09:31:00.000Z",
      evidence: {
        kind: "open-session",
        what: "a session that is open",
        at: "2026-11-24T09:31:00.000Z",
        source: "Guacamole's history",
      },
    },
  ],
};

export const runningOperation = {
  id: "5e0e2ac3b79d5d0c9d1f8a3b5a7f6c21.2b0f4f0e-3b6e-4d3a-8a35-0e1f6f3c9a77",
  username: "alice",
  workspace: "asthma-cohort",
  requestedAt: "2026-11-24T09:30:00.000Z",
  state: "running",
  progress: {
    step: "readiness",
    number: 9,
    of: 13,
    since: "2026-11-24T09:30:02.000Z",
    message: "the container is running but not ready yet",
  },
  usuallyReadyWithinSeconds: 48,
  halfReadyWithinSeconds: 21,
  seen: "1a3da3ed6de8",
};

export const endedOperation = {
  id: "5e0e2ac3b79d5d0c9d1f8a3b5a7f6c21.2b0f4f0e-3b6e-4d3a-8a35-0e1f6f3c9a77",
  username: "alice",
  workspace: "asthma-cohort",
  requestedAt: "2026-11-24T09:30:00.000Z",
  state: "failed",
  at: "2026-11-24T09:30:31.000Z",
  code: "cannot-start",
  reason: "ErrImagePull: manifest unknown: manifest unknown",
  explanation: "The software of this desktop could not be loaded. The service's operators have to look at that.",
  step: "readiness",
  undone: ["readiness", "deployment", "service", "network policy", "credential"],
  leftBehind: [],
};

export const desktops = {
  desktops: [
    {
      id: "ec6c09a26f9255d9b2bd0f59bff67e9f",
      username: "alice",
      workspace: "asthma-cohort",
      state: "ready",
      reason: "the container is ready and access is granted",
      since: "2026-11-24T09:30:21.000Z",
      action: "keep",
      rule: "start-grace",
      endsAt: "2026-11-24T10:00:00.000Z",
      endsBecause: "nobody is connected, which is allowed for 30 minutes",
      lastSeen: "2026-11-24T09:30:00.000Z",
      wanted: "asthma-cohort",
    },
  ],
  next: "ec6c09a26f9255d9b2bd0f59bff67e9f",
  unanswered: [],
};

export const desktop = {
  id: "ec6c09a26f9255d9b2bd0f59bff67e9f",
  username: "alice",
  workspace: "asthma-cohort",
  state: "suspended",
  reason: "it is stopped; the next request starts it again",
  since: "2026-11-24T12:15:04.000Z",
  action: "keep",
  rule: "not-running",
  wanted: null,
  deployment: "ec6c09a26f9255d9b2bd0f59bff67e9f",
  binding: "asthma-cohort-alice",
  guacamoleUsername: "asthma-cohort@alice",
  connectionId: 1,
  mayBeOpened: false,
  entitlement: { entitled: true, until: "2099-12-31" },
  request: {
    workspace: null,
    requestedAt: "2026-11-24T12:15:03.000Z",
    reason: "their session ended at 2026-11-24T12:00:00.000Z and they were not back by 2026-11-24T12:15:00.000Z",
    operation: "/api/operations/5e0e2ac3b79d5d0c9d1f8a3b5a7f6c21.6f3c9a77-3b6e-4d3a-8a35-0e1f2b0f4f0e",
  },
  lastOutcome: { state: "done", at: "2026-11-24T12:15:04.000Z", reason: "no desktop of this person runs" },
  lastSeen: "2026-11-24T09:30:00.000Z",
  timeline: [
    {
      kind: "operation",
      at: "2026-11-24T12:15:04.000Z",
      operation: "/api/operations/5e0e2ac3b79d5d0c9d1f8a3b5a7f6c21.6f3c9a77-3b6e-4d3a-8a35-0e1f2b0f4f0e",
      state: "done",
      reason: "no desktop of this person runs",
    },
    {
      kind: "administrator",
      at: "2026-11-24T11:02:00.000Z",
      by: "olga",
      action: "extend",
      reason: "a long analysis",
      until: "2026-11-24T12:00:00.000Z",
    },
    {
      kind: "decision",
      at: "2026-11-24T09:35:00.000Z",
      action: "keep",
      rule: "in-use",
      reason: "somebody has been connected since 2026-11-24T09:31:00.000Z",
    },
  ],
  objects: [
    {
      system: "Kubernetes",
      kind: "Deployment",
      name: "ec6c09a26f9255d9b2bd0f59bff67e9f",
      there: true,
      wanted: true,
      fields: [
        { field: "managed by", found: "this product", wanted: "this product", differs: false },
        { field: "spec.replicas", found: "0", wanted: "0", differs: false },
      ],
    },
    {
      system: "Guacamole",
      kind: "permission",
      name: "READ of asthma-cohort@alice on its connection",
      there: true,
      wanted: false,
      fields: [],
    },
  ],
  drifts: [
    {
      kind: "access-without-desktop",
      reason: "asthma-cohort@alice may open it, but it is not running",
    },
  ],
  unanswered: [],
};

export const reasoned = { reason: "the registry is being moved" };

export const preview = {
  dryRun: true,
  at: "2026-11-24T09:30:00.000Z",
  would: [
    "1 desktop is suspended, in use or not",
    "1 person connected now, whose sessions end",
    "activation is not paused: everybody can ask for their desktop again at once",
  ],
  of: 1,
  connected: { people: 1, notKnown: 0 },
  desktops: [
    {
      id: "ec6c09a26f9255d9b2bd0f59bff67e9f",
      username: "alice",
      workspace: "asthma-cohort",
      state: "in-use",
      connected: true,
    },
  ],
  unanswered: [],
};

export const extension = { until: "2026-11-24T22:00:00Z", reason: "a long analysis" };

export const ownExtension = { until: "2026-11-24T18:00:00Z" };
export const ownKept = { workspace: "asthma-cohort", until: "2026-11-24T18:00:00.000Z", by: "alice" };

export const kept = {
  workspace: "asthma-cohort",
  until: "2026-11-24T22:00:00.000Z",
  by: "olga",
  reason: "a long analysis",
};

export const queue = {
  at: "2026-11-24T09:00:05.000Z",
  capacity: { startsAtOnce: 64, starting: 1, waiting: 1, maxDesktops: null, running: 212 },
  starting: [
    {
      username: "alice",
      workspace: "asthma-cohort",
      since: "2026-11-24T09:00:00.000Z",
      image: "registry.example/desktop:1",
      operation: "/api/operations/5e0e2ac3b79d5d0c9d1f8a3b5a7f6c21.2b0f4f0e-3b6e-4d3a-8a35-0e1f6f3c9a77",
      admittedAt: "2026-11-24T09:00:01.000Z",
    },
  ],
  waiting: [
    {
      username: "bob",
      workspace: "asthma-cohort",
      since: "2026-11-24T09:00:02.000Z",
      image: "registry.example/desktop:1",
      operation: "/api/operations/81b637d8fcd2c6da6359e6963113a117.6f3c9a77-3b6e-4d3a-8a35-0e1f2b0f4f0e",
      place: 1,
      of: 1,
      because: "starts",
      expectedFromSeconds: 31,
      expectedToSeconds: 53,
    },
  ],
  images: [
    {
      image: "registry.example/desktop:2",
      starts: 3,
      failed: 3,
      lastAt: "2026-11-24T08:59:30.000Z",
      atFault: {
        reason: "ErrImagePull: manifest unknown: manifest unknown",
        until: "2026-11-24T09:00:30.000Z",
      },
    },
    {
      image: "registry.example/desktop:1",
      starts: 40,
      failed: 1,
      usuallyReadyWithinSeconds: 48,
      halfReadyWithinSeconds: 21,
      lastAt: "2026-11-24T08:59:58.000Z",
    },
  ],
};

export const maintenance = {
  reaping: { state: "paused", by: "olga", since: "2026-11-24T08:00:00.000Z", reason: "Guacamole is being upgraded" },
  activation: { state: "on", by: "olga", since: "2026-11-23T18:00:00.000Z", reason: "the cluster is upgraded" },
  runs: {
    reap: {
      state: "done",
      startedAt: "2026-11-24T09:35:00.000Z",
      at: "2026-11-24T09:35:01.000Z",
      summary: {
        at: "2026-11-24T09:35:00.000Z",
        looked: 12,
        rules: { "reaping-paused": 9 },
        due: [],
        later: 0,
        toRetire: 0,
        unanswered: [],
        failed: [],
      },
    },
    reconcile: null,
    upkeep: null,
  },
  goals: [
    {
      goal: "everything of this person is removed",
      username: "bob",
      requestedAt: "2026-11-24T09:20:00.000Z",
      reason: "bob was deleted at the identity provider",
      trouble: {
        tries: 3,
        since: "2026-11-24T09:20:16.000Z",
        at: "2026-11-24T09:22:20.000Z",
        code: "cluster-unavailable",
        reason: "list deployments: the API server does not answer",
        step: "desktops",
        nextTry: "2026-11-24T09:24:20.000Z",
      },
      operation: "/api/operations/81b637d8fcd2c6da6359e6963113a117.6f3c9a77-3b6e-4d3a-8a35-0e1f2b0f4f0e",
    },
  ],
};

export const doctor = {
  at: "2026-11-24T09:30:00.000Z",
  state: "wrong",
  checks: [
    {
      name: "cluster",
      state: "ok",
      seen: "the API server answers and accepts the product's account",
      findings: [],
    },
    {
      name: "guacd",
      state: "wrong",
      seen: "",
      findings: [
        {
          what: "no pod in the namespace guacamole with app=guacd, so nobody reaches a desktop",
          advice:
            "set GUACD_LABELS and GUACD_NAMESPACE to those of guacd's pods (kubectl get pods --all-namespaces --show-labels)",
          state: "wrong",
        },
      ],
    },
    {
      name: "lookup-client",
      state: "not used",
      seen: "KEYCLOAK_ADMIN_CLIENT is not set: events are believed without asking Keycloak",
      findings: [],
    },
  ],
};

export const maintenanceSwitch = { reaping: "paused", reason: "Guacamole is being upgraded" };

export const endSessions = { workspace: "asthma-cohort", reason: "a breach is being investigated" };

export const endedSessions = {
  id: "9f0d5a2f3c3b5c0e8f6d2b1a4e7c9d10",
  state: "done",
  startedAt: "2026-11-24T09:30:00.000Z",
  at: "2026-11-24T09:30:02.000Z",
  workspace: "asthma-cohort",
  reason: "a breach is being investigated",
  of: 1,
  counts: { ended: 1, failed: 0 },
  ended: [
    {
      username: "alice",
      workspace: "asthma-cohort",
      operation: "/api/operations/5e0e2ac3b79d5d0c9d1f8a3b5a7f6c21.6f3c9a77-3b6e-4d3a-8a35-0e1f2b0f4f0e",
    },
  ],
  failed: [],
};

export const reapRun = {
  dryRun: true,
  at: "2026-11-24T13:00:00.000Z",
  looked: 12,
  rules: { "in-use": 7, idle: 2 },
  due: [
    {
      workspace: "asthma-cohort",
      username: "alice",
      decision: {
        action: "suspend",
        rule: "idle",
        reason: "nobody has been connected for more than 60 minutes (a session ended at 2026-11-24T11:40:00.000Z)",
        evidence: {
          kind: "session-ended",
          what: "a session ended",
          at: "2026-11-24T11:40:00.000Z",
          source: "Guacamole's history",
        },
      },
    },
  ],
  later: 0,
  toRetire: 0,
  unanswered: [],
  failed: [],
};

export const reconcileRun = {
  dryRun: true,
  at: "2026-11-24T13:00:00.000Z",
  desktops: 12,
  drifts: [
    {
      kind: "entitlement-ended",
      workspace: "asthma-cohort",
      username: "bob",
      reason: "the right to use asthma-cohort ended after 2026-11-23 (binding asthma-cohort-bob)",
    },
  ],
  later: 0,
  goes: 1,
  unanswered: [],
  failed: [],
};

export const runStarted = { dryRun: false, state: "running" };

export const upkeepRun = {
  at: "2026-11-24T13:07:00.000Z",
  purged: 41,
  refreshed: 9,
  restarted: 0,
  forgotten: 1,
  prepared: [],
  failed: [],
};

export const upkeepStarted = { state: "running" };

export const wakeRun = { woken: 1, replaced: 0, followed: 0, left: 2, failed: 0 };

export const wakeUnderWay = { state: "running" };

const adopted = {
  username: "alice",
  wants: "asthma-cohort",
  desktops: [
    {
      workspace: "asthma-cohort",
      deployment: "ec6c09a26f9255d9b2bd0f59bff67e9f",
      changes: ["goes on in its pod; gets its own password at the next start"],
    },
  ],
};

export const adoptionPlan = {
  dryRun: true,
  people: [adopted],
  leftAlone: [],
};

export const adoption = {
  dryRun: false,
  people: [
    { ...adopted, operation: "/api/operations/5e0e2ac3b79d5d0c9d1f8a3b5a7f6c21.2b0f4f0e-3b6e-4d3a-8a35-0e1f6f3c9a77" },
  ],
  leftAlone: [],
};

export const event = {
  id: "7d165f68-b1ca-4254-9c5e-3c6699d18c64",
  uid: "c19ffec8-6b14-408b-991d-3a0f6d2b8c11",
  time: 1761735933035,
  realmId: "17e022a2-9789-4615-a665-c0653c9860ee",
  realmName: "sde",
  type: "access.LOGOUT",
  authDetails: { userId: "f7cd3491-7c6c-480c-bc5c-b2b3b0fb048c", username: "alice" },
};

export const eventTaken = { status: "accepted", eventId: "7d165f68-b1ca-4254-9c5e-3c6699d18c64" };

export const logoutForm = { logout_token: "eyJhbGciOiJSUzI1NiJ9.eyJzaWQiOiJzIn0.c2lnbmVk" };

export const invalidLogout = { error: "invalid_request", error_description: "check logout token: it was used before" };

export const live = { status: "live" };

export const ready = {
  status: "ready",
  kubernetes: "ok",
  guacamole: "ok",
  identity: "ok",
  reaping: "on",
  activation: "on",
};

export const notReady = {
  status: "not ready",
  kubernetes: "ok",
  guacamole: "not ready",
  identity: "ok",
  reaping: "on",
  activation: "on",
  reasons: ["guacamole is not ready: query database: it cannot be reached"],
};

export const openApi = { openapi: "3.1.0" };
