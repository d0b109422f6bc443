import type { CoreV1Event, KubernetesObject, V1Deployment, V1EndpointSlice, V1Pod } from "@kubernetes/client-node";
import type { DesktopNames } from "../desktop/names.ts";
import type { Cluster, Reference } from "./cluster.ts";
import type { Following } from "./followed-kind.ts";
import { label } from "./labels.ts";
import { currentPod } from "./readiness.ts";
import {
  keepDeployment,
  keepIn,
  type Known,
  knownOf,
  ofDeployment,
  type StartingDesktop,
  startingDesktop,
  takeRead,
  uidOf,
} from "./starting-desktop.ts";

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

export function startingDesktopsIn(
  cluster: Pick<Cluster, "follow" | "read" | "list">,
  namespace: string,
  now: () => number = () => performance.now(),
): StartingDesktops {
  const desktops = new Map<string, StartingDesktop>();
  let followings: Following[] = [];
  let sweeper: NodeJS.Timeout | undefined;
  let misses = 0;

  const byDeployment = (name: string | undefined) => (name === undefined ? undefined : desktops.get(name));
  const follow = <T extends KubernetesObject>(
    kind: Pick<Reference, "apiVersion" | "kind">,
    path: string,
    selectors: { labels?: string; fields?: string },
    desktopAbout: (object: T) => StartingDesktop | undefined,
    keep: (desktop: StartingDesktop, object: T, isGone: boolean) => void,
    keyOf: (object: T) => string = uidOf,
  ) =>
    cluster.follow(
      kind,
      namespace,
      { path, ...selectors },
      {
        changed(type, object) {
          const desktop = desktopAbout(object as T);
          if (!desktop) return;
          keep(desktop, { ...object, ...kind } as T, type === "DELETED");
          heardOf(desktop, keyOf(object as T));
        },
        missed() {
          misses += 1;
          for (const desktop of desktops.values()) desktop.confirmedAt = null;
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
          keepDeployment,
          () => ofDeployment,
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

  function byService(name: string | undefined): StartingDesktop | undefined {
    if (name === undefined) return undefined;
    for (const desktop of desktops.values()) if (desktop.names.service === name) return desktop;
    return undefined;
  }

  function heardOf(desktop: StartingDesktop, key: string): void {
    desktop.version += 1;
    desktop.heardAt.set(key, desktop.version);
    if (desktop.confirmedAt !== null) desktop.confirmedAt = now();
    for (const wake of desktop.waiting) wake();
    const { told } = desktop;
    if (told?.isNews(knownOf(desktop)) !== true) return;
    desktop.told = undefined;
    told.tell();
  }

  function sweep(): void {
    for (const [name, { usedAt, waiting }] of desktops)
      if (waiting.size === 0 && now() - usedAt > keptMilliseconds) desktops.delete(name);
    if (desktops.size === 0) stop();
  }

  function stop(): void {
    for (const each of followings) each.close();
    followings = [];
    clearInterval(sweeper);
  }

  function desktopOf(names: DesktopNames): StartingDesktop {
    const desktop = desktops.get(names.deployment) ?? startingDesktop(names);
    desktop.usedAt = now();
    desktops.set(names.deployment, desktop);
    return desktop;
  }

  async function read(desktop: StartingDesktop): Promise<void> {
    const { deployment: name, service } = desktop.names;
    const labels = `${label.deploymentName}=${name}`;
    const slices = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };
    const { version } = desktop;
    const missesBefore = misses;
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
    takeRead(desktop, version, { deployment, pods, slices: found, events });
    // What was missed during the read may be newer than it.
    if (misses === missesBefore) desktop.confirmedAt = now();
  }

  return {
    async expectNew(names) {
      const desktop = desktopOf(names);
      // Unless `begin` says what is there, it has to be read: the creation may have succeeded without an answer.
      desktop.confirmedAt = null;
      await start();
      desktop.missesBefore = misses;
    },
    begin(names, deployment) {
      const desktop = desktopOf(names);
      // The news of this very object may have been quicker than the answer.
      if (uidOf(desktop.deployment) !== uidOf(deployment)) desktop.deployment = deployment;
      if (desktop.missesBefore === misses) desktop.confirmedAt = now();
    },
    async look(names) {
      const desktop = desktopOf(names);
      await start();
      if (desktop.confirmedAt === null || now() - desktop.confirmedAt > freshMilliseconds) await read(desktop);
      return knownOf(desktop);
    },
    async next(names, version, milliseconds) {
      const desktop = desktopOf(names);
      if (desktop.version !== version) return;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const wake = () => {
        resolve(undefined);
      };
      const timer = setTimeout(wake, milliseconds);
      desktop.waiting.add(wake);
      await promise;
      clearTimeout(timer);
      desktop.waiting.delete(wake);
    },
    tellOnce(names, version, isNews, tell) {
      const desktop = desktopOf(names);
      if (desktop.version !== version && isNews(knownOf(desktop))) return false;
      desktop.told = { isNews, tell };
      return true;
    },
    forget({ deployment }) {
      desktops.delete(deployment);
    },
    close: stop,
  };
}
