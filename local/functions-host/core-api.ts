import { Module } from "node:module";
import type { FunctionCallback, FunctionMetadata, HookCallback, ProgrammingModel } from "./rpc.ts";

const hookNames = ["preInvocation", "postInvocation", "appStart", "appTerminate", "log"] as const;
export type HookName = (typeof hookNames)[number];

export interface RegisteredFunction {
  metadata: FunctionMetadata;
  callback: FunctionCallback;
}

/** What an app registers while it loads. Function names compare case-insensitively, as in the host. */
export interface Registry {
  functions: Map<string, RegisteredFunction>;
  hooks: Map<HookName, HookCallback[]>;
}

interface Core {
  current: Registry | undefined;
  model: ProgrammingModel | undefined;
  log: (level: string, category: string, message: string) => void;
}

// @azure/functions requests its core once per process and keeps it, so there is one core and `current` changes.
const core: Core = { current: undefined, model: undefined, log: () => undefined };

class Disposable {
  readonly #dispose: () => void;
  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }
  dispose(): void {
    this.#dispose();
  }
}

function openRegistry(what: string): Registry {
  if (core.current) return core.current;
  throw new Error(`register ${what}: the app has already started (register everything while the entry point loads)`);
}

function unknownHook(name: string): RangeError {
  const error = new RangeError(`register hook ${name}: no such hook (use one of ${hookNames.join(", ")})`);
  // With this mark the library distinguishes a host that is too old from a mistake in the app.
  return Object.assign(error, { isAzureFunctionsSystemError: true });
}

/** The module `@azure/functions-core`, which Azure's worker provides to the library. */
const coreApi = {
  version: "3.12.0",
  hostVersion: "4.0.0",
  Disposable,
  setProgrammingModel(model: ProgrammingModel): void {
    core.model = model;
  },
  getProgrammingModel: () => core.model,
  log(level: string, category: string, message: string): void {
    core.log(level, category, message);
  },
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    const { functions } = openRegistry(`function ${metadata.name}`);
    const key = metadata.name.toLowerCase();
    if (functions.has(key)) {
      throw new Error(`register function ${metadata.name}: the name is taken (names differ by more than case)`);
    }
    functions.set(key, { metadata, callback });
    return new Disposable(() => functions.delete(key));
  },
  registerHook(name: string, callback: HookCallback): Disposable {
    const known = hookNames.find((each) => each === name);
    if (!known) throw unknownHook(name);
    const { hooks } = openRegistry(`hook ${name}`);
    const callbacks = hooks.get(known) ?? [];
    hooks.set(known, [...callbacks, callback]);
    return new Disposable(() => {
      hooks.set(
        known,
        (hooks.get(known) ?? []).filter((each) => each !== callback),
      );
    });
  },
};

type Require = (this: unknown, id: string) => unknown;

/** Provides `require("@azure/functions-core")`. Call it before the first `app.*` call of the process. */
export function provideCoreApi(): void {
  const prototype = (Module as unknown as { prototype: { require: Require & { providesCore?: true } } }).prototype;
  if (prototype.require.providesCore) return;
  const original = prototype.require;
  const provided: Require = function (id) {
    return id === "@azure/functions-core" ? coreApi : original.call(this, id);
  };
  prototype.require = Object.assign(provided, { providesCore: true as const });
}

/** Opens a registry, runs `load` and closes it again: later registrations are refused, as in the worker. */
export async function collectRegistrations(
  load: () => Promise<unknown>,
): Promise<{ registry: Registry; model: ProgrammingModel | undefined }> {
  const registry: Registry = { functions: new Map(), hooks: new Map() };
  core.current = registry;
  try {
    await load();
  } finally {
    core.current = undefined;
  }
  return { registry, model: core.model };
}

/** Sends the library's own log lines to the current host. */
export function receiveLibraryLog(log: Core["log"]): void {
  core.log = log;
}
