import type { DesktopKey } from "../../shared/desktop/names.ts";

export const workspaces = Array.from({ length: 200 }, (_, index) => `cohort-${index}`);

/** Each person has one desktop, spread over the workspaces. */
export function desktopOf(index: number): DesktopKey {
  return { workspace: workspaces[index % workspaces.length] ?? "", username: `person-${index}` };
}

/** Desktops are started within the last eleven hours. */
export function startOf(index: number, now: Date): string {
  return new Date(now.getTime() - (30 + (index % 630)) * 60_000).toISOString();
}
