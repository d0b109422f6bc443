import { spawn } from "node:child_process";

/** A program in its own process group, with everything that it starts. */
export interface ProcessGroup {
  /** The last part of what it printed. */
  output: () => string;
  /** Calls the listener with everything printed so far, whenever there is more. */
  onOutput: (listener: (output: string) => void) => void;
  /** How it ended, in words; undefined while it runs. */
  ending: () => string | undefined;
  /** Signals the whole group and waits until all of it is gone: what does not end in time is killed. */
  end: (signal: "SIGTERM" | "SIGKILL") => Promise<void>;
  gone: Promise<void>;
}

/**
 * Kills its process group when our end of its standard input closes. That happens when this process ends, in whatever
 * way, and when the program ends (Node closes it then), so no worker outlives its host. The program itself replaces the
 * shell and reads nothing, and its exit code is kept.
 */
const untilStandardInputEnds = `exec 3<&0
trap "" TERM
( cat <&3; kill -9 0 ) > /dev/null 2>&1 &
trap - TERM
exec "$0" "$@" < /dev/null 3<&-`;

const patienceMilliseconds = 20_000;
const keptCharacters = 20_000;

export function startGroup(
  command: readonly [program: string, ...args: string[]],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): ProcessGroup {
  const child = spawn("sh", ["-c", untilStandardInputEnds, ...command], { ...options, stdio: "pipe", detached: true });
  const listeners: ((output: string) => void)[] = [];
  let output = "";
  let ending: string | undefined;
  const listen = (text: Buffer) => {
    output = (output + text.toString()).slice(-keptCharacters);
    for (const listener of listeners) listener(output);
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  child.stdin.on("error", () => undefined); // the group is gone, as intended
  const gone = new Promise<void>((resolve) => {
    const end = (words: string) => {
      ending ??= words;
      resolve();
    };
    child.once("error", (error) => {
      end(error.message);
    });
    child.once("close", (code, signal) => {
      end(`it ended with ${signal ?? String(code)}`);
    });
  });

  function signalGroup(name: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  return {
    output: () => output,
    onOutput: (listener) => void listeners.push(listener),
    ending: () => ending,
    gone,
    async end(name) {
      const impatience = setTimeout(() => {
        signalGroup("SIGKILL");
      }, patienceMilliseconds);
      signalGroup(name);
      await gone;
      clearTimeout(impatience);
    },
  };
}
