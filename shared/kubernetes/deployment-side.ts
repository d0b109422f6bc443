import type { V1Deployment } from "@kubernetes/client-node";
import type { DeploymentSide } from "../desktop/state.ts";
import { annotation } from "./labels.ts";

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

/**
 * When the pod was started: as we noted it, or else since when it answers, which a probe that fails for a moment begins anew;
 * null if neither is known.
 */
export function startOf({ metadata, status }: V1Deployment): { startedAt: string | null; startNoted: boolean } {
  const noted = metadata?.annotations?.[annotation.startedAt];
  if (noted !== undefined && !Number.isNaN(Date.parse(noted)))
    return { startedAt: new Date(noted).toISOString(), startNoted: true };
  const available = status?.conditions?.find(({ type, status }) => type === "Available" && status === "True");
  const since = available?.lastTransitionTime;
  return { startedAt: since ? new Date(since).toISOString() : null, startNoted: false };
}
