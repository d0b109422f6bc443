import { type Check, checkOf, checkOfKnown, type Finding } from "./check.ts";
import type { ClusterFacts, Right } from "./facts.ts";

export const customResourceGroup = "xlscsde.nhs.uk";
const servedVersion = "v1";

/** What of the group is used (infra/kubernetes/base/custom-resources.yaml). */
const usedResources = ["analyticsworkspaces", "analyticsworkspacebindings", "analyticsworkspacebindings/status"];

export function checkCluster({ fault }: ClusterFacts): Check {
  return checkOf("cluster", "the API server answers and accepts the product's account", {
    wrong: fault ? [fault] : [],
  });
}

export function checkClusterRights({ missingRights }: ClusterFacts): Check {
  return checkOfKnown("cluster-rights", missingRights, (missing) =>
    checkOf("cluster-rights", "the account may do all that it needs", { wrong: describeMissing(missing) }),
  );
}

/** One finding for each resource in each namespace. */
function describeMissing(missing: readonly Right[]): Finding[] {
  const where = ({ group, resource, namespace }: Right) =>
    `${group === "" ? resource : `${resource}.${group}`} in the namespace ${namespace}`;
  return [...Map.groupBy(missing, where)].map(([what, rights]) => ({
    what: `the product's account may not ${rights.map(({ verb }) => verb).join(", ")} ${what}`,
    advice: rights.some(({ resource }) => resource === "daemonsets")
      ? "add infra/kubernetes/components/fast-starts to your overlay, and apply it"
      : "apply your overlay of infra/kubernetes again",
  }));
}

export function checkCustomResources({ customResources }: ClusterFacts): Check {
  return checkOfKnown("custom-resources", customResources, (found) => {
    const advice = "kubectl apply --server-side -f infra/kubernetes/base/custom-resources.yaml";
    const wrong = (what: string) => checkOf("custom-resources", "", { wrong: [{ what, advice }] });
    if (!found) return wrong(`the cluster does not know ${customResourceGroup}: the definitions are missing`);
    if (!found.versions.includes(servedVersion))
      return wrong(
        `the cluster serves ${customResourceGroup} as ${found.versions.join(", ")}, and not as ${servedVersion}, which the product uses`,
      );
    const lacking = usedResources.filter((each) => !found.resources.includes(each));
    if (lacking.length > 0)
      return wrong(`the cluster serves ${customResourceGroup}/${servedVersion} without ${lacking.join(", ")}`);
    return checkOf("custom-resources", `the cluster serves ${customResourceGroup}/${servedVersion}`, {});
  });
}

export function checkAdmissionPolicy({ isLimited }: ClusterFacts): Check {
  return checkOfKnown("admission-policy", isLimited, (limited) =>
    checkOf("admission-policy", "the API server refuses what is not a desktop's", {
      wrong: limited
        ? []
        : [
            {
              what: "no admission policy limits what the product's account may write: who steals its token can run any pod",
              advice: "apply infra/kubernetes/base/admission.yaml with the account's name (docs/security.md)",
            },
          ],
    }),
  );
}

export const notClosed: Finding = {
  what: "no NetworkPolicy closes desktop pods by default, so a pod whose own policy is missing reaches everything",
  advice: "apply infra/kubernetes/base/default-deny.yaml in NAMESPACE",
};

export function checkDefaultDeny({ isClosedByDefault }: ClusterFacts): Check {
  return checkOfKnown("default-deny", isClosedByDefault, (closed) =>
    checkOf("default-deny", "desktop pods are closed by default", { wrong: closed ? [] : [notClosed] }),
  );
}

export function checkIsolation({ openings }: ClusterFacts): Check {
  return checkOfKnown("isolation", openings, (found) =>
    checkOf("isolation", "no other policy opens desktops", {
      wrong: found.map((what) => ({
        what,
        advice: "narrow that policy's podSelector so that it leaves desktops out: policies add up (docs/security.md)",
      })),
    }),
  );
}
