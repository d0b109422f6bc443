import type { KnownDesktop } from "../../shared/desktop/known-desktop.ts";
import { possibleNames } from "../../shared/desktop/entitlement.ts";
import { nameDesktop, personId } from "../../shared/desktop/names.ts";
import type { DesktopPlan } from "../../shared/desktop/plan.ts";
import { describeState } from "../../shared/desktop/state.ts";
import { namingRules, type Services } from "../services.ts";
import { namesOf } from "./names.ts";

/**
 * Returns every desktop of a person of which anything may be left, one per workspace: a Deployment, a binding whose
 * status names one, a connection that leads to it (also one that was moved), a user for it, or a run that ended half-way.
 */
export async function findDesktops(services: Services, username: string): Promise<KnownDesktop[]> {
  const rules = namingRules(services);
  const [deployed, { bindings, workspaces }, connections, withUser, record] = await Promise.all([
    services.desktops.findOfPerson(username),
    services.workspaces.known(),
    services.guacamole.findConnections(username),
    services.guacamole.findWorkspacesOfUsers(username),
    services.records.read(personId(username)),
  ]);
  const named = (workspace: string): KnownDesktop => {
    const key = { workspace, username };
    return { ...key, names: nameDesktop(key, rules) };
  };
  const recording = bindings.filter((binding) => binding.username === username && possibleNames([binding]).length > 0);
  const bound: KnownDesktop[] = [];
  for (const binding of recording) {
    const key = { workspace: binding.workspace, username };
    bound.push({ ...key, names: await namesOf(services, key, [binding]), binding: binding.name });
  }
  const found: KnownDesktop[] = [
    ...deployed.map(({ workspace, names, binding }) => ({ workspace, username, names, binding })),
    ...bound,
    ...[...connections.flatMap(({ workspace }) => workspace ?? []), ...workspaces.map(({ name }) => name)]
      .map((workspace) => named(workspace))
      .filter(({ names }) => connections.some(({ host }) => host === names.host)),
    ...withUser.map((workspace) => named(workspace)),
    ...(record?.before ? [named(record.before.workspace)] : []),
  ];
  const first = new Map(found.toReversed().map((desktop) => [desktop.workspace, desktop]));
  return [...first.values()].sort((one, other) => one.workspace.localeCompare(other.workspace));
}

/**
 * Returns the person's desktops that can be opened, including those that we did not make: two must never be open at
 * once.
 */
export async function findOpenDesktops(services: Services, username: string): Promise<KnownDesktop[]> {
  return openDesktops(services, username, await services.guacamole.findOpenWorkspaces(username));
}

/** The same if it is known in which workspaces. */
export async function openDesktops(
  services: Services,
  username: string,
  workspaces: readonly string[],
): Promise<KnownDesktop[]> {
  if (workspaces.length === 0) return [];
  const ours = await services.desktops.findOfPerson(username);
  return workspaces.map((workspace) => {
    const known = ours.find((desktop) => desktop.workspace === workspace);
    const key = { workspace, username };
    return { ...key, names: known?.names ?? nameDesktop(key, namingRules(services)), binding: known?.binding };
  });
}

/** True if there is anything of the person that a retirement removes. */
export async function isAnythingLeft(services: Services, username: string): Promise<boolean> {
  const [all, open] = await Promise.all([findDesktops(services, username), findOpenDesktops(services, username)]);
  return all.length > 0 || open.length > 0;
}

/** True if a desktop is as a finished activation left it. */
export async function isReady({ desktops, guacamole }: Services, plan: DesktopPlan): Promise<boolean> {
  const [deployment, rows] = await Promise.all([desktops.observeDeployment(plan), guacamole.observe(plan.names)]);
  // Without its group the connection is not shown: Guacamole does not open it after a login.
  return describeState({ deployment }, rows).state === "ready" && rows.permissions.group;
}

/** True if all of a person's desktops are as a finished suspension left them. */
export async function isSuspended({ desktops, guacamole }: Services, username: string): Promise<boolean> {
  const [all, open] = await Promise.all([desktops.findOfPerson(username), guacamole.findOpenWorkspaces(username)]);
  return open.length === 0 && all.every(({ replicas }) => replicas === 0);
}
