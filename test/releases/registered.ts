import type { FunctionApp } from "../../local/functions-host/app.ts";
import { listFunctions } from "../../local/functions-host/functions.ts";
import { readHostSettings } from "../../local/functions-host/settings.ts";
import type { ReleasedNames } from "./recording.ts";
import { retiredNames } from "./retired-names.ts";

/** What the app registers for Durable Functions now. */
export function registeredNames(app: FunctionApp, release: string): ReleasedNames {
  const functions = listFunctions(app);
  const named = (kind: "orchestration" | "activity") =>
    functions
      .filter((each) => each.kind === kind)
      .map(({ name }) => name)
      .sort();
  return {
    release,
    version: readHostSettings(app.hostJson, app.setting).defaultVersion ?? "",
    orchestrations: named("orchestration"),
    activities: named("activity"),
    retired: [...retiredNames],
  };
}
