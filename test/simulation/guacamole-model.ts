import { type Chance, chanceOf } from "./chance.ts";
import { day, type FaultPlan, mostSkew, second } from "./faults.ts";
import type { Process, Timeline } from "./timeline.ts";
import { type Desktop, type Instance, iso, later, type Life, type Row, type Session } from "./truth.ts";

export interface Guacamole {
  instances: readonly Instance[];
  /** Since when the oldest instance runs, whenever that changed; null while none does. */
  oldestStarts: { at: number; since: number | null }[];
  /** The person opens the desktop; null where Guacamole does not let them. */
  connect(desktop: Desktop): Process<Session | null>;
  end(session: Session, how: "closed" | "cut" | "crash"): void;
}

interface Options {
  seed: number;
  timeline: Timeline;
  faults: FaultPlan;
  desktops: readonly Desktop[];
  /** Whether Guacamole reaches its database. */
  hasDatabase: () => boolean;
  note: (...words: string[]) => void;
}

/** Two instances of Guacamole with their sessions, and what they write into the history. */
export function createGuacamole({ seed, timeline, faults, desktops, hasDatabase, note }: Options): Guacamole {
  const { now } = timeline;
  const chance = chanceOf(seed, "Guacamole");
  const byName = new Map(desktops.map((desktop) => [desktop.username, desktop]));
  const historyOf = ({ username }: Life) => (byName.get(username) as Desktop).history;
  const clock = ({ skew }: Instance) => now() + skew;
  const instances = [0, 1].map(() => start(chance, now() - day));
  const oldestStarts: Guacamole["oldestStarts"] = [];

  function noteOldest(): void {
    const up = instances.filter((instance) => instance.up);
    oldestStarts.push({ at: now(), since: up.length > 0 ? Math.min(...up.map(({ since }) => since)) : null });
  }
  noteOldest();

  function end(session: Session, how: "closed" | "cut" | "crash"): void {
    if (!session.open) return;
    const { life, instance, row } = session;
    session.open = false;
    instance.sessions.delete(session);
    life.sessions.delete(session);
    life.usedUntil = now();
    life.connectedUntil = now();
    life.toldUntil = Math.max(life.toldUntil, now());
    note(life.username, how);
    // Only a process that lives, and reaches its database, writes the end down; nobody does it later.
    if (how === "crash" || !hasDatabase()) life.leftOpen.push(row);
    else if (!row.gone) {
      const history = historyOf(life);
      history.open = history.open.filter((other) => other !== row);
      history.lastEnd = later(history.lastEnd, iso(clock(instance)));
      life.toldUntil = Math.max(life.toldUntil, clock(instance));
    }
    if (how !== "closed") session.onCut?.();
  }

  for (const { from, to, instances: which } of faults.crashes) {
    const dying = instances.filter((_, index) => which.includes(index));
    timeline.at(from, () => {
      note("Guacamole", "crashes");
      for (const instance of dying) {
        instance.up = false;
        for (const session of [...instance.sessions]) end(session, "crash");
      }
      noteOldest();
    });
    timeline.at(to, () => {
      for (const instance of dying) if (!instance.up) Object.assign(instance, start(chance, now()));
      noteOldest();
    });
  }
  for (const at of faults.emptied)
    timeline.at(at, () => {
      note("Guacamole", "emptied");
      for (const desktop of desktops) {
        for (const row of desktop.history.open) row.gone = true;
        Object.assign(desktop.history, { open: [], lastStart: null, lastEnd: null, lastAttempt: null });
        if (desktop.life) desktop.life.emptied = true;
      }
    });

  return {
    instances,
    oldestStarts,
    end,
    *connect(desktop) {
      const { life } = desktop;
      const up = instances.filter((instance) => instance.up);
      if (!life || !desktop.permitted || up.length === 0 || !hasDatabase()) return null;
      const instance = chance.pick(up);
      // It has looked at the permission, and writes the session down right after.
      yield Math.round(chance.between(0, 2 * second));
      if (!instance.up || !hasDatabase()) return null;
      const row: Row = { start: iso(clock(instance)), gone: false };
      const { history } = desktop;
      history.lastStart = later(history.lastStart, row.start);
      life.visited = true;
      life.usedUntil = now();
      life.toldUntil = Math.max(life.toldUntil, now(), clock(instance));
      if (life.end || life.broken) {
        history.lastEnd = later(history.lastEnd, row.start);
        return null;
      }
      history.open.push(row);
      const listedAt = now() + chance.between(0, 10) * second;
      const session: Session = { life, instance, row, open: true, listedAt, seen: false };
      instance.sessions.add(session);
      life.sessions.add(session);
      if (life.emptied) life.sessionsAfterEmptied += 1;
      note(desktop.username, "opens");
      return session;
    },
  };
}

function start(chance: Chance, since: number): Instance {
  return { up: true, since, skew: Math.round(chance.between(-mostSkew, mostSkew)), sessions: new Set() };
}
