import type { Day } from "../desktop/day.ts";
import type { Workspace } from "../desktop/entitlement.ts";
import type { DesktopPolicy } from "../desktop/policy.ts";

/** Images for the nodes with these labels and taints. */
export interface ImagesForNodes extends Pick<DesktopPolicy, "nodeSelector" | "tolerations"> {
  /** Distinct, sorted. */
  images: readonly string[];
  pullSecrets: readonly string[];
}

/** A workspace with the policy of its desktops. */
export interface WithPolicy {
  workspace: Pick<Workspace, "availableFrom" | "expires">;
  policy: Pick<DesktopPolicy, "image" | "pullSecrets" | "nodeSelector" | "tolerations">;
}

/** True if people may use the workspace today. */
export function isOpen({ availableFrom, expires }: WithPolicy["workspace"], today: Day): boolean {
  return availableFrom <= today && today <= expires;
}

/**
 * The images that desktops of the open workspaces need, by the nodes that may run them. The same workspaces in another order
 * give the same.
 */
export function imagesAhead(all: readonly WithPolicy[], today: Day): ImagesForNodes[] {
  const byNodes = new Map<string, { nodes: Pick<ImagesForNodes, "nodeSelector" | "tolerations">; of: WithPolicy[] }>();
  for (const each of all) {
    if (!isOpen(each.workspace, today)) continue;
    const nodes = {
      nodeSelector: sortedByKey(each.policy.nodeSelector),
      tolerations: sortedByText(each.policy.tolerations),
    };
    const key = JSON.stringify(nodes);
    const group = byNodes.get(key) ?? { nodes, of: [] };
    group.of.push(each);
    byNodes.set(key, group);
  }
  return [...byNodes]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { nodes, of }]) => ({
      ...nodes,
      images: distinct(of.map(({ policy }) => policy.image)),
      pullSecrets: distinct(of.flatMap(({ policy }) => policy.pullSecrets)),
    }));
}

const distinct = (texts: readonly string[]) => [...new Set(texts)].sort();

function sortedByKey(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function sortedByText<T>(items: readonly T[]): T[] {
  return [...items].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}
