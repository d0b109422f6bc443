import { availableParallelism } from "node:os";
import { isRecord } from "./app-files.ts";

/** What host.json says that the local host obeys; defaults are those of the host and of the durable extension. */
export interface HostSettings {
  routePrefix: string;
  hubName: string;
  defaultVersion: string | null;
  maxConcurrentActivities: number;
  maxConcurrentOrchestrations: number;
  maxOrchestrationActions: number;
  /** FUNCTIONS_REQUEST_BODY_SIZE_LIMIT, 100 MiB unless set. */
  maxBodyBytes: number;
}

const megabytes = 1024 * 1024;

/** Reads the settings from host.json and the environment. Throws one sentence that names the setting. */
export function readHostSettings(hostJson: Readonly<Record<string, unknown>>): HostSettings {
  const extensions = section(hostJson, "extensions");
  const http = section(extensions, "http");
  const durable = section(extensions, "durableTask");
  const tenPerCore = 10 * availableParallelism();
  const version = text(durable, "defaultVersion", "");
  return {
    routePrefix: text(http, "routePrefix", "api").replace(/^\/+|\/+$/g, ""),
    hubName: resolveSettings(text(durable, "hubName", "TestHubName"), "extensions.durableTask.hubName"),
    defaultVersion: version === "" ? null : version,
    maxConcurrentActivities: count(durable, "maxConcurrentActivityFunctions", tenPerCore),
    maxConcurrentOrchestrations: count(durable, "maxConcurrentOrchestratorFunctions", tenPerCore),
    maxOrchestrationActions: count(durable, "maxOrchestrationActions", 100_000),
    maxBodyBytes: count(process.env, "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", 100 * megabytes),
  };
}

/** Replaces `%NAME%` by the app setting of that name, as binding expressions do. */
export function resolveSettings(expression: string, usedBy: string): string {
  return expression.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = process.env[name];
    if (value !== undefined) return value;
    throw new Error(`resolve ${usedBy}: setting ${name} is not set (add it to local.settings.json or the environment)`);
  });
}

function section(parent: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const value = parent[name] ?? {};
  if (isRecord(value)) return value;
  throw new Error(`read host.json: ${name} is not an object (make it one)`);
}

function text(parent: Readonly<Record<string, unknown>>, name: string, otherwise: string): string {
  const value = parent[name] ?? otherwise;
  if (typeof value === "string") return value;
  throw new Error(`read host.json: ${name} is not a string (put it in quotes)`);
}

function count(parent: Readonly<Record<string, unknown>>, name: string, otherwise: number): number {
  const value = Number(parent[name] ?? otherwise);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`read ${name}: ${String(parent[name])} is not a whole number above 0 (correct it)`);
}
