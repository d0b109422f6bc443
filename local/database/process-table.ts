import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

/** A running process. Zombies, for which kill(pid, 0) succeeds too, are left out. */
export interface RunningProcess {
  /** Program and arguments, joined by spaces. */
  readonly command: string;
  /** Distinguishes two processes with the same id. Compare only for equality. */
  readonly startedAt: string;
}

/** Returns the process with this id, whoever owns it; undefined if there is none. */
export function readProcess(pid: number): Promise<RunningProcess | undefined> {
  return process.platform === "linux" ? readFromProc(pid) : readFromPs(pid);
}

// Slim container images have no ps. On Linux everybody may read cmdline and stat in /proc.
async function readFromProc(pid: number): Promise<RunningProcess | undefined> {
  try {
    const [commandLine, stat] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    // proc_pid_stat(5): "pid (name) state ppid … starttime …"; the name may contain spaces and parentheses, so count
    // from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const state = fields[0];
    const startTime = fields[19];
    if (state === "Z" || state === "X" || startTime === undefined) return undefined;
    return { command: commandLine.replace(/\0+$/, "").replaceAll("\0", " "), startedAt: startTime };
  } catch {
    return undefined; // ended before or while we read
  }
}

/** Exported for its test; only macOS uses it. */
export function readFromPs(pid: number): Promise<RunningProcess | undefined> {
  return new Promise((resolve) => {
    // One -o per field: BSD's ps takes everything after a "=" as that field's heading. Locale and zone fix lstart's
    // format.
    const columns = ["-o", "stat=", "-o", "lstart=", "-o", "command="];
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    execFile("ps", ["-ww", ...columns, "-p", String(pid)], { env }, (error, out) => {
      // "Ss   Sun Nov 22 20:35:00 2026 /path/to/postgres -D …"
      const row = /^\s*(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\d{4})\s+(.*)$/m.exec(error === null ? out : "");
      const [, state = "Z", startedAt = "", command = ""] = row ?? [];
      resolve(state.startsWith("Z") ? undefined : { command: command.trimEnd(), startedAt });
    });
  });
}
