import type { V1ConfigMap } from "@kubernetes/client-node";
import type { PolicyTexts } from "../desktop/policy.ts";
import { objectName } from "../desktop/policy-text.ts";
import type { Cluster } from "./cluster.ts";

/**
 * The policies that workspaces can choose from: ConfigMaps next to the desktops. People who may write workspaces choose
 * one; only people who may write to that namespace can create one.
 */
export interface Policies {
  /** A policy's texts by field, or null if there is no such ConfigMap. */
  read(name: string): Promise<PolicyTexts | null>;
}

export function policiesIn(cluster: Cluster, namespace: string): Policies {
  return {
    async read(name) {
      if (!objectName.test(name)) return null; // an annotation can hold anything, also what would be another path
      const found = await cluster.read<V1ConfigMap>({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace },
      });
      return found && (found.data ?? {});
    },
  };
}
