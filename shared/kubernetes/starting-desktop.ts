import type { CoreV1Event, KubernetesObject, V1Deployment, V1EndpointSlice, V1Pod } from "@kubernetes/client-node";
import type { DesktopNames } from "../desktop/names.ts";
import { isLeaving } from "./labels.ts";
import { currentPod, type StartFacts } from "./readiness.ts";

/** What is known of a desktop that is starting. `version` changes with every news of it. */
export type Known = Omit<StartFacts, "missing"> & { version: number };

/** A desktop that this process waits for. */
export interface StartingDesktop {
  names: DesktopNames;
  deployment: V1Deployment | null;
  pods: Map<string, V1Pod>;
  slices: Map<string, V1EndpointSlice>;
  events: Map<string, CoreV1Event>;
  version: number;
  /** The version that came with the last news of each object, by its uid; for the Deployment, of whatever has its name. */
  heardAt: Map<string, number>;
  /** When it was last read or heard of; null if it has to be read. */
  confirmedAt: number | null;
  /** How often changes had been missed when nothing was there. */
  missesBefore: number;
  usedAt: number;
  waiting: Set<() => void>;
  told: { isNews: (known: Known) => boolean; tell: () => void } | undefined;
}

/** The Deployment's key in `heardAt`. */
export const ofDeployment = "deployment";

export function startingDesktop(names: DesktopNames): StartingDesktop {
  return {
    ...{ names, deployment: null, pods: new Map(), slices: new Map(), events: new Map() },
    ...{ version: 0, heardAt: new Map(), confirmedAt: null, missesBefore: 0, usedAt: 0 },
    ...{ waiting: new Set(), told: undefined },
  };
}

export function knownOf({ deployment, pods, slices, events, version }: StartingDesktop): Known {
  const facts = { deployment, pods: [...pods.values()], slices: [...slices.values()] };
  const uid = currentPod(facts)?.metadata?.uid;
  const own = [...events.values()].filter(({ involvedObject }) => involvedObject.uid === uid);
  return { ...facts, events: own, version };
}

/** News of a Deployment that is on its way out says nothing of the one that was created after it. */
export function keepDeployment(desktop: StartingDesktop, deployment: V1Deployment, isGone: boolean): void {
  const isAnother = desktop.deployment !== null && uidOf(desktop.deployment) !== uidOf(deployment);
  if (isAnother && (isGone || isLeaving(deployment))) return;
  desktop.deployment = isGone ? null : deployment;
}

export function keepIn<T extends KubernetesObject>(kept: Map<string, T>, object: T, isGone: boolean): void {
  if (isGone) kept.delete(uidOf(object));
  else kept.set(uidOf(object), object);
}

/**
 * Takes what was read. What was heard of since that version, when the read began, stays: it is as new, or what is newer is
 * about to be heard of.
 */
export function takeRead(
  desktop: StartingDesktop,
  version: number,
  read: { deployment: V1Deployment | null; pods: V1Pod[]; slices: V1EndpointSlice[]; events: CoreV1Event[] },
): void {
  const isHeard = (key: string) => (desktop.heardAt.get(key) ?? 0) > version;
  const merged = <T extends KubernetesObject>(kept: ReadonlyMap<string, T>, objects: readonly T[]): Map<string, T> => {
    const heard = [...kept].filter(([uid]) => isHeard(uid));
    const others = objects.map((object) => [uidOf(object), object] as const).filter(([uid]) => !isHeard(uid));
    return new Map([...heard, ...others]);
  };
  if (!isHeard(ofDeployment)) desktop.deployment = read.deployment;
  desktop.pods = merged(desktop.pods, read.pods);
  desktop.slices = merged(desktop.slices, read.slices);
  for (const event of read.events) if (!isHeard(uidOf(event))) keepIn(desktop.events, event, false);
}

export function uidOf(object: KubernetesObject | null): string {
  return object?.metadata?.uid ?? "";
}
