import type { WorkspacesAndBindings } from "../desktop/entitlement.ts";
import { outcomeOf } from "../person/outcomes.ts";
import type { DesktopDrift, Drift } from "./drift.ts";
import { foreignDrift } from "./foreign-access.ts";
import type { ConnectionDetails, GuacamoleUser, WantedDesktop } from "./drift-sources.ts";
import type { SurveyedDesktop } from "./survey.ts";

export const endedReasons = {
  "should-be-retired": "is there, although everything of its person was removed",
  "should-be-suspended": "it runs, although its person wants none or another one",
};

/**
 * What became of an earlier goal, judged by what is there: that it was asked for, and recorded as done, does not count. A
 * request that failed left the desktop before it as it was.
 */
export function shouldHaveEnded({ desktop, record }: SurveyedDesktop): keyof typeof endedReasons | undefined {
  if (!record || record.request.nobodyAsked || outcomeOf(record)?.state !== "done") return undefined;
  if (record.request.retire) return "should-be-retired";
  const isWantedOne = record.request.workspace === desktop.workspace;
  return desktop.replicas > 0 && !isWantedOne ? "should-be-suspended" : undefined;
}

interface AroundDesktop {
  binding: WorkspacesAndBindings["bindings"][number] | undefined;
  connection: ConnectionDetails | undefined;
  /** Its user in Guacamole, if there is one. */
  user: GuacamoleUser | undefined;
  wanted: WantedDesktop | undefined;
  /** The name that its user may have had before. */
  formerEntity: string;
}

/** What is wrong with a desktop that has a Deployment of ours and may stay, and on which nobody works. */
export function driftOf(surveyed: SurveyedDesktop, around: AroundDesktop): DesktopDrift[] {
  const { desktop, decision } = surveyed;
  const { workspace, username, names, replicas } = desktop;
  const { binding, connection, user, wanted } = around;
  const lastDay = user?.lastDay;
  const found: DesktopDrift[] = [];
  const add = (kind: Drift["kind"], reason: string) => found.push({ kind, workspace, username, reason });
  if (decision.rule === "stuck-starting") add("stuck-starting", decision.reason);
  const mayOpen = connection?.readers.includes(names.entity) ?? false;
  const runs = replicas > 0;
  const former = runs ? undefined : around.formerEntity; // reported below
  for (const { kind, reason } of foreignDrift({ entity: names.entity, former }, connection, user)) add(kind, reason);
  if (binding?.username !== undefined && binding.active !== undefined && binding.active !== runs)
    add("binding-status", `the binding ${binding.name} says that it is ${runs ? "not running" : "running"}`);
  if (!runs) {
    const reader = connection?.readers.find((name) => name === names.entity || name === around.formerEntity);
    if (reader !== undefined) add("access-without-desktop", `${reader} may open it, but it is not running`);
    return found;
  }
  if (replicas > 1) add("too-many-pods", `it has ${replicas} pods instead of one`);
  // Whatever state its pod is in: it may be one that never gets ready.
  const { templateFaults = [] } = desktop;
  if (templateFaults.length > 0)
    add("pod-template", `somebody changed what its pod is made from: ${templateFaults.slice(0, 5).join(", ")}`);
  if (!wanted) return found;
  for (const { kind, reason } of wanted.network) add(kind, reason);

  if (!wanted.isReady || !isWanted(surveyed)) return found;
  if (!connection) add("connection", "Guacamole has no connection for it");
  else {
    for (const { kind, reason } of connectionDrift(wanted, connection)) add(kind, reason);
    if (lastDay === undefined) add("connection", "Guacamole has no user for it");
    else if (!mayOpen) add("access-missing", `${names.entity} may not open it, though it is ready`);
    else if (!connection.groupReaders.includes(names.entity))
      add("access-missing", `${names.entity} may open it, but does not see it: READ on its group is missing`);
  }
  if (connection && lastDay !== undefined && lastDay !== wanted.until)
    add(
      "last-day",
      `${names.entity} may log in ${lastDay === null ? "without an end" : `until ${lastDay}`} instead of until ${wanted.until}`,
    );
  return found;
}

/** Which parameters differ, by name: values may be secret. */
function connectionDrift(
  wanted: WantedDesktop,
  { digests, protocol, otherGuacd }: ConnectionDetails,
): { kind: "connection" | "credential" | "pod-credential"; reason: string }[] {
  // Which password the pod has, nobody knows: writing this one could lock out a person who can still connect.
  if (wanted.parameters?.isOfPod === false)
    return [{ kind: "pod-credential", reason: "its Secret was changed after its container had started with it" }];
  if (!wanted.parameters) return [{ kind: "credential", reason: "its Secret has no password" }];
  const { digests: expected, secret, isUnread } = wanted.parameters;
  const names = [...new Set([...Object.keys(expected), ...Object.keys(digests)])]
    .filter((name) => !isUnread || !secret.has(name))
    .sort();
  const differ = names.filter((name) => digests[name] !== expected[name]);
  const plain = differ.filter((name) => !secret.has(name));
  const drifts: { kind: "connection" | "credential"; reason: string }[] = [];
  if (protocol !== wanted.protocol) drifts.push({ kind: "connection", reason: `its protocol is ${protocol}` });
  if (otherGuacd) drifts.push({ kind: "connection", reason: "it uses another guacd than Guacamole's own" });
  if (plain.length > 0) drifts.push({ kind: "connection", reason: `wrong parameters: ${plain.join(", ")}` });
  if (differ.some((name) => secret.has(name)))
    drifts.push({ kind: "credential", reason: "its password in Guacamole is not the one in its Secret" });
  return drifts;
}

/** True if its person wants this desktop, and it was brought up for them. */
export function isWanted({ desktop, record }: Pick<SurveyedDesktop, "desktop" | "record">): boolean {
  const { request, outcomes = {} } = record ?? {};
  return request?.workspace === desktop.workspace && outcomes[request.id]?.state === "done";
}
