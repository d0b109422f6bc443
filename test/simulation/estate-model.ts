import { ask } from "../../shared/person/ask.ts";
import { finish } from "../../shared/person/finish.ts";
import type { DesktopRequest, Outcome } from "../../shared/person/record.ts";
import { clockToleranceMilliseconds } from "../../shared/lifecycle/sessions.ts";
import { chanceOf } from "./chance.ts";
import { type FaultPlan, hour, type Outage, second } from "./faults.ts";
import { createGuacamole, type Guacamole } from "./guacamole-model.ts";
import { createQueue, type QueueModel, type QueueRules } from "./queue-model.ts";
import type { Process, Timeline } from "./timeline.ts";
import { type Desktop, iso, later, type Life, workspace } from "./truth.ts";

export interface Estate {
  timeline: Timeline;
  desktops: readonly Desktop[];
  running: ReadonlySet<Desktop>;
  lives: ReadonlySet<Life>;
  guacamole: Guacamole;
  isAway: (what: Outage) => boolean;
  /** Whether we reach Guacamole's database. */
  databaseAnswers: () => boolean;
  /** The person asks for their desktop. */
  ask(desktop: Desktop): void;
  /** The saga for a request: a start, or access again to what runs. */
  fulfil(desktop: Desktop, request: DesktopRequest): Process;
  /** Somebody scales it to zero: whoever is connected is cut off. */
  stop(desktop: Desktop, rule: string): void;
  note(...words: string[]): void;
  /** Only with `queue` among the options: nobody waits for a start otherwise. */
  queue: QueueModel | undefined;
  /** Sees to it that somebody works towards what the person wants. */
  wake: (desktop: Desktop) => void;
}

interface Options {
  seed: number;
  desktops: number;
  faults: FaultPlan;
  /** The readiness probe of a desktop fails for moments, whoever is connected. */
  probesFail: boolean;
  queue: QueueRules | undefined;
  timeline: Timeline;
  note: Estate["note"];
}

/** What is true: people's desktops, and all that happens to them. */
export function createEstate({
  seed,
  desktops: count,
  faults,
  probesFail,
  queue: rules,
  timeline,
  note,
}: Options): Estate {
  const { now } = timeline;
  const chance = chanceOf(seed, "estate");
  const away = new Set<Outage>();
  const running = new Set<Desktop>();
  const lives = new Set<Life>();
  const desktops: Desktop[] = Array.from({ length: count }, (_, number) => ({
    username: `person-${number}`,
    life: undefined,
    ready: false,
    permitted: false,
    history: { open: [], lastStart: null, lastEnd: null, lastAttempt: null },
    record: undefined,
    busy: false,
  }));
  for (const { what, from, to } of faults.outages) {
    timeline.at(from, () => away.add(what));
    timeline.at(to, () => away.delete(what));
  }
  const hasDatabase = () => !away.has("database");
  const databaseAnswers = () => hasDatabase() && !away.has("database link");
  const queue = rules && createQueue({ ...rules, timeline, chance: chanceOf(seed, "queue"), desktops });
  const guacamole = createGuacamole({ seed, timeline, faults, desktops, hasDatabase, note });

  function begin(desktop: Desktop, startedAt: number): Life {
    const { open, lastStart, lastEnd } = desktop.history;
    const near = iso(startedAt - clockToleranceMilliseconds);
    const life: Life = {
      username: desktop.username,
      startedAt,
      started: iso(startedAt),
      readyAt: null,
      sessions: new Set(),
      visited: false,
      usedUntil: startedAt,
      toldUntil: startedAt,
      connectedUntil: null,
      asks: [],
      leftOpen: open.filter(({ start }) => start >= near),
      looksVisited: later(lastStart, lastEnd ?? "") >= near,
      emptied: false,
      sessionsAfterEmptied: 0,
      broken: false,
      kept: undefined,
      announced: undefined,
      end: undefined,
    };
    lives.add(life);
    running.add(desktop);
    desktop.life = life;
    note(desktop.username, "starts");
    return life;
  }

  function beThere(life: Life): void {
    life.usedUntil = now();
    life.toldUntil = Math.max(life.toldUntil, now());
  }

  /** What may happen to a desktop while it runs. */
  function disturb(desktop: Desktop, life: Life): void {
    const own = chanceOf(seed, `${desktop.username} ${life.startedAt}`);
    const within = (from: number, to: number, action: () => void) => {
      timeline.at(now() + own.between(from, to) * hour, () => {
        if (desktop.life === life) action();
      });
    };
    if (own.happens(0.02))
      within(0.5, 4, () => {
        const to = Math.round(now() + own.between(2, 20) * hour);
        life.kept = { from: now(), to };
        if (desktop.record) desktop.record = { ...desktop.record, kept: { workspace, until: iso(to), by: "admin" } };
        note(desktop.username, "is kept");
      });
    if (own.happens(0.01))
      within(0.2, 6, () => {
        life.broken = true;
        desktop.ready = false;
        for (const session of [...life.sessions]) guacamole.end(session, "cut");
        note(desktop.username, "breaks");
      });
    for (let from = 0; probesFail && from < 12; from += 2)
      within(from, from + 2, () => {
        desktop.ready = false;
        timeline.at(now() + own.spread(6, 90) * second, () => (desktop.ready = desktop.life === life && !life.broken));
      });
  }

  function end(desktop: Desktop, { id }: DesktopRequest, ready: boolean): void {
    const at = iso(now());
    const failed = { state: "failed", at, code: "guacamole-unavailable", reason: "", step: "" } as const;
    const outcome: Outcome = ready ? { state: "done", at, message: "" } : { ...failed, undone: [], leftBehind: [] };
    const { record } = desktop;
    if (record) desktop.record = finish(record, id, outcome);
  }

  const estate: Estate = {
    timeline,
    desktops,
    running,
    lives,
    guacamole,
    isAway: (what) => away.has(what),
    databaseAnswers,

    ask(desktop) {
      const { username, life, record = null } = desktop;
      const at = iso(now());
      const stamp = { id: `${username} ${at}`, at };
      const asItEnded = life?.readyAt != null && desktop.permitted && !life.broken && databaseAnswers();
      const arrival = { at, session: stamp.id, subject: undefined, claims: {} };
      desktop.record = ask(record, username, { workspace, claims: {} }, stamp, { stillTrue: () => asItEnded, arrival });
      if (life) {
        life.asks.push(now());
        beThere(life);
      }
      note(username, "asks");
      if (desktop.record.request.id === stamp.id) estate.wake(desktop);
    },

    *fulfil(desktop, request) {
      if (!databaseAnswers()) {
        yield 5 * second;
        end(desktop, request, false);
        return;
      }
      const before = desktop.life;
      if (!before && queue) yield* queue.await(desktop, request);
      const wasLast = desktop.record?.admission?.isLast === true;
      const life = before ?? begin(desktop, Date.parse(request.requestedAt));
      yield chance.between(15, before ? 20 : 180) * second;
      const done = databaseAnswers() && desktop.life === life && !life.broken;
      if (done) {
        desktop.ready = true;
        desktop.permitted = true;
        beThere(life); // its person waits for it until then
        note(desktop.username, "ready");
        if (!before) {
          life.readyAt = now();
          disturb(desktop, life);
        }
      } else if (!before) {
        lives.delete(life);
        forget(desktop);
      }
      end(desktop, request, done);
      if (!before) queue?.ended(desktop, wasLast);
    },

    stop(desktop, rule) {
      const { life } = desktop;
      if (!life) return;
      forget(desktop);
      life.end = { at: now(), rule, cut: [...life.sessions] };
      note(desktop.username, "stopped", rule);
      for (const session of life.end.cut) guacamole.end(session, "cut");
    },

    note,
    queue,
    wake: () => undefined,
  };

  function forget(desktop: Desktop): void {
    running.delete(desktop);
    Object.assign(desktop, { life: undefined, ready: false, permitted: false });
  }
  return estate;
}
