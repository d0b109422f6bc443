import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decideAdmission,
  decideAdmissions,
  lineUp,
  type Place,
  type StartLimits,
  takesLastPlace,
  type Ticket,
  withAdmitted,
} from "./admission.ts";

const now = new Date("2026-06-15T09:00:00Z");
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1_000).toISOString();

const usual: Ticket = { person: "p", state: "waiting", since: secondsAgo(10), workspace: "a", returns: false };
const limits: StartLimits = { startsAtOnce: 2, maxDesktops: null, running: new Map(), doubtful: new Set() };

/** Waiting people in the order in which they came, a second apart, and what differs of each. */
function inLine(...changes: Partial<Ticket>[]): Ticket[] {
  return changes.map((change, index) => ({ ...usual, person: `p${index}`, since: secondsAgo(60 - index), ...change }));
}

/** `p1+` may start; `p2 1/3 starts` waits. */
function told(tickets: readonly Ticket[], change: Partial<StartLimits> = {}): string[] {
  const words = (place: Place) => (place.admitted ? "+" : ` ${place.place}/${place.of} ${place.because}`);
  return [...decideAdmissions(tickets, { ...limits, ...change }, now)]
    .map(([person, place]) => `${person}${words(place)}`)
    .sort();
}

const starting = { state: "admitted" } as const;
const image = "example.org/desktop:1";

describe("the line", () => {
  it("has those who start by when they began, and those who wait by their turn", () => {
    const tickets = inLine(
      {},
      { returns: true },
      { ...starting, admittedAt: secondsAgo(5) },
      { ...starting, admittedAt: secondsAgo(9) },
      {},
    );
    const { starting: begun, waiting } = lineUp(tickets.toReversed(), now);
    expect([begun, waiting].map((all) => all.map(({ person }) => person))).toEqual([
      ["p3", "p2"],
      ["p1", "p0", "p4"],
    ]);
  });
});

describe("who may start", () => {
  it.each<[string, Ticket[], Partial<StartLimits>, string[]]>([
    ["nobody, if nobody waits", inLine(starting), {}, []],
    ["as many as may start at once", inLine({}, {}, {}, {}), {}, ["p0+", "p1+", "p2 1/2 starts", "p3 2/2 starts"]],
    ["as many as there is room beside those who start", inLine(starting, {}, {}), {}, ["p1+", "p2 1/1 starts"]],
    [
      "none, if more start than may since a setting was lowered",
      inLine(starting, starting, starting, {}),
      {},
      ["p3 1/1 starts"],
    ],
    [
      "who is behind work that hangs, which takes nobody's turn",
      inLine(
        { ...starting, admittedAt: secondsAgo(8_000) },
        { since: secondsAgo(8_000) },
        { ...starting, since: secondsAgo(8_000), admittedAt: secondsAgo(5) },
        {},
        {},
      ),
      {},
      ["p1+", "p3+", "p4 1/1 starts"],
    ],
    [
      "who is behind work that was suspended by hand, whether it waits or starts",
      inLine({ ...starting, suspendedAt: secondsAgo(1) }, { suspendedAt: secondsAgo(1) }, {}, {}, {}),
      {},
      ["p1+", "p2+", "p3+", "p4 1/1 starts"],
    ],
    ["who comes back, first", inLine({}, {}, { returns: true }), {}, ["p0+", "p1 1/1 starts", "p2+"]],
    [
      "who waited for 15 minutes, before who comes back",
      inLine({}, { since: secondsAgo(15 * 60) }, { returns: true }),
      { startsAtOnce: 1 },
      ["p0 2/2 starts", "p1+", "p2 1/2 starts"],
    ],
    [
      "who is behind people whose workspace is full, who do not count for their place",
      inLine({ ...starting, startsAtOnce: 1 }, { startsAtOnce: 1 }, { workspace: "b" }, { workspace: "b" }),
      {},
      ["p1 1/2 workspace-starts", "p2+", "p3 1/1 starts"],
    ],
    [
      "nobody of a workspace whose desktops are all in use",
      inLine({ maxDesktops: 1 }, { workspace: "b", maxDesktops: 1 }),
      { running: new Map([["q", ["a"]]]) },
      ["p0 1/1 workspace-desktops", "p1+"],
    ],
    [
      "nobody, if as many desktops run as there may be",
      inLine({}, {}),
      { maxDesktops: 3, running: new Map(["q", "r", "s"].map((person) => [person, ["a"]])) },
      ["p0 1/2 desktops", "p1 2/2 desktops"],
    ],
    [
      "who changes the workspace, also then: their other desktop goes down",
      inLine({}, { workspace: "b" }),
      { maxDesktops: 1, running: new Map([["p1", ["a"]]]) },
      ["p0 1/1 desktops", "p1+"],
    ],
    [
      "one start of an image that did not start the last times",
      inLine({ image }, { image }, { image: "example.org/other:1" }),
      { doubtful: new Set([image]) },
      ["p0+", "p1 1/1 image", "p2+"],
    ],
  ])("%s", (_, tickets, change, expected) => {
    expect(told(tickets, change)).toEqual(expected);
  });

  it("is told to one person as to everybody, whatever is listed of them", () => {
    const tickets = inLine({}, {}, { returns: true });
    const own = { ...usual, person: "p0", since: secondsAgo(60) };
    expect(decideAdmission(own, tickets, limits, now)).toEqual({ admitted: true });
    expect(decideAdmission({ ...own, startsAtOnce: 0 }, tickets, limits, now)).toMatchObject({ admitted: false });
    expect(decideAdmission(own, tickets.slice(1), limits, now)).toEqual({ admitted: true });
  });
});

const workspaces = ["a", "b", "c"];
const bound = fc.option(fc.integer({ min: 1, max: 3 }));
const ticket = fc.record({
  state: fc.constantFrom("waiting", "waiting", "admitted" as const),
  since: fc.integer({ min: 0, max: 12 }).map((number) => secondsAgo(number * 100)),
  workspace: fc.constantFrom(...workspaces),
  returns: fc.boolean(),
  image: fc.constantFrom("x", "y"),
});
const crowd = fc
  .record({
    tickets: fc.array(ticket, { maxLength: 30, size: "max" }),
    startsThere: fc.tuple(bound, bound, bound),
    mostThere: fc.tuple(bound, bound, bound),
  })
  .map(({ tickets, startsThere, mostThere }): Ticket[] =>
    tickets.map((each, index) => {
      const number = workspaces.indexOf(each.workspace);
      return {
        ...each,
        person: `p${index}`,
        startsAtOnce: startsThere[number] ?? null,
        maxDesktops: mostThere[number] ?? null,
      };
    }),
  );
const anyLimits = fc.record({
  startsAtOnce: fc.integer({ min: 1, max: 6 }),
  maxDesktops: fc.option(fc.integer({ min: 1, max: 8 })),
  running: fc
    .array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(...workspaces)), { maxLength: 6 })
    .map((all) => new Map(all.map(([number, workspace]) => [`p${number}`, [workspace]]))),
  doubtful: fc.subarray(["x", "y"]).map((images) => new Set(images)),
});

/** Who starts after the decision. */
function startingAfter(tickets: readonly Ticket[], places: ReadonlyMap<string, Place>): Ticket[] {
  return tickets.filter(({ state, person }) => state === "admitted" || places.get(person)?.admitted);
}
/** The order as the documentation has it. */
function inTurn(one: Ticket, other: Ticket): number {
  const key = ({ since, returns, person }: Ticket) => {
    return `${since <= secondsAgo(900) || returns ? "ahead" : "behind"} ${since} ${person}`;
  };
  return key(one) < key(other) ? -1 : 1;
}
const count = <T>(all: readonly T[], is: (each: T) => boolean) => all.filter(is).length;

const often = { numRuns: 1_000 };

describe("whatever the crowd and the limits", () => {
  it("nobody is admitted beyond a limit, and nobody waits without one", () => {
    fc.assert(
      fc.property(crowd, anyLimits, (tickets, given) => {
        const places = decideAdmissions(tickets, given, now);
        const after = startingAfter(tickets, places);
        const people = new Set([...after.map(({ person }) => person), ...given.running.keys()]);
        for (const { person, workspace, image: own = "", startsAtOnce = null, maxDesktops = null } of tickets) {
          const place = places.get(person);
          if (!place) continue;
          const startsThere = count(after, (each) => each.workspace === workspace);
          const there = new Set([
            ...after.filter((each) => each.workspace === workspace).map((each) => each.person),
            ...[...given.running].filter(([, where]) => where.includes(workspace)).map(([each]) => each),
          ]);
          const free =
            after.length < given.startsAtOnce &&
            (given.maxDesktops === null || people.size < given.maxDesktops || given.running.has(person)) &&
            (startsAtOnce === null || startsThere < startsAtOnce) &&
            (maxDesktops === null || there.size < maxDesktops || given.running.get(person)?.includes(workspace)) &&
            !(given.doubtful.has(own) && after.some((each) => each.image === own));
          if (!place.admitted) expect(free, `${person} waits for something`).toBeFalsy();
          else {
            expect(after.length).toBeLessThanOrEqual(given.startsAtOnce);
            if (startsAtOnce !== null) expect(startsThere).toBeLessThanOrEqual(startsAtOnce);
            if (maxDesktops !== null && !given.running.get(person)?.includes(workspace))
              expect(there.size).toBeLessThanOrEqual(maxDesktops);
            if (given.maxDesktops !== null && !given.running.has(person))
              expect(people.size).toBeLessThanOrEqual(given.maxDesktops);
            if (given.doubtful.has(own)) expect(count(after, (each) => each.image === own)).toBe(1);
          }
        }
      }),
      often,
    );
  });

  it("it is the same in whatever order they are listed, and each learns it alone", () => {
    const shuffled = crowd.chain((tickets) =>
      fc.tuple(fc.constant(tickets), fc.shuffledSubarray(tickets, { minLength: tickets.length })),
    );
    fc.assert(
      fc.property(shuffled, anyLimits, ([tickets, other], given) => {
        const places = decideAdmissions(tickets, given, now);
        expect(new Map([...decideAdmissions(other, given, now)].sort())).toEqual(new Map([...places].sort()));
        for (const own of tickets.filter(({ state }) => state === "waiting"))
          expect(decideAdmission(own, other, given, now)).toEqual(places.get(own.person));
      }),
      often,
    );
  });

  it("those who wait for the same are admitted and placed in their order: 1, 2, 3 …", () => {
    fc.assert(
      fc.property(crowd, fc.integer({ min: 1, max: 6 }), (tickets, startsAtOnce) => {
        const free = tickets.map((each) => ({ ...each, startsAtOnce: null, maxDesktops: null }));
        const places = decideAdmissions(free, { ...limits, startsAtOnce }, now);
        const line = free.filter(({ state }) => state === "waiting").sort(inTurn);
        const admitted = count(line, ({ person }) => places.get(person)?.admitted === true);
        const expected = line.map((_, index) =>
          index < admitted
            ? { admitted: true }
            : { admitted: false, place: index - admitted + 1, of: line.length - admitted, because: "starts" },
        );
        expect(line.map(({ person }) => places.get(person))).toEqual(expected);
      }),
      often,
    );
  });

  it("somebody whose workspace is full holds nobody else up", () => {
    fc.assert(
      fc.property(crowd, anyLimits, (tickets, given) => {
        const places = decideAdmissions(tickets, given, now);
        const stuck = tickets.find(({ person }) => {
          const place = places.get(person);
          return place && !place.admitted && place.because.startsWith("workspace");
        });
        if (!stuck) return;
        const without = decideAdmissions(
          tickets.filter((each) => each !== stuck),
          given,
          now,
        );
        for (const { person, workspace } of tickets) {
          const [place, alone] = [places.get(person), without.get(person)];
          if (person === stuck.person || !place || !alone || workspace === stuck.workspace) continue;
          expect(place).toEqual(alone);
        }
      }),
      often,
    );
  });
});

/** What happens to somebody: they come, look, are written as admitted if they may start, and their start ends. */
const happening = fc.record({ what: fc.constantFrom("come", "look", "write", "end" as const), who: fc.nat(6) });
interface Queue {
  listed: Map<string, Ticket>;
  /** Those who saw that they may start, and are not written as admitted yet. */
  writing: Set<string>;
  ended: string[];
}

/**
 * Plays what happens, with deciders whose lists are as old as they can be: what was listed when a person looked is what
 * they decide on, whatever is written before their own admission is.
 */
function play(
  happenings: readonly { what: "come" | "look" | "write" | "end"; who: number }[],
  changeOf: (who: number) => Partial<Ticket>,
  knows: (queue: Queue) => (person: string) => boolean,
  check: (queue: Queue, seconds: number) => void,
): void {
  const queue: Queue = { listed: new Map(), writing: new Set(), ended: [] };
  for (const [seconds, { what, who }] of happenings.entries()) {
    const person = `p${who}`;
    const own = queue.listed.get(person);
    const at = new Date(now.getTime() + seconds * 1_000);
    if (what === "come" && !own)
      queue.listed.set(person, { ...usual, person, since: at.toISOString(), ...changeOf(who) });
    if (what === "look" && own?.state === "waiting" && !queue.writing.has(person)) {
      const tickets = withAdmitted([...queue.listed.values()], knows(queue));
      if (decideAdmission(own, tickets, { ...limits, startsAtOnce: 2 }, at).admitted) queue.writing.add(person);
    }
    if (what === "write" && own && queue.writing.delete(person))
      queue.listed.set(person, { ...own, state: "admitted" });
    if (what === "end" && own?.state === "admitted") {
      queue.listed.delete(person);
      queue.ended.push(person);
    }
    check(queue, seconds);
  }
}

/** Written or not, those who start. */
function starts({ listed, writing }: Queue): Ticket[] {
  return [...listed.values()].filter(({ person, state }) => state === "admitted" || writing.has(person));
}

describe("several who decide at once", () => {
  const happenings = fc.array(happening, { maxLength: 100, size: "max" });
  const mixed = (who: number): Partial<Ticket> => ({
    workspace: who % 3 === 0 ? "a" : "b",
    startsAtOnce: who % 3 === 0 ? 1 : null,
    returns: who % 4 === 0,
  });

  it("in one process, keep every limit whoever comes meanwhile", () => {
    fc.assert(
      fc.property(happenings, (all) => {
        play(
          all,
          mixed,
          ({ writing }) =>
            (person) =>
              writing.has(person),
          (queue) => {
            const now = starts(queue);
            expect(now.length).toBeLessThanOrEqual(2);
            expect(count(now, ({ workspace }) => workspace === "a")).toBeLessThanOrEqual(1);
          },
        );
      }),
      often,
    );
  });

  it("in processes that know nothing of each other, keep the limit as long as nobody goes ahead of others", () => {
    fc.assert(
      fc.property(happenings, (all) => {
        play(
          all,
          () => ({}),
          () => () => false,
          (queue) => {
            expect(starts(queue).length).toBeLessThanOrEqual(2);
          },
        );
      }),
      often,
    );
  });

  it("in such processes, exceed it by no more than those who went ahead", () => {
    fc.assert(
      fc.property(happenings, (all) => {
        play(
          all,
          (who) => ({ returns: who % 4 === 0 }),
          () => () => false,
          (queue) => {
            const now = starts(queue);
            expect(now.length).toBeLessThanOrEqual(2 + count(now, ({ returns }) => returns));
          },
        );
      }),
      often,
    );
  });
});

describe("whose start took a last place", () => {
  const comings = fc.array(fc.record({ comes: fc.boolean(), who: fc.nat(9) }), { maxLength: 80, size: "max" });
  const doubtful = new Set(["y"]);

  it("is there as long as anybody waits, so that it is enough if only their ends tell others", () => {
    fc.assert(
      fc.property(comings, fc.integer({ min: 1, max: 4 }), (all, startsAtOnce) => {
        const there = new Map<string, Ticket>();
        const given = { ...limits, startsAtOnce, doubtful };
        const look = (own: Ticket) => {
          const tickets = [...there.values()];
          if (!decideAdmission(own, tickets, given, now).admitted) return;
          const others = tickets.filter((each) => each !== own);
          const isLast = takesLastPlace(own, others, given, now);
          there.set(own.person, { ...own, state: "admitted", isLast });
        };
        const waiting = () => [...there.values()].filter(({ state }) => state === "waiting");
        for (const [index, { comes, who }] of all.entries()) {
          const person = `p${who}`;
          const own = there.get(person);
          if (comes && !own) {
            const workspace = who % 3 === 0 ? "a" : "b";
            const facts = { image: who % 4 === 0 ? "y" : "x", startsAtOnce: workspace === "a" ? 1 : null };
            const ticket = { ...usual, person, since: secondsAgo(100 - index), workspace, ...facts };
            there.set(person, ticket);
            look(ticket);
          } else if (!comes && own?.state === "admitted") {
            there.delete(person);
            if (own.isLast) for (const each of waiting().sort(inTurn)) look(each);
          }
          if (waiting().length > 0) expect([...there.values()].some(({ isLast }) => isLast)).toBe(true);
        }
      }),
      often,
    );
  });
});

describe("a place", () => {
  it("comes nearer with every start that ends, and never goes back while nobody goes ahead", () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 100, size: "max" }), (all) => {
        const last = new Map<string, number>();
        play(
          all,
          () => ({}),
          () => () => false,
          ({ listed }, seconds) => {
            const at = new Date(now.getTime() + seconds * 1_000);
            const places = decideAdmissions([...listed.values()], { ...limits, startsAtOnce: 2 }, at);
            for (const [person, place] of places) {
              const number = place.admitted ? 0 : place.place;
              expect(number).toBeLessThanOrEqual(last.get(person) ?? Infinity);
              last.set(person, number);
            }
            for (const person of last.keys()) if (!places.has(person)) last.delete(person);
          },
        );
      }),
      often,
    );
  });

  it("is never the last for ever: who waits for 15 minutes starts before all who come back later", () => {
    const patient = { ...usual, person: "patient", since: secondsAgo(0) };
    const line: Ticket[] = [patient];
    const end = now.getTime() + 20 * 60_000;
    let at = now.getTime();
    // A start ends every 10 s, and somebody who comes back takes its place.
    for (let number = 0; at < end; number += 1, at += 10_000) {
      line.push({ ...usual, person: `back${number}`, since: new Date(at).toISOString(), returns: true });
      const places = decideAdmissions(line, { ...limits, startsAtOnce: 1 }, new Date(at));
      const next = line.findIndex(({ person }) => places.get(person)?.admitted);
      if (line[next] === patient) break;
      line.splice(next, 1);
    }
    expect((at - now.getTime()) / 60_000).toBe(15);
  });
});
