import { personId } from "../../shared/desktop/names.ts";
import { portsOf } from "../../shared/desktop/plan.ts";
import { keepsPod } from "../../shared/desktop/state.ts";
import { blocking, briefMilliseconds } from "../../shared/kubernetes/wait-ready.ts";
import type { Start } from "../../shared/lifecycle/start-times.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { workIdOf } from "../../shared/person/work.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

export function deploymentActivities({
  desktops,
  records,
  starts,
  now,
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
    async waitReady({ plan, before, request, looks, answersSince }, { hub, fence, error }) {
      if (looks !== "once") return desktops.waitReady(plan, blocking);
      const record = fence ? await records.readRecent(personId(fence.username)) : null;
      const tell = () => {
        if (record)
          hub.tellNews(workIdOf(record)).catch((failure: unknown) => {
            error(`${(failure as Error).message} (the wait looks again by itself)`);
          });
      };
      const patience = { milliseconds: briefMilliseconds, returnsNews: false, tell, answersSince };
      const { kind, blamesImage, ...sighting } = await desktops.waitReady(plan, patience);
      if (keepsPod(before, portsOf(plan))) return sighting;
      starts.noteKind(request.id, kind);
      // Other refusals (a quota, no node, a Secret that is missing) say nothing of the image, which others may start.
      if ("refused" in sighting && blamesImage)
        starts.ended(plan.image, failedStart(record, request.username, sighting.reason, now()));
      return "seen" in sighting && sighting.seen === "ready" ? { ...sighting, started: { kind } } : sighting;
    },
  };
}

/** @param reason the cluster's words; some of them are kept */
function failedStart(record: PersonRecord | null, username: string, reason: string, now: Date): Start {
  const since = record?.admission?.admittedAt ?? now.toISOString();
  const seconds = Math.max((now.getTime() - Date.parse(since)) / 1_000, 0);
  return { at: now.toISOString(), seconds, failed: reason.slice(0, 300), person: personId(username) };
}
