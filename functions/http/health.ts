import type { InvocationContext } from "@azure/functions";
import type { TaskHub } from "../work/task-hub.ts";
import { reapName } from "../../orchestrations/reap.ts";
import { reconcileName } from "../../orchestrations/reconcile.ts";
import { upkeepName } from "../../orchestrations/upkeep.ts";
import { eventFaults } from "../../shared/identity/keycloak-event.ts";
import { describeOpening, isClosedByDefault, openIsolation } from "../../shared/lifecycle/isolation.ts";
import { notClosed } from "../../shared/lifecycle/doctor/cluster.ts";
import { describeFinding } from "../../shared/lifecycle/doctor/describe.ts";
import { sessionsGap } from "../../shared/lifecycle/doctor/pods.ts";
import { isolatedPods } from "../../shared/lifecycle/survey.ts";
import type { Settings } from "../../shared/config.ts";
import type { Maintenance } from "../../shared/desktop/maintenance.ts";
import { label } from "../../shared/kubernetes/labels.ts";
import { keptRead, sharedRead } from "../../shared/kubernetes/shared-read.ts";
import type { Services } from "../services.ts";
import { describeStuck } from "../work/stuck.ts";
import { describeGoals } from "./goals.ts";
import { liveAnswer, readyAnswer } from "./answers.ts";
import type { Answer } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { authorize } from "./input.ts";
import { missedRuns } from "./missed-runs.ts";
import { type Described, openRoute, type Route } from "./route.ts";

/**
 * `live`: the process answers. `ready`: the systems it needs answer too. Both are open to anyone and say no more than
 * that; the reasons are in the log and for callers with the monitoring role.
 */
export function healthRoutes(services: Services): Route[] {
  const live = {
    summary: "Liveness: the process answers",
    callers: [],
    answers: { 200: { words: "Live", body: liveAnswer, example: examples.live } },
  };
  const ready: Described = {
    summary: "Readiness: the systems that the product needs answer",
    description: "Open to anyone. A caller with the monitoring role also gets the reasons.",
    callers: [],
    optionalToken: true,
    answers: {
      200: { words: "Ready", body: readyAnswer, example: examples.ready },
      503: { words: "Not ready", body: readyAnswer, example: examples.notReady },
    },
    refuses: ["not-authenticated", "not-allowed", "identity-unavailable"],
  };
  const reads: Reads = {
    readiness: keptRead((context) => readReadiness(services, context), services.settings.READY_KEPT_SECONDS * 1_000),
    troubles: sharedRead((hub, context) => readTroubles(services, hub, context)),
  };
  return [
    openRoute("healthLive", "health/live", live, () => Promise.resolve({ status: 200, body: { status: "live" } })),
    openRoute("healthReady", "health/ready", ready, (request, hub, context) =>
      lookWhetherReady(services, reads, request.headers.get("authorization"), hub, context),
    ),
  ];
}

/** What callers share, so that a crowd of them costs as much as one. Each read writes its reasons to the log once. */
interface Reads {
  readiness: (context: InvocationContext) => Promise<Readiness>;
  troubles: (hub: TaskHub, context: InvocationContext) => ReturnType<typeof readTroubles>;
}

interface Readiness {
  kubernetes: string | null;
  guacamole: string | null;
  identity: string | null;
  /** Null if it is unknown. */
  maintenance: Maintenance | null;
}

async function lookWhetherReady(
  services: Services,
  reads: Reads,
  authorization: string | null,
  hub: TaskHub,
  context: InvocationContext,
): Promise<Answer> {
  if (authorization !== null)
    authorize(services, await services.verifyToken(authorization), "", ["monitoring", "admin"]);

  const { kubernetes, guacamole, identity, maintenance } = await reads.readiness(context);
  const reasons = [kubernetes, guacamole, identity].filter((reason) => reason !== null);
  const switched = (pause: unknown) => (!maintenance ? "unknown" : pause ? "paused" : "on");
  const word = (reason: string | null) => (reason === null ? "ok" : "not ready");
  return {
    status: reasons.length === 0 ? 200 : 503,
    body: {
      status: reasons.length === 0 ? "ready" : "not ready",
      kubernetes: word(kubernetes),
      guacamole: word(guacamole),
      identity: word(identity),
      reaping: switched(maintenance?.reaping),
      activation: switched(maintenance?.activation),
      ...(authorization === null
        ? {}
        : { reasons, ...(await reads.troubles(hub, context)), eventsNotUnderstood: describeFaults(services) }),
    },
  };
}

async function readReadiness(services: Services, context: InvocationContext): Promise<Readiness> {
  const [{ kubernetes, maintenance }, guacamole, identity] = await Promise.all([
    readCluster(services),
    faultOf("guacamole", () => services.guacamole.check()),
    faultOf("identity", () => services.realmKeys.fault()),
  ]);
  for (const reason of [kubernetes, guacamole, identity]) if (reason !== null) context.error(reason);
  return { kubernetes, guacamole, identity, maintenance };
}

/** One after the other: after an outage the first call finds out that it is over, and others would be refused. */
async function readCluster({
  workspaces,
  maintenance,
}: Services): Promise<Pick<Readiness, "kubernetes" | "maintenance">> {
  const kubernetes = await faultOf("kubernetes", async () => {
    await workspaces.check();
    return null;
  });
  return {
    kubernetes,
    maintenance: await maintenance.read().catch(() => null), // that the cluster does not answer is already reported
  };
}

async function readTroubles(services: Services, hub: TaskHub, context: InvocationContext) {
  const { isClosed, ...troubles } = await findTroubles(services, hub);
  for (const words of Object.values(troubles).flat()) context.error(words);
  const gaps = [
    ...findGaps(services.settings),
    ...((await services.directory?.gaps()) ?? []),
    ...(await missedRuns(services, hub)),
  ];
  return { ...troubles, gaps: isClosed ? gaps : [...gaps, describeFinding(notClosed)] };
}

/** Readiness does not depend on these: one person's trouble must not take the product out of service. */
async function findTroubles(services: Services, hub: TaskHub) {
  try {
    const { records, damaged } = await services.records.all();
    const [{ odd: deployments, deployed }, { odd = [] }, { policies }] = await Promise.all([
      services.desktops.findDeployed(),
      services.workspaces.known(),
      services.desktops.network(),
    ]);
    return {
      stuck: await describeStuck(services, hub, records, [reapName, reconcileName, upkeepName]),
      goals: describeGoals(records),
      damaged: damaged.map(({ fault }) => fault.message),
      odd: [...deployments, ...odd, ...(await faultOfSwitch(services))],
      isolation: openIsolation(isolatedPods(deployed), policies).map(describeOpening),
      isClosed: isClosedByDefault(policies, label.deploymentName),
    };
  } catch (error) {
    const words = `cannot tell if any work is stuck: ${describeError(error)}`;
    return { stuck: [words], goals: [], damaged: [], odd: [], isolation: [], isClosed: true };
  }
}

async function faultOfSwitch({ maintenance }: Services): Promise<string[]> {
  return maintenance.read().then(
    () => [],
    (error: unknown) => [describeError(error)],
  );
}

function describeFaults({ eventFaults: counts }: Services) {
  return counts.all().map(({ type, fault, count, lastAt }) => ({
    type,
    reason: fault,
    words: eventFaults[fault],
    count,
    lastAt: lastAt.toISOString(),
  }));
}

/** What works, and would work better with other settings: no reason to be out of service. */
export function findGaps({
  GUACAMOLE_API_URLS: urls,
  GUACAMOLE_LABELS: labels,
}: Pick<Settings, "GUACAMOLE_API_URLS" | "GUACAMOLE_LABELS">): string[] {
  return urls === undefined && labels === undefined ? [describeFinding(sessionsGap)] : [];
}

async function faultOf(system: string, check: () => Promise<string | null>): Promise<string | null> {
  const words = await check().catch((error: unknown) => describeError(error));
  return words === null ? null : `${system} is not ready: ${words}`;
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return typeof error.cause === "string" ? `${error.message}: ${error.cause}` : error.message;
}
