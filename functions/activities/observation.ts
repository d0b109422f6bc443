import { neverHadDesktop, remember } from "../../shared/person/request.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { DesktopPlan } from "../../shared/desktop/plan.ts";
import { isOneUserPerPerson, personId } from "../../shared/desktop/names.ts";
import { isRefusal, ProductError, refuse } from "../../shared/errors.ts";
import { openDesktops } from "../gather/desktops-of-person.ts";
import { namingRules, type Services } from "../services.ts";
import { changeRecord, ifThere } from "../work/person.ts";
import { respellAllOf } from "../work/respell.ts";
import type { Implements } from "./activity.ts";

/**
 * True if another desktop of the person may run, also one that nobody can open. Nobody who never had one has one now: then
 * their Deployments are not read.
 */
async function runsElsewhere(
  { desktops }: Services,
  { username, workspace }: DesktopPlan,
  record: PersonRecord | null,
): Promise<boolean> {
  if (record && neverHadDesktop(record)) return false;
  const all = await desktops.findOfPerson(username);
  return all.some((each) => each.workspace !== workspace && each.replicas > 0);
}

/** Observes what is there before the run: an undo restores it. Refuses what is not ours before anything is changed. */
export function observationActivities(services: Services): Implements<"ensureDatabaseRunning" | "observeDesktop"> {
  const { desktops, guacamole, workspaces, server } = services;
  return {
    // Azure says that a server is ready before it lets anybody in; and any database may be in a failover just now.
    async ensureDatabaseRunning() {
      const sighting = await server.ensureRunning();
      if (isRefusal(sighting) || sighting.seen !== "ready") return sighting;
      try {
        await guacamole.check();
        return sighting;
      } catch (error) {
        if (!(error instanceof ProductError && error.code === "guacamole-unavailable")) throw error;
        return { seen: "waiting", message: error.message, againInSeconds: 10 };
      }
    },
    async observeDesktop({ plan, binding: known }, { fence }) {
      const shared = isOneUserPerPerson(namingRules(services));
      if (plan.spelled !== undefined) await respellAllOf(services, plan.username);
      const [{ strangers, ...cluster }, { open: openIn, administrator, ...rows }, binding, person] = await Promise.all([
        desktops.observeAtStart(plan),
        guacamole.observePerson(plan.names),
        known ?? workspaces.bindingState(plan.binding.name),
        services.records.readRecent(personId(plan.username)),
      ]);
      const open = await openDesktops(services, plan.username, openIn);
      if (strangers.length > 0)
        return refuse(
          "not-ours",
          `${strangers.join(", ")}: has this desktop's name but was not created by this product for it (remove or rename it)`,
        );
      if (rows.balancing)
        return refuse(
          "not-ours",
          `the connection group ${plan.names.group} is BALANCING, which opens every desktop in it to everybody (make it organizational)`,
        );
      // The last day would be theirs too, and lock them out.
      if (shared && administrator)
        return refuse(
          "not-ours",
          `the Guacamole user ${plan.names.entity} has system permissions (give that account another name, or take them away)`,
        );
      const observed = {
        ...cluster,
        ...rows,
        binding: binding ?? { replicas: null, status: null },
        others: open.filter(({ workspace }) => workspace !== plan.workspace),
      };
      // After an outage in the middle of a run, what is there now may be that run's own work: the first observation
      // counts.
      // Others that can be opened now are withdrawn too; those that the earlier attempt withdrew are still given back.
      const record = await changeRecord(
        services,
        plan.username,
        ifThere((current) => remember(current, plan.workspace, observed)),
        fence,
      );
      const first = record?.before?.workspace === plan.workspace ? record.before.desktop : observed;
      const since = observed.others.filter(({ workspace }) =>
        first.others.every((other) => other.workspace !== workspace),
      );
      // The user is that of a desktop which came up since then: it is now as that desktop needs it.
      const own =
        shared && since.length > 0
          ? {
              user: observed.user,
              validUntil: observed.validUntil,
              timeZone: observed.timeZone,
              permissions: { ...first.permissions, self: observed.permissions.self },
            }
          : {};
      const before = { ...first, ...own, others: [...first.others, ...since] };
      return { before, elsewhere: before.others.length > 0 || (await runsElsewhere(services, plan, person)) };
    },
  };
}
