import type { V1Deployment } from "@kubernetes/client-node";
import type { DeployedDesktop, KnownDesktop } from "../desktop/known-desktop.ts";
import { nameDesktop, type NamingRules, personId } from "../desktop/names.ts";
import { objectName } from "../desktop/policy-text.ts";
import type { Cluster } from "./cluster.ts";
import { oddIn, sideOf, startOf } from "./deployment-side.ts";
import { annotation, desktopOf, isOurs, label, purpose, spelledIn } from "./labels.ts";
import type { Site } from "./manifests.ts";
import { templateFaults } from "./pod-template.ts";
import { ownNameFirst, twiceThere } from "./two-of-one.ts";

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

/** A part of the list of all Deployments, ordered by their names. */
export interface DeploymentsPage extends FoundDeployments {
  /** Where the next page begins; undefined at the end. */
  next: string | undefined;
}

/** Desktops as their Deployments are, also those that the operator left. */
export interface DeployedDesktops {
  /** Everybody's desktops; or those of one person that we made. */
  findDeployed(username?: string): Promise<FoundDeployments>;
  /** A person's desktops, also those that the operator left. */
  findDeployedOf(username: string): Promise<FoundDeployments>;
  /** One desktop by the name of its Deployment. */
  findDeployedByName(name: string): Promise<DeployedDesktop | undefined>;
  /**
   * At most `limit` Deployments from a place that a page before named.
   *
   * @returns null if the API server no longer knows that place: it keeps them for some minutes
   */
  pageOfDeployed(limit: number, from: string | undefined): Promise<DeploymentsPage | null>;
}

const kind = { apiVersion: "apps/v1", kind: "Deployment" };
const marked = `${label.purpose}=${purpose.desktop}`;

export function deployedDesktopsIn(cluster: Cluster, { namespace }: Site, rules: NamingRules): DeployedDesktops {
  async function found(labels: string, which: (desktop: DeployedDesktop) => boolean): Promise<FoundDeployments> {
    const all: FoundDeployments = { deployed: [], odd: [] };
    for await (const page of cluster.pages<V1Deployment>(kind, namespace, { labels }))
      for (const deployment of page) {
        all.odd.push(...oddIn(deployment));
        for (const desktop of deployedDesktop(deployment, rules)) if (which(desktop)) all.deployed.push(desktop);
      }
    const deployed = ownNameFirst(all.deployed);
    return { deployed, odd: [...all.odd, ...twiceThere(deployed)] };
  }
  const ofPerson = (username: string) => found(`${marked},${label.person}=${personId(username)}`, isOf(username));

  return {
    findDeployed: (username) => (username === undefined ? found(marked, () => true) : ofPerson(username)),
    async findDeployedOf(username) {
      const [ours, left] = await Promise.all([
        ofPerson(username),
        found(`${marked},!${label.managedBy}`, isOf(username)),
      ]);
      const names = new Set(ours.deployed.map((desktop) => desktop.names.deployment));
      const others = left.deployed.filter((desktop) => !names.has(desktop.names.deployment));
      return { deployed: ownNameFirst([...ours.deployed, ...others]), odd: ours.odd };
    },
    async findDeployedByName(name) {
      const deployment = await cluster.read<V1Deployment>({ ...kind, metadata: { name, namespace } });
      const isDesktops = deployment?.metadata?.labels?.[label.purpose] === purpose.desktop;
      return isDesktops ? deployedDesktop(deployment, rules)[0] : undefined;
    },
    async pageOfDeployed(limit, from) {
      const page = await cluster.page<V1Deployment>(kind, namespace, { labels: marked, limit, from });
      if (!page) return null;
      return {
        deployed: page.items.flatMap((deployment) => deployedDesktop(deployment, rules)),
        odd: page.items.flatMap(oddIn),
        // Lists of some kinds end with an empty text.
        next: page.next === "" ? undefined : page.next,
      };
    },
  };
}

function isOf(username: string): (desktop: DeployedDesktop) => boolean {
  return (desktop) => desktop.username === username;
}

/** The desktop of a Deployment; none if it does not say whose it is, or is not ours. */
export function knownDesktop(deployment: V1Deployment, rules: NamingRules): FoundDesktop[] {
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

function deployedDesktop(deployment: V1Deployment, rules: NamingRules): DeployedDesktop[] {
  return knownDesktop(deployment, rules).map((desktop) => ({
    ...desktop,
    side: sideOf(deployment, desktop.names.secret),
    ...startOf(deployment),
    startedFor: deployment.spec?.template.metadata?.annotations?.[annotation.request],
    podLabels: deployment.spec?.template.metadata?.labels ?? {},
    templateFaults: templateFaults(deployment),
    ours: isOurs(deployment),
  }));
}
