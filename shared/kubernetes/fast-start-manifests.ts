import { createHash } from "node:crypto";
import type { V1Container, V1DaemonSet, V1Deployment, V1PodTemplateSpec } from "@kubernetes/client-node";
import type { DesktopPolicy } from "../desktop/policy.ts";
import type { ImagesForNodes } from "../lifecycle/images-ahead.ts";
import { annotation, label, manager, purpose } from "./labels.ts";

/** The PriorityClass of infra/kubernetes/components/fast-starts/fast-starts.yaml: below desktops, which take the place of these pods. */
const priorityClass = "desktop-placeholder";

export const placeholdersName = "desktop-placeholders";

/**
 * Does nothing until it is killed. Every image of a desktop has a shell. One that has none is pulled all the same, since the
 * node pulls an image before it finds that the command is not there.
 */
const asleep = ["/bin/sh", "-c", "exec sleep 2147483647"];

/** Within Kubernetes' "restricted" standard, whichever account the image usually runs as. */
const confined: NonNullable<V1Container["securityContext"]> = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};
const nobody = 65_534;

/** What a desktop's place takes, and where it may be. */
export type PlacePolicy = Pick<
  DesktopPolicy,
  "image" | "pullSecrets" | "nodeSelector" | "tolerations" | "cpuRequest" | "memoryRequest" | "ephemeralStorageRequest"
>;

/**
 * A pod on each of these nodes that has their images. Each image is a container of its own: with init containers, which
 * run one after the other, an image that cannot be pulled would keep those after it from being pulled. Since the containers
 * stay, the node does not remove their images when its disk fills up.
 */
export function pullerManifest(group: ImagesForNodes, namespace: string): V1DaemonSet {
  const name = `desktop-image-puller-${hashOf({ at: [group.nodeSelector, group.tolerations] })}`;
  const containers = group.images.map((image, index) => ({
    name: `image-${index}`,
    image,
    command: asleep,
    resources: { requests: { cpu: "1m", memory: "4Mi" }, limits: { cpu: "50m", memory: "32Mi" } },
    securityContext: confined,
  }));
  const labels = { [label.purpose]: purpose.imagePuller, [label.managedBy]: manager };
  const selector = { [label.purpose]: purpose.imagePuller, "app.kubernetes.io/instance": name };
  const spec = {
    selector: { matchLabels: selector },
    // Every node pulls a new image at once: a desktop may come to any of them next.
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
    template: templateOf(selector, group, containers),
  };
  const metadata = { name, namespace, labels, annotations: madeFrom(spec) };
  return { apiVersion: "apps/v1", kind: "DaemonSet", metadata, spec };
}

/** Pods that each keep a desktop's place free until a desktop takes it. They have its image, so its node has it too. */
export function placeholdersManifest(policy: PlacePolicy, replicas: number, namespace: string): V1Deployment {
  const place = {
    cpu: policy.cpuRequest,
    memory: policy.memoryRequest,
    "ephemeral-storage": policy.ephemeralStorageRequest,
  };
  const labels = { [label.purpose]: purpose.placeholder };
  const container = {
    name: "placeholder",
    image: policy.image,
    command: asleep,
    resources: { requests: place, limits: place },
    securityContext: confined,
  };
  const spec = {
    replicas,
    revisionHistoryLimit: 0,
    strategy: { type: "Recreate" },
    selector: { matchLabels: labels },
    template: templateOf(labels, policy, [container]),
  };
  const annotations = madeFrom(spec);
  const metadata = {
    name: placeholdersName,
    namespace,
    labels: { ...labels, [label.managedBy]: manager },
    annotations,
  };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
}

function templateOf(
  labels: Record<string, string>,
  {
    nodeSelector,
    tolerations,
    pullSecrets,
  }: Pick<DesktopPolicy, "nodeSelector" | "tolerations"> & { pullSecrets: readonly string[] },
  containers: V1Container[],
): V1PodTemplateSpec {
  return {
    metadata: { labels },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      priorityClassName: priorityClass,
      // A desktop waits for the end of the pod whose place it takes.
      terminationGracePeriodSeconds: 1,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: nobody,
        runAsGroup: nobody,
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
      ...(Object.keys(nodeSelector).length > 0 && { nodeSelector: { ...nodeSelector } }),
      ...(tolerations.length > 0 && { tolerations: [...tolerations] }),
      containers,
    },
  };
}

/** What it was made from, so that the same is not written again. */
function madeFrom(spec: V1DaemonSet["spec"] | V1Deployment["spec"]): Record<string, string> {
  return { [annotation.madeFrom]: hashOf(spec) };
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);
}
