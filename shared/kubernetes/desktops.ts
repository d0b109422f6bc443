import { randomInt } from "node:crypto";
import type { KubernetesObject, V1Deployment, V1Secret } from "@kubernetes/client-node";
import type { Sighting } from "../desktop/activities.ts";
import type { DeployedDesktop, KnownDesktop } from "../desktop/known-desktop.ts";
import { type DesktopKey, type NamedDesktop, nameDesktop, type NamingRules, personId } from "../desktop/names.ts";
import type { DesktopPlan } from "../desktop/plan.ts";
import { objectName } from "../desktop/policy-text.ts";
import type { ClusterSide } from "../desktop/state.ts";
import { ProductError, type Refusal, refuse } from "../errors.ts";
import type { LeftDeployment } from "../lifecycle/adoption.ts";
import type { Opening } from "../lifecycle/isolation.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { RefusedByCluster } from "./cluster-faults.ts";
import { type DesktopPods, desktopPodsIn, endChangedPods } from "./desktop-pods.ts";
import { oddIn, sideOf, startOf } from "./deployment-side.ts";
import { appliedByUs, isChangedByOthers } from "./field-ownership.ts";
import { annotation, belongsTo, desktopOf, isLeaving, isOurs, label, purpose, spelledIn } from "./labels.ts";
import {
  deploymentManifest,
  deploymentMetadata,
  networkPolicyManifest,
  passwordKey,
  secretManifest,
  serviceManifest,
  type Site,
  type Start,
} from "./manifests.ts";
import { type Network, networkIn, type NetworkParts, networkDrift, networkPartsIn, openingsIn } from "./parts.ts";
import { faultOfPod } from "./start-faults.ts";
import { ownNameFirst, twiceThere } from "./two-of-one.ts";
import { templateFaults } from "./pod-template.ts";
import { throwIfConfined, untilGone, untilPodsGone } from "./until-gone.ts";
import { waitReady } from "./wait-ready.ts";

/** A desktop's side in the cluster. Every verb may run twice, and every undo without its do; none touches what is not ours. */
export interface ClusterDesktops {
  /** `strangers` names the objects that have a desktop's name and were not made for it by us or the operator before us; they count as absent. */
  observe(desktop: NamedDesktop): Promise<ClusterSide & { strangers: string[] }>;
  /** Makes a credential for this request, once; later calls with the same request leave it. */
  createCredential(plan: DesktopPlan, requestId: string): Promise<Refusal | null>;
  /** Makes the credential of a pod that goes on with the password that it has. */
  keepCredential(plan: DesktopPlan, requestId: string, password: string): Promise<Refusal | null>;
  readCredential(desktop: NamedDesktop): Promise<string>;
  /** The credential, and whether it is the one that the desktop's pod was started with, which took `startedFor`. Null if there is none. */
  lookAtCredential(
    desktop: NamedDesktop,
    startedFor: string | undefined,
  ): Promise<{ password: string; isOfPod: boolean } | null>;
  applyNetworkPolicy(plan: DesktopPlan): Promise<Refusal | null>;
  applyService(plan: DesktopPlan): Promise<Refusal | null>;
  createDeployment(plan: DesktopPlan, start: Start): Promise<Refusal | null>;
  /** Marks a Deployment that the operator left, and whose pod goes on, as ours. */
  keepDeployment(plan: DesktopPlan): Promise<Refusal | null>;
  /**
   * Removes an object and waits until it is gone, for a Deployment with its pods, whoever removed the Deployment. A network
   * policy that confines a pod stays: this throws.
   */
  remove(part: DesktopPart, desktop: NamedDesktop): Promise<void>;
  /** Marks a Deployment that we made under another spelling of the username as this desktop's, so that it is found by it. */
  respell(desktop: NamedDesktop): Promise<void>;
  /** Stops the pod of a Deployment and keeps everything else. */
  scaleToZero(desktop: NamedDesktop): Promise<void>;
  /** Waits until a desktop that was scaled to zero has no pod. */
  untilStopped(desktop: NamedDesktop): Promise<void>;
  /** Stops all pods but one. */
  scaleToOne(desktop: NamedDesktop): Promise<void>;
  /** Corrects when the desktop was started: the time that was noted lies in the future. */
  noteStart(desktop: NamedDesktop, at: string): Promise<void>;
  /** Watches for some seconds and returns what it saw last; news is returned at once. */
  waitReady(plan: DesktopPlan): Promise<Sighting>;
  /** All desktops of a person, suspended ones too, with how many pods each wants; also those that the operator left. */
  findOfPerson(username: string): Promise<FoundDesktop[]>;
  /** Everybody's desktops, as their Deployments are, also those that the operator left; or those of one person that we made. */
  findDeployed(username?: string): Promise<FoundDeployments>;
  /** The Services and NetworkPolicies that we made, by desktop; those of one person, or of all. */
  networkParts(username?: string): Promise<NetworkParts[]>;
  /** The same of everybody, with every NetworkPolicy of the namespace, whoever made it. */
  network(): Promise<Network>;
  /** What NetworkPolicies that do not say that we made them would open, in a desktop of this plan. */
  openingsIn(plan: DesktopPlan): Promise<Opening[]>;
  /** Of which desktops there are pods, which of them were changed, and pods that have a desktop's label and are nobody's. */
  pods(): Promise<DesktopPods>;
  /** Ends the pods of these desktops that somebody changed. */
  endChangedPods(of: readonly DesktopKey[]): Promise<void>;
  /** What of a desktop's network side is not as its plan wants it. */
  networkDrift(plan: DesktopPlan, parts: NetworkParts | undefined): ReturnType<typeof networkDrift>;
  /** True if the Secret of a desktop is there, made by us for it. */
  hasCredential(desktop: NamedDesktop): Promise<boolean>;
  /** Every Deployment that the operator left and nobody took over yet. */
  findLeftByOperator(): Promise<LeftDeployment[]>;
}

/** A desktop of a person, and how many pods it wants. */
export interface FoundDesktop extends KnownDesktop {
  replicas: number;
  /** The username as the operator wrote it, if that is not the canonical form. */
  spelled?: string | undefined;
}

/** Deployments as desktops, and which of them are not as they should be: what is wrong with each, and what to do. */
export interface FoundDeployments {
  deployed: DeployedDesktop[];
  odd: string[];
}

export type DesktopPart = "secret" | "networkPolicy" | "service" | "deployment";

const kinds = {
  secret: { apiVersion: "v1", kind: "Secret" },
  networkPolicy: { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  service: { apiVersion: "v1", kind: "Service" },
  deployment: { apiVersion: "apps/v1", kind: "Deployment" },
} as const;

/** VNC authentication uses exactly 8 characters (RFC 6143 §7.2.2). */
const passwordLength = { vnc: 8, rdp: 32, ssh: 32 };
/** Letters and digits that no shell and no `${` touches. */
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** What the operator made and we have not marked yet. */
const leftLabels = `${label.purpose}=${purpose.desktop},!${label.managedBy}`;

export function desktopsIn(cluster: Cluster, site: Site, rules: NamingRules): ClusterDesktops {
  const reference = (part: DesktopPart, { names }: NamedDesktop): Reference => ({
    ...kinds[part],
    metadata: { name: names[part], namespace: site.namespace },
  });

  /** Applies a manifest unless a stranger's object has that name, or the cluster's rules forbid it. */
  async function apply(part: DesktopPart, desktop: NamedDesktop, manifest: KubernetesObject): Promise<Refusal | null> {
    const found = await cluster.read(reference(part, desktop));
    const what = `${kinds[part].kind} ${desktop.names[part]}`;
    if (found && !belongsTo(found, desktop))
      return refuse("not-ours", `${what}: has this desktop's name but was not created by this product for it`);
    if (found && isLeaving(found))
      throw new ProductError("step-failed", `apply ${what}: the previous one is still being deleted (retrying)`);
    // Only once for each object: the operator's fields would stay in ours, its password among them.
    // Again if somebody changed what our pods are made from: applying alone would leave them what we do not name.
    const isChanged = part === "deployment" && found !== null && templateFaults(found).length > 0;
    const theirs = part !== "secret" && "spec" in manifest && found && (isChanged || !appliedByUs(found));
    if (theirs && !(await cluster.takeOver(found)))
      throw new ProductError("step-failed", `take over ${what}: somebody else just changed it (retrying)`);
    try {
      await cluster.apply(manifest);
      return null;
    } catch (error) {
      // The API server understood and forbids it: admission, quota or validation. Asking again changes nothing, unless it
      // forbids it because it could not find out.
      const isFinal = error instanceof RefusedByCluster && (error.status === 403 || error.status === 422);
      if (isFinal && faultOfPod(error.message)?.then !== "waits") return refuse("cannot-start", error.message);
      throw error;
    }
  }

  async function scale(desktop: NamedDesktop, replicas: number): Promise<void> {
    const found = await cluster.read(reference("deployment", desktop));
    if (found && belongsTo(found, desktop)) await cluster.mergeSpec(reference("deployment", desktop), { replicas });
  }

  /** The desktop of a Deployment; none if it does not say whose it is, or is not ours. */
  function known(deployment: V1Deployment): FoundDesktop[] {
    const { name, annotations = {} } = deployment.metadata ?? {};
    const key = desktopOf(deployment);
    if (name === undefined || !key) return [];
    const names = nameDesktop(key, rules, name);
    const spelled = spelledIn(deployment);
    const binding = annotations[annotation.binding];
    const isName = binding !== undefined && objectName.test(binding);
    const found = {
      ...key,
      names,
      binding: isName ? binding : undefined,
      replicas: deployment.spec?.replicas ?? 1,
    };
    return [spelled === undefined ? found : { ...found, spelled }];
  }

  const desktops: ClusterDesktops = {
    async observe(desktop) {
      const strangers: string[] = [];
      const own = async <T extends KubernetesObject>(part: DesktopPart): Promise<T | null> => {
        const found = await cluster.read<T>(reference(part, desktop));
        if (!found || isLeaving(found)) return null;
        if (belongsTo(found, desktop)) return found;
        strangers.push(`${kinds[part].kind} ${desktop.names[part]}`);
        return null;
      };
      const [secret, networkPolicy, service, deployment] = await Promise.all([
        own("secret"),
        own("networkPolicy"),
        own("service"),
        own<V1Deployment>("deployment"),
      ]);
      return {
        secret: secret !== null,
        networkPolicy: networkPolicy !== null,
        service: service !== null,
        deployment: deployment && sideOf(deployment, desktop.names.secret),
        strangers: strangers.sort(),
      };
    },

    async createCredential(plan, requestId) {
      const found = await cluster.read<V1Secret>(reference("secret", plan));
      if (found && belongsTo(found, plan) && found.metadata?.annotations?.[annotation.request] === requestId)
        return null;
      const password = Array.from(
        { length: passwordLength[plan.protocol] },
        () => alphabet[randomInt(alphabet.length)],
      ).join("");
      return apply("secret", plan, secretManifest(plan, site, requestId, password));
    },

    keepCredential: (plan, requestId, password) =>
      apply("secret", plan, secretManifest(plan, site, requestId, password)),

    async readCredential(desktop) {
      const found = await desktops.lookAtCredential(desktop, undefined);
      if (!found)
        throw new ProductError(
          "step-failed",
          `read secret ${desktop.names.secret}: it has no password (ask for the desktop again)`,
        );
      return found.password;
    },

    async lookAtCredential(desktop, startedFor) {
      const found = await cluster.read<V1Secret>(reference("secret", desktop));
      const encoded = found && belongsTo(found, desktop) ? found.data?.[passwordKey] : undefined;
      if (!found || encoded === undefined || encoded === "") return null;
      const madeFor = found.metadata?.annotations?.[annotation.request];
      const isOfPod = (startedFor === undefined || startedFor === madeFor) && !isChangedByOthers(found, passwordKey);
      return { password: Buffer.from(encoded, "base64").toString(), isOfPod };
    },

    applyNetworkPolicy: (plan) => apply("networkPolicy", plan, networkPolicyManifest(plan, site)),
    applyService: (plan) => apply("service", plan, serviceManifest(plan, site)),
    createDeployment: (plan, start) => apply("deployment", plan, deploymentManifest(plan, site, start)),

    async keepDeployment(plan) {
      const found = await cluster.read(reference("deployment", plan));
      // Applied to a spec of our own, this would take the spec away.
      return found && appliedByUs(found) ? null : apply("deployment", plan, deploymentMetadata(plan, site));
    },

    async remove(part, desktop) {
      const found = await cluster.read(reference(part, desktop));
      if (found && !belongsTo(found, desktop)) return;
      if (part === "networkPolicy" && found) await throwIfConfined(cluster, site.namespace, desktop);
      if (found) await cluster.remove(found);
      // The network policy goes after the pod: a pod that is still stopping must not be without one.
      if (part === "deployment") await untilPodsGone(cluster, reference(part, desktop), desktop);
      else if (found) await untilGone(cluster, found);
    },

    async respell(desktop) {
      const { username } = desktop;
      const found = await cluster.read(reference("deployment", desktop));
      if (!found || !isOurs(found) || !belongsTo(found, desktop) || desktopOf(found)?.username === username) return;
      const { metadata, ...kind } = reference("deployment", desktop);
      const labelled = { ...kind, metadata: { ...metadata, labels: { [label.person]: personId(username) } } };
      await cluster.mergeSpec(labelled, {}, { [annotation.username]: username });
    },

    scaleToZero: (desktop) => scale(desktop, 0),
    untilStopped: (desktop) => untilPodsGone(cluster, reference("deployment", desktop), desktop),
    scaleToOne: (desktop) => scale(desktop, 1),

    async noteStart(desktop, at) {
      const found = await cluster.read(reference("deployment", desktop));
      if (found && belongsTo(found, desktop))
        await cluster.mergeSpec(reference("deployment", desktop), {}, { [annotation.startedAt]: at });
    },

    waitReady: (plan) => waitReady(cluster, site.namespace, plan),

    async findOfPerson(username) {
      const labels = `${label.purpose}=${purpose.desktop},${label.person}=${personId(username)}`;
      const [ours, left] = await Promise.all([
        cluster.list<V1Deployment>(kinds.deployment, site.namespace, { labels }),
        cluster.list<V1Deployment>(kinds.deployment, site.namespace, { labels: leftLabels }),
      ]);
      const found = [...ours, ...left].flatMap(known).filter((desktop) => desktop.username === username);
      return ownNameFirst(found);
    },

    async findDeployed(username) {
      const own = username === undefined ? "" : `,${label.person}=${personId(username)}`;
      const labels = `${label.purpose}=${purpose.desktop}${own}`;
      const found: FoundDeployments = { deployed: [], odd: [] };
      for await (const page of cluster.pages<V1Deployment>(kinds.deployment, site.namespace, { labels }))
        for (const deployment of page) {
          found.odd.push(...oddIn(deployment));
          found.deployed.push(
            ...known(deployment)
              .filter((desktop) => username === undefined || desktop.username === username)
              .map((desktop) => ({
                ...desktop,
                side: sideOf(deployment, desktop.names.secret),
                ...startOf(deployment),
                startedFor: deployment.spec?.template.metadata?.annotations?.[annotation.request],
                podLabels: deployment.spec?.template.metadata?.labels ?? {},
                templateFaults: templateFaults(deployment),
                ours: isOurs(deployment),
              })),
          );
        }
      found.odd.push(...twiceThere(found.deployed));
      return { ...found, deployed: ownNameFirst(found.deployed) };
    },

    networkParts: (username) => networkPartsIn(cluster, site, username),
    network: () => networkIn(cluster, site),
    openingsIn: (plan) => openingsIn(cluster, site, plan),
    pods: () => desktopPodsIn(cluster, site, rules),
    endChangedPods: (of) => endChangedPods(cluster, site, rules, of),
    networkDrift: (plan, parts) => networkDrift(plan, site, parts),
    async hasCredential(desktop) {
      const found = await cluster.read(reference("secret", desktop));
      return found !== null && !isLeaving(found) && belongsTo(found, desktop);
    },

    async findLeftByOperator() {
      const left = await cluster.list<V1Deployment>(kinds.deployment, site.namespace, { labels: leftLabels });
      return left
        .filter((deployment) => !isLeaving(deployment))
        .map((deployment) => ({
          name: deployment.metadata?.name ?? "",
          desktop: desktopOf(deployment),
          spelled: spelledIn(deployment),
          replicas: deployment.spec?.replicas ?? 1,
        }))
        .sort((one, other) => one.name.localeCompare(other.name));
    },
  };
  return desktops;
}
