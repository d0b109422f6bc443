import type { DnsServer } from "../../desktop/dns-server.ts";
import { type Check, checkOf, checkOfKnown, type Finding, type Known, notUsed, unique } from "./check.ts";
import { type ClusterFacts, type Expected, type NamedDestination, type Pods, podsText, selectorText } from "./facts.ts";

type Facts = Pick<ClusterFacts, "pods" | "destinations">;

/** Nobody reaches a desktop from a guacd with other labels. */
export function checkGuacd({ pods }: Facts, { guacd }: Expected): Check {
  return checkOfKnown("guacd", podsIn(pods, guacd), (isThere) =>
    checkOf("guacd", `there are pods ${whichPods(guacd)}`, {
      wrong: isThere
        ? []
        : [
            {
              what: `no pod ${whichPods(guacd)}, so nobody reaches a desktop`,
              advice:
                "set GUACD_LABELS and GUACD_NAMESPACE to those of guacd's pods (kubectl get pods --all-namespaces --show-labels)",
            },
          ],
    }),
  );
}

/**
 * What is to be told if nothing tells which open sessions are alive. Measured on Guacamole 1.6.0 in November 2026: rows of
 * a killed process stay open, and no start closes them.
 */
export const sessionsGap: Finding = {
  what: "a session that a killed Guacamole leaves open keeps its desktop in use until longestSessionMinutes",
  advice:
    "set GUACAMOLE_API_URLS, so that Guacamole is asked who is connected, or GUACAMOLE_LABELS, so that its pods tell since when they run",
};

export function checkGuacamole({ pods }: Facts, { guacamole, asksGuacamole }: Expected): Check {
  if (!guacamole)
    return asksGuacamole
      ? notUsed("guacamole", "GUACAMOLE_LABELS is not set: Guacamole itself is asked who is connected")
      : checkOf("guacamole", "", { wrong: [sessionsGap] });
  return checkOfKnown("guacamole", podsIn(pods, guacamole), (isThere) =>
    checkOf("guacamole", `there are pods ${whichPods(guacamole)}`, {
      wrong: isThere
        ? []
        : [
            {
              what: `no pod ${whichPods(guacamole)}, so sessions that a killed Guacamole leaves open count as alive`,
              advice: "set GUACAMOLE_LABELS and GUACAMOLE_NAMESPACE to those of Guacamole's pods",
            },
          ],
    }),
  );
}

export function checkDestinations({ pods, destinations }: Facts): Check {
  return checkOfKnown("destinations", destinations, (named) => {
    const looked = named.map((each) => ({ ...each, found: lookAt(pods, each) }));
    return checkOf("destinations", named.length === 0 ? "desktops may go nowhere" : "each leads to pods", {
      wrong: looked.flatMap(({ of, found }) =>
        "known" in found && found.known !== null
          ? [{ what: `${of}: ${found.known}`, advice: `correct it in ${of}, or start what it leads to` }]
          : [],
      ),
      doubts: looked.flatMap(({ of, found }) =>
        "unknown" in found ? [{ ...found.unknown, what: `${of}: ${found.unknown.what}` }] : [],
      ),
    });
  });
}

/** What is wrong with a destination; null if nothing is. */
function lookAt(pods: Facts["pods"], { destination }: NamedDestination): Known<string | null> {
  if ("cidr" in destination)
    return {
      unknown: {
        what: `whether anything answers at ${destination.cidr}:${destination.port} is not seen from here`,
        advice: "try it from a desktop",
      },
    };
  const wanted = podsOfLabel(destination);
  const found = podsIn(pods, wanted);
  if ("unknown" in found) return found;
  return { known: found.known ? null : `no pod ${whichPods(wanted)}` };
}

/** The address of NodeLocal DNSCache is one of the usual servers; where it is used, its pods are found too. */
const nodeLocal = "169.254.20.10/32";

/** Of the usual servers each cluster has some: one is enough. */
export function checkDns({ pods }: Facts, { dns }: Expected): Check {
  const byPods = dns.flatMap((server) => podsOfDns(server) ?? []).map((each) => ({ each, found: podsIn(pods, each) }));
  const answering = byPods.filter(({ found }) => "known" in found && found.known);
  if (answering.length > 0)
    return checkOf("dns", `there are pods ${answering.map(({ each }) => whichPods(each)).join(", and ")}`, {});
  // Where the whole cluster is not seen, each of them has the same reason.
  const unknown = unique(byPods.flatMap(({ found }) => ("unknown" in found ? [found.unknown] : [])));
  const addresses = dns.flatMap((server) => ("cidr" in server && server.cidr !== nodeLocal ? [server.cidr] : []));
  const doubts = [
    ...unknown,
    ...addresses.map((cidr) => ({
      what: `whether a DNS server answers at ${cidr} is not seen from here`,
      advice: "try it from a desktop",
    })),
  ];
  if (doubts.length > 0) return checkOf("dns", "", { doubts });
  return checkOf("dns", "", {
    wrong: [
      {
        what: `no pod ${byPods.map(({ each }) => whichPods(each)).join(", nor one ")}, so desktops find no name`,
        advice:
          "set CLUSTER_DNS to the cluster's DNS servers (kubectl get pods --all-namespaces --show-labels shows CoreDNS)",
      },
    ],
  });
}

export function podsOfDns(server: DnsServer): Pods | null {
  return "cidr" in server ? null : podsOfLabel(server);
}

export function podsOfDestination({ destination }: NamedDestination): Pods | null {
  return "cidr" in destination ? null : podsOfLabel(destination);
}

function podsOfLabel({ namespace, label }: { namespace: string | null; label: [key: string, value: string] }): Pods {
  return { namespace, labels: Object.fromEntries([label]) };
}

function podsIn(pods: Facts["pods"], wanted: Pods): Known<boolean> {
  if ("unknown" in pods) return pods;
  return pods.known.get(podsText(wanted)) ?? { unknown: { what: "nobody looked", advice: "report this as a fault" } };
}

/** Follows "pod" or "pods". */
function whichPods({ namespace, labels }: Pods): string {
  const where = namespace === null ? "in any namespace" : `in the namespace ${namespace}`;
  return `${where} with ${selectorText(labels)}`;
}
