import type { Settings } from "../../shared/config.ts";
import type { WorkspacesAndBindings } from "../../shared/desktop/entitlement.ts";
import { nameDesktop } from "../../shared/desktop/names.ts";
import type { DesktopPlan } from "../../shared/desktop/plan.ts";
import { type DesktopPolicy, parsePolicy, policyOf } from "../../shared/desktop/policy.ts";
import { isRefusal, ProductError } from "../../shared/errors.ts";
import type { EstateInCluster } from "../../shared/kubernetes/estate.ts";
import { neededRightsWith } from "../../shared/kubernetes/needed-rights.ts";
import type { Policies } from "../../shared/kubernetes/policies.ts";
import type { Workspaces } from "../../shared/kubernetes/workspaces.ts";
import type { Finding, Known } from "../../shared/lifecycle/doctor/check.ts";
import { customResourceGroup } from "../../shared/lifecycle/doctor/cluster.ts";
import {
  type ClusterFacts,
  type NamedDestination,
  type Pods,
  podsText,
  selectorText,
} from "../../shared/lifecycle/doctor/facts.ts";
import { findingOf } from "../../shared/lifecycle/doctor/finding-of.ts";
import { podsOfDestination, podsOfDns } from "../../shared/lifecycle/doctor/pods.ts";
import { namingRules } from "../services.ts";
import { inTime, knownOf, unseen } from "./known-of.ts";

/** The cluster as the doctor sees it. */
export interface ClusterLooks {
  /** As the product's account. */
  estate: EstateInCluster;
  /** As somebody who sees more, if there is such: other namespaces' pods. */
  elsewhere: EstateInCluster;
  workspaces: Pick<Workspaces, "known">;
  policies: Policies;
}

/** Looks at the cluster; if the API server cannot be used, only that is known. */
export async function gatherCluster(settings: Settings, cluster: ClusterLooks | Finding): Promise<ClusterFacts> {
  if (!("estate" in cluster)) return clusterWith(cluster);
  const { estate, elsewhere, workspaces, policies } = cluster;
  const missingRights = await readRights(estate, settings);
  if ("fault" in missingRights) return clusterWith(missingRights.fault);

  const plan = usualPlan(settings);
  const [customResources, isLimited, isolation, known] = await Promise.all([
    knownOf(() => estate.served(customResourceGroup)),
    knownOf(() => estate.isLimited()),
    plan ? knownOf(() => estate.isolation(plan)) : unseen("no desktop can be planned with these settings", "settings"),
    knownOf(() => workspaces.known()),
  ]);
  const destinations = "known" in known ? await knownOf(() => destinationsOf(settings, known.known, policies)) : known;
  const wanted = [
    ...podsExpected(settings),
    ...("known" in destinations ? destinations.known.flatMap((each) => podsOfDestination(each) ?? []) : []),
  ];
  return {
    fault: null,
    missingRights,
    customResources,
    isLimited,
    isClosedByDefault: mapKnown(isolation, ({ isClosedByDefault }) => isClosedByDefault),
    openings: mapKnown(isolation, ({ openings }) => openings),
    pods: { known: await lookForPods(elsewhere, wanted) },
    destinations,
    claims: mapKnown(known, ({ bindings }) => [
      ...new Set(bindings.flatMap(({ claims }) => claims.map(({ name }) => name))),
    ]),
  };
}

/** The first call of the API server also tells whether it can be used at all. */
async function readRights(estate: EstateInCluster, settings: Settings) {
  try {
    return { known: await inTime(() => estate.missingRights(neededRightsWith(settings))) };
  } catch (error) {
    const isRefused = error instanceof ProductError && error.code === "cluster-not-allowed";
    return isRefused ? { unknown: findingOf(error) } : { fault: findingOf(error) };
  }
}

function clusterWith(fault: Finding): ClusterFacts {
  const unknown = unseen("the API server cannot be used", "cluster");
  return {
    fault,
    ...{ missingRights: unknown, customResources: unknown, isLimited: unknown, isClosedByDefault: unknown },
    ...{ openings: unknown, pods: unknown, destinations: unknown, claims: unknown },
  };
}

function mapKnown<T, U>(fact: Known<T>, change: (known: T) => U): Known<U> {
  return "known" in fact ? { known: change(fact.known) } : fact;
}

/** A desktop as it is without a policy of its workspace; null if the defaults do not make one. */
function usualPlan(settings: Settings): DesktopPlan | null {
  const policy = parsePolicy(settings.desktopDefaults);
  if ("faults" in policy) return null;
  const key = { workspace: "doctor", username: "doctor" };
  const names = nameDesktop(key, namingRules({ settings }));
  return { ...policy, ...key, names, until: "9999-12-31", binding: { name: "doctor", personal: true } };
}

async function destinationsOf(
  { desktopDefaults }: Settings,
  { workspaces }: WorkspacesAndBindings,
  policies: Policies,
): Promise<NamedDestination[]> {
  const named = (of: string, { destinations }: Pick<DesktopPolicy, "destinations">) =>
    destinations.map((destination) => ({ of, destination }));
  const usual = parsePolicy(desktopDefaults);
  const chosen = new Map(workspaces.flatMap((each) => (each.policy === undefined ? [] : [[each.policy, each]])));
  const own = await Promise.all(
    [...chosen].map(async ([name, workspace]) => {
      const texts = await policies.read(name);
      if (typeof texts === "string" || !Object.hasOwn(texts, "destinations")) return [];
      const policy = policyOf(workspace, desktopDefaults, texts);
      return isRefusal(policy) ? [] : named(`the policy ${name}`, policy);
    }),
  );
  return [...("faults" in usual ? [] : named("DESKTOP_DESTINATIONS", usual)), ...own.flat()];
}

/** Guacamole's pods and guacd's, if they are configured; undefined if not. */
export function podsOfSettings(settings: Settings): { guacd: Pods; guacamole: Pods | undefined } {
  return {
    guacd: { namespace: settings.GUACD_NAMESPACE, labels: settings.GUACD_LABELS },
    guacamole: settings.GUACAMOLE_LABELS && {
      namespace: settings.GUACAMOLE_NAMESPACE,
      labels: settings.GUACAMOLE_LABELS,
    },
  };
}

function podsExpected(settings: Settings): Pods[] {
  const { guacd, guacamole } = podsOfSettings(settings);
  return [
    guacd,
    ...(guacamole ? [guacamole] : []),
    ...settings.CLUSTER_DNS.flatMap((server) => podsOfDns(server) ?? []),
  ];
}

async function lookForPods(
  estate: EstateInCluster,
  wanted: readonly Pods[],
): Promise<ReadonlyMap<string, Known<boolean>>> {
  const each = new Map(wanted.map((pods) => [podsText(pods), pods]));
  const found = await Promise.all(
    [...each].map(async ([text, pods]): Promise<[string, Known<boolean>]> => {
      try {
        return [text, { known: await inTime(() => estate.hasPods(pods)) }];
      } catch (error) {
        return [text, { unknown: hiddenPods(pods, error) }];
      }
    }),
  );
  return new Map(found);
}

/** The product's role has no right in other namespaces, and needs none for its work. */
function hiddenPods({ namespace, labels }: Pods, error: unknown): Finding {
  if (!(error instanceof ProductError) || error.code !== "cluster-not-allowed") return findingOf(error);
  const [where, option] =
    namespace === null
      ? ["any namespace", "--all-namespaces"]
      : [`the namespace ${namespace}`, `--namespace ${namespace}`];
  return {
    what: `whether there are pods in ${where} with ${selectorText(labels)} is hidden from the product's account`,
    advice: `run kubectl get pods ${option} --selector ${selectorText(labels)}, or the doctor with --administrator`,
  };
}
