import { personId } from "../../shared/desktop/names.ts";
import {
  decideAdmission,
  decideAdmissions,
  isSameTicket,
  type Place,
  type StartLimits,
  type Ticket,
} from "../../shared/lifecycle/admission.ts";
import { doubtfulImages, type Expected, expectReady } from "../../shared/lifecycle/start-times.ts";
import type { Admission } from "../../shared/person/record.ts";
import { workIdOf } from "../../shared/person/work.ts";
import type { Services } from "../services.ts";
import { isBounded, type Queue, readRunning } from "./read-queue.ts";
import type { TaskHub } from "./task-hub.ts";

type Queued = Pick<Services, "readQueue" | "desktops" | "settings" | "now" | "starts" | "told">;
export type Waiting = Exclude<Place, { admitted: true }>;

/** What bounds the starts: those of the queue, and one that may not be listed yet. Who runs is read only if it matters. */
export async function limitsOf(
  { settings, desktops, starts }: Queued,
  { running }: Queue,
  own?: Ticket,
): Promise<StartLimits> {
  return {
    startsAtOnce: settings.STARTS_AT_ONCE,
    maxDesktops: settings.MAX_DESKTOPS ?? null,
    running: running ?? (own && isBounded(own) ? await readRunning({ desktops }) : new Map()),
    doubtful: doubtfulImages(await starts.known()),
  };
}

/**
 * Where somebody stands in a queue that was read for everybody. It is worked out once for all of them: with a thousand who
 * wait and ask, each on their own would take most of the process's time.
 */
export async function placeIn(services: Queued, queue: Queue, own: Ticket): Promise<Place> {
  const known = places.get(queue) ?? placesIn(services, queue);
  places.set(queue, known);
  const { of, tickets } = await known;
  const place = of.get(own.person);
  // Who came, or changed what they want, since it was read counts as they are now.
  return place !== undefined && isSameTicket(tickets.get(own.person), own)
    ? place
    : decideAdmission(own, queue.tickets, await limitsOf(services, queue, own), services.now());
}

interface Places {
  of: ReadonlyMap<string, Place>;
  tickets: ReadonlyMap<string, Ticket>;
}

const places = new WeakMap<Queue, Promise<Places>>();

async function placesIn(services: Queued, queue: Queue): Promise<Places> {
  return {
    of: decideAdmissions(queue.tickets, await limitsOf(services, queue), services.now()),
    tickets: new Map(queue.tickets.map((ticket) => [ticket.person, ticket])),
  };
}

/** When the desktop of somebody at this place is likely to be ready; undefined as long as nobody can know. */
export async function expectedAt(
  { starts, settings, now }: Queued,
  { place, because }: Waiting,
  image: string | undefined,
  { at, tickets }: Pick<Queue, "at" | "tickets">,
): Promise<Expected | undefined> {
  // When somebody leaves, or a workspace's own starts end, cannot be told from the starts of the whole cluster.
  if (because !== "starts" || image === undefined) return undefined;
  const underWay = tickets.flatMap((ticket) => (ticket.state === "admitted" ? [ticket.image] : []));
  const moving = { at, startsAtOnce: settings.STARTS_AT_ONCE, underWay };
  return expectReady(place, image, moving, await starts.known(), now());
}

/**
 * Tells those who may start now, if anybody waits: a start has ended, or a desktop went down. What is not told is found by
 * their own next look.
 *
 * @param ended the start that has ended
 */
export async function tellNext(
  services: Queued,
  hub: TaskHub,
  info: (message: string) => void,
  ended?: Admission,
): Promise<void> {
  const { starts, told } = services;
  // Who had to wait for this start may have looked in another process.
  if (!starts.someWait() && ended?.isLast !== true) return;
  const since = performance.now();
  try {
    const queue = await services.readQueue();
    const { tickets, records } = queue;
    if (tickets.every(({ state }) => state === "admitted")) {
      starts.noteNobodyWaits(since);
      return;
    }
    starts.noteWaiting();
    const places = decideAdmissions(tickets, await limitsOf(services, queue), services.now());
    for (const record of records) {
      const person = personId(record.request.username);
      // Who was told and has not looked yet needs no second word.
      if (!places.get(person)?.admitted || told.has(person)) continue;
      told.note(person);
      await hub.tellNews(workIdOf(record)).catch((failure: unknown) => {
        told.forget(person);
        throw failure;
      });
    }
  } catch (failure) {
    info(`tell who may start now: ${(failure as Error).message} (they look by themselves)`);
  }
}

/** Says it in words, for the person who waits. */
export function describePlace({ place, of, because }: Waiting, expected?: Expected): string {
  const why = {
    starts: "as many desktops as may start at once are starting",
    "workspace-starts": "as many desktops of the workspace as may start at once are starting",
    desktops: "as many desktops run as there may be",
    "workspace-desktops": "as many desktops of the workspace run as there may be",
    image: "its image did not start the last times, and is tried by one start at a time",
  }[because];
  const when = expected ? `; usually ready in ${expected.fromSeconds} to ${expected.toSeconds} s` : "";
  return `place ${place} of ${of} in the queue${when} (${why})`;
}
