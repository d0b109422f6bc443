import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { makeAppFolder, root, type WriteApp } from "./app-folder.ts";
import { startAzurite } from "./azurite.ts";
import type { HostChoice } from "./choose-host.ts";
import { freePort, startFunc, type StartedFunc } from "./func.ts";
import { until } from "./until.ts";

/** An app on a Functions host of which the tests know only the address. */
export interface HostUnderTest {
  /** http://127.0.0.1:port */
  readonly url: string;
  /** Absent if the suite did not start the host and so must not stop it. */
  readonly process?: {
    /** As kill -9 of host and worker. */
    crash: () => Promise<void>;
    /** Starts it again, at the same address and with the same storage. */
    restart: () => Promise<void>;
  };
  close: () => Promise<void>;
}

export interface AppUnderTest {
  name: string;
  writeApp: WriteApp;
  settings: Readonly<Record<string, string>>;
  /** True if the app answers at this address, and is the one with these settings. */
  isUp: (url: string) => Promise<boolean>;
}

/** A person has to start the host in this time. */
const givenSeconds = 15 * 60;

export const preparedFolder = join(root, ".local/func");

/** Where apps are prepared for a host that somebody else starts, and how that person is notified. */
interface Preparation {
  folder: string;
  tell: (words: string) => void;
}
const preparedForPeople: Preparation = {
  folder: preparedFolder,
  tell: (words) => process.stderr.write(words),
};

/** For one poll of a host that may be starting: it may hold a request until it is ready. */
export const lookSignal = () => AbortSignal.timeout(5_000);

/** Starts the app on the chosen host, or prepares it and waits until somebody has started it. */
export async function openHost(
  choice: HostChoice,
  app: AppUnderTest,
  preparation = preparedForPeople,
): Promise<HostUnderTest> {
  return choice.kind === "given" ? awaitHost(choice.url, app, preparation) : launchHost(choice, app);
}

async function launchHost(
  choice: Exclude<HostChoice, { kind: "given" }>,
  { name, writeApp, settings, isUp }: AppUnderTest,
): Promise<HostUnderTest> {
  // The real path: modules are resolved by it, and the app must find its own copy of them.
  const folder = await realpath(await mkdtemp(join(tmpdir(), `func-${name}-`)));
  const storage = choice.kind === "func" ? await startAzurite(join(folder, "azurite")) : undefined;
  const closeAll = async () => {
    await storage?.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const appFolder = join(folder, "app");
    const values = hostSettings(settings, storage?.connectionString);
    await makeAppFolder(appFolder, writeApp, values);
    const command: readonly [string, ...string[]] =
      choice.kind === "func"
        ? [choice.func]
        : [process.execPath, fileURLToPath(import.meta.resolve("./local-func.ts"))];
    const start = () => startFunc({ command, folder: appFolder, port, settings: values, isUp: () => isUp(url) });
    let func: StartedFunc = await start();
    return {
      url,
      process: {
        crash: () => func.kill(),
        restart: async () => {
          func = await start();
        },
      },
      async close() {
        await func.stop();
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Prepares the app, says how to start it, and waits for it. */
async function awaitHost(
  url: string,
  { name, writeApp, settings, isUp }: AppUnderTest,
  preparation: Preparation,
): Promise<HostUnderTest> {
  const folder = join(preparation.folder, name);
  const storageFolder = await mkdtemp(join(tmpdir(), `func-${name}-`));
  const storage = await startAzurite(storageFolder);
  const close = async () => {
    await storage.close();
    await rm(storageFolder, { recursive: true, force: true });
  };
  try {
    const values = hostSettings(settings, storage.connectionString);
    await makeAppFolder(folder, writeApp, values);
    // For hosts that do not read local.settings.json. The path of Node is left out: it is this machine's.
    const lines = Object.entries(values).filter(([key]) => key !== nodeSetting);
    await writeFile(join(folder, "settings.env"), lines.map(([key, value]) => `${key}=${value}\n`).join(""), {
      mode: 0o600,
    });
    const shown = relative(root, folder);
    preparation.tell(
      `\nStart the ${name} at ${url} now, in another terminal:\n\n` +
        `  cd ${shown} && func start --port ${new URL(url).port || "80"}\n\n` +
        `For a host that does not read local.settings.json, ${shown}/settings.env has the settings (README has an example).\n` +
        `Waiting at most ${givenSeconds / 60} minutes …\n\n`,
    );
    await until(`the ${name} at ${url}`, givenSeconds, async () => (await isUp(url)) || undefined);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The Node worker's program: without this setting the host uses the first Node in PATH. */
const nodeSetting = "languageWorkers__node__defaultExecutablePath";

function hostSettings(
  settings: Readonly<Record<string, string>>,
  storage = "UseDevelopmentStorage=true",
): Record<string, string> {
  return {
    FUNCTIONS_WORKER_RUNTIME: "node",
    AzureWebJobsStorage: storage,
    [nodeSetting]: process.execPath,
    ...settings,
  };
}
