import type { Binding } from "../desktop/entitlement.ts";
import type { GuacamoleSide } from "../desktop/state.ts";
import { isBeingChanged } from "../person/left-to-do.ts";
import { isWanted } from "./desktop-drift.ts";
import type { ConnectionDetails, GuacamoleUser, Right, WantedDesktop } from "./drift-sources.ts";
import type { SurveyedDesktop } from "./survey.ts";

/** A field of an object, side by side with how it should be; undefined: it is not there, or not known. Never a secret. */
export interface ComparedField {
  field: string;
  found: string | undefined;
  wanted: string | undefined;
  differs: boolean;
}

/** An object in the cluster, or a row of Guacamole's, as it was found beside how it should be. */
export interface ComparedObject {
  system: "Kubernetes" | "Guacamole";
  kind: string;
  name: string;
  /** Null: that could not be read. */
  there: boolean | null;
  /** Whether it should be there; null: it may be, or nobody knows. */
  wanted: boolean | null;
  fields: ComparedField[];
}

export interface FoundPod {
  name: string;
  phase: string;
  ready: boolean;
  node: string | undefined;
  faults: readonly string[];
}

type Differing = Pick<ComparedField, "field" | "found" | "wanted">;

/** What was read of one desktop. Null: it could not be read. */
export interface ObjectFacts {
  surveyed: SurveyedDesktop;
  /** How it should be; undefined if that is not known. */
  wanted: WantedDesktop | undefined;
  binding: Binding | undefined;
  service: { there: boolean; differences: readonly Differing[] };
  networkPolicy: { there: boolean; differences: readonly Differing[] };
  /** Whether there is a Secret of the desktop. */
  secret: boolean;
  pods: readonly FoundPod[];
  rows: GuacamoleSide | null;
  connection: ConnectionDetails | undefined;
  user: GuacamoleUser | undefined;
}

/** Whether the desktop should run; null: it is being changed, or nobody knows. It should not be there at all if it `goes`. */
interface Aim {
  goes: boolean;
  runs: boolean | null;
}

/** Every object and row of a desktop. Values that may be secret are compared by others, and are only said to differ. */
export function compareObjects(facts: ObjectFacts): ComparedObject[] {
  const aim = aimOf(facts.surveyed);
  return [...inCluster(facts, aim), ...inGuacamole(facts, aim)];
}

function aimOf({ desktop, decision, record }: SurveyedDesktop): Aim {
  if (decision.action === "retire") return { goes: true, runs: false };
  if (!record || !desktop.ours || isBeingChanged(record, desktop.workspace)) return { goes: false, runs: null };
  return { goes: false, runs: isWanted({ desktop, record }) };
}

function inCluster(facts: ObjectFacts, { goes, runs }: Aim): ComparedObject[] {
  const { surveyed, binding, service, networkPolicy, secret, pods } = facts;
  const { names, replicas, side, templateFaults = [], ours, binding: bound } = surveyed.desktop;
  const count = runs === null ? undefined : runs ? "1" : "0";
  // Of one that does not run they may be there: its next start writes them again.
  const part = goes ? false : runs === true ? true : null;
  const cluster = (
    kind: string,
    name: string,
    there: boolean,
    isWantedThere: boolean | null,
    fields: ComparedField[],
  ) => ({ system: "Kubernetes", kind, name, there, wanted: isWantedThere, fields }) as const;
  return [
    cluster("Deployment", names.deployment, true, !goes, [
      field("managed by", ours ? "this product" : "the operator before", ours ? "this product" : undefined),
      field("spec.replicas", String(replicas), count),
      field("status.readyReplicas", String(side.ready), count),
      ...templateFaults.map((path) => changed(`spec.template.${path}`)),
    ]),
    ...(pods.length === 0 && runs === true ? [cluster("Pod", `${names.deployment}-*`, false, true, [])] : []),
    ...pods.map(({ name, phase, ready, node, faults }) =>
      cluster("Pod", name, true, runs, [
        field("status.phase", phase, runs === true ? "Running" : undefined),
        field("ready", String(ready), runs === true ? "true" : undefined),
        field("spec.nodeName", node, undefined),
        ...faults.map(changed),
      ]),
    ),
    cluster("Secret", names.secret, secret, part, secret ? credentialFields(facts) : []),
    cluster("NetworkPolicy", names.networkPolicy, networkPolicy.there, part, differing(networkPolicy.differences)),
    cluster("Service", names.service, service.there, part, differing(service.differences)),
    ...(bound === undefined
      ? []
      : [
          cluster(
            "AnalyticsWorkspaceBinding",
            bound,
            binding !== undefined,
            goes ? null : true,
            binding ? bindingFields(binding, runs) : [],
          ),
        ]),
  ];
}

function credentialFields({ wanted, connection, surveyed }: ObjectFacts): ComparedField[] {
  // Only of a desktop that is up is it known which one its pod was started with.
  if (!wanted?.isReady || !connection || !isWanted(surveyed)) return [];
  const { parameters } = wanted;
  if (parameters?.isUnread) return [];
  const pods = "the one that the pod was started with";
  const found = !parameters ? "none" : parameters.isOfPod ? pods : "another one than the pod was started with";
  return [field("password", found, pods)];
}

function bindingFields({ username, active, state, expires }: Binding, runs: boolean | null): ComparedField[] {
  const says = (isRunning: boolean) => (isRunning ? "running" : "not running");
  return [
    field("spec.expires", expires, undefined),
    ...(username === undefined || active === undefined
      ? []
      : [field("status", says(active), runs === null ? undefined : says(runs))]),
    ...(state?.replicas == null ? [] : [field("spec.replicas", String(state.replicas), undefined)]),
  ];
}

function inGuacamole(facts: ObjectFacts, { goes, runs }: Aim): ComparedObject[] {
  const { surveyed, wanted, rows, connection, user } = facts;
  const { names } = surveyed.desktop;
  const part = goes ? false : runs === true ? true : null;
  const row = (
    kind: string,
    name: string,
    there: boolean | undefined,
    isThere: boolean | null,
    fields: ComparedField[],
  ) => ({ system: "Guacamole", kind, name, there: there ?? null, wanted: isThere, fields }) as const;
  const read = (on: string, there: boolean | undefined, isThere: boolean | null) =>
    row("permission", `READ of ${names.entity} on ${on}`, there, isThere, []);
  const { permissions } = rows ?? {};
  return [
    row("connection group", names.group, rows?.group, runs === true ? true : null, [
      ...(rows?.group ? [field("type", rows.balancing ? "BALANCING" : "ORGANIZATIONAL", "ORGANIZATIONAL")] : []),
    ]),
    row("connection", names.connection, rows && rows.connectionId !== null ? true : rows ? false : undefined, part, [
      ...(connection ? connectionFields(connection, names.host, names.entity, wanted) : []),
    ]),
    row("user", names.entity, rows?.user, part, user ? userFields(user, wanted) : []),
    read("its connection", permissions?.connection, goes ? false : runs),
    read("its connection group", permissions?.group, goes ? false : runs === true ? true : null),
    read("itself", permissions?.self, part),
  ];
}

function connectionFields(
  connection: ConnectionDetails,
  host: string,
  entity: string,
  wanted: WantedDesktop | undefined,
): ComparedField[] {
  const { digests, protocol, shares, othersLeadingThere, otherGuacd, rights, groupRights } = connection;
  const own = ({ holder, type, permission }: Right) => permission === "READ" && type === "USER" && holder === entity;
  return [
    field("protocol", protocol, wanted?.protocol),
    field("parameter hostname", connection.host ?? undefined, host),
    field("guacd", otherGuacd ? "another one" : "Guacamole's own", "Guacamole's own"),
    ...(wanted?.parameters ? parameterFields(digests, wanted.parameters) : []),
    field("sharing profiles", String(shares), "0"),
    field("other connections to its host", String(othersLeadingThere), "0"),
    ...[...rights.filter((right) => !own(right)), ...groupRights].map(foreignRight),
  ];
}

/** Which parameters differ, by name: a value may be secret, and is not known here. */
function parameterFields(
  digests: ConnectionDetails["digests"],
  { digests: expected, secret, isUnread, isOfPod }: NonNullable<WantedDesktop["parameters"]>,
): ComparedField[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(digests)])].sort();
  return names
    .filter((name) => name !== "hostname" && digests[name] !== expected[name])
    .filter((name) => !secret.has(name) || (isOfPod && !isUnread))
    .map((name) => {
      const should =
        expected[name] === undefined ? "none" : secret.has(name) ? "that of its Secret" : "that of the policy";
      return {
        field: `parameter ${name}`,
        found: digests[name] === undefined ? "none" : "another value",
        wanted: should,
        differs: true,
      };
    });
}

function userFields({ lastDay, hasPassword, isPrivileged, rights }: GuacamoleUser, wanted: WantedDesktop | undefined) {
  const isSet = (yes: boolean) => (yes ? "yes" : "no");
  return [
    field("last day", lastDay ?? "unlimited", wanted?.until),
    field("has a password", isSet(hasPassword), "no"),
    field("has a system permission", isSet(isPrivileged), "no"),
    ...rights.map(foreignRight),
  ];
}

function foreignRight({ holder, type, permission }: Right): ComparedField {
  const who = type === "USER" ? holder : `the group ${holder}`;
  return { field: `permission ${permission} of ${who}`, found: "held", wanted: "none", differs: true };
}

function changed(path: string): ComparedField {
  return { field: path, found: "changed by somebody", wanted: "as it was made", differs: true };
}

function differing(found: readonly Differing[]): ComparedField[] {
  return found.map((each) => ({ ...each, differs: true }));
}

/** It differs only if it is known how it should be. */
function field(name: string, found: string | undefined, wanted: string | undefined): ComparedField {
  return { field: name, found, wanted, differs: wanted !== undefined && found !== wanted };
}
