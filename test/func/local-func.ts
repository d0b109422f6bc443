/**
 * Our local host with the command line of Core Tools: `func start --port N` in an app's folder. The task hub is stored
 * there, so that the next start continues where this one ended. The log goes to standard output.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type HostOptions, loadApp, startFunctionsHost } from "@stand-in/functions-host";

async function start(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { port: { type: "string" } } });
  if (positionals.join(" ") !== "start") throw new Error(`run ${positionals.join(" ")}: the only command is start`);
  const folder = process.cwd();
  const options: HostOptions = {
    app: await loadApp({ appRoot: folder }),
    store: join(folder, "task-hub.sqlite"),
    // What a killed host had in progress continues at the next start. On the real host it waits until its messages are
    // visible.
    recovery: "at-once",
    // Core Tools' port.
    port: Number(values.port ?? 7071),
    log: ({ at, level, category, message }) => {
      console.log(`[${at.toISOString()}] ${level} ${category} ${message}`);
    },
  };
  const host = await startFunctionsHost(options);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      void host.close().then(() => process.exit(0));
    });
}

try {
  await start();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
