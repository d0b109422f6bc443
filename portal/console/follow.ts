/** Follows what an operator asked for to its end. Plain: nothing here draws. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { endedSessions } from "../api/console-shapes.ts";
import type { EndedSessions } from "../api/console-types.ts";
import type { ShapeOf } from "../api/shape.ts";
import { operation as operationShape } from "../api/shapes.ts";
import type { Operation } from "../api/types.ts";
import { consoleTexts as texts } from "./texts.ts";
import { type Around, askUntilAnswered, sleep } from "./ask-until-answered.ts";
import { describeRun, howFar, type Part, type PartState } from "./progress.ts";

/** Something that was asked for, once: for one desktop or for many. */
export interface Followed {
  key: number;
  name: string;
  /** Where it is shown in the console. */
  to: Readonly<Record<string, string>>;
  parts: Signal<readonly Part[]>;
  /** What is known before there are parts; empty afterwards. */
  before: Signal<string>;
  /** Why what is shown may be old; null if it is not. */
  trouble: Signal<string | null>;
}

/** An operation, as far as it matters here. What has ended needs no id. */
export type Begun = Pick<Operation, "state"> & Partial<Operation>;

/** What is to be done to one desktop. */
export interface Wish {
  id?: string | undefined;
  name: string;
  ask: () => Promise<Begun>;
}

export interface Follower {
  all: ReadonlySignal<readonly Followed[]>;
  /** How much has ended so far: what is shown elsewhere is old whenever it changes. */
  ended: ReadonlySignal<number>;
  /** Asks for all of them, a few at a time, and follows them. */
  begin(name: string, to: Followed["to"], wishes: readonly Wish[]): void;
  /** Follows a run that ends sessions, and then the operations that it began. */
  beginRun(name: string, to: Followed["to"], id: string): void;
  /** Forgets it: it goes on, but nobody follows. What was not asked for yet is not asked for. */
  hide(key: number): void;
  stop: () => void;
}

/** So many calls are made at once for one thing that was asked for. */
const atOnce = 3;
/** Short: while one operation is waited for, others are not looked at. */
const waitSeconds = 5;
const runMilliseconds = 2_000;

export function followerOf({ api, tell, pause = sleep }: Omit<Around, "pause"> & Partial<Around>): Follower {
  const all = signal<readonly Followed[]>([]);
  const ended = signal(0);
  const lives = new Map<number, AbortController>();
  let keys = 0;

  function add(name: string, to: Followed["to"]): { followed: Followed; life: AbortSignal } {
    keys += 1;
    const life = new AbortController();
    lives.set(keys, life);
    const trouble = signal<string | null>(null);
    const followed = { key: keys, name, to, parts: signal<readonly Part[]>([]), before: signal(""), trouble };
    all.value = [followed, ...all.value];
    return { followed, life: life.signal };
  }

  const read = <Body>(path: string, shape: ShapeOf<Body>, { trouble }: Followed, life: AbortSignal) =>
    askUntilAnswered({ api, tell, pause }, { path, shape }, trouble, life);

  async function work(followed: Followed, life: AbortSignal, wishes: readonly Wish[]): Promise<void> {
    followed.parts.value = wishes.map(({ id, name }) => ({ id, name, state: "to do", words: "" }));
    const set = (index: number, state: PartState, words: string) => {
      followed.parts.value = followed.parts.value.map((part, at) => (at === index ? { ...part, state, words } : part));
    };
    /** Shows it. Returns the next look at it, unless it has ended. */
    const note = (index: number, seen: Begun): Step[] => {
      if (seen.state === "pending" || seen.state === "running") {
        set(index, "under way", howFar(seen));
        return [() => look(index, seen)];
      }
      set(index, seen.state, seen.message ?? seen.reason ?? "");
      return [];
    };
    const look = async (index: number, { id = "", seen }: Begun): Promise<Step[]> => {
      const after = seen === undefined ? "" : `&after=${encodeURIComponent(seen)}`;
      const path = `operations/${encodeURIComponent(id)}?wait=${waitSeconds}${after}`;
      const reply = await read(path, operationShape, followed, life);
      if (reply === null || life.aborted) return [];
      const next = note(index, reply.body);
      // If too many calls wait already, this one was answered at once.
      if (next.length > 0 && reply.body.seen === seen) await pause((reply.retryAfterSeconds ?? 1) * 1_000, life);
      return next;
    };
    const attempt = async (index: number, step: Step): Promise<Step[]> => {
      try {
        return (await step()).map((next) => () => attempt(index, next));
      } catch (error) {
        set(index, "failed", tell(error));
        return [];
      }
    };
    // Everything is asked for before anything is followed: who closes the page has asked for as much as possible.
    const line: Step[] = wishes.map(
      ({ ask }, index) =>
        () =>
          attempt(index, async () => {
            set(index, "under way", "");
            return note(index, await ask());
          }),
    );
    const worker = async () => {
      for (let step = line.shift(); step && !life.aborted; step = line.shift()) line.push(...(await step()));
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    ended.value += 1;
  }

  async function workRun(followed: Followed, life: AbortSignal, id: string): Promise<void> {
    const path = `maintenance/end-sessions/${encodeURIComponent(id)}`;
    for (;;) {
      const reply = await read(path, endedSessions, followed, life);
      if (reply === null) return;
      const run = reply.body;
      followed.before.value = describeRun(run);
      if (run.state !== "running") {
        if (run.state === "done") followed.before.value = "";
        await work(followed, life, wishesOf(run));
        return;
      }
      await pause(runMilliseconds, life);
    }
  }

  const untilFailure = (followed: Followed, working: Promise<void>) => {
    working.catch((error: unknown) => {
      followed.trouble.value = tell(error);
    });
  };
  const hide = (key: number) => {
    lives.get(key)?.abort();
    lives.delete(key);
    all.value = all.value.filter((followed) => followed.key !== key);
  };
  return {
    all,
    ended,
    hide,
    begin(name, to, wishes) {
      const { followed, life } = add(name, to);
      untilFailure(followed, work(followed, life, wishes));
    },
    beginRun(name, to, id) {
      const { followed, life } = add(name, to);
      untilFailure(followed, workRun(followed, life, id));
    },
    stop() {
      for (const { key } of all.value) hide(key);
    },
  };
}

type Step = () => Promise<Step[]>;

/** What a run that has ended began, and what it could not begin. */
function wishesOf({ failed, ended }: EndedSessions): Wish[] {
  const wish = ({ username, workspace }: { username: string; workspace: string }, begun: Begun): Wish => ({
    name: texts.desktop.title(username, workspace),
    ask: () => Promise.resolve(begun),
  });
  return [
    ...failed.map((each) => wish(each, { state: "failed", reason: each.reason })),
    ...ended.map((each) => wish(each, { state: "pending", id: each.operation.replace("/api/operations/", "") })),
  ];
}
