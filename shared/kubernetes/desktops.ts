import { randomInt } from "node:crypto";
import type { KubernetesObject, V1Deployment, V1Secret } from "@kubernetes/client-node";
import { type DesktopKey, type NamedDesktop, type NamingRules, personId } from "../desktop/names.ts";
import type { DesktopPlan } from "../desktop/plan.ts";
import type { ClusterSide } from "../desktop/state.ts";
import { ProductError, type Refusal, refuse } from "../errors.ts";
import type { LeftDeployment } from "../lifecycle/adoption.ts";
import type { FoundPod } from "../lifecycle/desktop-objects.ts";
import type { IsolationPolicy, Opening } from "../lifecycle/isolation.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { RefusedByCluster } from "./cluster-faults.ts";
import { type DesktopPods, desktopPodsIn, endChangedPods } from "./desktop-pods.ts";
import { type DeployedDesktops, deployedDesktopsIn, type FoundDesktop, knownDesktop } from "./deployed-desktops.ts";
import { sideOf } from "./deployment-side.ts";
import { appliedByUs, createdByUs, isChangedByOthers } from "./field-ownership.ts";
import { annotation, belongsTo, desktopOf, heldBy, isLeaving, isOurs, label, purpose, spelledIn } from "./labels.ts";
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
import {
  type Network,
  networkIn,
  type NetworkParts,
  networkDifferences,
  networkDrift,
  networkPartsIn,
  openersIn,
  openingsIn,
} from "./parts.ts";
import { podsOfDesktop } from "./pods-of-desktop.ts";
import { faultOfPod } from "./start-faults.ts";
import { ownNameFirst } from "./two-of-one.ts";
import { templateFaults } from "./pod-template.ts";
import { throwIfConfined, untilGone, untilPodsGone } from "./until-gone.ts";
import { runningDesktopsIn, type WhoRuns } from "./running-desktops.ts";
import { startingDesktopsIn } from "./starting-desktops.ts";
import { type Patience, type StartSighting, waitReady } from "./wait-ready.ts";

/** A desktop's side in the cluster. Every verb may run twice, and every undo without its do; none touches what is not ours. */
export interface ClusterDesktops extends DeployedDesktops {
  /** `strangers` names the objects that have a desktop's name and were not made for it by us or the operator before us; they count as absent. */
  observe(desktop: NamedDesktop): Promise<ClusterSide & { strangers: string[] }>;
  /**
   * The same in one request if there is no Deployment: what else may be left of the desktop then counts as absent, and a
   * stranger's object of that name shows when the part is to be created.
   */
  observeAtStart(desktop: NamedDesktop): Promise<ClusterSide & { strangers: string[] }>;
  /** What a desktop's Deployment says; null if there is none of ours. */
  observeDeployment(desktop: NamedDesktop): Promise<ClusterSide["deployment"]>;
  /**
   * Makes a credential for this request, once; later calls with the same request leave it. What `wasAbsent` when the run
   * began costs one request less, here and below.
   */
  createCredential(plan: DesktopPlan, requestId: string, wasAbsent?: boolean): Promise<Refusal | null>;
  /** Makes the credential of a pod that goes on with the password that it has. */
  keepCredential(plan: DesktopPlan, requestId: string, password: string): Promise<Refusal | null>;
  readCredential(desktop: NamedDesktop): Promise<string>;
  /** The credential, and whether it is the one that the desktop's pod was started with, which took `startedFor`. Null if there is none. */
  lookAtCredential(
    desktop: NamedDesktop,
    startedFor: string | undefined,
  ): Promise<{ password: string; isOfPod: boolean } | null>;
  applyNetworkPolicy(plan: DesktopPlan, wasAbsent?: boolean): Promise<Refusal | null>;
  applyService(plan: DesktopPlan, wasAbsent?: boolean): Promise<Refusal | null>;
  createDeployment(plan: DesktopPlan, start: Start, wasAbsent?: boolean): Promise<Refusal | null>;
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
  /** Looks at a start, waits for it as patiently as that, and returns what it saw last. */
  waitReady(plan: DesktopPlan, patience: Patience): Promise<StartSighting>;
  /** Who has a desktop that runs or is to run, for limits. Costs nothing while many ask. */
  findRunning(): Promise<WhoRuns>;
  /** Ends what it has open at the API server. */
  close(): void;
  /** All desktops of a person, suspended ones too, with how many pods each wants; also those that the operator left. */
  findOfPerson(username: string): Promise<FoundDesktop[]>;
  /** The Services and NetworkPolicies that we made, by desktop; those of one person, or of all. */
  networkParts(username?: string): Promise<NetworkParts[]>;
  /** The same of everybody, with every NetworkPolicy of the namespace, whoever made it. */
  network(): Promise<Network>;
  /**
   * The NetworkPolicies that may open desktops of these people, and those that were made for them. Those of other desktops
   * are ours, say so, and are not read.
   */
  openersOf(usernames: readonly string[]): Promise<IsolationPolicy[]>;
  /** What NetworkPolicies that do not say that we made them would open, in a desktop of this plan. */
  openingsIn(plan: DesktopPlan): Promise<Opening[]>;
  /** Of which desktops there are pods, which of them were changed, and pods that have a desktop's label and are nobody's. */
  pods(): Promise<DesktopPods>;
  /** Ends the pods of these desktops that somebody changed. */
  endChangedPods(of: readonly DesktopKey[]): Promise<void>;
  /** What of a desktop's network side is not as its plan wants it. */
  networkDrift(plan: DesktopPlan, parts: NetworkParts | undefined): ReturnType<typeof networkDrift>;
  /** The same by fields. */
  networkDifferences(plan: DesktopPlan, parts: Partial<NetworkParts>): ReturnType<typeof networkDifferences>;
  /** The pods of a desktop that have its label. */
  podsOf(desktop: NamedDesktop): Promise<FoundPod[]>;
  /** True if the Secret of a desktop is there, made by us for it. */
  hasCredential(desktop: NamedDesktop): Promise<boolean>;
  /** Every Deployment that the operator left and nobody took over yet. */
  findLeftByOperator(): Promise<LeftDeployment[]>;
}

export type DesktopPart = "secret" | "networkPolicy" | "service" | "deployment";

const kinds = {
  secret: { apiVersion: "v1", kind: "Secret" },
  networkPolicy: { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  service: { apiVersion: "v1", kind: "Service" },
  deployment: { apiVersion: "apps/v1", kind: "Deployment" },
} as const;

/** The controllers write the state of a Deployment several times in its first second. */
const mostTries = 5;

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

  const starting = startingDesktopsIn(cluster, site.namespace);
  const running = runningDesktopsIn(cluster, site, rules);

  /** Writes a manifest; what was absent is created, which no object of a stranger can be in the way of unnoticed. */
  async function write(
    part: DesktopPart,
    desktop: NamedDesktop,
    manifest: KubernetesObject,
    wasAbsent: boolean,
    tell: (created: KubernetesObject) => void = () => undefined,
  ): Promise<Refusal | null> {
    if (!wasAbsent) return apply(part, desktop, manifest);
    let created: KubernetesObject | null;
    try {
      created = await cluster.create(manifest);
    } catch (error) {
      return refusalOf(error);
    }
    if (!created) return apply(part, desktop, manifest);
    tell(created);
    return null;
  }

  /** Applies a manifest unless a stranger's object has that name, or the cluster's rules forbid it. */
  async function apply(part: DesktopPart, desktop: NamedDesktop, manifest: KubernetesObject): Promise<Refusal | null> {
    for (let tries = 1; ; tries += 1) {
      const end = await tryToApply(part, desktop, manifest);
      if (end !== "changed") return end;
      if (tries === mostTries)
        throw new ProductError(
          "step-failed",
          `take over ${kinds[part].kind} ${desktop.names[part]}: others keep changing it (retrying)`,
        );
    }
  }

  /** @returns `changed` if somebody else changed the object since it was read */
  async function tryToApply(
    part: DesktopPart,
    desktop: NamedDesktop,
    manifest: KubernetesObject,
  ): Promise<Refusal | "changed" | null> {
    const found = await cluster.read(reference(part, desktop));
    const what = `${kinds[part].kind} ${desktop.names[part]}`;
    if (found && !belongsTo(found, desktop))
      return refuse("not-ours", `${what}: has this desktop's name but was not created by this product for it`);
    if (found && isLeaving(found))
      throw new ProductError(
        "step-failed",
        `apply ${what}: the previous one is still being deleted (${heldBy(found) ?? "retrying"})`,
      );
    // Only once for each object: the operator's fields would stay in ours, its password among them.
    // Again if somebody changed what our pods are made from: applying alone would leave them what we do not name.
    const isChanged = part === "deployment" && found !== null && templateFaults(found).length > 0;
    // And once after we created it, or what the manifest no longer names would stay.
    const isForeign = found !== null && (isChanged || !appliedByUs(found) || createdByUs(found));
    const theirs = part !== "secret" && "spec" in manifest && found && isForeign;
    try {
      if (theirs) {
        // The account may not even take over a Service or NetworkPolicy that is for other pods, so that is put right before.
        // Not of a Deployment: its pods would be replaced twice.
        const ours = part === "deployment" ? found : await cluster.apply(manifest);
        if (!(await cluster.takeOver(ours))) return "changed";
      }
      await cluster.apply(manifest);
      return null;
    } catch (error) {
      return refusalOf(error);
    }
  }

  /**
   * What the API server understood and forbids: admission, quota or validation. Asking again changes nothing, unless it
   * forbids it because it could not find out. Everything else is thrown.
   */
  function refusalOf(error: unknown): Refusal {
    const isFinal = error instanceof RefusedByCluster && (error.status === 403 || error.status === 422);
    if (isFinal && faultOfPod(error.message)?.then !== "waits") return refuse("cannot-start", error.message);
    throw error;
  }

  /** Both sides of whose objects they are: ours, or a stranger's, which count as absent. */
  async function observe(desktop: NamedDesktop, deployment: V1Deployment | null) {
    const strangers: string[] = [];
    const ownOf = <T extends KubernetesObject>(part: DesktopPart, found: T | null): T | null => {
      if (!found || isLeaving(found)) return null;
      if (belongsTo(found, desktop)) return found;
      strangers.push(`${kinds[part].kind} ${desktop.names[part]}`);
      return null;
    };
    const own = async (part: DesktopPart) => ownOf(part, await cluster.read(reference(part, desktop))) !== null;
    const [secret, networkPolicy, service] = await Promise.all([own("secret"), own("networkPolicy"), own("service")]);
    const found = ownOf("deployment", deployment);
    const side = found && sideOf(found, desktop.names.secret);
    return { secret, networkPolicy, service, deployment: side, strangers: strangers.sort() };
  }

  async function scale(desktop: NamedDesktop, replicas: number): Promise<void> {
    const found = await cluster.read(reference("deployment", desktop));
    if (found && belongsTo(found, desktop)) await cluster.mergeSpec(reference("deployment", desktop), { replicas });
  }

  const desktops: ClusterDesktops = {
    observe: async (desktop) => observe(desktop, await cluster.read(reference("deployment", desktop))),

    async observeAtStart(desktop) {
      const found = await cluster.read<V1Deployment>(reference("deployment", desktop));
      if (found) return observe(desktop, found);
      return { secret: false, networkPolicy: false, service: false, deployment: null, strangers: [] };
    },

    async observeDeployment(desktop) {
      const found = await cluster.read<V1Deployment>(reference("deployment", desktop));
      const isOwn = found && !isLeaving(found) && belongsTo(found, desktop);
      return isOwn ? sideOf(found, desktop.names.secret) : null;
    },

    async createCredential(plan, requestId, wasAbsent = false) {
      const password = Array.from(
        { length: passwordLength[plan.protocol] },
        () => alphabet[randomInt(alphabet.length)],
      ).join("");
      const manifest = secretManifest(plan, site, requestId, password);
      if (wasAbsent && (await cluster.create(manifest))) return null;
      const found = await cluster.read<V1Secret>(reference("secret", plan));
      if (found && belongsTo(found, plan) && found.metadata?.annotations?.[annotation.request] === requestId)
        return null;
      return apply("secret", plan, manifest);
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

    applyNetworkPolicy: (plan, wasAbsent = false) =>
      write("networkPolicy", plan, networkPolicyManifest(plan, site), wasAbsent),
    applyService: (plan, wasAbsent = false) => write("service", plan, serviceManifest(plan, site), wasAbsent),
    async createDeployment(plan, start, wasAbsent = false) {
      if (wasAbsent) await starting.expectNew(plan.names);
      return write("deployment", plan, deploymentManifest(plan, site, start), wasAbsent, (created) => {
        starting.begin(plan.names, created);
      });
    },

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

    waitReady: (plan, patience) => waitReady(cluster, starting, site.namespace, plan, patience),
    findRunning: () => running.find(),
    close: () => {
      starting.close();
      running.close();
    },

    async findOfPerson(username) {
      const labels = `${label.purpose}=${purpose.desktop},${label.person}=${personId(username)}`;
      const [ours, left] = await Promise.all([
        cluster.list<V1Deployment>(kinds.deployment, site.namespace, { labels }),
        cluster.list<V1Deployment>(kinds.deployment, site.namespace, { labels: leftLabels }),
      ]);
      const found = [...ours, ...left]
        .flatMap((deployment) => knownDesktop(deployment, rules))
        .filter((desktop) => desktop.username === username);
      return ownNameFirst(found);
    },

    ...deployedDesktopsIn(cluster, site, rules),

    networkParts: (username) => networkPartsIn(cluster, site, username),
    openersOf: (usernames) => openersIn(cluster, site, usernames),
    network: () => networkIn(cluster, site),
    openingsIn: (plan) => openingsIn(cluster, site, plan),
    pods: () => desktopPodsIn(cluster, site, rules),
    endChangedPods: (of) => endChangedPods(cluster, site, rules, of),
    networkDrift: (plan, parts) => networkDrift(plan, site, parts),
    networkDifferences: (plan, parts) => networkDifferences(plan, site, parts),
    podsOf: (desktop) => podsOfDesktop(cluster, site, desktop),
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
