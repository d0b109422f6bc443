import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";

/** A Secret, a ConfigMap, or a key of one, that a kubelet says is missing. */
export interface Missing {
  kind: "Secret" | "ConfigMap";
  name: string;
  key?: string | undefined;
  /** It is a Secret for pulling images. A pod can do without it if the image is on the node, or public. */
  forPull?: true;
}

/** How kubelets say it: client-go's NotFound, pkg/kubelet/kubelet_pods.go, and the event of a volume that waits (1.37). */
const notFound = /\b(secret|configmap)s? "([^"]+)" not found/gi;
const noKey = /couldn't find key (\S+) in (Secret|ConfigMap) [^\s/]+\/([^\s,:"]+)/gi;
/** pkg/kubelet/kubelet_pods.go, getPullSecretsForPod (1.28 and later; earlier ones only logged it). */
const noPullSecrets = /image pull secrets \(([^)]*)\)/;

/**
 * What the kubelet says is missing for a pod. It may be wrong: its own copy of an object that is there may be late. Whether
 * an object is really missing only the API knows.
 */
export function missingFor({ status }: V1Pod, events: readonly CoreV1Event[]): Missing[] {
  const states = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const messages = [
    ...states.map(({ state }) => state?.waiting?.message ?? ""),
    ...events.filter(({ reason }) => reason === "FailedMount").map(({ message = "" }) => message),
  ];
  const found = messages.flatMap((message): Missing[] => [
    ...[...message.matchAll(notFound)].map(([, kind = "", name = ""]) => ({ kind: kindOf(kind), name })),
    ...[...message.matchAll(noKey)].map(([, key, kind = "", name = ""]) => ({ kind: kindOf(kind), name, key })),
  ]);
  const pullSecrets = events
    .filter(isWithoutPullSecret)
    .flatMap(({ message = "" }) => noPullSecrets.exec(message)?.[1]?.split(", ") ?? [])
    .map((name): Missing => ({ kind: "Secret", name, forPull: true }));
  return [...found, ...pullSecrets];
}

/** True if the kubelet pulled without a Secret that the pod names, because it could not read it. */
export function isWithoutPullSecret({ reason }: CoreV1Event): boolean {
  return reason === "FailedToRetrieveImagePullSecret";
}

export function wordsFor({ kind, name, key }: Missing): string {
  return key === undefined ? `${kind} ${name} does not exist` : `${kind} ${name} has no key ${key}`;
}

function kindOf(text: string): Missing["kind"] {
  return text.toLowerCase() === "secret" ? "Secret" : "ConfigMap";
}
