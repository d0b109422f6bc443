import { setTimeout as pause } from "node:timers/promises";
import type { DurableClient } from "durable-functions";
import { z } from "zod";
import { describeOperation, type Operation } from "../../shared/person/operation.ts";
import { personId } from "../../shared/desktop/names.ts";
import { operationIdOf, parseOperationId } from "../../shared/person/request.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { ProductError } from "../../shared/errors.ts";
import type { Services } from "../services.ts";
import { liveWork, wake } from "../work/person.ts";
import { operationAnswerBody } from "./answers.ts";
import { type Answer, type DescribedAnswer, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { authorize, waitUpTo } from "./input.ts";
import { type Route, tokenRoute } from "./route.ts";
import { operationId } from "./shapes.ts";

/** Well below what proxies and login threads bear. */
const query = z.object({ wait: waitUpTo(20) });
const lookMilliseconds = 250;

const links = { operation: { to: "GET operations/{id}", parameters: { id: "$response.body#/id" } } };
export const operationAnswers: Readonly<Record<number, DescribedAnswer>> = {
  200: { words: "It has ended: how", body: operationAnswerBody, example: examples.endedOperation, links },
  202: {
    words: "It goes on: `Location` says where to ask again, `Retry-After` when",
    body: operationAnswerBody,
    example: examples.runningOperation,
    headers: ["location", "retry-after"],
    links,
  },
};

export function operationRoute(services: Services): Route {
  return tokenRoute(services, "operation", "operations/{id}", {
    GET: endpoint({
      summary: "Where an operation stands, or how it ended",
      callers: ["service", "owner", "admin", "offboarding"],
      id: operationId,
      query,
      answers: operationAnswers,
      async handle({ principal, client, id: given, query: { wait } }) {
        const id = parseOperationId(given);
        // An operation of somebody else is answered like one that does not exist.
        const none = "read operation: there is none with this id for this caller";
        if (!id) throw new ProductError("not-found", none);
        try {
          // Before the record is read: it may be damaged, which is nobody else's business.
          const own = id.person === personId(principal.username) ? principal.username : "";
          authorize(services, principal, own, ["service", "self", "admin", "offboarding"]);
        } catch (error) {
          throw new ProductError("not-found", none, { cause: error });
        }
        const record = await services.records.read(id.person);
        if (!record || !isKnown(record, id.request)) throw new ProductError("not-found", none);
        return operationAnswer(id.request, await waitForEnd(services, client, id.request, record, wait));
      },
    }),
  });
}

function isKnown({ request, outcomes, removals = [] }: PersonRecord, id: string): boolean {
  return request.id === id || Object.hasOwn(outcomes, id) || removals.some((removal) => removal.id === id);
}

export interface Seen {
  record: PersonRecord;
  operation: Operation;
}

/** Looks at an operation until it has ended or time is up, and wakes work that nobody does. */
export async function waitForEnd(
  services: Services,
  client: DurableClient,
  requestId: string,
  record: PersonRecord,
  seconds: number,
): Promise<Seen> {
  const until = Date.now() + seconds * 1_000;
  const person = personId(record.request.username);
  let current = record;
  for (;;) {
    const operation = describeOperation(
      requestId,
      current,
      await liveWork(client, current.request.username),
      services.now(),
    );
    if (operation.needsWaking) await wake(client, current.request.username);
    if (operation.outcome || Date.now() >= until) return { record: current, operation };
    await pause(lookMilliseconds);
    current = (await services.records.read(person)) ?? current;
  }
}

/** 200 with the outcome, or 202 with where to ask again. */
export function operationAnswer(requestId: string, { record, operation }: Seen): Answer {
  const { username } = record.request;
  const asked =
    record.request.id === requestId ? record.request : record.removals?.find((each) => each.id === requestId);
  const id = operationIdOf({ ...record.request, id: requestId });
  const { state, progress, note, outcome } = operation;
  const body = {
    id,
    username,
    ...(asked && { workspace: asked.workspace, requestedAt: asked.requestedAt }),
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
    note,
    ...outcome,
  };
  return outcome
    ? { status: 200, body }
    : { status: 202, headers: { location: `/api/operations/${id}`, "retry-after": "1" }, body };
}
