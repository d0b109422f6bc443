import path from "node:path";
import { pathToFileURL } from "node:url";
import { findEntryPoints, readHostJson, readLocalSettings } from "./app-files.ts";
import { collectRegistrations, provideCoreApi } from "./core-api.ts";
import type { Registry } from "./core-api.ts";
import type { ProgrammingModel } from "./rpc.ts";

/** A loaded function app: what it registered, and its host.json. */
export interface FunctionApp {
  readonly appRoot: string;
  readonly hostJson: Readonly<Record<string, unknown>>;
  readonly model: ProgrammingModel;
  readonly functions: Registry["functions"];
  readonly hooks: Registry["hooks"];
}

export interface LoadOptions {
  /** Folder with package.json and host.json; local.settings.json is optional. */
  appRoot: string;
  /** Wins over local.settings.json and the process's environment; is put into process.env before loading. */
  environment?: Readonly<Record<string, string>>;
  /** For tests: imports the source instead of the files that package.json's `main` matches. */
  load?: () => Promise<unknown>;
}

let loading: Promise<unknown> = Promise.resolve();
const loaded = new Map<string, FunctionApp>();

/**
 * Loads a function app as Azure's Node worker does: settings into the environment, then every file that `main` matches.
 * An app is loaded once a process, because modules are; the second call for the same appRoot answers the same app.
 * Throws one sentence that says what to correct.
 */
export function loadApp(options: LoadOptions): Promise<FunctionApp> {
  const absolute = { ...options, appRoot: path.resolve(options.appRoot) };
  const next = loading.catch(() => undefined).then(() => loadOnce(absolute));
  loading = next;
  return next;
}

async function loadOnce(options: LoadOptions): Promise<FunctionApp> {
  const before = loaded.get(options.appRoot);
  applySettings(options);
  if (before) return before;

  const hostJson = readHostJson(options.appRoot);
  const load = options.load ?? importAll(findEntryPoints(options.appRoot));
  provideCoreApi();
  const { registry, model } = await collectRegistrations(load).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`load app ${options.appRoot}: its entry point failed: ${reason} (correct it; see cause)`, {
      cause,
    });
  });
  if (!model || registry.functions.size === 0) {
    throw new Error(
      `load app ${options.appRoot}: no function was registered (call app.* of the same copy of @azure/functions, and load an app once a process)`,
    );
  }
  // As the worker does at the end of its start: from here on app.setup is refused by the library.
  const capabilities = await model.getCapabilities({});
  if (capabilities["HttpUri"] !== undefined) {
    throw new Error(
      `load app ${options.appRoot}: HTTP streams are not supported by the local host: on the real one a handler that does not read its stream to the end stalls other requests, which is not imitated (drop enableHttpStream; bodies need Content-Length)`,
    );
  }
  const app: FunctionApp = { appRoot: options.appRoot, hostJson, model, ...registry };
  loaded.set(options.appRoot, app);
  return app;
}

function importAll(files: readonly string[]): () => Promise<void> {
  return async () => {
    for (const file of files) await import(pathToFileURL(file).href);
  };
}

/** Core Tools' order: what is already in the environment wins over local.settings.json. */
function applySettings({ appRoot, environment }: LoadOptions): void {
  for (const [name, value] of Object.entries(readLocalSettings(appRoot))) process.env[name] ??= value;
  Object.assign(process.env, environment);
}
