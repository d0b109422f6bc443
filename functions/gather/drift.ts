import { createHash } from "node:crypto";
import { type DesktopDrift, type Drift, driftKinds, type DriftSurvey, refusal } from "../../shared/lifecycle/drift.ts";
import { type DesktopKey, nameDesktop, type NamedDesktop } from "../../shared/desktop/names.ts";
import { type DesktopPlan, portsOf } from "../../shared/desktop/plan.ts";
import { isUnfinished } from "../../shared/person/operation.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { keepsPod } from "../../shared/desktop/state.ts";
import { isRefusal } from "../../shared/errors.ts";
import type { ConnectionDetails } from "../../shared/guacamole/desktops.ts";
import { connectionParameters } from "../../shared/guacamole/parameters.ts";
import { planFor } from "./plan.ts";
import { namingRules, type Services } from "../services.ts";
import { damagedAmong } from "../../shared/person/damaged-record.ts";
import type { SurveyedDesktop } from "../../shared/lifecycle/survey.ts";
import { surveyDesktops } from "./survey.ts";

/** So many desktops are looked at side by side: their credentials are read one by one. */
const atOnce = 10;

export interface DriftScope {
  /** Whose; without it everybody's. */
  username?: string | undefined;
  /** How much of everything may go at once; by default what the setting says. */
  sharePercent?: number | undefined;
}

/**
 * Compares bindings, cluster and Guacamole's rows, both ways: of everybody, or of one person. Only reads. Throws where one of
 * them cannot be read; what the identity provider does not answer is left out, and named.
 */
export async function surveyDrift(
  services: Services,
  { username, sharePercent = services.settings.RECONCILE_SAFETY_PERCENT }: DriftScope,
): Promise<DriftSurvey> {
  const own = { ...services, policies: readOnce(services.policies) };
  const [survey, known, details, lastDays, parts] = await Promise.all([
    surveyDesktops(own, username),
    own.workspaces.known(),
    own.guacamole.details(username),
    own.guacamole.lastDays(),
    own.desktops.networkParts(username),
  ]);
  const drifts: Drift[] = [];
  const unanswered = survey.damaged.map(({ fault }) => fault.message);
  const isDamaged = damagedAmong(survey.damaged);
  const ours = survey.desktops.filter(({ desktop }) => desktop.ours);
  const isBusy = (record: PersonRecord | undefined) => record !== undefined && isBeingWorkedOn(record);
  // Of several connections of a name the oldest counts, as everywhere.
  const detailsOf = new Map(details.toReversed().map((each) => [idOf(each), each]));
  const partsOf = new Map(parts.map((each) => [idOf(each), each]));

  await forEach(ours, async (surveyed) => {
    const { workspace, username, names } = surveyed.desktop;
    const { action, reason } = surveyed.decision;
    // Also of who keeps asking for another desktop: it goes when that work has ended.
    if (action === "retire") drifts.push({ kind: "entitlement-ended", workspace, username, reason });
    if (action === "retire" || isBusy(surveyed.record) || isDamaged(username)) return;
    const id = idOf(surveyed.desktop);
    const found = await driftOf(own, surveyed, {
      known,
      details: detailsOf.get(id),
      lastDay: lastDays.get(names.entity),
      parts: partsOf.get(id),
    });
    drifts.push(...found);
  });

  // What belongs to a desktop without Deployment.
  const deployed = new Set(survey.desktops.map(({ desktop }) => idOf(desktop)));
  const alone = (key: DesktopKey) =>
    !deployed.has(idOf(key)) && !isBusy(survey.records.get(key.username)) && !isDamaged(key.username);
  const left = (key: DesktopKey, kind: Drift["kind"], what: string) => {
    drifts.push({
      kind,
      workspace: key.workspace,
      username: key.username,
      reason: `${what} is there without its Deployment`,
    });
  };
  for (const part of parts.filter(alone)) {
    if (part.service) left(part, "service-alone", "the Service");
    if (part.networkPolicy) left(part, "network-policy-alone", "the NetworkPolicy");
  }
  const rules = namingRules(services);
  for (const row of details.filter(alone))
    if (row.host === nameDesktop(row, rules).host) left(row, "connection-alone", "the connection");
  const bound = known.bindings.flatMap(({ workspace, username: whose }) =>
    whose !== undefined && (username === undefined || whose === username) ? [{ workspace, username: whose }] : [],
  );
  await forEach(bound.filter(alone), async (key) => {
    if (await services.desktops.hasCredential({ ...key, names: nameDesktop(key, rules) }))
      left(key, "credential-alone", "the Secret");
  });

  if (username === undefined) {
    const names = new Set([...known.workspaces.map(({ name }) => name), ...deployedWorkspaces(survey.desktops)]);
    for (const { workspace, count } of await services.guacamole.duplicateGroups())
      if (names.has(workspace))
        drifts.push({ kind: "duplicate-groups", workspace, reason: `there are ${count} root groups of that name` });
    const people = new Set(survey.desktops.map(({ desktop }) => desktop.username));
    const withDesktops = [...survey.records.values()].filter(({ request }) => people.has(request.username));
    await forEach(withDesktops, async (record) => {
      const gone = await goneReason(services, record).catch((error: unknown) => {
        unanswered.push((error as Error).message);
        return null;
      });
      if (gone !== null) drifts.push({ kind: "person-gone", username: record.request.username, reason: gone });
    });
  }

  drifts.sort((one, other) => sortKey(one).localeCompare(sortKey(other)));
  const goes = new Set(
    drifts.filter(({ kind }) => driftKinds[kind] === "retire").map((drift) => idOf(drift as DesktopKey)),
  );
  const people = new Set(drifts.filter(({ kind }) => kind === "person-gone").map((drift) => drift.username));
  for (const { desktop } of ours) if (people.has(desktop.username)) goes.add(idOf(desktop));
  const counted = {
    at: survey.at,
    desktops: ours.length,
    drifts,
    later: 0,
    goes: goes.size,
    unanswered: [...new Set(unanswered)],
  };
  return { ...counted, refused: refusal(counted, known, sharePercent) };
}

interface AroundDesktop {
  known: Awaited<ReturnType<Services["workspaces"]["known"]>>;
  details: ConnectionDetails | undefined;
  /** Its user's last day in Guacamole; undefined where there is no such user. */
  lastDay: string | null | undefined;
  parts: Awaited<ReturnType<Services["desktops"]["networkParts"]>>[number] | undefined;
}

/** What is amiss with a desktop that has a Deployment of ours and may stay, and on which nobody works. */
async function driftOf(services: Services, surveyed: SurveyedDesktop, around: AroundDesktop): Promise<DesktopDrift[]> {
  const { desktop, decision, record } = surveyed;
  const { workspace, username, names, replicas, side } = desktop;
  const found: DesktopDrift[] = [];
  const add = (kind: Drift["kind"], reason: string) => found.push({ kind, workspace, username, reason });
  if (decision.rule === "stuck-starting") add("stuck-starting", decision.reason);
  const mayOpen = around.details?.readers.includes(names.entity) ?? false;
  const binding = around.known.bindings.find(({ name }) => name === desktop.binding);
  const runs = replicas > 0;
  if (binding?.username !== undefined && binding.active !== undefined && binding.active !== runs)
    add("binding-status", `the binding ${binding.name} says that it ${runs ? "does not run" : "runs"}`);
  if (!runs) {
    if (mayOpen) add("access-without-desktop", `${names.entity} may open it, and it does not run`);
    return found;
  }
  if (replicas > 1) add("too-many-pods", `it has ${replicas} pods, and one is right`);

  const plan = await planFor(services, { username, claims: record?.request.claims ?? {} }, workspace, around.known);
  // What a changed policy makes of a pod that answers on other ports waits for its next start; one not ready is not done yet.
  if (
    isRefusal(plan) ||
    !keepsPod({ deployment: side, secret: true, networkPolicy: true, service: true }, portsOf(plan))
  )
    return found;
  for (const { kind, reason } of services.desktops.networkDrift(plan, around.parts)) add(kind, reason);

  const { request, outcomes = {} } = record ?? {};
  const wanted = request?.workspace === workspace && outcomes[request.id]?.state === "done";
  if (!wanted) return found;
  const { details, lastDay } = around;
  if (!details) add("connection", "Guacamole has no connection for it");
  else {
    const password = await services.desktops.readCredential(plan).catch(() => null);
    if (password === null) add("credential", "its Secret has no password");
    else for (const each of connectionDrift(plan, password, details)) add(each.kind, each.reason);
    if (lastDay === undefined) add("connection", "Guacamole has no user for it");
    else if (!mayOpen) add("access-missing", `${names.entity} may not open it, though it is ready`);
  }
  if (details && lastDay !== undefined && lastDay !== plan.until)
    add("last-day", `${names.entity} may log in until ${lastDay ?? "ever"}, and it is ${plan.until}`);
  return found;
}

/** Which parameters differ, by name: values may be secret. Guacamole's database tells only digests of them. */
function connectionDrift(plan: DesktopPlan, password: string, { digests, protocol }: ConnectionDetails) {
  const wanted = connectionParameters(plan, password);
  const secret = (name: string) => wanted[name] === password;
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(digests)])].sort();
  const differ = names.filter(
    (name) => digests[name] !== (wanted[name] === undefined ? undefined : digestOf(wanted[name])),
  );
  const plain = differ.filter((name) => !secret(name));
  const drifts: { kind: "connection" | "credential"; reason: string }[] = [];
  if (protocol !== plan.protocol) drifts.push({ kind: "connection", reason: `its protocol is ${protocol}` });
  if (plain.length > 0)
    drifts.push({ kind: "connection", reason: `parameters that are not as they should be: ${plain.join(", ")}` });
  if (differ.some(secret))
    drifts.push({ kind: "credential", reason: "its password in Guacamole is not the one in its Secret" });
  return drifts;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Why the person is no longer to have anything; null where they are known, or there is nobody to ask. */
async function goneReason({ directory }: Services, { request }: PersonRecord): Promise<string | null> {
  const { subject, retire } = request;
  if (!directory || subject === undefined || retire) return null;
  const standing = await directory.look(subject);
  if (!standing) return "is unknown to the identity provider now";
  return standing.enabled ? null : "was disabled at the identity provider";
}

/** Work that reviews alone are waiting for does not count: they look for drift themselves. */
function isBeingWorkedOn(record: PersonRecord): boolean {
  return isUnfinished({ ...record, reviews: undefined });
}

function idOf({ workspace, username }: DesktopKey): string {
  return `${workspace}/${username}`;
}

function sortKey({ kind, workspace = "", username = "" }: Drift): string {
  return `${kind} ${workspace} ${username}`;
}

function deployedWorkspaces(desktops: readonly { desktop: NamedDesktop }[]): string[] {
  return desktops.map(({ desktop }) => desktop.workspace);
}

function readOnce(policies: Services["policies"]): Services["policies"] {
  const found = new Map<string, ReturnType<typeof policies.read>>();
  return {
    read(name) {
      const texts = found.get(name) ?? policies.read(name);
      found.set(name, texts);
      return texts;
    },
  };
}

async function forEach<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  for (let first = 0; first < all.length; first += atOnce)
    await Promise.all(all.slice(first, first + atOnce).map(work));
}
