import type { KnownDesktop } from "../../shared/desktop/known-desktop.ts";
import { nameDesktop, personId } from "../../shared/desktop/names.ts";
import { namingRules, type Services } from "../services.ts";

/**
 * Every desktop of a person of which anything may be left, one a workspace: a Deployment, a binding whose status tells of
 * one, a connection that leads to it, or a run that ended half-way.
 */
export async function everyDesktop(services: Services, username: string): Promise<KnownDesktop[]> {
  const rules = namingRules(services);
  const [deployed, { bindings }, connections, record] = await Promise.all([
    services.desktops.listOf(username),
    services.workspaces.known(),
    services.guacamole.connectionsOf(username),
    services.records.read(personId(username)),
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
