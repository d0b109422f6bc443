import type { PlannedRun } from "../shared/desktop/activities.ts";
import { portsOf } from "../shared/desktop/plan.ts";
import { keepsPod } from "../shared/desktop/state.ts";
import { inOrder, type KnownRun, type Step } from "./saga.ts";

/** Nobody looks at a login page for longer. */
const longestQueueSeconds = 2 * 60 * 60;

/** A failover of the database, or a restart of the API server, takes some minutes. */
const outageSeconds = 600;
const away = ["guacamole-unavailable", "cluster-unavailable", "cluster-overloaded"] as const;

/** What was begun waits for the systems behind it. An answer of 500 may be a broken webhook's, and last: it is told at once. */
const whileAway = { whileCodes: away, withinSeconds: () => outageSeconds } as const;

/** Once there is a pod, it is not removed because nobody could look at it; a load balancer answers 502 or 503 meanwhile. */
const withPod = { whileCodes: [...away, "cluster-failed"], withinSeconds: () => outageSeconds } as const;
const untilLookedAt = {
  ...withPod,
  withinSeconds: ({ plan }: KnownRun) => (plan?.readyWithinSeconds ?? 0) + outageSeconds,
} as const;

/** Whoever waits for their turn has begun nothing, and loses their place if the step fails: they wait for the cluster, too. */
const untilClusterAnswers = {
  whileCodes: ["cluster-unavailable", "cluster-overloaded", "cluster-failed"],
  withinSeconds: () => longestQueueSeconds,
} as const;

/**
 * How a desktop comes up. Order of trust: network policy before pod, readiness before rows, permission last. Access to
 * a pod that is gone, or is about to be replaced, is withdrawn until then. The person's other desktop loses its
 * permission just before the new one gets it, so that two can never be opened at once; it gets it back if the last
 * steps fail. Work of version 1.1 that is in flight keeps its rows (docs/adr/0017).
 */
export const activationSteps: readonly Step[] = inOrder([
  { name: "entitlement", do: "checkEntitlement", patience: whileAway },
  {
    name: "admission",
    poll: "awaitAdmission",
    withinSeconds: () => longestQueueSeconds,
    late: "not-ready-in-time",
    patience: untilClusterAnswers,
    since: "1.2",
  },
  {
    name: "database",
    poll: "ensureDatabaseRunning",
    withinSeconds: () => 600,
    late: "database-not-running",
    when: ({ managedDatabase }) => managedDatabase !== false,
    patience: whileAway,
  },
  { name: "before", do: "observeDesktop", patience: whileAway },
  { name: "stale access", do: "withdrawStaleAccess", when: mayHaveStaleAccess, patience: whileAway },
  { name: "credential", do: "createCredential", undo: "deleteCredential", until: "1.2" },
  { name: "network policy", do: "applyNetworkPolicy", undo: "deleteNetworkPolicy", until: "1.2" },
  { name: "service", do: "applyService", undo: "deleteService", until: "1.2" },
  { name: "credential and network", do: "createParts", undo: "removeParts", since: "1.2", patience: whileAway },
  { name: "deployment", do: "createDeployment", undo: "removeDeployment", patience: whileAway },
  {
    name: "readiness",
    poll: "waitReady",
    withinSeconds: ({ plan }: PlannedRun) => plan.readyWithinSeconds,
    late: "not-ready-in-time",
    patience: untilLookedAt,
  },
  { name: "connection", do: "writeConnection", undo: "removeConnection", patience: withPod },
  { name: "other desktops", do: "withdrawOthers", undo: "restoreOthers", when: hasOthers, patience: withPod },
  { name: "permission", do: "grantPermission", undo: "revokePermission", patience: withPod },
  { name: "binding status", do: "recordActive", undo: "restoreBindingStatus", patience: withPod },
]);

/** One user per person may be new: the AWMS operator gave access to one per desktop, which is not in `before`. */
function mayHaveStaleAccess({ plan, before }: KnownRun): boolean {
  if (!plan || !before) return true;
  const isOneUser = plan.names.entity === plan.username;
  return (before.permissions.connection || isOneUser) && !keepsPod(before, portsOf(plan));
}

function hasOthers({ before }: KnownRun): boolean {
  return before === undefined || before.others.length > 0;
}
