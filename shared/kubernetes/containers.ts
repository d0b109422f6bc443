import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";

/** What a container's status says, and which event of its pod would say more. */
export interface ContainerWords {
  message: string;
  /** No waiting cures it. */
  hopeless: boolean;
  outsaidBy: "any event" | "a warning" | "nothing";
}

/** Waiting reasons that no waiting cures: the image or the container's definition is wrong. */
const hopelessReasons = [
  "ImagePullBackOff",
  "InvalidImageName",
  "CreateContainerConfigError",
  "ErrImageNeverPull",
] as readonly (string | undefined)[];
/** How often a container may crash before we say that it cannot start. */
const crashesAllowed = 2;

/**
 * What holds a pod up, from its init containers and containers, those too that an admission controller put in; null where
 * none has a status yet.
 *
 * @param own the desktop's container; all others are called by their names
 */
export function judgeContainers({ status }: V1Pod, own: string | undefined): ContainerWords | null {
  const { initContainerStatuses: before = [], containerStatuses = [] } = status ?? {};
  const isOwn = ({ name }: V1ContainerStatus) => name === (own ?? containerStatuses[0]?.name);
  const initialized = condition(status?.conditions, "Initialized")?.status === "True";
  // A kubelet orders the statuses by name: the desktop's need not be the first.
  const ordered = [...containerStatuses].sort((one, other) => Number(isOwn(other)) - Number(isOwn(one)));
  const judged = [
    ...before.map((each) => ({ ...judge(each, `init container ${each.name}`), holds: !each.ready && !initialized })),
    ...ordered.map((each) => ({
      ...judge(each, isOwn(each) ? "the container" : `container ${each.name}`),
      holds: !each.ready,
    })),
  ];
  const holding = judged.filter(({ holds }) => holds);
  return (
    judged.find(({ hopeless }) => hopeless) ??
    holding.find(({ outsaidBy }) => outsaidBy === "nothing") ??
    holding[0] ??
    null
  );
}

function judge({ state = {}, lastState, restartCount }: V1ContainerStatus, name: string): ContainerWords {
  const { waiting, terminated } = state;
  // The first start is no restart.
  const crashes = restartCount + 1;
  if (waiting?.reason === "CrashLoopBackOff")
    return {
      message: crashWords(name, crashes, lastState?.terminated),
      hopeless: crashes > crashesAllowed,
      outsaidBy: "nothing",
    };
  if (waiting) {
    const message = words(waiting.reason, waiting.message);
    return {
      message: name === "the container" ? message : `${name}: ${message}`,
      hopeless: hopelessReasons.includes(waiting.reason),
      outsaidBy: waiting.message ? "nothing" : "any event",
    };
  }
  if (terminated)
    return { message: crashWords(name, crashes, terminated), hopeless: false, outsaidBy: "nothing" };
  const running = name.startsWith("init") ? `${name} runs` : `${name} runs and is not ready yet`;
  return { message: running, hopeless: false, outsaidBy: "a warning" };
}

/** `the container crashed 3 times, last with exit code 137 (OOMKilled): <what it left as its last words>` */
function crashWords(name: string, crashes: number, last: V1ContainerStateTerminated | undefined): string {
  const times = crashes === 1 ? "once" : `${crashes} times, last`;
  const how = last ? ` with exit code ${last.exitCode}${last.reason ? ` (${last.reason})` : ""}` : "";
  return words(`${name} crashed ${times}${how}`.replace(/, last$/, ""), last?.message);
}

export function words(reason = "waiting", message?: string): string {
  const lastWords = message?.replace(/\s+/g, " ").trim() ?? "";
  return lastWords === "" ? reason : `${reason}: ${lastWords}`;
}
