import {
  addStarts,
  type Estimate,
  estimateStart,
  type Start,
  type StartKind,
  type StartTimes,
} from "../../shared/lifecycle/start-times.ts";
import type { StoredStartTimes } from "../../shared/kubernetes/start-times.ts";

/** How the last starts went: what this process saw, and, some seconds old, what the others saw. */
export interface Starts {
  /** Everything that is known. */
  known(): Promise<StartTimes>;
  /** Remembers of which kind the start for a request is, as far as it is known. */
  noteKind(requestId: string, kind: StartKind | undefined): void;
  /** How long the start for a request usually takes: starts of its kind if this process knows it, else of its image. */
  estimate(requestId: string, image: string): Promise<Estimate | undefined>;
  /** Says that somebody waits for their turn: whoever ends a start then tells the next ones. */
  noteWaiting(): void;
  /** Says that nobody waited then (`performance.now()`), as everybody's records show. */
  noteNobodyWaits(at: number): void;
  /** True if somebody may have waited in the last minutes: they did as far as this process knows, or it never looked. */
  someWait(): boolean;
  /** Notes a start that ended. It is written down with others, at once if the last write is long ago. */
  ended(image: string, start: Start): void;
}

/** Estimates may be so old; a write costs two requests for all starts of that time. */
const keptMilliseconds = 10_000;
const mostKinds = 1_000;
/** Longer than anybody waits without looking again. */
const waitedMilliseconds = 5 * 60_000;

/** Starts that this process has not written down when it is killed are lost: they are only estimates. */
export function startsIn(
  stored: StoredStartTimes,
  log: (words: string) => void,
  now: () => Date = () => new Date(),
): Starts {
  const kinds = new Map<string, StartKind>();
  let others: StartTimes = {};
  let unwritten: StartTimes = {};
  let readAt = -Infinity;
  let reading: Promise<void> | undefined;
  let writing: NodeJS.Timeout | undefined;
  let wroteAt = -Infinity;
  // Those who waited when another process ended are to be told, too.
  let waitedAt = performance.now();

  async function read(): Promise<void> {
    try {
      others = await stored.read();
    } catch (error) {
      log(`read how long starts took: ${(error as Error).message}`);
    } finally {
      readAt = performance.now();
      reading = undefined;
    }
  }

  async function write(): Promise<void> {
    writing = undefined;
    const more = unwritten;
    unwritten = {};
    others = addStarts(others, more, now());
    try {
      const all = await stored.add(more, now());
      others = all;
      readAt = performance.now();
    } catch (error) {
      log(`write how long starts took: ${(error as Error).message}`);
    }
  }

  async function known(): Promise<StartTimes> {
    if (performance.now() - readAt > keptMilliseconds) await (reading ??= read());
    return addStarts(others, unwritten, now());
  }

  return {
    known,
    async estimate(requestId, image) {
      const times = await known();
      const kind = kinds.get(requestId);
      return (kind && estimateStart(times, image, kind)) ?? estimateStart(times, image);
    },
    noteKind(requestId, kind) {
      if (kind === undefined) return;
      kinds.set(requestId, kind);
      const [oldest] = kinds.keys();
      if (kinds.size > mostKinds && oldest !== undefined) kinds.delete(oldest);
    },
    noteWaiting() {
      waitedAt = performance.now();
    },
    noteNobodyWaits(at) {
      // Somebody may have come since.
      if (waitedAt < at) waitedAt = -Infinity;
    },
    someWait: () => performance.now() - waitedAt < waitedMilliseconds,
    ended(image, start) {
      unwritten = addStarts(unwritten, { [image]: [start] }, now());
      if (writing) return;
      const wait = Math.max(wroteAt + keptMilliseconds - performance.now(), 0);
      wroteAt = performance.now() + wait;
      writing = setTimeout(() => void write(), wait);
      writing.unref();
    },
  };
}
