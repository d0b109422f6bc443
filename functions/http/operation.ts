import { createHash } from "node:crypto";
import { z } from "zod";
import { askedIn, isKnown, operationIdOf, parseOperationId } from "../../shared/person/operation.ts";
import { explainStored } from "../../shared/person/explain-codes.ts";
import { personId } from "../../shared/desktop/names.ts";
import { ProductError } from "../../shared/errors.ts";
import type { Services } from "../services.ts";
import { describePlace } from "../work/queue.ts";
import { waitForEnd } from "../work/wait-for-end.ts";
import type { Seen } from "../work/waits.ts";
import { operationAnswerBody } from "./answers.ts";
import { type Answer, type DescribedAnswer, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { authorize, waitUpTo } from "./input.ts";
import { type Route, tokenRoute } from "./route.ts";
import { signInAgain } from "./sign-in-again.ts";
import { showOutlook } from "./outlook.ts";
import { operationId } from "./shapes.ts";
import { troubleOf } from "./trouble.ts";

/** Well below the timeouts of proxies. */
const query = z.object({
  wait: waitUpTo(20),
  after: z
    .string()
    .regex(/^[0-9a-f]{12}$/, "is not the `seen` of an earlier answer")
    .optional()
    .meta({ description: "`seen` of the last answer: waits only until there is something new" }),
});

const links = { operation: { to: "GET operations/{id}", parameters: { id: "$response.body#/id" } } };
export const operationAnswers: Readonly<Record<number, DescribedAnswer>> = {
  200: {
    words: "The operation has ended; `state` says how",
    body: operationAnswerBody,
    example: examples.endedOperation,
    links,
  },
  202: {
    words: "The operation is not finished: poll `Location` after `Retry-After`",
    body: operationAnswerBody,
    example: examples.runningOperation,
    headers: ["location", "retry-after"],
    links,
  },
};

export function operationRoute(services: Services): Route {
  return tokenRoute(services, "operation", "operations/{id}", {
    GET: endpoint({
      summary: "The progress of an operation, or how it ended",
      callers: ["service", "owner", "admin", "offboarding"],
      id: operationId,
      query,
      answers: operationAnswers,
      async handle({ principal, hub, id: given, query: { wait, after } }) {
        const id = parseOperationId(given);
        // Somebody else's operation is answered like one that does not exist.
        const none = "read operation: there is none with this id for this caller";
        if (!id) throw new ProductError("not-found", none);
        try {
          // Before the record is read: if it is damaged, only authorized callers may learn of it.
          const own = id.person === personId(principal.username) ? principal.username : "";
          authorize(services, principal, own, ["service", "self", "admin", "offboarding"]);
        } catch (error) {
          throw new ProductError("not-found", none, { cause: error });
        }
        // Who waits anyway leaves the first moment to those who arrive.
        if (wait > 0) await services.rush.over();
        const record = await services.records.read(id.person);
        if (!record || !isKnown(record, id.request)) throw new ProductError("not-found", none);
        const isNews = (seen: Seen) => after !== undefined && markOf(seen) !== after;
        const seen = await waitForEnd(services, hub, id.request, record, wait, isNews);
        return operationAnswer(services, id.request, seen);
      },
    }),
  });
}

/** Stands for what an answer shows of the progress: another one says something new. The seconds in a note are not. */
function markOf({ operation: { state, progress, trouble, note }, queue }: Seen): string {
  const noted = note?.replaceAll(/\d+ s\b/g, "");
  const shown = [state, progress?.step, progress?.message, progress?.undoing, trouble, noted, queue?.place];
  return createHash("sha256").update(JSON.stringify(shown)).digest("hex").slice(0, 12);
}

/** Returns 200 with the outcome, or 202 with the address to poll. */
export function operationAnswer(services: Services, requestId: string, seen: Seen): Answer {
  const { record, operation, queue } = seen;
  const { username } = record.request;
  const asked = askedIn(record, requestId);
  const id = operationIdOf({ ...record.request, id: requestId });
  const { state, progress, trouble, note, outcome } = operation;
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
        // What the orchestration said of the place is as old as its last look.
        message: queue && progress.step === "admission" ? describePlace(queue, queue.expected) : progress.message,
        steps: progress.steps,
        undoing: progress.undoing,
      },
    }),
    ...showOutlook(seen),
    ...(!outcome && { seen: markOf(seen) }),
    trouble: trouble && troubleOf(trouble),
    note,
    ...outcome,
    ...(outcome?.state === "failed" && { explanation: explainStored(outcome.code, outcome.reason, outcome.values) }),
    switchedFrom: undefined, // signInAgain says what it means
    // What the explanation is made from, and what the pages of the desktops say.
    values: undefined,
    tookDown: undefined,
    signInAgain: signInAgain(services, record, requestId),
  };
  return outcome
    ? { status: 200, body }
    : {
        status: 202,
        headers: { location: `/api/operations/${id}`, "retry-after": retryAfter(seen, services.now()) },
        body,
      };
}

/** Nothing new is to be seen before the next try; who waits far behind in the queue need not ask often. */
function retryAfter({ operation: { trouble }, queue }: Seen, now: Date): string {
  const turn = queue?.expected ? Math.ceil(queue.expected.fromSeconds / 4) : (queue?.place ?? 1) / 10;
  const seconds = trouble ? Math.ceil((Date.parse(trouble.nextTry) - now.getTime()) / 1_000) : Math.ceil(turn);
  return String(Math.min(Math.max(seconds, 1), 30));
}
