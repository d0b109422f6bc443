import { once } from "node:events";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { spawnAs, type RunAs } from "./run-as.ts";

/** How long a server may take to stop before it is forced to: its last checkpoint takes milliseconds here. */
const stopSeconds = 15;

export interface Server {
  /** Disconnects everybody, writes everything to disk and ends. Calling it again waits for the same end. */
  stop(): Promise<void>;
  /** Ends it immediately; the next start recovers. Returns the first fatal error that it reported, if any. */
  abandon(): Promise<string | undefined>;
}

export type StartOutcome =
  | { readonly server: Server }
  /** "memory": processes of a killed server have not ended yet. */
  | { readonly refused: "port" | "memory" | "data"; readonly reason: string };

const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "", // a socket path may have at most about 100 bytes, and a folder's can be longer
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C", // the language of the messages matched below
  log_checkpoints: "off",
};

/**
 * Starts the server on the data directory and waits until it accepts connections or has given up. `log` gets every line
 * of its output.
 */
export async function startServer(
  postgres: string,
  runAs: RunAs,
  data: string,
  port: number,
  log: (line: string) => void,
): Promise<StartOutcome> {
  const flags = Object.entries({ ...settings, port }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawnAs(runAs, postgres, ["-D", data, ...flags]);
  child.stdin?.end();
  child.stdout?.resume();
  const stopWithUs = () => {
    child.kill("SIGINT"); // we cannot wait for it any more; it stops on its own
  };
  process.on("exit", stopWithUs);
  const ended = exitOf(child).finally(() => process.off("exit", stopWithUs));
  ended.catch(() => undefined); // a failed spawn is reported below

  const lines: string[] = [];
  const ready = new Promise<"ready">((resolve) => {
    if (child.stderr === null) return;
    createInterface(child.stderr).on("line", (line) => {
      log(line);
      lines.push(line);
      lines.splice(0, lines.length - 50); // enough to show why it failed; it may run for weeks
      if (line.includes("database system is ready to accept connections")) resolve("ready");
    });
  });
  if ((await Promise.race([ready, ended])) !== "ready") return refusal(lines);

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    child.kill("SIGINT"); // "fast shutdown", https://www.postgresql.org/docs/18/server-shutdown.html
    const timeout = AbortSignal.timeout(stopSeconds * 1000);
    const late = () => child.kill("SIGQUIT"); // "immediate": the next start recovers
    timeout.addEventListener("abort", late);
    await ended;
    timeout.removeEventListener("abort", late);
  };
  const abandon = async () => {
    child.kill("SIGQUIT"); // "immediate shutdown": a fast one never ends for a server that keeps failing
    await ended;
    return fatalError(lines);
  };
  return { server: { stop: () => (stopped ??= stop()), abandon } };
}

/**
 * Resolves when it has ended, with its last lines if possible: a killed server's processes may hold its output open.
 */
async function exitOf(child: ChildProcess): Promise<void> {
  const drained = new Promise((resolve) => child.once("close", resolve));
  await once(child, "exit");
  await Promise.race([drained, delay(1000, undefined, { ref: false })]);
}

function fatalError(lines: readonly string[]): string | undefined {
  return /(?:FATAL|PANIC): +(.*)/.exec(lines.join("\n"))?.[1];
}

function refusal(lines: readonly string[]): StartOutcome {
  const text = lines.join("\n");
  const reason = fatalError(lines) ?? lines.at(-1) ?? "it printed no reason";
  if (text.includes("could not bind IPv4 address")) return { refused: "port", reason };
  if (/shared memory block .*is still in use/.test(text)) return { refused: "memory", reason };
  return { refused: "data", reason };
}
