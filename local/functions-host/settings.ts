import { availableParallelism } from "node:os";
import { choice, count, flag, minute, section, text, timeSpan } from "./host-json.ts";
import type { Section } from "./host-json.ts";
import type { ThrottleLimits } from "./http-throttle.ts";

/**
 * The settings of host.json and the environment that the local host applies. Defaults are the host's and the durable
 * extension's.
 */
export interface HostSettings {
  routePrefix: string;
  hubName: string;
  defaultVersion: string | null;
  maxConcurrentActivities: number;
  maxConcurrentOrchestrations: number;
  maxOrchestrationActions: number;
  /** How long an instance's message stays invisible after a host took it, in milliseconds: the delay after a crash. */
  controlQueueVisibilityTimeout: number;
  /** The same for an activity's message. */
  workItemQueueVisibilityTimeout: number;
  /** The limits of the HTTP extension; -1: none. */
  throttle: ThrottleLimits;
  /** FUNCTIONS_REQUEST_BODY_SIZE_LIMIT in bytes, 100 MiB unless set. */
  maxBodyBytes: number;
  /** AzureWebJobsDisableHomepage: without a function for `/`, nothing is there. */
  isHomepageDisabled: boolean;
}

const mebibyte = 1024 * 1024;

/** Reads an app setting. */
export type ReadSetting = (name: string) => string | undefined;
const fromProcess: ReadSetting = (name) => process.env[name];

/**
 * Reads the settings from host.json and the environment. Settings that are only checked here would stop the real host
 * or the durable extension 3.19 too (AzureStorageOptions.Validate, DurableTaskOptions.Validate, and .NET's binding of
 * enumerations and times); unknown keys are ignored, as there. Throws one sentence that names the setting.
 */
export function readHostSettings(
  hostJson: Readonly<Record<string, unknown>>,
  setting: ReadSetting = fromProcess,
): HostSettings {
  const root: Section = { name: "", values: hostJson };
  const extensions = section(root, "extensions");
  const durable = section(extensions, "durableTask");
  const tenPerCore = 10 * availableParallelism();
  const version = text(durable, "defaultVersion", "");
  checkLogLevels(section(section(root, "logging"), "logLevel"));
  checkDurable(durable);
  const http = section(extensions, "http");
  checkConcurrency(http, section(root, "concurrency"));
  return {
    routePrefix: text(http, "routePrefix", "api").replace(/^\/+|\/+$/g, ""),
    hubName: resolveSettings(text(durable, "hubName", "TestHubName"), "extensions.durableTask.hubName", setting),
    defaultVersion: version === "" ? null : version,
    maxConcurrentActivities: count(durable, "maxConcurrentActivityFunctions", tenPerCore),
    maxConcurrentOrchestrations: count(durable, "maxConcurrentOrchestratorFunctions", tenPerCore),
    maxOrchestrationActions: count(durable, "maxOrchestrationActions", 100_000),
    ...readVisibilityTimeouts(section(durable, "storageProvider")),
    throttle: {
      maxConcurrentRequests: count(http, "maxConcurrentRequests", -1, { orMinusOne: true }),
      maxOutstandingRequests: count(http, "maxOutstandingRequests", -1, { orMinusOne: true }),
    },
    maxBodyBytes: readBodyLimit(setting),
    // Another value than "true" does not count (HomepageMiddleware.IsHomepageDisabled).
    isHomepageDisabled: setting("AzureWebJobsDisableHomepage")?.toLowerCase() === "true",
  };
}

/** The real host does not start with values outside 1 to 60 minutes (measured with both, for less than a minute). */
function readVisibilityTimeouts(storage: Section) {
  const range = { least: minute, most: 60 * minute };
  return {
    controlQueueVisibilityTimeout: timeSpan(storage, "controlQueueVisibilityTimeout", "00:05:00", range),
    workItemQueueVisibilityTimeout: timeSpan(storage, "workItemQueueVisibilityTimeout", "00:05:00", range),
  };
}

/** Checks settings that the local host does not use, but with which the real one may not start. */
function checkDurable(durable: Section): void {
  choice(durable, "versionMatchStrategy", ["None", "Strict", "CurrentOrOlder"], "CurrentOrOlder");
  choice(durable, "versionFailureStrategy", ["Reject", "Fail"], "Reject");
  flag(durable, "extendedSessionsEnabled", false);
  const storage = section(durable, "storageProvider");
  timeSpan(storage, "maxQueuePollingInterval", "00:00:30");
  count(storage, "partitionCount", 4, { most: 16 });
  count(storage, "controlQueueBatchSize", 32);
  count(storage, "controlQueueBufferThreshold", 256, { most: 1_000 });
  const tracing = section(durable, "tracing");
  for (const key of ["traceInputsAndOutputs", "traceReplayEvents", "distributedTracingEnabled"])
    flag(tracing, key, false);
  choice(tracing, "version", ["None", "V1", "V2"], "V1");
}

/** Checks dynamic throttles and dynamic concurrency, which the local host does not apply. */
function checkConcurrency(http: Section, concurrency: Section): void {
  flag(http, "dynamicThrottlesEnabled", false);
  flag(concurrency, "dynamicConcurrencyEnabled", false);
  flag(concurrency, "snapshotPersistenceEnabled", true);
}

const logLevels = ["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"] as const;

/** Categories may contain dots ("Azure.Core") and need not exist. */
function checkLogLevels(levels: Section): void {
  for (const category of Object.keys(levels.values)) choice(levels, category, logLevels, "Information");
}

/** Refuses a value that is not a number. The real host ignores it, so the limit would silently not apply. */
function readBodyLimit(setting: ReadSetting): number {
  const name = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";
  const given = setting(name);
  if (given === undefined) return 100 * mebibyte;
  if (/^\d+$/.test(given.trim())) return Number(given);
  throw new Error(`read ${name}: ${JSON.stringify(given)} is not a number of bytes (correct it)`);
}

/** Replaces `%NAME%` with the app setting of that name, as in binding expressions. */
export function resolveSettings(expression: string, usedBy: string, setting: ReadSetting): string {
  return expression.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = setting(name);
    if (value !== undefined) return value;
    throw new Error(`resolve ${usedBy}: setting ${name} is not set (add it to local.settings.json or the environment)`);
  });
}
