import { remember } from "../../shared/person/request.ts";
import { refuse } from "../../shared/errors.ts";
import { findOpenDesktops } from "../gather/desktops-of-person.ts";
import type { Services } from "../services.ts";
import { changeRecord, ifThere } from "../work/person.ts";
import type { Implements } from "./activity.ts";

/** Observes what is there before the run: an undo restores it. Refuses what is not ours before anything is changed. */
export function observationActivities(services: Services): Implements<"ensureDatabaseRunning" | "observeDesktop"> {
  const { desktops, guacamole, workspaces, server } = services;
  return {
    ensureDatabaseRunning: () => server.ensureRunning(),
    async observeDesktop({ plan }, { fence }) {
      const [{ strangers, ...cluster }, rows, binding, open] = await Promise.all([
        desktops.observe(plan),
        guacamole.observe(plan.names),
        workspaces.bindingState(plan.binding.name),
        findOpenDesktops(services, plan.username),
      ]);
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
      return { before: { ...first, others: [...first.others, ...since] } };
    },
  };
}
