import { type DesktopKey, deploymentName, keyText, type NamedDesktop } from "../desktop/names.ts";
import type { DesktopDrift } from "./drift.ts";
import type { DriftSources } from "./drift-sources.ts";

/** Returns the other desktop whose own name a desktop has, if there is one: somebody wrote that name into a binding. */
export function nameOwners({
  survey: { desktops, records },
  known: { bindings },
}: Pick<DriftSources, "survey" | "known">): (desktop: NamedDesktop) => DesktopKey | undefined {
  const owners = new Map<string, DesktopKey>();
  const add = (key: DesktopKey, spelled = key.username) => {
    owners.set(deploymentName({ ...key, username: spelled }), key);
    owners.set(deploymentName(key), key);
  };
  for (const { workspace, username, spelled } of bindings)
    if (username !== undefined) add({ workspace, username }, spelled);
  for (const { request } of records.values())
    if (request.workspace !== null) add({ workspace: request.workspace, username: request.username });
  for (const { desktop } of desktops) add({ workspace: desktop.workspace, username: desktop.username });
  return (desktop) => {
    const owner = owners.get(desktop.names.deployment);
    return owner && keyText(owner) !== keyText(desktop) ? owner : undefined;
  };
}

export function nameTaken({ workspace, username }: DesktopKey, owner: DesktopKey): DesktopDrift {
  const reason = `has the name of the desktop of ${owner.username} in ${owner.workspace}, which cannot start`;
  return { kind: "name-taken", workspace, username, reason };
}
