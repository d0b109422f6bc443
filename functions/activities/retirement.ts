import { nameDesktop, personId } from "../../shared/desktop/names.ts";
import type { KnownDesktop } from "../../shared/desktop/activities.ts";
import { namingRules, type Services } from "../services.ts";
import type { Implements } from "./activity.ts";

/** Each step finds out by itself whether there is anything left to do, and removes nothing that is not this desktop's. */
export function retirementActivities(
  services: Services,
): Implements<
  | "listDesktops"
  | "retireDeployment"
  | "retireService"
  | "retireCredential"
  | "retireNetworkPolicy"
  | "retireConnection"
  | "recordRetired"
> {
  const { desktops, guacamole, workspaces } = services;
  return {
    listDesktops: ({ username }) => listDesktops(services, username),
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
      await guacamole.retire(names);
      return null;
    },
    async recordRetired({ binding }) {
      if (binding !== undefined) await workspaces.recordBinding(binding, 0, null);
      return null;
    },
  };
}

/**
 * Every desktop of which anything may be left, one a workspace: a Deployment, a binding whose status tells of one, a
 * connection that leads to it, or a run that ended half-way.
 */
async function listDesktops(services: Services, username: string): Promise<KnownDesktop[]> {
  const rules = namingRules(services);
  const [deployed, { bindings }, connections, record] = await Promise.all([
    services.desktops.listOf(username),
    services.workspaces.known(),
    services.guacamole.connectionsOf(username),
    services.requests.read(personId(username)),
  ]);
  const named = (workspace: string, deployment?: string): KnownDesktop => {
    const key = { workspace, username };
    return { ...key, names: nameDesktop(key, rules, deployment) };
  };
  const bound = bindings
    .filter((binding) => binding.username === username && binding.deployment !== undefined)
    .map(({ name, workspace, deployment }) => ({ ...named(workspace, deployment), binding: name }));
  const found: KnownDesktop[] = [
    ...deployed.map(({ workspace, names, binding }) => ({ workspace, username, names, binding })),
    ...bound,
    ...connections
      .map(({ workspace, host }) => ({ desktop: named(workspace), host }))
      .filter(({ desktop, host }) => desktop.names.host === host)
      .map(({ desktop }) => desktop),
    ...(record?.before ? [named(record.before.workspace)] : []),
  ];
  const first = new Map(found.toReversed().map((desktop) => [desktop.workspace, desktop]));
  return [...first.values()].sort((one, other) => one.workspace.localeCompare(other.workspace));
}
