import { beforeEach, expect, it } from "vitest";
import { personId } from "../../shared/desktop/names.ts";
import type { Admission, PersonRecord } from "../../shared/person/record.ts";
import { lately } from "./lately.ts";
import type { Ticket } from "../../shared/lifecycle/admission.ts";
import { placeIn, tellNext } from "./queue.ts";
import type { Queue } from "./read-queue.ts";
import { startsIn } from "./starts.ts";
import type { TaskHub } from "./task-hub.ts";

const now = new Date("2026-06-15T09:00:00.000Z");
const waiting: Admission = { state: "waiting", since: now.toISOString(), workspace: "a", returns: false };
const ended: Admission = { ...waiting, state: "admitted", admittedAt: now.toISOString() };

/** The people whom everybody's records show as waiting. */
let line: string[];
let told: string[];
let lists: number;
let whileListing: () => void;
let hubFails: boolean;

beforeEach(() => {
  [line, told, lists, whileListing, hubFails] = [[], [], 0, () => undefined, false];
});

/** A process of the app, which has seen that nobody waits. */
async function start() {
  const read = () => Promise.resolve({});
  const services = {
    ...{ now: () => now, settings: { STARTS_AT_ONCE: 1 }, told: lately(5_000) },
    starts: startsIn({ read, add: read }, () => undefined),
    readQueue(): Promise<Queue> {
      lists += 1;
      const people = [...line];
      whileListing();
      const tickets = people.map((person) => ({ ...waiting, person: personId(person) }));
      const records = people.map((username) => ({ request: { username } }) as PersonRecord);
      return Promise.resolve({ at: now, tickets, records, running: null });
    },
  } as unknown as Parameters<typeof tellNext>[0];
  const hub = {
    tellNews(id: string) {
      if (hubFails) return Promise.reject(new Error("the task hub does not answer"));
      told.push(id);
      return Promise.resolve();
    },
  } as unknown as TaskHub;
  const tell = (start: Admission = ended) => tellNext(services, hub, () => undefined, start);
  await tell();
  lists = 0;
  return { services, tell };
}

it("who ends a start asks for nothing as long as nobody waits", async () => {
  const { tell } = await start();
  line = ["ann"];
  await tell();
  expect([lists, told]).toEqual([0, []]);
});

it("whoever ends the start for which others had to wait tells them, though they looked in another process", async () => {
  const { tell } = await start();
  line = ["ann"];
  await tell({ ...ended, isLast: true });
  expect(told).toEqual([`person-${personId("ann")}`]);
});

it("a list that began before somebody came does not say that nobody waits", async () => {
  const { services, tell } = await start();
  whileListing = () => {
    line = ["ann"];
    services.starts.noteWaiting();
  };
  await tell({ ...ended, isLast: true });
  whileListing = () => undefined;
  await tell();
  expect(told).toEqual([`person-${personId("ann")}`]);
});

it("who could not be told is told with the next end", async () => {
  const { tell } = await start();
  line = ["ann"];
  hubFails = true;
  await tell({ ...ended, isLast: true });
  hubFails = false;
  await tell();
  expect(told).toEqual([`person-${personId("ann")}`]);
});

/** The places that these people are told, and how often everybody's places were worked out for it. */
async function askForPlaces(listed: readonly Ticket[], asking: readonly Ticket[]) {
  let workedOut = 0;
  const services = {
    ...{ now: () => now, settings: { STARTS_AT_ONCE: 1 } },
    starts: {
      known() {
        workedOut += 1;
        return Promise.resolve({});
      },
    },
  } as unknown as Parameters<typeof placeIn>[0];
  const queue: Queue = { at: now, tickets: listed, records: [], running: null };
  const places = await Promise.all(asking.map((own) => placeIn(services, queue, own)));
  return { workedOut, places: places.map((place) => (place.admitted ? 0 : place.place)) };
}

const crowd = Array.from({ length: 1_000 }, (_, number): Ticket => {
  const since = new Date(now.getTime() - 10_000 + number).toISOString();
  return { ...waiting, since, person: `p${number}`, image: "i", startsAtOnce: null, maxDesktops: null };
});

it("the places of a thousand who ask are worked out once", async () => {
  const { workedOut, places } = await askForPlaces(
    crowd,
    // As the admission in their records and the facts of their plans are put together.
    crowd.map(({ maxDesktops, ...others }) => ({ ...others, maxDesktops })),
  );
  expect(places).toEqual(crowd.map((_, number) => number));
  expect(workedOut).toBe(1);
});

it.each<[string, Partial<Ticket>, number]>([
  ["has come since the queue was read", { person: "new", since: now.toISOString() }, 1_000],
  ["wants another image by now", { image: "j" }, 500],
  ["comes back, which puts them in front", { returns: true }, 0],
])("who %s has a place as they are now", async (_, change, place) => {
  const own: Ticket = { ...(crowd[500] as Ticket), ...change };
  expect((await askForPlaces(crowd, [own])).places).toEqual([place]);
});
