import { randomBytes, randomUUID } from "node:crypto";
import path from "node:path";
import type { FunctionApp } from "./app.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { receiveLibraryLog } from "./core-api.ts";
import { createClaims, inheritClaims, usualVisibilityTimeouts } from "./durable/claims.ts";
import type { VisibilityTimeouts } from "./durable/claims.ts";
import { clientBinding } from "./durable/client-binding.ts";
import { createControl } from "./durable/control.ts";
import { openDatabase } from "./durable/database.ts";
import { createDispatcher } from "./durable/dispatcher.ts";
import type { EngineContext } from "./durable/engine-context.ts";
import { watchHub } from "./durable/hub-watch.ts";
import { describeFailure } from "./durable/run-orchestrator.ts";
import { createStore } from "./durable/store.ts";
import type { Faults } from "./faults.ts";
import { createFront } from "./front.ts";
import { listDisabledHttp, listFunctions } from "./functions.ts";
import type { HostFunction } from "./functions.ts";
import { listRoutes } from "./http-functions.ts";
import { serveHttp } from "./http-server.ts";
import { createInvoke, runHooks } from "./invoke.ts";
import { createLog } from "./log.ts";
import type { LogEntry, LogLevel } from "./log.ts";
import { readHostSettings } from "./settings.ts";
import { createTimerRunner, listTimers } from "./timer-triggers.ts";
import { createTracker } from "./tracker.ts";

export interface HostOptions {
  app: FunctionApp;
  /** Path of the SQLite file, or ":memory:". Only one host at a time may use it, unless all set `sharedHub`. */
  store: string;
  /** Allows several hosts, in this process or others, to work on the hub. */
  sharedHub?: boolean;
  /**
   * When to resume a killed host's unfinished work: as on the real host, when its messages become visible again (the
   * default), or at once, which is safe only because the killed host had locked the hub file.
   */
  recovery?: "after-visibility-timeout" | "at-once";
  /** Override host.json's. */
  visibilityTimeouts?: Partial<VisibilityTimeouts>;
  /** A free port if 0 or absent. The host listens on 127.0.0.1 only. */
  port?: number;
  clock?: Clock;
  faults?: Faults;
  log?: (entry: LogEntry) => void;
}

export interface FunctionsHost {
  /** http://127.0.0.1:port */
  readonly url: string;
  readonly port: number;
  readonly functions: readonly HostFunction[];
  /**
   * Required for /admin and non-anonymous functions: header x-functions-key, or `code` in the query. New at each start.
   */
  readonly masterKey: string;
  /** The Durable client's RPC API, without a slash at the end. Its address is its key, and new at each start. */
  readonly durableUrl: string;
  /** The key of /runtime/webhooks/durabletask: `code` in the query. It stays the same for a task hub. */
  readonly systemKey: string;
  /**
   * Resolves when nothing is running on this host and nothing is due. Timers in the future do not count, nor does
   * another host's work.
   */
  whenIdle(): Promise<void>;
  /** The number of transactions of the durable engine that this host has committed. */
  readonly commits: number;
  /** Runs a timer-triggered function now. Rejects with its handler's error. */
  trigger(name: string): Promise<void>;
  /** Takes no more work, waits for what is running (at most 10 s), and closes port and store. Idempotent. */
  close(): Promise<void>;
  /** Acts as if the process were killed: nothing is committed any more. Running handlers continue without effect. */
  kill(): Promise<void>;
}

const closeWithinMilliseconds = 10_000;

/**
 * Runs an app on one machine as Azure's Functions host does: HTTP and timer triggers, and Durable orchestrations over
 * the real wire protocol, stored in `store`. Not for several machines and not for production: one process, one key, no
 * scale-out. Throws one sentence that says what to correct.
 */
export async function startFunctionsHost(options: HostOptions): Promise<FunctionsHost> {
  const { app, clock = systemClock, faults = {} } = options;
  const log = createLog(options.log, () => clock.now());
  const settings = readHostSettings(app.hostJson, app.setting);
  const functions = listFunctions(app);
  const routes = listRoutes(functions, listDisabledHttp(app), settings.routePrefix, app.setting);
  const timers = listTimers(functions, app.setting);
  const { sharedHub = false, recovery = "after-visibility-timeout" } = options;
  if (sharedHub && (recovery === "at-once" || options.store === ":memory:"))
    throw new Error(
      "start host: a shared hub must be a file, and its hosts cannot recover at once (leave out sharedHub)",
    );
  let commits = 0;
  const database = openDatabase(options.store, { shared: sharedHub });
  database.afterCommit(() => (commits += 1));
  if (!sharedHub) inheritClaims(database, recovery === "at-once");
  const timeouts = { ...usualVisibilityTimeouts, ...settings, ...options.visibilityTimeouts };
  const claims = createClaims({ owner: randomUUID(), database, clock, timeouts });
  const tracker = createTracker();
  let closing: Promise<void> | undefined;

  const store = createStore(database, claims.owner);
  const systemKey = store.systemKey();
  const masterKey = randomBytes(32).toString("base64url");
  const rpcKey = randomBytes(32).toString("base64url");
  let url = "";
  // Nobody who was not given the address can guess it.
  const rpcUrl = () => `${url}/${rpcKey}/durabletask`;
  const invoke = createInvoke({
    app,
    log,
    durableClient: () => clientBinding({ hostUrl: url, hubName: settings.hubName, systemKey, rpcUrl: rpcUrl() }),
    describeFailure,
  });
  const engine: EngineContext = { store, claims, isShared: sharedHub, functions, invoke, settings, clock, faults, log };
  const dispatcher = createDispatcher(engine);
  const leaveHub = sharedHub
    ? watchHub(path.resolve(options.store), database, () => {
        dispatcher.wake();
      })
    : undefined;
  const control = createControl(engine, dispatcher);
  const timerRunner = createTimerRunner({ timers, database, claims, clock, invoke, log, track: tracker.track });

  const front = createFront({
    routes,
    invoke,
    systemKey,
    masterKey,
    rpcKey,
    functions: () => listed,
    durable: { engine, control, hostUrl: () => url },
    trigger,
    track: tracker.track,
    isClosing: () => closing !== undefined,
    throttleLimits: settings.throttle,
    isHomepageDisabled: settings.isHomepageDisabled,
  });
  const server = await serveHttp({
    port: options.port ?? 0,
    maxBodyBytes: settings.maxBodyBytes,
    answer: front,
    onError(error) {
      if (database.isOpen)
        log("error", "Host.Http", error instanceof Error ? (error.stack ?? error.message) : String(error));
    },
  }).catch((error: unknown) => {
    leaveHub?.();
    database.close();
    throw error;
  });
  url = `http://127.0.0.1:${server.port}`;
  // Without it the durable client always uses port 7071 in its URLs.
  process.env["WEBSITE_HOSTNAME"] = `127.0.0.1:${server.port}`;

  const prefix = settings.routePrefix === "" ? url : `${url}/${settings.routePrefix}`;
  const listed: HostFunction[] = functions.map((fn) => {
    const route = routes.functions.find((each) => each.fn === fn);
    const timer = timers.find((each) => each.fn === fn);
    return {
      name: fn.name,
      kind: fn.kind,
      ...(route && { url: `${prefix}/${route.route}`, methods: route.methods }),
      ...(timer && { schedule: timer.schedule.expression }),
    };
  });

  async function trigger(name: string): Promise<void> {
    const timer = timers.find(({ fn }) => fn.name.toLowerCase() === name.toLowerCase());
    if (!timer)
      throw new Error(`trigger ${name}: not a timer function (call an HTTP function, or start an orchestration)`);
    await timerRunner.trigger(timer);
  }

  async function whenIdle(): Promise<void> {
    do {
      await dispatcher.whenIdle();
      // A timer trigger that is already due fires in the next turn of the event loop.
      await new Promise(setImmediate);
      // This waits for what was running only; the next round finds the work that it has created.
    } while (await tracker.waitForSome());
  }

  async function shutDown(isKilled: boolean): Promise<void> {
    timerRunner.stop();
    leaveHub?.();
    const ended = Promise.all([dispatcher.stop(), isKilled ? undefined : tracker.whenNone()]);
    if (isKilled) {
      claims.stop();
      database.close();
    } else {
      await withinMilliseconds(ended, closeWithinMilliseconds);
      claims.releaseAll();
    }
    await server.close();
    database.close();
    if (!isKilled) await runHooks(app, "appTerminate", { hookData: {} });
  }

  receiveLibraryLog((level, category, message) => {
    log(level as LogLevel, category === "user" ? "Function.User" : "Host.Worker", message);
  });
  await runHooks(app, "appStart", { hookData: {} });
  logFunctions(listed, (message) => {
    log("information", "Host.Startup", message);
  });
  timerRunner.start();
  dispatcher.wake();
  return {
    url,
    port: server.port,
    functions: listed,
    masterKey,
    durableUrl: rpcUrl(),
    systemKey,
    whenIdle,
    get commits() {
      return commits;
    },
    trigger,
    close: () => (closing ??= shutDown(false)),
    kill: () => (closing ??= shutDown(true)),
  };
}

async function withinMilliseconds(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timeout: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timeout = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, limit]);
  clearTimeout(timeout);
}

function logFunctions(functions: readonly HostFunction[], write: (message: string) => void): void {
  write("This host serves one machine; it is for development and tests, not for production.");
  write("Functions:");
  for (const { name, kind, url, methods, schedule } of functions) {
    const detail = url === undefined ? `${kind}Trigger` : `[${(methods ?? []).join(",")}] ${url}`;
    write(`\t${name}: ${detail}${schedule === undefined ? "" : ` ${schedule}`}`);
  }
}
