import { once } from "node:events";
import { createServer } from "node:net";
import { startGroup } from "../../local/process-group.ts";
import { until } from "./until.ts";

/** A Functions host that was started with `func start`. */
export interface StartedFunc {
  /** As kill -9 of the host and its worker. */
  kill: () => Promise<void>;
  /** SIGTERM, on which the host stops. */
  stop: () => Promise<void>;
}

/** A cold start of the real host took 12 to 16 s; the first start of Core Tools also downloads the extension bundle. */
const startSeconds = 180;

/**
 * Runs `func start` in an app's folder and waits until `isUp`. Throws with its output if it ends before.
 *
 * Core Tools read host.json and local.settings.json there, and an environment variable wins over a setting of the same
 * name: https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file. So the names in
 * `settings` are removed from the environment.
 *
 * @param command the program, and arguments that come before `start`
 */
export async function startFunc(options: {
  command: readonly [string, ...string[]];
  folder: string;
  port: number;
  settings: Readonly<Record<string, string>>;
  isUp: () => Promise<boolean>;
}): Promise<StartedFunc> {
  const environment = Object.entries(process.env).filter(([name]) => !(name in options.settings));
  // A process group, because Core Tools start the Node worker as a child, and a crash must kill both.
  const group = startGroup([...options.command, "start", "--port", String(options.port)], {
    cwd: options.folder,
    env: { ...Object.fromEntries(environment), FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT: "1" },
  });
  const name = options.command.join(" ");
  try {
    await until(`${name} to start`, startSeconds, async () => {
      const ending = group.ending();
      if (ending !== undefined) throw new Error(`start ${name}: ${ending}`);
      return (await options.isUp()) || undefined;
    });
  } catch (error) {
    await group.end("SIGKILL");
    throw new Error(`${(error as Error).message}\n${group.output()}`, { cause: error });
  }
  return { kill: () => group.end("SIGKILL"), stop: () => group.end("SIGTERM") };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("find a free port: no address");
  return address.port;
}
