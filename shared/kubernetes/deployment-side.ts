import type { V1Deployment } from "@kubernetes/client-node";
import type { DeploymentSide } from "../desktop/state.ts";
import { vncPassword } from "./manifests.ts";

/** What a Deployment says of its desktop. */
export function sideOf(deployment: V1Deployment): DeploymentSide {
  const ports = deployment.spec?.template.spec?.containers[0]?.ports ?? [];
  return {
    replicas: deployment.spec?.replicas ?? 1,
    ready: deployment.status?.readyReplicas ?? 0,
    // The operator gave its one port no name.
    ports: ports.map(({ name = "vnc", containerPort }) => ({ name, port: containerPort })),
    ownPassword: ownPassword(deployment) !== undefined,
  };
}

/** The password that stands in the pod itself, as the operator wrote it. */
export function ownPassword(deployment: V1Deployment): string | undefined {
  const environment = deployment.spec?.template.spec?.containers[0]?.env ?? [];
  return environment.find(({ name }) => name === vncPassword)?.value;
}
