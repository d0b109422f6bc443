import type { CoreV1Event, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import type { Sighting } from "../desktop/activities.ts";
import { refuse } from "../errors.ts";
import { isWithoutPullSecret, type Missing, wordsFor } from "./asked-for.ts";
import { desktopContainer } from "./labels.ts";
import { faultOfContainer, type StartFault } from "./start-faults.ts";

/** How often a container may be started again before we say that it cannot start. */
const restartsAllowed = 2;
const theOnly = "the container";

/**
 * Ends that say nothing of the image: the policy's memory limit, and a container that a node lost (kubernetes v1.36.0,
 * pkg/kubelet/container/runtime.go, ContainerReasonStatusUnknown).
 */
const notOfImage: ReadonlySet<string> = new Set(["OOMKilled", "ContainerStatusUnknown"]);

/** What is seen of a start, and if a refusal blames the desktop's image: then no other start of it will do better. */
export type StartVerdict = Sighting & { blamesImage?: true };

/** What else is known of the pod of a container. */
export interface PodFacts {
  events: readonly CoreV1Event[];
  /** Of what the kubelet says is missing, what the API does not have either. */
  missing: readonly Missing[];
}

/** The containers that the pod waits for: the init containers one after the other, with the sidecars among them, then all others. */
export function unfinished({ spec, status }: V1Pod): V1ContainerStatus[] {
  const isSidecar = ({ name }: V1ContainerStatus) =>
    spec?.initContainers?.some((container) => container.name === name && container.restartPolicy === "Always") ?? false;
  const first = status?.initContainerStatuses ?? [];
  const sidecars = first.filter((container) => isSidecar(container) && !container.ready);
  const next = first.find((each) => !isSidecar(each) && !each.ready && each.state?.terminated?.exitCode !== 0);
  const main = (status?.containerStatuses ?? []).filter(({ ready }) => !ready);
  return [...sidecars, ...(next ? [next] : main)];
}

/** What a container's state says; a message of null is less than an event says. */
export function judgeContainer(
  pod: V1Pod,
  container: V1ContainerStatus,
  facts: PodFacts,
): StartVerdict | { seen: "waiting"; message: null } {
  const name = nameIn(pod, container);
  const { state, restartCount } = container;
  const { reason = "" } = state?.waiting ?? {};
  const image = imageOf(pod, container);
  const message = messageOf(container, image, facts.events);
  // An image that an admission controller adds is not the desktop's.
  const refuseImage = (words: string): StartVerdict => ({
    ...refuse("cannot-start", words),
    ...(container.name === desktopContainer && { blamesImage: true }),
  });

  if (isCrash(container)) {
    const crash = state?.terminated ?? container.lastState?.terminated;
    const cause = words(
      `exit code ${crash?.exitCode}${crash?.reason === undefined ? "" : ` (${crash.reason})`}`,
      crash?.message,
    );
    if (faultOfContainer(crash?.reason ?? "", crash?.message ?? "", image)?.then === "ends")
      return refuseImage(`${name} cannot be run: ${cause}`);
    if (reason === "CrashLoopBackOff" && restartCount >= restartsAllowed) {
      const crashes = `${name} crashed ${restartCount + 1} times, last with ${cause}`;
      return notOfImage.has(crash?.reason ?? "") ? refuse("cannot-start", crashes) : refuseImage(crashes);
    }
    return { seen: "waiting", message: `${name} crashed with ${cause}` };
  }

  const said = `${name === theOnly ? "" : `${name}: `}${words(reason, message)}`;
  const missing = facts.missing.find(({ forPull }) => !forPull);
  if (missing && state?.waiting) return refuse("cannot-start", `${said} (${wordsFor(missing)})`);
  const fault = faultOfContainer(reason, message, image);
  if (fault && endsAt(fault, facts)) {
    const pullSecret = facts.missing.find(({ forPull }) => forPull);
    if (pullSecret) return refuse("cannot-start", `${said} (${wordsFor(pullSecret)})`);
    return fault.dependsOnPolicy ? refuse("cannot-start", said) : refuseImage(said);
  }
  return { seen: "waiting", message: message === "" ? null : said };
}

/** True if waiting does not help. A kubelet that pulled without a Secret that is there has it the next time. */
function endsAt({ then, needsCredentials }: StartFault, { events, missing }: PodFacts): boolean {
  const mayHaveItNextTime = events.some(isWithoutPullSecret) && !missing.some(({ forPull }) => forPull);
  return then === "ends" && !(needsCredentials === true && mayHaveItNextTime);
}

function isCrash({ state, lastState }: V1ContainerStatus): boolean {
  if (state?.terminated) return true;
  const { reason = "CrashLoopBackOff" } = state?.waiting ?? {};
  return !state?.running && lastState?.terminated !== undefined && reason === "CrashLoopBackOff";
}

/**
 * What a state says. Before 1.32 ImagePullBackOff did not say why the pull failed (kubernetes/kubernetes #127918); then the
 * event of the failed pull does.
 */
function messageOf({ state, name }: V1ContainerStatus, image: string, events: readonly CoreV1Event[]): string {
  const { reason = "", message = "" } = state?.waiting ?? {};
  if (reason !== "ImagePullBackOff" || !/^Back-off pulling image "[^"]*"$/.test(message)) return message;
  const failed = newestOf(
    events.filter(
      ({ reason, message = "", involvedObject }) =>
        reason === "Failed" &&
        message.startsWith("Failed to pull image") &&
        (involvedObject.fieldPath === undefined
          ? message.includes(image)
          : involvedObject.fieldPath.endsWith(`{${name}}`)),
    ),
  );
  return failed?.message ?? message;
}

function imageOf({ spec }: V1Pod, { name, image }: V1ContainerStatus): string {
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return all.find((container) => container.name === name)?.image ?? image;
}

/** Named if there are several: an admission controller may add some. */
function nameIn({ status }: V1Pod, { name }: V1ContainerStatus): string {
  const several = (status?.initContainerStatuses ?? []).length + (status?.containerStatuses ?? []).length > 1;
  return several ? `the container ${name}` : theOnly;
}

/**
 * Some sources give whole seconds, others microseconds: events of the same second are distinguished by their versions, which
 * grow (kubernetes/enhancements, KEP-5504).
 */
export function newestOf(events: readonly CoreV1Event[]): CoreV1Event | undefined {
  const at = ({ series, lastTimestamp, eventTime, metadata }: CoreV1Event) =>
    Math.floor(
      new Date(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0).getTime() /
        1_000,
    );
  const version = ({ metadata }: CoreV1Event) => Number(metadata.resourceVersion ?? 0);
  return events.toSorted((one, other) => at(other) - at(one) || version(other) - version(one))[0];
}

export function words(reason = "waiting", message?: string): string {
  return message === undefined || message === "" ? reason : `${reason}: ${message}`;
}
