import type { V1DaemonSet, V1Deployment } from "@kubernetes/client-node";
import { ProductError } from "../errors.ts";
import type { ImagesForNodes } from "../lifecycle/images-ahead.ts";
import type { Cluster } from "./cluster.ts";
import { placeholdersManifest, placeholdersName, type PlacePolicy, pullerManifest } from "./fast-start-manifests.ts";
import { annotation, isOurs, label, purpose } from "./labels.ts";

/** What makes starts fast: images on the nodes before they are needed, and free places for desktops. */
export interface FastStarts {
  /** Pulls these images, and stops pulling others. Returns what was changed, in words. */
  pull(groups: readonly ImagesForNodes[]): Promise<string[]>;
  /** Keeps that many places free. Returns true if it was another number, or other places. */
  keepFree(places: number, policy: PlacePolicy): Promise<boolean>;
  /** Keeps no places free any more, and removes what did. */
  removePlaceholders(): Promise<boolean>;
}

const daemonSet = { apiVersion: "apps/v1", kind: "DaemonSet" } as const;

/** Objects of the same names that somebody else made are left alone: `not-ours` is thrown. */
export function fastStartsIn(cluster: Cluster, namespace: string): FastStarts {
  const labels = `${label.purpose}=${purpose.imagePuller}`;
  /** Whoever wants none may not be allowed to ask for DaemonSets: without pods there is none that does anything. */
  const mayBeThere = async () =>
    (await cluster.list({ apiVersion: "v1", kind: "Pod" }, namespace, { labels })).length > 0;
  const placeholders = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: placeholdersName, namespace } };

  return {
    async pull(groups) {
      const done: string[] = [];
      const wanted = groups.map((group) => pullerManifest(group, namespace));
      for (const manifest of wanted) {
        const name = manifest.metadata?.name ?? "";
        const found = await cluster.read<V1DaemonSet>({ ...daemonSet, metadata: { name, namespace } });
        if (found && !isOurs(found)) throw notOurs(`the DaemonSet ${name}`);
        if (found && isMadeFromTheSame(found, manifest)) continue;
        await cluster.apply(manifest);
        done.push(`pull the images of ${name}`);
      }
      if (wanted.length === 0 && !(await mayBeThere())) return done;
      const there = await cluster.list<V1DaemonSet>(daemonSet, namespace, { labels });
      const names = new Set(wanted.map(({ metadata }) => metadata?.name));
      for (const left of there.filter(isOurs)) {
        if (names.has(left.metadata?.name)) continue;
        await cluster.remove(left);
        done.push(`stop pulling the images of ${left.metadata?.name ?? ""}`);
      }
      return done;
    },

    async keepFree(places, policy) {
      const manifest = placeholdersManifest(policy, places, namespace);
      const found = await cluster.read<V1Deployment>(placeholders);
      if (found && !isOurs(found)) throw notOurs(`the Deployment ${placeholdersName}`);
      // Somebody may have scaled it by hand.
      if (found && isMadeFromTheSame(found, manifest) && found.spec?.replicas === places) return false;
      if (!found && places === 0) return false;
      await cluster.apply(manifest);
      return true;
    },

    async removePlaceholders() {
      const found = await cluster.read<V1Deployment>(placeholders);
      if (!found || !isOurs(found)) return false;
      await cluster.remove(found);
      return true;
    },
  };
}

function isMadeFromTheSame(found: V1DaemonSet | V1Deployment, manifest: V1DaemonSet | V1Deployment): boolean {
  const of = ({ metadata }: V1DaemonSet | V1Deployment) => metadata?.annotations?.[annotation.madeFrom];
  return of(found) === of(manifest);
}

function notOurs(what: string): ProductError {
  return new ProductError("not-ours", `prepare fast starts: ${what} is not ours (rename it, or turn them off)`);
}
