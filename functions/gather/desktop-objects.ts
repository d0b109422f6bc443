import { formerEntity, keyText } from "../../shared/desktop/names.ts";
import { isRefusal } from "../../shared/errors.ts";
import { type ComparedObject, compareObjects } from "../../shared/lifecycle/desktop-objects.ts";
import { driftOf, isWanted } from "../../shared/lifecycle/desktop-drift.ts";
import { type Drift } from "../../shared/lifecycle/drift.ts";
import { isBeingChanged } from "../../shared/person/left-to-do.ts";
import { namingRules, type Services } from "../services.ts";
import { wantedByPlan } from "./drift.ts";
import type { ExplainedDesktop } from "./found-desktops.ts";
import type { Deciding } from "./person-may.ts";
import { planFor } from "./plan.ts";
import { orNull } from "./rows.ts";

/** One desktop's objects beside how they should be, and what reconcile finds wrong with them. */
export interface DesktopObjects {
  objects: ComparedObject[];
  drifts: Pick<Drift, "kind" | "reason">[];
  /** Why the desktop is not compared as a whole: reconcile leaves it alone as well. */
  notCompared: string | undefined;
  unanswered: string[];
}

/** Reads all that is of one desktop, and nothing of others. The password of its credential stays in here. */
export async function lookAtObjects(
  services: Services,
  found: ExplainedDesktop,
  known: Deciding,
): Promise<DesktopObjects> {
  const { surveyed, username } = found;
  const { desktop, record } = surveyed;
  const unanswered: string[] = [];
  const asked = <Found>(work: Promise<Found>) => orNull(work, (words) => unanswered.push(words));
  const [plan, parts, secret, pods, rows, details, users] = await Promise.all([
    planFor(services, { username, claims: record?.request.claims ?? {} }, desktop.workspace, known),
    services.desktops.networkParts(username),
    services.desktops.hasCredential(desktop),
    services.desktops.podsOf(desktop),
    asked(services.guacamole.observe(desktop.names)),
    asked(services.guacamole.details(username)),
    asked(services.guacamole.users([desktop.names.entity])),
  ]);
  const own = parts.find((each) => keyText(each) === keyText(desktop));
  // Of several connections of a name the oldest counts, as everywhere.
  const connection = details?.find((row) => keyText(row) === keyText(desktop));
  const withParameters = isWanted(surveyed) && connection !== undefined;
  const wanted = isRefusal(plan)
    ? null
    : await wantedByPlan(services, plan, { surveyed, withParameters }, { parts: own, readsSecret: secret });
  const differ = isRefusal(plan) ? null : services.desktops.networkDifferences(plan, own ?? {});
  const binding = known.bindings.find(({ name }) => name === desktop.binding);
  const user = users?.get(desktop.names.entity);
  const around = { binding, connection, user, wanted: wanted ?? undefined };
  const notCompared = whyNotCompared(found, isRefusal(plan) ? plan.reason : undefined, rows === null);
  return {
    objects: compareObjects({
      ...around,
      surveyed,
      service: { there: own?.service !== undefined, differences: differ?.service ?? [] },
      networkPolicy: { there: own?.networkPolicy !== undefined, differences: differ?.networkPolicy ?? [] },
      secret,
      pods,
      rows,
    }),
    drifts:
      notCompared === undefined
        ? driftOf(surveyed, { ...around, formerEntity: formerEntity(desktop, namingRules(services)) }).map(
            ({ kind, reason }) => ({ kind, reason }),
          )
        : [],
    notCompared,
    unanswered: [...new Set(unanswered)],
  };
}

function whyNotCompared(
  { surveyed: { desktop, decision, record }, damaged }: ExplainedDesktop,
  refused: string | undefined,
  isDatabaseAway: boolean,
): string | undefined {
  if (!desktop.ours) return "the operator left it, and it has not been adopted yet";
  if (damaged) return "the record of its person cannot be read";
  if (decision.action === "retire") return `it is to be removed: ${decision.reason}`;
  if (record && isBeingChanged(record, desktop.workspace)) return "it is being changed";
  if (isDatabaseAway) return "Guacamole's database does not answer";
  return refused === undefined ? undefined : `how it should be is not known: ${refused}`;
}
