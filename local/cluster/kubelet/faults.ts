import type { DatabaseSync } from "node:sqlite";

/** The ways in which a Deployment's pods can be made to fail. */
export type PodFault = (typeof all)[number];

const all = [
  /** The registry does not know the image. */
  "image-pull",
  /** The registry accepts no connection. */
  "registry-away",
  /** The kubelet's copy of a Secret is late. */
  "not-synced",
  /** The kubelet does not know the Secret that the pod's environment names. */
  "secret-not-seen",
  "crash-loop",
  "unschedulable",
  "quota",
  "never-ready",
  /** Running pods are evicted. */
  "evicted",
  /** Nothing confirms that a deleted pod is gone. */
  "node-lost",
] as const;

export interface Faults {
  /** Returns the fault of a Deployment, its namespace or an image; undefined if its pods should work. */
  of(namespace: string, deployment: string | undefined, images: readonly string[]): PodFault | undefined;
  /** Survives a restart. Without a deployment it applies to all pods of the namespace. */
  set(namespace: string, deployment: string | undefined, fault: PodFault | null): void;
}

/** Returns the fault in an image's name, such as `example.org/fault-image-pull:1`. */
export function faultOfImage(image: string): PodFault | undefined {
  const name = /([^/:@]+)(?:[:@][^/]*)?$/.exec(image)?.[1];
  return all.find((fault) => name === `fault-${fault}`);
}

export function openFaults(database: DatabaseSync): Faults {
  const set = new Map<string, PodFault>();
  const keyOf = (namespace: string, deployment: string): string => `${namespace}/${deployment}`;
  for (const row of database.prepare("SELECT namespace, deployment, fault FROM faults").all()) {
    const fault = all.find((each) => each === row["fault"]);
    if (fault !== undefined) set.set(keyOf(String(row["namespace"]), String(row["deployment"])), fault);
  }
  const write = database.prepare("INSERT OR REPLACE INTO faults (namespace, deployment, fault) VALUES (?, ?, ?)");
  const erase = database.prepare("DELETE FROM faults WHERE namespace = ? AND deployment = ?");
  return {
    of: (namespace, deployment, images) =>
      (deployment === undefined ? undefined : set.get(keyOf(namespace, deployment))) ??
      set.get(keyOf(namespace, "")) ??
      images.map(faultOfImage).find((fault) => fault !== undefined),
    set(namespace, deployment = "", fault) {
      if (fault === null) {
        set.delete(keyOf(namespace, deployment));
        erase.run(namespace, deployment);
      } else {
        set.set(keyOf(namespace, deployment), fault);
        write.run(namespace, deployment, fault);
      }
    },
  };
}
