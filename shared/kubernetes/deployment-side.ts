import type { V1Deployment } from "@kubernetes/client-node";
import { z } from "zod";
import type { DeploymentSide } from "../desktop/state.ts";
import { isDeploymentName } from "../desktop/names.ts";
import { objectName } from "../desktop/policy-text.ts";
import { annotation, desktopOf, isOurs } from "./labels.ts";

/** What a Deployment says of its desktop, whose Secret has this name. */
export function sideOf(deployment: V1Deployment, secret: string): DeploymentSide {
  const { ports = [], env = [] } = deployment.spec?.template.spec?.containers[0] ?? {};
  return {
    replicas: deployment.spec?.replicas ?? 1,
    ready: deployment.status?.readyReplicas ?? 0,
    // The operator gave its one port no name.
    ports: ports.map(({ name = "vnc", containerPort }) => ({ name, port: containerPort })),
    ownPassword: env.every(({ valueFrom }) => valueFrom?.secretKeyRef?.name !== secret),
  };
}

/** Not of another millennium either: what is computed from it must fit ISO's four digits of a year, and PostgreSQL. */
const plausible = z.iso.datetime({ offset: true }).startsWith("2");

/**
 * When the pod was started: as we noted it, or else since when it answers, which a probe that fails for a moment begins anew;
 * null if neither is known.
 */
export function startOf({ metadata, status }: V1Deployment): { startedAt: string | null; startNoted: boolean } {
  const noted = metadata?.annotations?.[annotation.startedAt];
  if (noted !== undefined && plausible.safeParse(noted).success)
    return { startedAt: new Date(noted).toISOString(), startNoted: true };
  const available = status?.conditions?.find(({ type, status }) => type === "Available" && status === "True");
  const since = available?.lastTransitionTime;
  return { startedAt: since ? new Date(since).toISOString() : null, startNoted: false };
}

/** What is wrong with a Deployment that is marked as ours, in words that name it. */
export function oddIn(deployment: V1Deployment): string[] {
  const { name = "", annotations = {} } = deployment.metadata ?? {};
  if (!isOurs(deployment)) return [];
  const faults: string[] = [];
  const [binding, noted] = [annotations[annotation.binding], annotations[annotation.startedAt]];
  if (!desktopOf(deployment))
    faults.push(
      `its annotations ${annotation.workspace} and ${annotation.username} do not say whose desktop it is (restore them, or delete it: nothing is done with it)`,
    );
  if (!isDeploymentName(name))
    faults.push("its name cannot be that of a desktop, because its Service would have none (delete it)");
  if (binding !== undefined && !objectName.test(binding))
    faults.push(`its annotation ${annotation.binding} is not the name of a binding (it is ignored; remove it)`);
  if (noted !== undefined && !plausible.safeParse(noted).success)
    faults.push(`its annotation ${annotation.startedAt} is not a time (it is ignored; the next start corrects it)`);
  return faults.map((fault) => `Deployment ${name}: ${fault}`);
}
