import { z } from "zod";
import { type EndSessionsInput, endSessionsName } from "../../orchestrations/end-sessions.ts";
import { deploymentPattern, sessionsId } from "../../shared/desktop/names.ts";
import { ProductError } from "../../shared/errors.ts";
import { explainDesktops } from "../gather/found-desktops.ts";
import { previewEnd } from "../../shared/lifecycle/preview.ts";
import { type EndedSessions, runOfSessions } from "../../shared/lifecycle/ended-sessions.ts";
import type { Services } from "../services.ts";
import type { TaskHub } from "../work/task-hub.ts";
import { endedAnswer } from "./answers.ts";
import { type Answer, type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { type Route, tokenRoute } from "./route.ts";
import { preview } from "./input.ts";
import { orPreview, showPreview } from "./preview.ts";
import { beginRun, newestRun } from "./runs.ts";
import { atLeastOneOf, reason, username, workspaceName } from "./shapes.ts";

const endBody = atLeastOneOf(
  z.strictObject({ workspace: workspaceName.optional(), username: username.optional(), reason }),
  ["workspace", "username"],
).meta({ id: "EndSessions" });

const endQuery = z.object({ dryRun: preview });

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
          "Starts a run that suspends the desktops, in use or not. Asked for again while it is under way, without a reason or " +
          "with the same, it is the same run (`joined`); with another reason the call is refused and names that run. People can ask for their desktops again, unless activation is paused.",
        callers: ["admin"],
        query: endQuery,
        body: endBody,
        example: examples.endSessions,
        answers: orPreview({
          202: {
            words: "The run has begun: poll `Location` after `Retry-After`",
            body: endedAnswer,
            example: examples.endedSessions,
            headers: ["location", "retry-after"],
            links: { run: { to: "GET maintenance/end-sessions/{id}", parameters: { id: "$response.body#/id" } } },
          },
        }),
        refuses: ["not-found", "already-running"],
        handle: (call) => (call.query.dryRun ? previewOf(services, call.body) : begin(services, call)),
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
  { hub, principal, body }: Call<z.output<typeof endQuery>, z.output<typeof endBody>>,
): Promise<Answer> {
  const { workspace, username: whose } = body;
  await checkWorkspace(services, workspace, whose);
  const id = sessionsId({ workspace, username: whose });
  const input: EndSessionsInput = {
    workspace,
    username: whose,
    reason: body.reason ?? `ended by ${principal.username}`,
    by: principal.username,
  };
  const path = `/api/maintenance/end-sessions/${id}`;
  const begun = await beginRun(services, hub, {
    ...{ name: endSessionsName, input, instanceId: instanceOf(id) },
    // Its people read one reason. Who gives none drops none.
    isSame: (underWay) => body.reason === undefined || body.reason === underWay.reason,
    describe: ({ by, reason }, startedAt) => ({
      words: `end sessions: a run for the same is under way since ${startedAt}, by ${by ?? "an administrator"} with another reason: ${reason} (GET ${path} shows it; ask again when it has ended)`,
      ...{ run: path, by, reason },
    }),
  });
  const joined = begun === "joined" ? { joined: true } : {};
  return {
    status: 202,
    headers: { location: path, "retry-after": String(retryAfterSeconds) },
    body: { ...(await describeRun(hub, id)), ...joined },
  };
}

/** What is meant is the same as in the run; of a workspace it is some seconds old. */
async function previewOf(
  services: Services,
  { workspace, username: whose }: z.output<typeof endBody>,
): Promise<Answer> {
  await checkWorkspace(services, workspace, whose);
  const { activation } = await services.maintenance.read();
  const { meant, ...looked } = await (whose === undefined ? everybodys(services) : onePersons(services, whose));
  const desktops = meant.filter((desktop) => workspace === undefined || desktop.workspace === workspace);
  return showPreview(previewEnd(desktops, { activationPaused: activation !== undefined }), looked);
}

async function everybodys({ wholeEstate }: Services) {
  const { at, desktops, unanswered } = await wholeEstate();
  const meant = desktops.flatMap(({ runs, connected, shown }) => (runs ? [{ ...shown, connected }] : []));
  return { meant, at, unanswered };
}

async function onePersons(services: Services, username: string) {
  const { desktops, damaged, unanswered } = await explainDesktops(
    services,
    await services.desktops.findDeployedOf(username),
  );
  return {
    meant: desktops.filter(({ ours, replicas }) => ours && replicas > 0),
    at: services.now().toISOString(),
    unanswered: [...unanswered, ...damaged.map(({ fault }) => fault.message)],
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
