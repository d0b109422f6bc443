import path from "node:path";
import { pathToFileURL } from "node:url";
import { findEntryPoints, readHostJson, readLocalSettings } from "./app-files.ts";
import { collectRegistrations, provideCoreApi } from "./core-api.ts";
import type { Registry } from "./core-api.ts";
import type { ProgrammingModel } from "./rpc.ts";
import type { ReadSetting } from "./settings.ts";

/** A loaded function app: its registrations and its host.json. */
export interface FunctionApp {
  readonly appRoot: string;
  readonly hostJson: Readonly<Record<string, unknown>>;
  readonly model: ProgrammingModel;
  readonly functions: Registry["functions"];
  readonly hooks: Registry["hooks"];
  /** Reads one of its app settings. */
  readonly setting: ReadSetting;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadOptions {
  /** Folder with package.json and host.json; local.settings.json is optional. */
  appRoot: string;
  /** Takes precedence over the process's environment, which takes precedence over local.settings.json. */
  environment?: Readonly<Record<string, string>>;
  /**
   * Registers the functions, given the whole environment, instead of the files that match package.json's `main`. Each
   * call of loadApp then returns a separate app, and process.env stays unchanged.
   */
  load?: (environment: Environment) => Promise<unknown>;
}

let loading: Promise<unknown> = Promise.resolve();
const loaded = new Map<string, FunctionApp>();

/**
 * Loads a function app as Azure's Node worker does: settings into process.env, then every file that matches `main`.
 * Modules are loaded once per process, so a second call for the same appRoot returns the same app. With `load`, each
 * call returns a new app with its own settings. Throws one sentence that says what to correct.
 */
export function loadApp(options: LoadOptions): Promise<FunctionApp> {
  const absolute = { ...options, appRoot: path.resolve(options.appRoot) };
  const next = loading.catch(() => undefined).then(() => loadOnce(absolute));
  loading = next;
  return next;
}

async function loadOnce(options: LoadOptions): Promise<FunctionApp> {
  const register = options.load;
  if (register) {
    const local = readLocalSettings(options.appRoot);
    return collect(
      options.appRoot,
      () => register(environmentOf(options)),
      (name) => options.environment?.[name] ?? process.env[name] ?? local[name],
    );
  }

  Object.assign(process.env, environmentOf(options));
  const before = loaded.get(options.appRoot);
  if (before) return before;
  const load = importAll(findEntryPoints(options.appRoot));
  const app = await collect(options.appRoot, load, (name) => process.env[name]);
  loaded.set(options.appRoot, app);
  return app;
}

async function collect(appRoot: string, load: () => Promise<unknown>, setting: ReadSetting): Promise<FunctionApp> {
  const hostJson = readHostJson(appRoot);
  provideCoreApi();
  const { registry, model } = await collectRegistrations(load).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`load app ${appRoot}: its entry point failed: ${reason} (correct it; see cause)`, {
      cause,
    });
  });
  if (!model || registry.functions.size === 0) {
    throw new Error(
      `load app ${appRoot}: no function was registered (call app.* of the same copy of @azure/functions; modules are loaded once per process)`,
    );
  }
  // As the worker does at the end of its start: from here on the library refuses app.setup.
  const capabilities = await model.getCapabilities({});
  if (capabilities["HttpUri"] !== undefined) {
    throw new Error(
      `load app ${appRoot}: HTTP streams are not supported by the local host: on the real one a handler that does not read its stream to the end stalls other requests, which is not imitated (drop enableHttpStream; bodies need Content-Length)`,
    );
  }
  return { appRoot, hostJson, model, setting, ...registry };
}

function importAll(files: readonly string[]): () => Promise<void> {
  return async () => {
    for (const file of files) await import(pathToFileURL(file).href);
  };
}

/** The precedence of Core Tools: the environment over local.settings.json. */
function environmentOf({ appRoot, environment }: LoadOptions): Environment {
  return { ...readLocalSettings(appRoot), ...process.env, ...environment };
}
