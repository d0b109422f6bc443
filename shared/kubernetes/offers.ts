import type { EnvironmentSource } from "../desktop/policy-text.ts";
import type { Cluster } from "./cluster.ts";
import { label } from "./labels.ts";

/** The Secrets and ConfigMaps that policies may give to desktops: those that their owners marked. */
export interface Offers {
  /** What is wrong with these: missing ones too, since a pod that waits for them would take them unmarked. */
  faults(sources: readonly EnvironmentSource[]): Promise<string[]>;
}

export function offersIn(cluster: Cluster, namespace: string): Offers {
  return {
    async faults(sources) {
      const found = await Promise.all(
        sources.map(async ({ kind: word, name }) => {
          const kind = word === "secret" ? "Secret" : "ConfigMap";
          const object = await cluster.readMetadata({ apiVersion: "v1", kind, metadata: { name, namespace } });
          if (!object) return [`${kind} ${name} does not exist`];
          return object.metadata?.labels?.[label.offeredTo] === "desktops"
            ? []
            : [`${kind} ${name} is not offered to desktops (its owner sets the label ${label.offeredTo}=desktops)`];
        }),
      );
      return found.flat();
    },
  };
}
