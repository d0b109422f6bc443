import { spawn } from "node:child_process";
import { once } from "node:events";
import { until } from "./until.ts";

/** A Functions host that was started with `func start`, in a process group of its own. */
export interface StartedFunc {
  /** The last part of what it printed. */
  output(): string;
  /** As kill -9 of the host and its worker. */
  kill(): Promise<void>;
  /** SIGTERM, on which Core Tools stop the host; kill -9 after 20 s. */
  stop(): Promise<void>;
}

/** A cold start of the real host took 12 to 16 s (../shared/functions-host), plus a first download of the extension bundle. */
const startSeconds = 180;
const stopMilliseconds = 20_000;
const keptCharacters = 20_000;

/**
 * Runs `func start` in an app's folder and waits until `isUp`.
 *
 * Core Tools read host.json and local.settings.json there, and an environment variable wins over a setting of the same
 * name: https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file. So the names of
 * `settings` are taken out of the environment.
 *
 * @param command the binary, with arguments that come before `start`
 */
export async function startFunc(options: {
  command: readonly string[];
  folder: string;
  port: number;
  settings: Readonly<Record<string, string>>;
  isUp: () => Promise<boolean>;
}): Promise<StartedFunc> {
  const [program = "func", ...before] = options.command;
  const environment = Object.entries(process.env).filter(([name]) => !(name in options.settings));
  const child = spawn(program, [...before, "start", "--port", String(options.port)], {
    cwd: options.folder,
    env: { ...Object.fromEntries(environment), FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    // Its own process group: Core Tools start the Node worker as a child, and a crash must take both.
    detached: true,
  });
  let output = "";
  const listen = (text: Buffer) => (output = (output + text.toString()).slice(-keptCharacters));
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  let failure: string | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      failure = error.message;
      resolve();
    });
    child.once("close", (code, signal) => {
      failure ??= `it ended with ${signal ?? String(code)}`;
      resolve();
    });
  });
  const signal = (name: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  const killWithUs = () => {
    signal("SIGKILL");
  };
  process.once("exit", killWithUs);

  async function end(name: NodeJS.Signals): Promise<void> {
    const impatience = setTimeout(killWithUs, stopMilliseconds);
    signal(name);
    await gone;
    clearTimeout(impatience);
    killWithUs(); // a worker that outlived its host
    process.off("exit", killWithUs);
  }

  try {
    await until(`${program} to start`, startSeconds, async () => {
      if (failure !== undefined) throw new Error(`start ${program}: ${failure}`);
      return (await options.isUp()) || undefined;
    });
  } catch (error) {
    await end("SIGKILL");
    throw new Error(`${(error as Error).message}\n${output}`, { cause: error });
  }
  return { output: () => output, kill: () => end("SIGKILL"), stop: () => end("SIGTERM") };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("find a free port: no address");
  return address.port;
}
