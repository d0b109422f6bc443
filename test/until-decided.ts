import type { Sighting } from "../shared/desktop/activities.ts";
import { blocking } from "../shared/kubernetes/wait-ready.ts";
import type { DesktopPlan } from "../shared/desktop/plan.ts";
import type { ClusterDesktops } from "../shared/kubernetes/desktops.ts";

/** More turns than any start in a test takes. */
const mostTurns = 20;

/** Waits for readiness turn by turn, as the saga does, until it is reached or refused. Returns what was seen last. */
export async function untilDecided(desktops: ClusterDesktops, plan: DesktopPlan): Promise<Sighting> {
  let sighting = await desktops.waitReady(plan, blocking);
  for (let turn = 0; turn < mostTurns && "seen" in sighting && sighting.seen === "waiting"; turn += 1)
    sighting = await desktops.waitReady(plan, blocking);
  return sighting;
}
