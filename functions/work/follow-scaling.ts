import { describePause, noteOfPause } from "../../shared/desktop/maintenance.ts";
import { keyText, personId } from "../../shared/desktop/names.ts";
import type { DesktopPlan } from "../../shared/desktop/plan.ts";
import { isRefusal, ProductError, type Refusal, refuse } from "../../shared/errors.ts";
import {
  correctionsOf,
  decideGiven,
  type ScaledDesktop,
  type ScaledPerson,
  scaledPeople,
} from "../../shared/lifecycle/scaling.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { outcomeOf } from "../../shared/person/outcomes.ts";
import { isReady, isSuspended } from "../gather/desktops-of-person.ts";
import { decidingFor } from "../gather/person-may.ts";
import { planStart } from "../gather/plan.ts";
import { type Services, today } from "../services.ts";
import { ask } from "./ask.ts";
import type { TaskHub } from "./task-hub.ts";

/** Somebody who looks at scaled bindings: the task hub, their log, and the person's id if they know it. */
export interface Follower {
  hub: TaskHub;
  log: (message: string) => void;
  warn: (message: string) => void;
  subject?: string | undefined;
}

/** Follows what one person's bindings say now. Two short lists of bindings if nothing was scaled. */
export async function followScalingOf(services: Services, username: string, follower: Follower): Promise<void> {
  const bindings = await services.workspaces.bindingsOf(username);
  // Only a choice can depend on what the operator left; desktops that were only given up wait for the timer anyway.
  const mayBeLeft =
    bindings.some(({ scale }) => scale?.seen === null) &&
    bindings.some(({ scale }) => scale && scale.replicas > 0 && !scale.seen);
  const left = mayBeLeft ? await findLeft(services) : () => 0;
  for (const person of scaledPeople(bindings, left, today(services))) await followPerson(services, person, follower);
}

/** How many pods the operator left wanted of each desktop. */
export async function findLeft({ desktops }: Services): Promise<Parameters<typeof scaledPeople>[1]> {
  const found = await desktops.findLeftByOperator();
  const replicas = new Map(found.map((left) => [left.desktop ? keyText(left.desktop) : "", left.replicas]));
  return (desktop) => replicas.get(keyText(desktop)) ?? 0;
}

/**
 * Makes what a person's bindings say their request. A desktop that is chosen comes up before the other one goes down; if
 * it is refused, the one that works stays, and the bindings say again what runs. Harmless if it runs twice, late, or at
 * the same time as another: what was read is marked as seen, so whatever was written since is still news.
 */
export async function followPerson(services: Services, person: ScaledPerson, follower: Follower): Promise<void> {
  const record = await services.records.read(personId(person.username));
  for (const desktop of person.unchanged) await markSeen(services, desktop);
  if (person.chosen.length > 0) await followChoice(services, person, record, follower);
  else for (const desktop of person.given) await followGiven(services, person, desktop, record, follower);
}

async function followChoice(
  services: Services,
  { username, chosen, given }: ScaledPerson,
  record: PersonRecord | null,
  { hub, log, warn, subject }: Follower,
): Promise<void> {
  const refusals: { desktop: ScaledDesktop; refusal: Refusal }[] = [];
  let accepted: ScaledDesktop | undefined;
  for (const desktop of chosen) {
    if (accepted) {
      const words = `${namesOf(accepted)}, which is followed instead: a person has one desktop at a time`;
      warn(`${namesOf(desktop)} was scaled up together with ${words}`);
      await markSeen(services, desktop);
      continue;
    }
    const plan = await mayHave(services, desktop, record);
    if (isRefusal(plan)) {
      refusals.push({ desktop, refusal: plan });
      continue;
    }
    const wish = { workspace: desktop.workspace, subject };
    await ask(services, hub, username, wish, () => isReady(services, plan));
    log(`${namesOf(desktop)} was scaled up: its desktop is brought up`);
    await markSeen(services, desktop);
    accepted = desktop;
  }

  const works = refusals.length > 0 && !accepted ? await whatWorks(services, username, record) : new Set<string>();
  // With a desktop that works, the person goes on there; without one, their choice waits for the end of the pause.
  const paused = refusals.find(
    ({ refusal }) => refusal.refused === "activation-paused" && works.size === 0 && !accepted,
  );
  for (const { desktop, refusal } of refusals.filter((each) => each !== paused)) {
    await sendBack(services, desktop, refusal);
    const stays = works.size > 0 ? `; what works stays: ${[...works].join(", ")}` : "";
    warn(`${namesOf(desktop)} was scaled up, but its person may not have that desktop: ${refusal.reason}${stays}`);
  }
  if (paused) throw new ProductError("activation-paused", paused.refusal.reason, { values: paused.refusal.values });
  // The work on the accepted desktop takes down the previous one, once the new one is up.
  for (const desktop of given) await (works.has(desktop.workspace) ? restore : markSeen)(services, desktop);
}

async function followGiven(
  services: Services,
  { username, refusedAt }: ScaledPerson,
  desktop: ScaledDesktop,
  record: PersonRecord | null,
  { hub, log }: Follower,
): Promise<void> {
  const now = services.now().toISOString();
  const what = decideGiven(desktop, record, refusedAt, now);
  if (what === "wait") {
    if (desktop.noticedAt === undefined)
      for (const { name } of desktop.bindings) await services.workspaces.noticeScaling(name, now);
    return;
  }
  if (what === "suspend") {
    const names = namesOf(desktop);
    const why = { kind: "scaled", binding: names } as const;
    const wish = { workspace: null, reason: `${names} was scaled to 0`, why };
    await ask(services, hub, username, wish, () => isSuspended(services, username));
    log(`${namesOf(desktop)} was scaled to 0: its desktop is suspended`);
  }
  if (what === "stay" && (await whatWorks(services, username, record)).has(desktop.workspace)) {
    await restore(services, desktop);
    log(`${namesOf(desktop)} was scaled to 0 for a choice that came to nothing: its desktop stays`);
    return;
  }
  await markSeen(services, desktop);
}

/** Plans a desktop if its person may have it now, as an API call for it would. */
async function mayHave(
  services: Services,
  { username, workspace }: ScaledDesktop,
  record: PersonRecord | null,
): Promise<DesktopPlan | Refusal> {
  const person = { username, claims: record?.request.claims ?? {} };
  const plan = await planStart(services, person, workspace, await decidingFor(services, person, workspace));
  if (isRefusal(plan)) return plan;
  const { activation } = await services.maintenance.read();
  if (activation && !(await isReady(services, plan).catch(() => false)))
    return refuse(
      "activation-paused",
      `no desktop is brought up: ${describePause(activation)}`,
      noteOfPause(activation),
    );
  return plan;
}

/** The workspaces in which the person's desktop runs, or is being brought up. */
async function whatWorks(
  services: Services,
  username: string,
  record: PersonRecord | null,
): Promise<ReadonlySet<string>> {
  const own = await services.desktops.findOfPerson(username);
  const works = own.filter(({ replicas }) => replicas > 0).map(({ workspace }) => workspace);
  const { workspace } = record?.request ?? {};
  if (record && workspace != null && !outcomeOf(record)) works.push(workspace);
  return new Set(works);
}

/**
 * Makes a person's bindings say what runs, once their request has ended: one that asks for a desktop that did not come up
 * goes to 0, and one whose desktop stayed goes to 1. Then scaling them says something again.
 */
export async function correctBindings(services: Services, username: string): Promise<void> {
  const [bindings, record] = await Promise.all([
    services.workspaces.bindingsOf(username),
    services.records.read(personId(username)),
  ]);
  const may = [true, false].some((runs) => correctionsOf(bindings, record, () => runs).length > 0);
  if (!may) return;
  const works = await whatWorks(services, username, record);
  for (const { binding, replicas } of correctionsOf(bindings, record, (workspace) => works.has(workspace)))
    await services.workspaces.scaleBack(binding, replicas);
}

async function markSeen({ workspaces }: Services, { bindings }: ScaledDesktop): Promise<void> {
  for (const { name, replicas } of bindings) await workspaces.markSeen(name, replicas);
}

/** Sets the bindings back to what they were at before somebody else scaled them. */
async function restore({ workspaces }: Services, { bindings }: ScaledDesktop): Promise<void> {
  for (const { name, before } of bindings) await workspaces.scaleBack(name, before > 0 ? 1 : 0);
}

async function sendBack({ workspaces, now }: Services, { bindings }: ScaledDesktop, refusal: Refusal): Promise<void> {
  const { refused: code, reason, values } = refusal;
  for (const { name } of bindings) {
    await workspaces.recordRefusal(name, { at: now().toISOString(), code, reason, ...(values && { values }) });
    await workspaces.scaleBack(name, 0);
  }
}

function namesOf({ bindings }: ScaledDesktop): string {
  return bindings.map(({ name }) => name).join(" and ");
}
