import { z } from "zod";
import { type EndSessionsInput, endSessionsName } from "../../orchestrations/end-sessions.ts";
import { deploymentPattern, sessionsId } from "../../shared/desktop/names.ts";
import { ProductError } from "../../shared/errors.ts";
import { type EndedSessions, runOfSessions } from "../../shared/lifecycle/ended-sessions.ts";
import type { Services } from "../services.ts";
import { keepRunning } from "../work/stuck.ts";
import type { TaskHub } from "../work/task-hub.ts";
import { endedAnswer } from "./answers.ts";
import { type Answer, type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { type Route, tokenRoute } from "./route.ts";
import { newestRun } from "./runs.ts";
import { atLeastOneOf, reason, username, workspaceName } from "./shapes.ts";

const endBody = atLeastOneOf(
  z.strictObject({ workspace: workspaceName.optional(), username: username.optional(), reason }),
  ["workspace", "username"],
).meta({ id: "EndSessions" });

const runId = z
  .string()
  .regex(deploymentPattern)
  .meta({ description: "The id of a run, as the API returned it", examples: [examples.endedSessions.id] });

const retryAfterSeconds = 2;

/** How administrators end many sessions at once. */
export function endSessionsRoutes(services: Services): Route[] {
  return [
    tokenRoute(services, "endSessions", "maintenance/end-sessions", {
      POST: endpoint({
        summary: "End all sessions in a workspace or of a person now",
        description:
          "Starts a run that suspends the desktops, in use or not; asked for again while it is under way, it is the same " +
          "run. People can ask for their desktops again, unless activation is paused.",
        callers: ["admin"],
        body: endBody,
        example: examples.endSessions,
        answers: {
          202: {
            words: "The run has begun: poll `Location` after `Retry-After`",
            body: endedAnswer,
            example: examples.endedSessions,
            headers: ["location", "retry-after"],
            links: { run: { to: "GET maintenance/end-sessions/{id}", parameters: { id: "$response.body#/id" } } },
          },
        },
        refuses: ["not-found"],
        handle: (call) => begin(services, call),
      }),
    }),
    tokenRoute(services, "endedSessions", "maintenance/end-sessions/{id}", {
      GET: endpoint({
        summary: "How far a run is that ends sessions, or what it did",
        callers: ["admin"],
        id: runId,
        answers: {
          200: {
            words: "The run, with one operation per person",
            body: endedAnswer,
            example: examples.endedSessions,
          },
        },
        refuses: ["not-found"],
        async handle({ hub, id }) {
          const body = await describeRun(hub, id);
          if (!body) throw new ProductError("not-found", "read run: there is none with this id");
          return { status: 200, body };
        },
      }),
    }),
  ];
}

async function begin(
  services: Services,
  { hub, principal, body }: Call<unknown, z.output<typeof endBody>>,
): Promise<Answer> {
  const { workspace, username: whose } = body;
  await checkWorkspace(services, workspace, whose);
  const id = sessionsId({ workspace, username: whose });
  const input: EndSessionsInput = {
    workspace,
    username: whose,
    reason: body.reason ?? `ended by ${principal.username}`,
  };
  await keepRunning(services, hub, endSessionsName, input, instanceOf(id));
  return {
    status: 202,
    headers: { location: `/api/maintenance/end-sessions/${id}`, "retry-after": String(retryAfterSeconds) },
    body: await describeRun(hub, id),
  };
}

/** A workspace whose desktops run counts as one, also if it was deleted. */
async function checkWorkspace(services: Services, workspace: string | undefined, whose: string | undefined) {
  if (workspace === undefined || whose !== undefined || (await services.workspaces.workspace(workspace))) return;
  const { deployed } = await services.desktops.findDeployed();
  if (!deployed.some((desktop) => desktop.workspace === workspace && desktop.replicas > 0))
    throw new ProductError("not-found", `end sessions: there is no workspace called ${workspace}`);
}

function instanceOf(id: string): string {
  return `${endSessionsName}-${id}`;
}

async function describeRun(hub: TaskHub, id: string) {
  const found = await newestRun(hub, instanceOf(id));
  if (!found) return null;
  const { instance, state } = found;
  const shown = (state === "done" ? instance.output : instance.customStatus) as EndedSessions | null;
  const {
    workspace,
    username: whose,
    reason: why,
    ...run
  } = shown ?? runOfSessions(instance.input as EndSessionsInput);
  return {
    id,
    state,
    startedAt: instance.createdAt.toISOString(),
    at: instance.updatedAt.toISOString(),
    workspace,
    username: whose,
    reason: why,
    ...run,
  };
}
