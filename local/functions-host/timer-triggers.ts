import type { Clock } from "./clock.ts";
import type { Claims } from "./durable/claims.ts";
import type { Database } from "./durable/database.ts";
import type { AppFunction } from "./functions.ts";
import type { Invoke } from "./invoke.ts";
import type { Log } from "./log.ts";
import { parseSchedule } from "./schedule.ts";
import type { Schedule } from "./schedule.ts";
import { type ReadSetting, resolveSettings } from "./settings.ts";

interface TimerTrigger {
  fn: AppFunction;
  schedule: Schedule;
  runOnStartup: boolean;
  /** True if a run that was missed while the host was down is made up for. */
  useMonitor: boolean;
}

/** Returns the app's timer triggers. Throws one sentence for an invalid schedule. */
export function listTimers(functions: readonly AppFunction[], setting: ReadSetting): TimerTrigger[] {
  return functions
    .filter(({ kind }) => kind === "timer")
    .map((fn) => {
      const options = fn.trigger as { schedule?: string; runOnStartup?: boolean; useMonitor?: boolean };
      const expression = resolveSettings(options.schedule ?? "", `the schedule of function ${fn.name}`, setting);
      return {
        fn,
        schedule: parseSchedule(expression, `function ${fn.name}`),
        runOnStartup: options.runOnStartup === true,
        useMonitor: options.useMonitor !== false,
      };
    });
}

interface TimerRunner {
  /** Fires triggers that are past due or run on startup, and schedules the rest. */
  start(): void;
  /** Runs one now, whatever its schedule. Rejects with the handler's error. */
  trigger(timer: TimerTrigger): Promise<void>;
  stop(): void;
}

interface Status {
  last: Date | null;
  next: Date;
}

/**
 * Runs timer triggers. Of the hosts on one hub, one holds them, as with Azure's singleton lock; another takes over once
 * a dead host's claim has expired. The next run is scheduled when the current one has ended, so runs never overlap.
 */
export function createTimerRunner(options: {
  timers: readonly TimerTrigger[];
  database: Database;
  claims: Claims;
  clock: Clock;
  invoke: Invoke;
  log: Log;
  track: (work: Promise<void>) => Promise<void>;
}): TimerRunner {
  const { timers, database, claims, clock, invoke, log, track } = options;
  const alarms = new Map<TimerTrigger, () => void>();
  let isStopped = false;

  function readStatus({ fn, schedule }: TimerTrigger): Status | undefined {
    const row = database.all("SELECT * FROM timer_triggers WHERE name = ?", fn.name)[0];
    // The schedule has changed since then: nothing was missed.
    if (row?.["schedule"] !== schedule.expression) return undefined;
    const last = row["last_at"] as number | null;
    return { last: last === null ? null : new Date(last), next: new Date(row["next_at"] as number) };
  }

  function writeStatus({ fn, schedule }: TimerTrigger, { last, next }: Status): void {
    const values = [fn.name, schedule.expression, last?.getTime() ?? null, next.getTime()];
    database.run("INSERT OR REPLACE INTO timer_triggers VALUES (?, ?, ?, ?)", ...values);
  }

  async function invokeTimer({ fn }: TimerTrigger, status: Status | undefined, isPastDue: boolean): Promise<void> {
    const at = clock.now().toISOString();
    const last = status?.last ?? null;
    const trigger = JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: status && {
        Last: last?.toISOString() ?? "0001-01-01T00:00:00+00:00",
        Next: status.next.toISOString(),
        LastUpdated: last?.toISOString() ?? at,
      },
      IsPastDue: isPastDue,
    });
    await invoke({ fn, reason: `Timer fired at ${at}`, trigger: { json: trigger } });
  }

  async function fire(timer: TimerTrigger, isPastDue: boolean): Promise<void> {
    if (!holdsTimers()) {
      standBy(timer);
      return;
    }
    const startedAt = clock.now();
    try {
      await invokeTimer(timer, readStatus(timer), isPastDue);
    } catch {
      // The invocation has logged the reason; the next occurrence is the retry.
    }
    if (isStopped || !database.isOpen) return;
    writeStatus(timer, { last: startedAt, next: timer.schedule.next(clock.now()) });
    arm(timer);
  }

  const holdsTimers = () => claims.take("timers", "all");

  function fireAt(timer: TimerTrigger, instant: Date): void {
    alarms.set(
      timer,
      clock.at(instant, () => void track(fire(timer, false))),
    );
  }

  function arm(timer: TimerTrigger): void {
    fireAt(timer, readStatus(timer)?.next ?? timer.schedule.next(clock.now()));
  }

  /** Checks at the next occurrence whether the host that holds the timers is still running. */
  function standBy(timer: TimerTrigger): void {
    fireAt(timer, timer.schedule.next(clock.now()));
  }

  return {
    start() {
      if (timers.length > 0 && !holdsTimers()) {
        timers.forEach(standBy);
        return;
      }
      for (const timer of timers) {
        const status = readStatus(timer);
        const isPastDue = timer.useMonitor && status !== undefined && status.next <= clock.now();
        if (isPastDue || timer.runOnStartup) {
          if (isPastDue)
            log("information", `Function.${timer.fn.name}`, `Function '${timer.fn.name}' is past due on startup.`);
          void track(fire(timer, isPastDue));
          continue;
        }
        if (!status || status.next <= clock.now()) {
          writeStatus(timer, { last: status?.last ?? null, next: timer.schedule.next(clock.now()) });
        }
        arm(timer);
      }
    },
    trigger: (timer) => track(invokeTimer(timer, readStatus(timer), false)),
    stop() {
      isStopped = true;
      for (const cancel of alarms.values()) cancel();
    },
  };
}
