import { z } from "zod";
import type { Decision } from "./decision.ts";
import { stored } from "./stored.ts";

/** The status that a binding carries, as the operator kept it. */
const bindingStatusSchema = stored({
  statusText: z.string().optional(),
  deploymentName: z.string().optional(),
  replicas: z.number().optional(),
  lastActiveCheck: z.string().optional(),
});
export type BindingStatus = z.output<typeof bindingStatusSchema>;

/** What a binding says of its desktop: how many pods it wants, and the status that we or the operator wrote. */
const bindingStateSchema = stored({ replicas: z.number().nullable(), status: bindingStatusSchema.nullable() });
export type BindingState = z.output<typeof bindingStateSchema>;

/** A port of a desktop, named after what answers there, e.g. `{ name: "vnc", port: 5900 }`. */
const portSchema = stored({ name: z.string(), port: z.number() });
export type Port = z.output<typeof portSchema>;

const deploymentSideSchema = stored({
  /** Wanted and ready pods. */
  replicas: z.number(),
  ready: z.number(),
  ports: z.array(portSchema),
  /** The pod does not take its password from the Secret: the operator's have one in their image. */
  ownPassword: z.boolean(),
});
export type DeploymentSide = z.output<typeof deploymentSideSchema>;

/** What the cluster holds of one desktop. */
const clusterSideSchema = stored({
  secret: z.boolean(),
  networkPolicy: z.boolean(),
  service: z.boolean(),
  /** Null if there is no Deployment. */
  deployment: deploymentSideSchema.nullable(),
});
export type ClusterSide = z.output<typeof clusterSideSchema>;

/** READ as Guacamole's tables hold it: on the connection (the person can open it), on its group, and on the user itself. */
const permissionsSchema = stored({ connection: z.boolean(), group: z.boolean(), self: z.boolean() });
export type Permissions = z.output<typeof permissionsSchema>;

/** What Guacamole's database holds of one desktop. */
const guacamoleSideSchema = stored({
  group: z.boolean(),
  /** A BALANCING group opens every connection in it to everybody who may read the group. */
  balancing: z.boolean(),
  connectionId: z.number().nullable(),
  /** The connection has a password. Not known of what an earlier release observed. */
  password: z.boolean().optional(),
  user: z.boolean(),
  /** The columns of the user's last day, as they are; an earlier release did not note the time zone. */
  validUntil: z.string().nullable(),
  timeZone: z.string().nullable().optional(),
  permissions: permissionsSchema,
});
export type GuacamoleSide = z.output<typeof guacamoleSideSchema>;

/** Undoing gives back what can be opened by its names alone. */
const otherDesktopSchema = stored({
  workspace: z.string(),
  username: z.string(),
  names: stored({
    deployment: z.string(),
    service: z.string(),
    secret: z.string(),
    networkPolicy: z.string(),
    host: z.string(),
    group: z.string(),
    connection: z.string(),
    entity: z.string(),
  }),
});

/** What was there before a run began: the state that its undo goes back to. */
export const desktopBeforeSchema = stored({
  ...clusterSideSchema.shape,
  ...guacamoleSideSchema.shape,
  binding: bindingStateSchema,
  /** The person's desktops in other workspaces that could be opened when the run began. */
  others: z.array(otherDesktopSchema),
});
export type DesktopBefore = z.output<typeof desktopBeforeSchema>;

type PodFacts = Pick<ClusterSide, "deployment" | "secret"> & Pick<GuacamoleSide, "password">;

/** A desktop that runs keeps its pod and its credential: only a start makes new ones. */
export function keepsPod(facts: PodFacts, ports: readonly Port[]): boolean {
  return whyNewPod(facts, ports) === null;
}

/**
 * Why a desktop cannot go on with the pod that it has; null if it can. A pod with a password of its own goes on with the one
 * that Guacamole uses to connect to it. A pod that answers on other ports than it is to (the workspace's policy has another
 * protocol by now) is no use to anybody.
 */
export function whyNewPod({ deployment, secret, password }: PodFacts, ports: readonly Port[]): string | null {
  if (!deployment || deployment.replicas === 0) return "it is not running";
  if (deployment.ready === 0) return "it is not ready";
  if (!secret && !deployment.ownPassword) return "its Secret is missing";
  if (!secret && password === false) return "Guacamole's connection has no password for it";
  return otherPorts(deployment, ports);
}

/** On which ports a desktop listens, if the policy wants others; null if they are the same. */
export function otherPorts(deployment: Pick<DeploymentSide, "ports">, ports: readonly Port[]): string | null {
  const [has, wants] = [inWords(deployment.ports), inWords(ports)];
  return has === wants ? null : `it listens on ${has || "no port"}, and the policy wants ${wants}`;
}

function inWords(ports: readonly Port[]): string {
  return ports.map(({ name, port }) => `${name} ${port}`).join(", ");
}

export const desktopStates = [
  "absent",
  "starting",
  "ready",
  "in-use",
  "idle",
  "suspending",
  "suspended",
  "retiring",
  "failed",
  "unknown",
] as const;
export type DesktopState = (typeof desktopStates)[number];

/** A state, why it is so, and since when if known. */
export interface DescribedState {
  state: DesktopState;
  reason: string;
  since?: string | undefined;
}

/** What is known about a desktop apart from its two sides: what was decided about it, and what its person's record says. */
export interface AroundState {
  decision: Decision | undefined;
  /** What it is to become, if that does not hold yet. */
  ending: (DescribedState & { state: "retiring" | "suspending" }) | undefined;
  /** Why its person has none, if somebody else decided so. */
  noneBecause: string | undefined;
}

/** The state with who uses it: one that is ready is in use, or idle again; and who took it down, and why. */
export function describeUse(
  { state, reason }: DescribedState,
  { decision, ending, noneBecause }: AroundState,
): DescribedState {
  if (ending && !(ending.state === "suspending" && state === "suspended")) return ending;
  if (state === "suspended" && noneBecause !== undefined)
    return { state, reason: `${noneBecause}; the next request starts it again` };
  if (state !== "ready" || decision?.action !== "keep") return { state, reason };
  const { rule } = decision;
  if (rule !== "in-use" && rule !== "idle") return { state, reason };
  return { state: rule, reason: decision.reason, since: decision.evidence?.at };
}

/** Which state the two sides amount to, and the reason in words. */
export function describeState(
  { deployment }: Pick<ClusterSide, "deployment">,
  { connectionId, permissions }: Pick<GuacamoleSide, "connectionId" | "permissions">,
): DescribedState {
  const mayOpen = permissions.connection;
  if (!deployment) {
    return connectionId === null
      ? { state: "absent", reason: "nothing has been created for this person in this workspace" }
      : { state: "failed", reason: "Guacamole has a connection, but there is no Deployment" };
  }
  if (deployment.replicas === 0) {
    return deployment.ready > 0 || mayOpen
      ? { state: "suspending", reason: "access is being withdrawn and the container is stopping" }
      : { state: "suspended", reason: "it is stopped; the next request starts it again" };
  }
  if (deployment.ready === 0) return { state: "starting", reason: "the container is not ready yet" };
  return mayOpen
    ? { state: "ready", reason: "the container is ready and access is granted" }
    : { state: "starting", reason: "the container is ready, but access has not been granted yet" };
}
