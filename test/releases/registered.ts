import type { FunctionApp } from "@stand-in/functions-host";
import { registeredDurable } from "@stand-in/functions-host/testing";
import type { ReleasedNames } from "./recording.ts";
import { retiredNames } from "./retired-names.ts";

/** Returns the names that the app registers for Durable Functions now. */
export function registeredNames(app: FunctionApp, release: string): ReleasedNames {
  const { orchestrations, activities, version } = registeredDurable(app);
  return {
    release,
    version,
    orchestrations: orchestrations.sort(),
    activities: activities.sort(),
    retired: [...retiredNames],
  };
}
