import { deploymentName, keyText, type NamedDesktop } from "../desktop/names.ts";

/** Of several Deployments that say that they are one desktop, the one that has its own name comes first: it counts. */
export function ownNameFirst<Desktop extends NamedDesktop>(desktops: readonly Desktop[]): Desktop[] {
  const [own, others]: [Desktop[], Desktop[]] = [[], []];
  for (const desktop of desktops) (desktop.names.deployment === deploymentName(desktop) ? own : others).push(desktop);
  return others.length === 0 ? own : [...own, ...others];
}

/**
 * What is wrong with Deployments that say that they are a desktop which another one is, in words.
 *
 * @param desktops those that have their own names first
 */
export function twiceThere(desktops: readonly NamedDesktop[]): string[] {
  const first = new Map<string, string>();
  const faults: string[] = [];
  for (const desktop of desktops) {
    const { workspace, username, names } = desktop;
    const key = keyText(desktop);
    const counts = first.get(key);
    if (counts === undefined) first.set(key, names.deployment);
    else
      faults.push(
        `Deployment ${names.deployment}: says that it is the desktop of ${username} in ${workspace}, which ${counts} is (delete the one that is wrong)`,
      );
  }
  return faults;
}
