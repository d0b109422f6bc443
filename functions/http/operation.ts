import { setTimeout as pause } from "node:timers/promises";
import type { DurableClient } from "durable-functions";
import { describeOperation, type Operation } from "../../shared/desktop/operation.ts";
import { personId } from "../../shared/desktop/names.ts";
import { operationIdOf, parseOperationId, type RequestRecord } from "../../shared/desktop/request.ts";
import { ProductError } from "../../shared/errors.ts";
import type { Services } from "../services.ts";
import { liveWork, wake } from "../wake.ts";
import { authorize, readSeconds } from "./input.ts";
import { type Answer, registerRoute } from "./route.ts";

/** At most so long a caller may be kept waiting: well below what proxies and login threads bear. */
const longestWaitSeconds = 20;
const lookMilliseconds = 250;

export function registerOperation(services: Services): void {
  registerRoute(services, "operation", "operations/{id}", {
    async GET({ request, principal, client }) {
      const seconds = readSeconds(request, "wait", longestWaitSeconds);
      const id = parseOperationId(request.params["id"] ?? "");
      const record = id && (await services.requests.read(id.person));
      const username = record?.request.username ?? "";
      // An operation of somebody else is answered like one that does not exist.
      const known = record && (record.request.id === id.request || Object.hasOwn(record.outcomes, id.request));
      if (!known) throw new ProductError("not-found", "read operation: there is none with this id for this caller");
      try {
        authorize(services, principal, username, ["service", "self", "admin", "offboarding"]);
      } catch (error) {
        throw new ProductError("not-found", "read operation: there is none with this id for this caller", {
          cause: error,
        });
      }
      return operationAnswer(id.request, await waitForEnd(services, client, id.request, record, seconds));
    },
  });
}

export interface Seen {
  record: RequestRecord;
  operation: Operation;
}

/** Looks at an operation until it has ended or time is up, and wakes work that nobody does. */
export async function waitForEnd(
  services: Services,
  client: DurableClient,
  requestId: string,
  record: RequestRecord,
  seconds: number,
): Promise<Seen> {
  const until = Date.now() + seconds * 1_000;
  const person = personId(record.request.username);
  let current = record;
  for (;;) {
    const operation = describeOperation(requestId, current, await liveWork(client, current.request.username));
    if (operation.needsWaking) await wake(client, current.request.username);
    if (operation.outcome || Date.now() >= until) return { record: current, operation };
    await pause(lookMilliseconds);
    current = (await services.requests.read(person)) ?? current;
  }
}

/** 200 with the outcome, or 202 with where to ask again. */
export function operationAnswer(requestId: string, { record, operation }: Seen): Answer {
  const { username, workspace, requestedAt } = record.request;
  const id = operationIdOf({ ...record.request, id: requestId });
  const { state, progress, outcome } = operation;
  const newest = record.request.id === requestId;
  const body = {
    id,
    username,
    ...(newest ? { workspace, requestedAt } : {}),
    state,
    ...(progress && {
      progress: {
        step: progress.step,
        number: progress.number,
        of: progress.of,
        since: progress.since,
        message: progress.message,
        undoing: progress.undoing,
      },
    }),
    ...outcome,
  };
  return outcome
    ? { status: 200, body }
    : { status: 202, headers: { location: `/api/operations/${id}`, "retry-after": "1" }, body };
}
