import type { Rollback } from "../../shared/desktop/activities.ts";
import { type DesktopKey, nameDesktop, personId } from "../../shared/desktop/names.ts";
import type { DesktopBefore } from "../../shared/desktop/state.ts";
import { ProductError } from "../../shared/errors.ts";
import { namingRules, type Services } from "../services.ts";
import { findDesktops } from "./desktops-of-person.ts";
import { surveyDesktops } from "./survey.ts";

/**
 * How what a failed activation left behind goes back to what its person's record says was there before. If it failed after
 * it had given access, the person may be connected by now: then their desktop stays, and goes down like any other.
 */
export async function planRollback(services: Services, { workspace, username }: DesktopKey): Promise<Rollback> {
  const [record, all, { desktops: surveyed }] = await Promise.all([
    services.records.read(personId(username)),
    findDesktops(services, username),
    surveyDesktops(services, username),
  ]);
  const key = { workspace, username };
  const desktop = all.find((each) => each.workspace === workspace) ?? {
    ...key,
    names: nameDesktop(key, namingRules(services)),
  };
  const before = record?.before?.workspace === workspace ? record.before.desktop : undefined;
  const use = surveyed.find((each) => each.desktop.workspace === workspace)?.use;
  if (use === null)
    throw new ProductError(
      "guacamole-unavailable",
      `undo the activation in ${workspace}: whether somebody is connected is not known`,
    );
  if (use?.connected) return { desktop, goes: "stay", giveBack: [] };
  // One that was suspended since, or is gone, cannot be opened.
  const runs = new Set(
    surveyed
      .filter(({ desktop: { replicas, side } }) => replicas > 0 && side.ready > 0)
      .map((each) => each.desktop.workspace),
  );
  const giveBack = (before?.others ?? []).filter((other) => runs.has(other.workspace));
  return { desktop, goes: before ? wayBack(before) : "stay", giveBack };
}

function wayBack({ deployment, connectionId, permissions }: DesktopBefore): Rollback["goes"] {
  if (!deployment && connectionId === null) return "retire";
  return deployment && deployment.ready > 0 && permissions.connection ? "stay" : "suspend";
}
