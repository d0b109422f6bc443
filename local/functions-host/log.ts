/** One line of the host's log. `category` is what Azure's host writes: `Function.X`, `Function.X.User`, `Host.…`. */
export interface LogEntry {
  at: Date;
  level: LogLevel;
  category: string;
  message: string;
  functionName?: string;
  invocationId?: string;
}

export type LogLevel = "trace" | "debug" | "information" | "warning" | "error" | "critical";

/** Writes one line; the caller's clock says when. */
export type Log = (
  level: LogLevel,
  category: string,
  message: string,
  invocation?: { functionName: string; invocationId: string },
) => void;

/** A log that stamps lines with `now`. A sink that throws is ignored: logging must not change what the host does. */
export function createLog(sink: ((entry: LogEntry) => void) | undefined, now: () => Date): Log {
  if (!sink) return () => undefined;
  return (level, category, message, invocation) => {
    try {
      sink({ at: now(), level, category, message, ...invocation });
    } catch {
      // nothing to tell and nobody to tell it to
    }
  };
}
