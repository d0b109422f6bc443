import { nameDesktop } from "../../shared/desktop/names.ts";
import { finishRetirement } from "../../shared/person/retirement.ts";
import { findDesktops } from "../gather/desktops-of-person.ts";
import { namingRules, type Services } from "../services.ts";
import { changeRecord, ifThere } from "../work/person.ts";
import { tellNext } from "../work/queue.ts";
import { respellAllOf } from "../work/respell.ts";
import type { Implements } from "./activity.ts";

/** Each step checks by itself if anything is left to do, and removes nothing that is not this desktop's. */
export function retirementActivities(
  services: Services,
): Implements<
  | "listDesktops"
  | "recordRemoval"
  | "retireDeployment"
  | "retireService"
  | "retireCredential"
  | "retireNetworkPolicy"
  | "retireConnection"
  | "recordRetired"
> {
  const { desktops, guacamole, workspaces } = services;
  return {
    async listDesktops({ username, workspace }) {
      await respellAllOf(services, username);
      const all = await findDesktops(services, username);
      if (workspace === undefined) return all;
      // So little may be left that the desktop is not listed; each step checks by itself.
      const key = { workspace, username };
      const named = { ...key, names: nameDesktop(key, namingRules(services)) };
      return [all.find((desktop) => desktop.workspace === workspace) ?? named];
    },
    async recordRemoval({ username, id, outcome }, { error, info, fence, hub }) {
      const at = services.now().toISOString();
      if (outcome.state === "failed") error(`retirement ${id}: left behind: ${outcome.leftBehind.join("; ")}`);
      await changeRecord(
        services,
        username,
        ifThere((record) => finishRetirement(record, id, outcome, at)),
        fence,
      );
      await tellNext(services, hub, info);
      return null;
    },
    async retireDeployment(desktop) {
      await desktops.remove("deployment", desktop);
      return null;
    },
    async retireService(desktop) {
      await desktops.remove("service", desktop);
      return null;
    },
    async retireCredential(desktop) {
      await desktops.remove("secret", desktop);
      return null;
    },
    async retireNetworkPolicy(desktop) {
      await desktops.remove("networkPolicy", desktop);
      return null;
    },
    async retireConnection({ names }) {
      const stays = await guacamole.retire(names);
      return stays.length > 0 ? { stays } : null;
    },
    async recordRetired({ binding }) {
      if (binding !== undefined) await workspaces.recordBinding(binding, 0, null);
      return null;
    },
  };
}
