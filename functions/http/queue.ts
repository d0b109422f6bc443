import { personId } from "../../shared/desktop/names.ts";
import { decideAdmissions, lineUp, type Ticket } from "../../shared/lifecycle/admission.ts";
import { describeImages, type ImageStarts } from "../../shared/lifecycle/start-times.ts";
import { operationIdOf } from "../../shared/person/operation.ts";
import type { Services } from "../services.ts";
import { expectedAt, limitsOf } from "../work/queue.ts";
import { type Answer, type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { queueAnswer } from "./operator-answers.ts";
import { type Route, tokenRoute } from "./route.ts";

/** So many are named of those who start, and of those who wait. */
const mostShown = 200;

/** For operators: who starts and who waits, how much may start and run, and how long starts take. */
export function queueRoute(services: Services): Route {
  return tokenRoute(services, "queue", "queue", {
    GET: endpoint({
      summary: "Who starts and who waits, and how long starts take",
      description: "Monitoring gets no names of people. Some seconds old.",
      callers: ["admin", "monitoring"],
      answers: { 200: { words: "The queue", body: queueAnswer, example: examples.queue } },
      handle: (call) => showQueue(services, call),
    }),
  });
}

async function showQueue(services: Services, { caller }: Call): Promise<Answer> {
  const [queue, times] = await Promise.all([services.queue(), services.starts.known()]);
  const limits = await limitsOf(services, queue);
  const now = services.now();
  const { starting, waiting } = lineUp(queue.tickets, now);
  const places = decideAdmissions(queue.tickets, limits, now);
  const recordOf = new Map(queue.records.map((record) => [personId(record.request.username), record]));

  const asked = ({ person, workspace, image }: Ticket) => {
    const request = recordOf.get(person)?.request;
    const since = request?.requestedAt ?? "";
    const whose =
      caller === "admin" && request
        ? { username: request.username, operation: `/api/operations/${operationIdOf(request)}` }
        : {};
    return { ...whose, workspace, image, since };
  };
  const placed = async (ticket: Ticket) => {
    const place = places.get(ticket.person);
    if (!place || place.admitted) return asked(ticket);
    const expected = await expectedAt(services, place, ticket.image, queue);
    return {
      ...asked(ticket),
      place: place.place,
      of: place.of,
      because: place.because,
      expectedFromSeconds: expected?.fromSeconds,
      expectedToSeconds: expected?.toSeconds,
    };
  };
  return {
    status: 200,
    body: {
      at: now.toISOString(),
      capacity: {
        startsAtOnce: limits.startsAtOnce,
        starting: starting.length,
        waiting: waiting.length,
        maxDesktops: limits.maxDesktops,
        running: queue.running?.size ?? (caller === "admin" ? await countRunning(services) : null),
      },
      starting: starting.slice(0, mostShown).map((ticket) => ({ ...asked(ticket), admittedAt: ticket.admittedAt })),
      waiting: await Promise.all(waiting.slice(0, mostShown).map(placed)),
      images: describeImages(times, now).map(showImage),
    },
  };
}

async function countRunning(services: Services): Promise<number> {
  const { desktops } = await services.wholeEstate();
  return new Set(desktops.flatMap(({ runs, shown }) => (runs ? [shown.username] : []))).size;
}

function showImage({ image, starts, failed, estimate, lastAt, fault }: ImageStarts) {
  return {
    image,
    starts,
    failed,
    usuallyReadyWithinSeconds: estimate && Math.ceil(estimate.most),
    halfReadyWithinSeconds: estimate && Math.ceil(estimate.half),
    lastAt,
    atFault: fault,
  };
}
