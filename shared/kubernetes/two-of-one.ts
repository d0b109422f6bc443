import { deploymentName, keyText, type NamedDesktop } from "../desktop/names.ts";

/** Of several Deployments that say that they are one desktop, the one that has its own name comes first: it counts. */
export function ownNameFirst<Desktop extends NamedDesktop>(desktops: readonly Desktop[]): Desktop[] {
  const isOther = (desktop: Desktop) => Number(desktop.names.deployment !== deploymentName(desktop));
  return desktops.toSorted((one, other) => isOther(one) - isOther(other));
}

/** What is wrong with Deployments that say that they are a desktop which another one is, in words. */
export function twiceThere(desktops: readonly NamedDesktop[]): string[] {
  return [...Map.groupBy(ownNameFirst(desktops), keyText).values()].flatMap(([first, ...others]) =>
    others.map(
      ({ workspace, username, names }) =>
        `Deployment ${names.deployment}: says that it is the desktop of ${username} in ${workspace}, which ${first?.names.deployment ?? ""} is (delete the one that is wrong)`,
    ),
  );
}
