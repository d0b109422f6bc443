import { json, notFound } from "../http-message.ts";
import type { HostRequest, HostResponse } from "../http-message.ts";
import { entitiesUnsupported } from "../functions.ts";
import { managementUrls } from "./client-binding.ts";
import type { Control, SendResult, StartResult } from "./control.ts";
import type { EngineContext } from "./engine-context.ts";
import { emptyEventProblem } from "./failure-details.ts";
import { purgeFiltered, queryInstances } from "./http-query.ts";
import { isFinished } from "./store.ts";
import type { Instance } from "./store.ts";
import { isTrue, statusJson, statusOptions } from "./status.ts";

export interface HttpApiContext {
  engine: EngineContext;
  control: Control;
  hostUrl: string;
  systemKey: string;
}

/** Answers the durable extension's HTTP API below its prefix. Segments are decoded. */
export async function answerDurable(
  context: HttpApiContext,
  request: HostRequest,
  segments: readonly string[],
): Promise<HostResponse> {
  const [what, first, second, third] = segments;
  const { method } = request;
  if (what === "entities") return json(501, { Message: entitiesUnsupported });
  if (what === "orchestrators" && method === "POST" && first !== undefined && segments.length <= 3) {
    return start(context, request, first, second);
  }
  if (what !== "instances") return notFound;
  if (first === undefined || first === "") {
    if (method === "GET") return queryInstances(context.engine.store, request);
    return method === "DELETE" ? purgeFiltered(context.engine.store, context.control, request) : notFound;
  }
  if (second === undefined) {
    if (method === "GET") return getStatus(context, request, first);
    if (method !== "DELETE") return notFound;
    return purge(context, first);
  }
  return method === "POST" ? command(context, request, first, second, third) : notFound;
}

async function start(
  context: HttpApiContext,
  request: HostRequest,
  name: string,
  instanceId: string | undefined,
): Promise<HostResponse> {
  if (request.query.has("timeout")) return unsupported("a start that waits for its output", "ask for its status");
  const input = readJson(request);
  if (input === invalid) return json(400, { Message: "Invalid JSON content" });
  const version = request.query.get("version");
  const result = await context.control.start({
    name,
    input: input ?? null,
    ...(instanceId !== undefined && { instanceId }),
    ...(version !== null && version !== "" && { version }),
  });
  return "started" in result ? accepted(context, result.started) : refused(result);
}

function refused({ refused: why, reason }: Extract<StartResult, { refused: unknown }>): HostResponse {
  return json(why === "invalid" ? 400 : 409, { Message: reason });
}

function accepted({ hostUrl, systemKey, engine }: HttpApiContext, instanceId: string): HostResponse {
  const urls = managementUrls({ hostUrl, systemKey, hubName: engine.settings.hubName }, instanceId);
  return json(202, urls, [
    ["location", new URL(urls.statusQueryGetUri).href], // encoded, like .NET's Uri in the header
    ["retry-after", "10"],
  ]);
}

function getStatus(context: HttpApiContext, request: HostRequest, instanceId: string): HostResponse {
  const { store } = context.engine;
  const instance = store.instance(instanceId);
  if (!instance) return notFound;
  const options = statusOptions(request.query);
  const body = statusJson(instance, options, options.showHistory ? store.history(instanceId) : []);
  if (isFinished(instance.status)) {
    const isError = instance.status === "Failed" && isTrue(request.query, "returnInternalServerErrorOnFailure", false);
    return json(isError ? 500 : 200, body);
  }
  return json(202, body, [
    ["location", request.url],
    ["retry-after", "5"],
  ]);
}

async function command(
  context: HttpApiContext,
  request: HostRequest,
  instanceId: string,
  operation: string,
  eventName: string | undefined,
): Promise<HostResponse> {
  const { control, engine } = context;
  const reason = request.query.get("reason") ?? "";
  switch (operation.toLowerCase()) {
    case "raiseevent": {
      const input = readJson(request);
      if (eventName === undefined || eventName === "") return notFound;
      if (input === undefined) return json(400, emptyEventProblem);
      if (input === invalid) return json(400, { Message: "Invalid JSON content" });
      return sent(await control.raiseEvent(instanceId, eventName, input));
    }
    case "terminate":
      return sent(await control.terminate(instanceId, reason));
    case "suspend":
      return sent(await control.suspend(instanceId, reason));
    case "resume":
      return sent(await control.resume(instanceId, reason));
    case "restart":
      return unsupported("restart", "start an instance with the same input");
    case "rewind":
      return rewind(engine.store.instance(instanceId));
    default:
      return notFound;
  }
}

async function purge({ control }: HttpApiContext, instanceId: string): Promise<HostResponse> {
  const result = await control.purge(instanceId);
  if (result === "purged") return json(200, { instancesDeleted: 1 });
  if (result === "unknown instance") return notFound;
  return json(
    412,
    `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${instanceId} has status ${result.stillRuns}`,
  );
}

function unsupported(what: string, instead: string): HostResponse {
  return json(501, { Message: `${what} is not supported by the local host (${instead})` });
}

/** The real host accepts it for a failed instance, which still stays Failed (point `rewind`). */
function rewind(instance: Instance | undefined): HostResponse {
  if (!instance) return notFound;
  return { status: instance.status === "Completed" || instance.status === "Terminated" ? 410 : 202 };
}

function sent(result: SendResult): HostResponse {
  return { status: { sent: 202, "unknown instance": 404, finished: 410 }[result] };
}

const invalid = Symbol("not JSON");

/** Returns the body as normalised JSON; undefined if it is empty. */
function readJson({ body }: HostRequest): string | undefined | typeof invalid {
  if (body.length === 0) return undefined;
  try {
    return JSON.stringify(JSON.parse(body.toString()));
  } catch {
    return invalid;
  }
}
