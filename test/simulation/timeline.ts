/** Something that goes on beside others: it yields for how many milliseconds it waits. */
export type Process<Result = void> = Generator<number, Result>;

/** A clock that jumps from one event to the next; events of one instant come in the order in which they were planned. */
export interface Timeline {
  now: () => number;
  at(time: number, action: () => void): void;
  run(process: Process): void;
  /** Plays everything up to and with that time. */
  play(until: number): void;
}

interface Event {
  at: number;
  order: number;
  action: () => void;
}

export function timelineFrom(start: number): Timeline {
  let now = start;
  let planned = 0;
  /** A binary heap: each event comes before the two at twice its place, and one more. */
  const heap: Event[] = [];
  const before = (one: Event, other: Event) => one.at < other.at || (one.at === other.at && one.order < other.order);

  function add(event: Event): void {
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(event, heap[parent] as Event)) break;
      heap[place] = heap[parent] as Event;
      place = parent;
    }
    heap[place] = event;
  }

  function takeFirst(): Event {
    const first = heap[0] as Event;
    const last = heap.pop() as Event;
    if (heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const other = heap[child + 1];
      if (other && before(other, heap[child] as Event)) child += 1;
      const next = heap[child];
      if (!next || !before(next, last)) break;
      heap[place] = next;
      place = child;
    }
    heap[place] = last;
    return first;
  }

  const at = (time: number, action: () => void) => {
    add({ at: Math.max(now, Math.round(time)), order: (planned += 1), action });
  };
  const run = (process: Process) => {
    const step = process.next();
    if (!step.done)
      at(now + step.value, () => {
        run(process);
      });
  };
  return {
    now: () => now,
    at,
    run,
    play(until) {
      while (heap[0] && heap[0].at <= until) {
        const event = takeFirst();
        now = event.at;
        event.action();
      }
      now = Math.max(now, until);
    },
  };
}
