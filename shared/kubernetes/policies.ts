import type { V1ConfigMap } from "@kubernetes/client-node";
import type { OwnPolicy } from "../desktop/policy.ts";
import { objectName } from "../desktop/policy-text.ts";
import type { Cluster } from "./cluster.ts";
import { label, purpose } from "./labels.ts";

/**
 * The policies that workspaces can choose from: ConfigMaps next to the desktops. People who may write workspaces choose
 * one; only people who may write to that namespace can create one. A ConfigMap counts only if its owner marked it: others, the
 * records of people among them, were written for something else.
 */
export interface Policies {
  /** A policy's texts by field, or why there are none. */
  read(name: string): Promise<OwnPolicy>;
}

export function policiesIn(cluster: Cluster, namespace: string): Policies {
  return {
    async read(name) {
      if (!objectName.test(name)) return "missing"; // an annotation can hold anything, also what would be another path
      const found = await cluster.read<V1ConfigMap>({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace },
      });
      if (!found) return "missing";
      return found.metadata?.labels?.[label.purpose] === purpose.policy ? (found.data ?? {}) : "not marked";
    },
  };
}
