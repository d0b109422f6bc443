import type { CoreV1Event, KubernetesObject, V1Deployment, V1EndpointSlice, V1Pod } from "@kubernetes/client-node";
import type { DesktopNames } from "../desktop/names.ts";
import type { Cluster, Reference } from "./cluster.ts";
import type { Following } from "./followed-kind.ts";
import { label } from "./labels.ts";
import { currentPod, type StartFacts } from "./readiness.ts";

/** What is known of a desktop that is starting. `version` changes with every news of it. */
export type Known = Omit<StartFacts, "missing"> & { version: number };

/**
 * The desktops that this process waits for. One watch of each kind serves all of them and carries the objects, so that a
 * wait reads next to nothing. It runs as long as somebody waits.
 */
export interface StartingDesktops {
  /** Makes sure that everything is heard of that comes of a desktop of which nothing is there yet. */
  expectNew(names: DesktopNames): Promise<void>;
  /** Takes the Deployment of such a desktop as the API server answered: nothing has to be read. */
  begin(names: DesktopNames, deployment: V1Deployment): void;
  /** What is there of a desktop. Reads it unless this process heard of it in the last seconds. */
  look(names: DesktopNames): Promise<Known>;
  /** Resolves at news since that version, or when the time is up. */
  next(names: DesktopNames, version: number, milliseconds: number): Promise<void>;
  /** Calls back once, at the first news since that version that `isNews`; false if there is some already. */
  tellOnce(names: DesktopNames, version: number, isNews: (known: Known) => boolean, tell: () => void): boolean;
  forget(names: DesktopNames): void;
  close(): void;
}

/** What was heard of so recently is not read again. */
const freshMilliseconds = 10_000;
/** Nobody waits for longer without looking. */
const keptMilliseconds = 60_000;

interface Interest {
  names: DesktopNames;
  deployment: V1Deployment | null;
  pods: Map<string, V1Pod>;
  slices: Map<string, V1EndpointSlice>;
  events: Map<string, CoreV1Event>;
  version: number;
  /** When it was last read or heard of; null if it has to be read. */
  confirmedAt: number | null;
  usedAt: number;
  waiting: Set<() => void>;
  told: { isNews: (known: Known) => boolean; tell: () => void } | undefined;
}

export function startingDesktopsIn(
  cluster: Cluster,
  namespace: string,
  now: () => number = () => performance.now(),
): StartingDesktops {
  const interests = new Map<string, Interest>();
  let followings: Following[] = [];
  let sweeper: NodeJS.Timeout | undefined;

  const byDeployment = (name: string | undefined) => (name === undefined ? undefined : interests.get(name));
  const follow = <T extends KubernetesObject>(
    kind: Pick<Reference, "apiVersion" | "kind">,
    path: string,
    selectors: { labels?: string; fields?: string },
    interestOf: (object: T) => Interest | undefined,
    keep: (interest: Interest, object: T, isGone: boolean) => void,
  ) =>
    cluster.follow(
      kind,
      namespace,
      { path, ...selectors },
      {
        changed(type, object) {
          const interest = interestOf(object as T);
          if (!interest) return;
          keep(interest, { ...object, ...kind } as T, type === "DELETED");
          heardOf(interest);
        },
        missed() {
          for (const interest of interests.values()) interest.confirmedAt = null;
        },
      },
    );

  function start(): Promise<unknown> {
    if (followings.length === 0) {
      followings = [
        follow<V1Deployment>(
          { apiVersion: "apps/v1", kind: "Deployment" },
          `/apis/apps/v1/namespaces/${namespace}/deployments`,
          {},
          ({ metadata }) => byDeployment(metadata?.name),
          (interest, deployment, isGone) => (interest.deployment = isGone ? null : deployment),
        ),
        follow<V1Pod>(
          { apiVersion: "v1", kind: "Pod" },
          `/api/v1/namespaces/${namespace}/pods`,
          { labels: label.deploymentName },
          ({ metadata }) => byDeployment(metadata?.labels?.[label.deploymentName]),
          ({ pods }, pod, isGone) => {
            keepIn(pods, pod, isGone);
          },
        ),
        follow<V1EndpointSlice>(
          { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" },
          `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
          {},
          ({ metadata }) => byService(metadata?.labels?.["kubernetes.io/service-name"]),
          ({ slices }, slice, isGone) => {
            keepIn(slices, slice, isGone);
          },
        ),
        follow<CoreV1Event>(
          { apiVersion: "v1", kind: "Event" },
          `/api/v1/namespaces/${namespace}/events`,
          { fields: "involvedObject.kind=Pod" },
          // A pod is called DEPLOYMENT-HASH-RANDOM.
          ({ involvedObject }) => byDeployment(involvedObject.name?.replace(/-[^-]+-[^-]+$/, "")),
          ({ events }, event, isGone) => {
            keepIn(events, event, isGone);
          },
        ),
      ];
      sweeper = setInterval(sweep, keptMilliseconds / 2);
      sweeper.unref();
    }
    return Promise.all(followings.map((each) => each.live()));
  }

  function byService(name: string | undefined): Interest | undefined {
    if (name === undefined) return undefined;
    for (const interest of interests.values()) if (interest.names.service === name) return interest;
    return undefined;
  }

  function heardOf(interest: Interest): void {
    interest.version += 1;
    if (interest.confirmedAt !== null) interest.confirmedAt = now();
    for (const wake of interest.waiting) wake();
    const { told } = interest;
    if (told?.isNews(knownOf(interest)) !== true) return;
    interest.told = undefined;
    told.tell();
  }

  function sweep(): void {
    for (const [name, { usedAt, waiting }] of interests)
      if (waiting.size === 0 && now() - usedAt > keptMilliseconds) interests.delete(name);
    if (interests.size === 0) stop();
  }

  function stop(): void {
    for (const each of followings) each.close();
    followings = [];
    clearInterval(sweeper);
  }

  function interestIn(names: DesktopNames): Interest {
    const known = interests.get(names.deployment);
    const interest: Interest = known ?? {
      ...{ names, deployment: null, version: 0, confirmedAt: null, usedAt: now(), told: undefined },
      ...{ pods: new Map(), slices: new Map(), events: new Map(), waiting: new Set() },
    };
    interest.usedAt = now();
    interests.set(names.deployment, interest);
    return interest;
  }

  async function read(interest: Interest): Promise<void> {
    const { deployment: name, service } = interest.names;
    const labels = `${label.deploymentName}=${name}`;
    const slices = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };
    const before = interest.version;
    const [deployment, pods, found] = await Promise.all([
      cluster.read<V1Deployment>({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace } }),
      cluster.list<V1Pod>({ apiVersion: "v1", kind: "Pod" }, namespace, { labels }),
      cluster.list<V1EndpointSlice>(slices, namespace, { labels: `kubernetes.io/service-name=${service}` }),
    ]);
    const uid = currentPod({ deployment, pods })?.metadata?.uid;
    const events =
      uid === undefined
        ? []
        : await cluster.list<CoreV1Event>({ apiVersion: "v1", kind: "Event" }, namespace, {
            fields: `involvedObject.uid=${uid}`,
          });
    // What was heard of meanwhile is at least as new.
    if (interest.version === before || interest.confirmedAt === null) {
      interest.deployment = deployment;
      interest.pods = byUid(pods);
      interest.slices = byUid(found);
    }
    for (const event of events) keepIn(interest.events, event, false);
    interest.confirmedAt = now();
  }

  return {
    async expectNew(names) {
      interestIn(names);
      await start();
    },
    begin(names, deployment) {
      const interest = interestIn(names);
      interest.deployment ??= deployment;
      interest.confirmedAt = now();
    },
    async look(names) {
      const interest = interestIn(names);
      await start();
      if (interest.confirmedAt === null || now() - interest.confirmedAt > freshMilliseconds) await read(interest);
      return knownOf(interest);
    },
    async next(names, version, milliseconds) {
      const interest = interestIn(names);
      if (interest.version !== version) return;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const wake = () => {
        resolve(undefined);
      };
      const timer = setTimeout(wake, milliseconds);
      interest.waiting.add(wake);
      await promise;
      clearTimeout(timer);
      interest.waiting.delete(wake);
    },
    tellOnce(names, version, isNews, tell) {
      const interest = interestIn(names);
      if (interest.version !== version && isNews(knownOf(interest))) return false;
      interest.told = { isNews, tell };
      return true;
    },
    forget({ deployment }) {
      interests.delete(deployment);
    },
    close: stop,
  };
}

function knownOf({ deployment, pods, slices, events, version }: Interest): Known {
  const facts = { deployment, pods: [...pods.values()], slices: [...slices.values()] };
  const uid = currentPod(facts)?.metadata?.uid;
  const own = [...events.values()].filter(({ involvedObject }) => involvedObject.uid === uid);
  return { ...facts, events: own, version };
}

function keepIn<T extends KubernetesObject>(kept: Map<string, T>, object: T, isGone: boolean): void {
  const uid = object.metadata?.uid ?? "";
  if (isGone) kept.delete(uid);
  else kept.set(uid, object);
}

function byUid<T extends KubernetesObject>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((object) => [object.metadata?.uid ?? "", object]));
}
