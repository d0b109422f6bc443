/** One line of the host's log. `category` is the one of Azure's host: `Function.X`, `Function.X.User`, `Host.…`. */
export interface LogEntry {
  at: Date;
  level: LogLevel;
  category: string;
  message: string;
  functionName?: string;
  invocationId?: string;
}

export type LogLevel = "trace" | "debug" | "information" | "warning" | "error" | "critical";

/** Writes one line, with the time of the caller's clock. */
export type Log = (
  level: LogLevel,
  category: string,
  message: string,
  invocation?: { functionName: string; invocationId: string },
) => void;

/** Returns a log that stamps lines with `now`. Errors of the sink are ignored: logging must not affect the host. */
export function createLog(sink: ((entry: LogEntry) => void) | undefined, now: () => Date): Log {
  if (!sink) return () => undefined;
  return (level, category, message, invocation) => {
    try {
      sink({ at: now(), level, category, message, ...invocation });
    } catch {
      // nobody is left to report it to
    }
  };
}
