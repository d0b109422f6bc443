import {
  type Binding,
  bindsPerson,
  type Person,
  type Workspace,
  type WorkspacesAndBindings,
} from "../../shared/desktop/entitlement.ts";
import type { DeployedDesktop } from "../../shared/desktop/known-desktop.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { type Services, today } from "../services.ts";

/** What decides whether a person may use workspaces. */
export interface Deciding {
  workspaces: readonly Workspace[];
  bindings: readonly Binding[];
}

type Reading = Pick<Services, "workspaces" | "settings" | "now">;

/**
 * What decides whether a person may use one workspace, without reading everybody's bindings. Only if nothing of it lets the
 * person in is everything read: a binding whose label was written by hand may stand for another name.
 */
export async function decidingFor(services: Reading, person: Person, name: string): Promise<Deciding> {
  const { workspaces } = services;
  const [bindings, workspace] = await Promise.all([
    workspaces.bindingsFor(person.username),
    workspaces.workspace(name),
  ]);
  return isBound(services, bindings, person, name)
    ? { bindings, workspaces: workspace ? [workspace] : [] }
    : workspaces.known();
}

/** The same for somebody who only asks: their own bindings are enough if they name the workspace, and claims do not matter. */
export async function decidingForAsking(services: Reading, person: Person, name: string): Promise<Deciding> {
  if (Object.keys(person.claims).length > 0) return decidingFor(services, person, name);
  const [bindings, workspace] = await Promise.all([
    services.workspaces.labelledFor(person.username),
    services.workspaces.workspace(name),
  ]);
  return isBound(services, bindings, person, name)
    ? { bindings, workspaces: workspace ? [workspace] : [] }
    : decidingFor(services, person, name);
}

function isBound(services: Reading, bindings: readonly Binding[], person: Person, workspace: string): boolean {
  const day = today(services);
  return bindings.some((each) => each.workspace === workspace && each.expires >= day && bindsPerson(each, person));
}

/** The bindings that let a person in anywhere, and their workspaces. */
export async function decidingForAll({ workspaces }: Pick<Services, "workspaces">, person: Person): Promise<Deciding> {
  const bindings = await workspaces.bindingsFor(person.username);
  const names = new Set(bindings.filter((each) => bindsPerson(each, person)).map(({ workspace }) => workspace));
  if (names.size === 0 || names.size > mostRead) return workspaces.known();
  const found = await Promise.all([...names].map((name) => workspaces.workspace(name)));
  return { bindings, workspaces: found.filter((each) => each !== null) };
}

/**
 * What decides whether people may keep these desktops, without reading everybody's bindings. Only if it does not let
 * somebody keep theirs, or lacks the binding that a desktop notes, is everything read.
 */
export async function decidingForDesktops(
  services: Reading,
  desktops: readonly DeployedDesktop[],
  records: ReadonlyMap<string, PersonRecord>,
): Promise<WorkspacesAndBindings> {
  const ours = desktops.filter((desktop) => desktop.ours);
  const odd: string[] = [];
  const note = (fault: string) => odd.push(fault);
  const [bindings, workspaces] = await Promise.all([
    services.workspaces.bindingsForPeople(
      desktops.map(({ username }) => username),
      note,
    ),
    services.workspaces.workspacesNamed([...new Set(desktops.map(({ workspace }) => workspace))], note),
  ]);
  const known = new Set(workspaces.map(({ name }) => name));
  const mayStay = ours.every(({ username, workspace }) => {
    const claims = records.get(username)?.request.claims ?? {};
    return known.has(workspace) && isBound(services, bindings, { username, claims }, workspace);
  });
  return mayStay && !(await isOneMissing(services, ours, bindings))
    ? { bindings, workspaces, unreadable: { workspaces: [], bindings: [] }, odd }
    : services.workspaces.known();
}

/** True if a binding that a desktop notes is there, and its label stands for another name. */
async function isOneMissing(
  { workspaces }: Reading,
  desktops: readonly DeployedDesktop[],
  bindings: readonly Binding[],
): Promise<boolean> {
  const names = new Set(bindings.map(({ name }) => name));
  const missing = desktops.flatMap(({ binding }) => (binding === undefined || names.has(binding) ? [] : [binding]));
  const found = await Promise.all(missing.map((name) => workspaces.bindingState(name)));
  return found.some((state) => state !== null);
}

/** More workspaces are read by one list. */
const mostRead = 8;
