import { z } from "zod";
import { upkeepName } from "../../orchestrations/upkeep.ts";
import { reapName } from "../../orchestrations/reap.ts";
import { reconcileName } from "../../orchestrations/reconcile.ts";
import type { Maintenance } from "../../shared/desktop/maintenance.ts";
import { operationIdOf } from "../../shared/person/operation.ts";
import { ProductError } from "../../shared/errors.ts";
import { isSuspended } from "../gather/desktops-of-person.ts";
import { ask } from "../work/ask.ts";
import type { Services } from "../services.ts";
import { showGoals } from "./goals.ts";
import { endedAnswer, maintenanceAnswer } from "./answers.ts";
import { type Answer, type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { type Route, tokenRoute } from "./route.ts";
import type { TaskHub } from "../work/task-hub.ts";
import { lastRun } from "./runs.ts";
import { atLeastOneOf, reason, username, workspaceName } from "./shapes.ts";

const position = z.enum(["on", "paused"]).optional();
const switchBody = atLeastOneOf(z.strictObject({ reaping: position, activation: position, reason }), [
  "reaping",
  "activation",
]).meta({ id: "MaintenanceSwitch" });
const endBody = atLeastOneOf(
  z.strictObject({ workspace: workspaceName.optional(), username: username.optional(), reason }),
  ["workspace", "username"],
).meta({ id: "EndSessions" });

/** How administrators pause work and end sessions at once. */
export function maintenanceRoutes(services: Services): Route[] {
  return [
    tokenRoute(services, "maintenance", "maintenance", {
      GET: endpoint({
        summary: "What is paused, what the last runs of the timers did, and what has to hold and does not yet",
        callers: ["admin"],
        answers: { 200: { words: "The current state", body: maintenanceAnswer, example: examples.maintenance } },
        handle: async ({ hub }) => ({
          status: 200,
          body: await describe(services, hub, await services.maintenance.read()),
        }),
      }),
      PUT: endpoint({
        summary: "Pause or resume reaping or activation",
        description:
          "While reaping is paused, no desktop is suspended for being idle or up for too long; desktops that people are no " +
          "longer entitled to are still retired. While activation is paused, no desktop is brought up; running desktops " +
          "keep running. Fields that are left out stay as they are.",
        callers: ["admin"],
        body: switchBody,
        example: examples.maintenanceSwitch,
        answers: { 200: { words: "The new state", body: maintenanceAnswer, example: examples.maintenance } },
        handle: (call) => flip(services, call),
      }),
    }),
    tokenRoute(services, "endSessions", "maintenance/end-sessions", {
      POST: endpoint({
        summary: "End all sessions in a workspace or of a person now",
        description:
          "The desktops are suspended, in use or not. People can ask for them again, unless activation is paused.",
        callers: ["admin"],
        body: endBody,
        example: examples.endSessions,
        answers: {
          202: {
            words: "What is suspended, with one operation per person",
            body: endedAnswer,
            example: examples.endedSessions,
          },
        },
        refuses: ["not-found"],
        handle: (call) => endSessions(services, call),
      }),
    }),
  ];
}

async function flip(
  services: Services,
  { hub, principal, body }: Call<unknown, z.output<typeof switchBody>>,
): Promise<Answer> {
  const since = services.now().toISOString();
  const set = (wanted: "on" | "paused" | undefined, current: Maintenance["reaping"]) =>
    wanted === undefined
      ? current
      : wanted === "on"
        ? undefined
        : { by: principal.username, since, reason: body.reason };
  const now = await services.maintenance.update((current) => ({
    ...current,
    reaping: set(body.reaping, current.reaping),
    activation: set(body.activation, current.activation),
  }));
  return { status: 200, body: await describe(services, hub, now) };
}

async function describe(services: Services, hub: TaskHub, { reaping, activation }: Maintenance) {
  const found = await services.records.all().catch(() => null);
  const names = [reapName, reconcileName, upkeepName];
  const runs = await Promise.all(names.map(async (name) => [name, await lastRun(hub, name)] as const));
  return {
    reaping: reaping ? { state: "paused", ...reaping } : { state: "on" },
    activation: activation ? { state: "paused", ...activation } : { state: "on" },
    runs: Object.fromEntries(runs),
    goals: found && showGoals(found.records),
  };
}

/** Ends every running desktop that matches, even if its person has asked for another one since. */
async function endSessions(
  services: Services,
  { hub, principal, body }: Call<unknown, z.output<typeof endBody>>,
): Promise<Answer> {
  const { workspace, username } = body;
  const { deployed } = await services.desktops.findDeployed(username);
  const running = deployed.filter(
    (desktop) => desktop.ours && desktop.replicas > 0 && (workspace === undefined || desktop.workspace === workspace),
  );
  const words = body.reason ?? `ended by ${principal.username}`;
  const ended: { username: string; workspace: string; operation: string }[] = [];
  const failed: { username: string; workspace: string; reason: string }[] = [];
  for (const desktop of running) {
    const who = { username: desktop.username, workspace: desktop.workspace };
    try {
      const wish = { workspace: null, reason: words };
      const asked = await ask(services, hub, who.username, wish, () => isSuspended(services, who.username));
      ended.push({ ...who, operation: `/api/operations/${operationIdOf(asked.request)}` });
    } catch (error) {
      failed.push({ ...who, reason: (error as Error).message });
    }
  }
  if (running.length === 0 && username === undefined && workspace !== undefined) {
    const { workspaces } = await services.workspaces.known();
    if (!workspaces.some(({ name }) => name === workspace))
      throw new ProductError("not-found", `end sessions: there is no workspace called ${workspace}`);
  }
  return { status: 202, body: { ended, failed } };
}
