import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readHostSettings } from "./settings.ts";

const bodyLimit = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";
afterEach(() => {
  Reflect.deleteProperty(process.env, bodyLimit);
});

const durable = (durableTask: object) => readHostSettings({ version: "2.0", extensions: { durableTask } });
const storage = (storageProvider: object) => durable({ storageProvider });

describe("visibility timeouts", () => {
  it("are five minutes unless host.json says otherwise", () => {
    expect(storage({})).toMatchObject({
      controlQueueVisibilityTimeout: 300_000,
      workItemQueueVisibilityTimeout: 300_000,
    });
  });

  it("are read in milliseconds, with case-insensitive keys", () => {
    const settings = storage({
      controlQueueVisibilityTimeout: "00:01:00",
      WorkItemQueueVisibilityTimeout: "00:01:30.5",
    });
    expect(settings).toMatchObject({ controlQueueVisibilityTimeout: 60_000, workItemQueueVisibilityTimeout: 90_500 });
  });

  it.each(["controlQueueVisibilityTimeout", "workItemQueueVisibilityTimeout"])(
    "%s outside 1 to 60 minutes stops the host, as it does the real one",
    (key) => {
      for (const value of ["00:00:59", "01:00:01", "00:00:00"])
        expect(() => storage({ [key]: value })).toThrow(`extensions.durableTask.storageProvider.${key}: "${value}"`);
      expect(storage({ [key]: "01:00:00" })).toMatchObject({ [key]: 3_600_000 });
    },
  );

  it.each(["60", "1 minute", "25:00:00", "00:60:00", 60, {}])("%j is not a time", (value) => {
    expect(() => storage({ controlQueueVisibilityTimeout: value })).toThrow("is not a time as hh:mm:ss");
  });
});

it.each<[string, object]>([
  ["concurrency", { maxConcurrentActivityFunctions: 50, maxConcurrentOrchestratorFunctions: "20" }],
  ["tracing", { tracing: { distributedTracingEnabled: true, version: "None", traceInputsAndOutputs: false } }],
  ["tracing version 2 in lower case", { tracing: { distributedTracingEnabled: true, version: "v2" } }],
  ["queues", { storageProvider: { maxQueuePollingInterval: "00:00:02", partitionCount: 16 } }],
  ["an unknown key", { storageProvider: { nobodyKnows: 1 }, nobodyKnows: {} }],
])("durableTask settings are accepted: %s", (_, durableTask) => {
  expect(() => durable(durableTask)).not.toThrow();
});

it.each<[object, string]>([
  [{ maxConcurrentActivityFunctions: 0 }, "maxConcurrentActivityFunctions: 0 is not a whole number above 0"],
  [{ maxConcurrentOrchestratorFunctions: 1.5 }, "is not a whole number above 0"],
  [{ maxConcurrentOrchestratorFunctions: "" }, "is not a whole number above 0"],
  [{ tracing: { version: "V3" } }, 'extensions.durableTask.tracing.version: "V3" is not one of None, V1, V2'],
  [{ tracing: { distributedTracingEnabled: "yes" } }, "is neither true nor false"],
  [{ versionMatchStrategy: "Newest" }, "is not one of None, Strict, CurrentOrOlder"],
  [{ versionFailureStrategy: "Ignore" }, "is not one of Reject, Fail"],
  [{ storageProvider: { partitionCount: 17 } }, "is not a whole number from 1 to 16"],
  [{ storageProvider: { maxQueuePollingInterval: "00:00:00" } }, "is not above zero"],
  [{ storageProvider: [] }, "extensions.durableTask.storageProvider: it is not an object"],
])("durableTask settings such as %j stop the host with advice", (durableTask, message) => {
  expect(() => durable(durableTask)).toThrow(message);
});

it("limits of HTTP requests are whole numbers, or -1 for no limit", () => {
  const http = (value: object) => readHostSettings({ version: "2.0", extensions: { http: value } });
  expect(() => http({ maxConcurrentRequests: 100, maxOutstandingRequests: -1 })).not.toThrow();
  expect(() => http({ maxConcurrentRequests: "many" })).toThrow(
    'extensions.http.maxConcurrentRequests: "many" is not a whole number above 0',
  );
});

describe("logging.logLevel", () => {
  const levels = (logLevel: object) => readHostSettings({ version: "2.0", logging: { logLevel } });

  it("accepts every level of .NET, and categories with dots", () => {
    const names = ["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None", "warning"];
    for (const level of names) expect(() => levels({ default: "Information", "Azure.Core": level })).not.toThrow();
  });

  it("refuses a level that .NET does not have", () => {
    expect(() => levels({ "Azure.Core": "Warn" })).toThrow('logging.logLevel.Azure.Core: "Warn" is not one of Trace');
  });
});

describe(bodyLimit, () => {
  it("is 100 MiB by default", () => {
    expect(durable({}).maxBodyBytes).toBe(104_857_600);
    process.env[bodyLimit] = "300000";
    expect(durable({}).maxBodyBytes).toBe(300_000);
  });

  it("refuses a value that is not a number of bytes, which the real host ignores", () => {
    process.env[bodyLimit] = "300 kB";
    expect(() => durable({})).toThrow(`read ${bodyLimit}: "300 kB" is not a number of bytes`);
  });
});

it("the product's host.json is accepted", () => {
  process.env["TASKHUB_NAME"] = "Hub";
  const file = path.join(import.meta.dirname, "../../host.json");
  const settings = readHostSettings(JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>);
  expect(settings).toMatchObject({ hubName: "Hub", routePrefix: "" });
});
