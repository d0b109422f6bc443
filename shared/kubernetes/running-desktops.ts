import type { KubernetesObject, V1Deployment } from "@kubernetes/client-node";
import { type NamingRules, personId } from "../desktop/names.ts";
import { ProductError } from "../errors.ts";
import type { Cluster } from "./cluster.ts";
import { knownDesktop } from "./deployed-desktops.ts";
import type { Following } from "./followed-kind.ts";
import { label, purpose } from "./labels.ts";
import type { Site } from "./manifests.ts";
import { sharedRead } from "./shared-read.ts";

/** In which workspaces desktops run or are to run, by person. */
export type WhoRuns = ReadonlyMap<string, readonly string[]>;

/** Who has a desktop, for a limit of desktops: everybody who waits asks, again and again. */
export interface RunningDesktops {
  find(): Promise<WhoRuns>;
  close(): void;
}

const kind = { apiVersion: "apps/v1", kind: "Deployment" };
const labels = `${label.purpose}=${purpose.desktop}`;

/** A connection may be dead without a sign: what its watch did not tell is found so late. */
const listedMilliseconds = 60_000;
/** Longer than anybody waits for their turn without looking. */
const idleMilliseconds = 5 * 60_000;

interface Running {
  person: string;
  workspace: string;
}

/**
 * Lists the desktops once, and follows their changes as long as somebody asks. Lists again every minute, after each end of the
 * watch, and each time if watching is not allowed.
 *
 * @param now a monotonic clock in milliseconds
 */
export function runningDesktopsIn(
  cluster: Pick<Cluster, "follow" | "pages">,
  { namespace }: Pick<Site, "namespace">,
  rules: NamingRules,
  now: () => number = () => performance.now(),
): RunningDesktops {
  let following: Following | undefined;
  let idle: NodeJS.Timeout | undefined;
  /** By the name of the Deployment. */
  let running = new Map<string, Running>();
  /** What was heard of during a list, which may be newer than what that shows; null: it does not run. */
  let heard = new Map<string, Running | null>();
  /** Null: something may have been missed. */
  let listedAt: number | null = null;
  let misses = 0;
  let byPerson: WhoRuns | undefined;

  const follower = {
    changed(type: string, object: KubernetesObject) {
      const name = object.metadata?.name ?? "";
      const runs = type === "DELETED" ? null : runningOf(object, rules);
      heard.set(name, runs);
      take(name, runs);
    },
    missed() {
      misses += 1;
      listedAt = null;
    },
    interrupted() {
      follower.missed();
    },
  };

  function take(name: string, runs: Running | null): void {
    if (runs === null ? !running.delete(name) : running.get(name)?.workspace === runs.workspace) return;
    if (runs) running.set(name, runs);
    byPerson = undefined;
  }

  const list = sharedRead(async () => {
    // Whoever comes during a list gets the next one, which is not needed if changes are heard of since.
    if (isFresh()) return;
    const before = misses;
    heard = new Map();
    const found = new Map<string, Running>();
    for await (const page of cluster.pages<V1Deployment>(kind, namespace, { labels }))
      for (const deployment of page) {
        const runs = runningOf(deployment, rules);
        if (runs) found.set(deployment.metadata?.name ?? "", runs);
      }
    running = found;
    byPerson = undefined;
    for (const [name, runs] of heard) take(name, runs);
    if (misses === before) listedAt = now();
  });

  function isFresh(): boolean {
    return listedAt !== null && now() - listedAt < listedMilliseconds;
  }

  function close(): void {
    clearTimeout(idle);
    following?.close();
    following = undefined;
    follower.missed();
  }

  return {
    async find() {
      clearTimeout(idle);
      idle = setTimeout(close, idleMilliseconds);
      idle.unref();
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
      following ??= cluster.follow(kind, namespace, { path, labels }, follower);
      const isHeard = await following.live().then(
        () => true,
        (error: unknown) => {
          if (error instanceof ProductError && error.code === "cluster-not-allowed") return false;
          throw error;
        },
      );
      if (!isHeard) follower.missed();
      if (!isFresh()) await list();
      return (byPerson ??= group(running.values()));
    },
    close,
  };
}

function runningOf(object: KubernetesObject, rules: NamingRules): Running | null {
  const [desktop] = knownDesktop(object, rules);
  if (!desktop || desktop.replicas === 0) return null;
  return { person: personId(desktop.username), workspace: desktop.workspace };
}

function group(running: Iterable<Running>): WhoRuns {
  const all = new Map<string, string[]>();
  for (const { person, workspace } of running) all.set(person, [...(all.get(person) ?? []), workspace]);
  return all;
}
