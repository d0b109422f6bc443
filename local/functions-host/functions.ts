import type { FunctionApp } from "./app.ts";
import type { RegisteredFunction } from "./core-api.ts";
import type { Binding } from "./rpc.ts";
import type { ReadSetting } from "./settings.ts";

type FunctionKind = "http" | "timer" | "orchestration" | "activity";

/** A function in the host's list. */
export interface HostFunction {
  name: string;
  kind: FunctionKind;
  url?: string;
  methods?: readonly string[];
  schedule?: string;
}

/** A function of the app with its trigger, ready to be invoked. */
export interface AppFunction extends RegisteredFunction {
  name: string;
  kind: FunctionKind;
  trigger: Binding;
}

const kinds: Readonly<Record<string, FunctionKind>> = {
  httptrigger: "http",
  timertrigger: "timer",
  orchestrationtrigger: "orchestration",
  activitytrigger: "activity",
};

export const entitiesUnsupported =
  "entities are not supported by the local host (use an orchestration with a fixed instance id)";

/**
 * Returns the app's functions in order of registration, without those disabled by the setting
 * AzureWebJobs.NAME.Disabled. Throws for a trigger or binding that the local host cannot serve: dropping it silently
 * would hide it until deployment.
 */
export function listFunctions(app: Pick<FunctionApp, "functions" | "setting">): AppFunction[] {
  return [...app.functions.values()].filter(({ metadata }) => !isDisabled(metadata.name, app.setting)).map(describe);
}

/** Returns the disabled HTTP functions: the host keeps their routes, which answer 404. */
export function listDisabledHttp(app: Pick<FunctionApp, "functions" | "setting">): AppFunction[] {
  return [...app.functions.values()]
    .filter(({ metadata }) => isDisabled(metadata.name, app.setting))
    .filter(({ metadata }) => Object.values(metadata.bindings).some(({ type }) => type.toLowerCase() === "httptrigger"))
    .map(describe);
}

function describe(registered: RegisteredFunction): AppFunction {
  const { name, bindings, retryOptions } = registered.metadata;
  const refuse = (reason: string) => new Error(`start function ${name}: ${reason}`);
  const isTrigger = ({ type }: Binding) => /trigger$/i.test(type);
  const trigger = Object.values(bindings).find(isTrigger);
  if (!trigger) throw refuse("it has no trigger (register it with a trigger binding)");
  const type = trigger.type.toLowerCase();
  if (type === "entitytrigger") throw refuse(entitiesUnsupported);
  const kind = kinds[type];
  const served =
    "is not supported by the local host (it serves HTTP, timer and durable triggers and the durable client)";
  if (!kind) throw refuse(`${trigger.type} ${served}`);
  const other = Object.values(bindings).find(
    (each) => !isTrigger(each) && !servedBindings.has(each.type.toLowerCase()),
  );
  if (other) throw refuse(`the ${other.direction}put binding ${other.type} ${served}`);
  if (retryOptions !== undefined) {
    throw refuse("a retry policy is not supported by the local host (retry in the orchestration)");
  }
  return { ...registered, name, kind, trigger };
}

const servedBindings: ReadonlySet<string> = new Set(["http", "durableclient", "orchestrationclient"]);

function isDisabled(name: string, setting: ReadSetting): boolean {
  const value = setting(`AzureWebJobs.${name}.Disabled`) ?? setting(`AzureWebJobs_${name}_Disabled`);
  return value === "1" || value?.toLowerCase() === "true";
}

/** Finds by kind and name; names compare case-insensitively, as in the host. */
export function findFunction(
  functions: readonly AppFunction[],
  kind: FunctionKind,
  name: string,
): AppFunction | undefined {
  const wanted = name.toLowerCase();
  return functions.find((each) => each.kind === kind && each.name.toLowerCase() === wanted);
}
