import { z } from "zod";
import { upkeepName } from "../../orchestrations/upkeep.ts";
import { reapName } from "../../orchestrations/reap.ts";
import { reconcileName } from "../../orchestrations/reconcile.ts";
import type { Maintenance, Pause } from "../../shared/desktop/maintenance.ts";
import type { Services } from "../services.ts";
import { showGoals } from "./goals.ts";
import { maintenanceAnswer } from "./answers.ts";
import { type Answer, type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { type Route, tokenRoute } from "./route.ts";
import type { TaskHub } from "../work/task-hub.ts";
import { lastRun } from "./runs.ts";
import { atLeastOneOf, reason } from "./shapes.ts";

const position = z.enum(["on", "paused"]).optional();
const switchBody = atLeastOneOf(z.strictObject({ reaping: position, activation: position, reason }), [
  "reaping",
  "activation",
]).meta({ id: "MaintenanceSwitch" });
/** How administrators pause work, and see what the timers do. */
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
          "keep running. Fields that are left out stay as they are. Who paused it, or resumed it, when, and why is shown.",
        callers: ["admin"],
        body: switchBody,
        example: examples.maintenanceSwitch,
        answers: { 200: { words: "The new state", body: maintenanceAnswer, example: examples.maintenance } },
        handle: (call) => flip(services, call),
      }),
    }),
  ];
}

async function flip(
  services: Services,
  { hub, principal, body }: Call<unknown, z.output<typeof switchBody>>,
): Promise<Answer> {
  const noted = { by: principal.username, since: services.now().toISOString(), reason: body.reason };
  const now = await services.maintenance.update((current) =>
    (["reaping", "activation"] as const).reduce(
      (switches, name) => flipOne(switches, name, body[name], noted),
      current,
    ),
  );
  return { status: 200, body: await describe(services, hub, now) };
}

/** What is on already was resumed by who did that, not by who asks for it again. */
function flipOne(
  current: Maintenance,
  name: "reaping" | "activation",
  wanted: "on" | "paused" | undefined,
  noted: Pause,
): Maintenance {
  if (wanted === "paused") return { ...current, [name]: noted, resumed: { ...current.resumed, [name]: undefined } };
  if (wanted === undefined || !current[name]) return current;
  return { ...current, [name]: undefined, resumed: { ...current.resumed, [name]: noted } };
}

async function describe(services: Services, hub: TaskHub, { reaping, activation, resumed }: Maintenance) {
  const found = await services.records.open().catch(() => null);
  const names = [reapName, reconcileName, upkeepName];
  const runs = await Promise.all(names.map(async (name) => [name, await lastRun(hub, name)] as const));
  return {
    reaping: reaping ? { state: "paused", ...reaping } : { state: "on", ...resumed?.reaping },
    activation: activation ? { state: "paused", ...activation } : { state: "on", ...resumed?.activation },
    runs: Object.fromEntries(runs),
    goals: found && showGoals(found.records),
  };
}
