import { personId } from "../../shared/desktop/names.ts";
import { portsOf } from "../../shared/desktop/plan.ts";
import { keepsPod } from "../../shared/desktop/state.ts";
import { blocking, briefMilliseconds } from "../../shared/kubernetes/wait-ready.ts";
import { workIdOf } from "../../shared/person/work.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

export function deploymentActivities({
  desktops,
  records,
  starts,
}: Services): Implements<"createDeployment" | "removeDeployment" | "waitReady"> {
  return {
    createDeployment: ({ plan, before, request }) =>
      keepsPod(before, portsOf(plan))
        ? desktops.keepDeployment(plan)
        : desktops.createDeployment(plan, request, before.deployment === null),
    async removeDeployment({ plan, before }) {
      if (!before.deployment) await desktops.remove("deployment", plan);
      else if (!keepsPod(before, portsOf(plan))) {
        await desktops.scaleToZero(plan);
        await desktops.untilStopped(plan);
      }
      return null;
    },
    async waitReady({ plan, before, request, looks }, { hub, fence, error }) {
      if (looks !== "once") return desktops.waitReady(plan, blocking);
      const record = fence && (await records.readRecent(personId(fence.username)));
      const tell = () => {
        if (record)
          hub.tellNews(workIdOf(record)).catch((failure: unknown) => {
            error(`${(failure as Error).message} (the wait looks again by itself)`);
          });
      };
      const patience = { milliseconds: briefMilliseconds, returnsNews: false, tell };
      const { kind, ...sighting } = await desktops.waitReady(plan, patience);
      if (keepsPod(before, portsOf(plan))) return sighting;
      starts.noteKind(request.id, kind);
      return "seen" in sighting && sighting.seen === "ready" ? { ...sighting, started: { kind } } : sighting;
    },
  };
}
