import type { DesktopKey } from "../desktop/names.ts";

/** The key of a desktop in a map. */
export function keyOf({ workspace, username }: DesktopKey): string {
  return `${workspace}/${username}`;
}
