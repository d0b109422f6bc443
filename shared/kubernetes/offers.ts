import { objectName, type EnvironmentSource } from "../desktop/policy-text.ts";
import type { Cluster } from "./cluster.ts";
import { label } from "./labels.ts";

/** The Secrets and ConfigMaps that policies may give to desktops: those that their owners marked. */
export interface Offers {
  /** Which of these are there and not marked, as `Secret name`. What is missing is for the kubelet to tell. */
  notOffered(sources: readonly EnvironmentSource[]): Promise<string[]>;
}

export function offersIn(cluster: Cluster, namespace: string): Offers {
  return {
    async notOffered(sources) {
      const named = sources.filter(({ name }) => objectName.test(name));
      const found = await Promise.all(
        named.map(async ({ kind: word, name }) => {
          const kind = word === "secret" ? "Secret" : "ConfigMap";
          const object = await cluster.readMetadata({ apiVersion: "v1", kind, metadata: { name, namespace } });
          const isOffered = object?.metadata?.labels?.[label.offeredTo] === "desktops";
          return object && !isOffered ? [`${kind} ${name}`] : [];
        }),
      );
      return found.flat();
    },
  };
}
