import type { DesktopPlan } from "../../shared/desktop/plan.ts";
import { describeState } from "../../shared/desktop/state.ts";
import type { Services } from "../services.ts";

/** Whether a desktop is as a finished activation left it. */
export async function isReady({ desktops, guacamole }: Services, plan: DesktopPlan): Promise<boolean> {
  const [cluster, rows] = await Promise.all([desktops.observe(plan), guacamole.observe(plan.names)]);
  return describeState(cluster, rows).state === "ready";
}

/** Whether all of a person's desktops are as a finished suspension left them. */
export async function isSuspended({ desktops, guacamole }: Services, username: string): Promise<boolean> {
  const [all, open] = await Promise.all([desktops.listOf(username), guacamole.openedBy(username)]);
  return open.length === 0 && all.every(({ replicas }) => replicas === 0);
}
