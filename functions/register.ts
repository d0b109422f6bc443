import { app, type HttpMethod, type InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { hubActivities } from "./activities/activity.ts";
import type { App } from "./app.ts";
import { letMalformedAddressThrough } from "./http/address.ts";
import { inOneLine, oneLine } from "./log-line.ts";
import { letTraceThrough } from "./http/trace.ts";
import { taskHubOf } from "./work/task-hub.ts";

/**
 * All methods are registered, and the routes refuse those they do not support, since the Functions host answers an
 * unknown method like an unknown path. CONNECT is missing because it has no path, so no route can have it.
 */
const everyMethod: HttpMethod[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

const hubOf = (context: InvocationContext) => taskHubOf(() => df.getClient(context));

/** Registers every function of an app with the Functions libraries: the only place that does. */
export function register({ routes, timers, orchestrations, activities, close }: App): void {
  letTraceThrough();
  letMalformedAddressThrough();
  app.hook.appTerminate(close);
  // Every line that we log, or the library for us, after its arguments were formatted.
  app.hook.log((line) => {
    line.message = oneLine(line.message);
  });
  for (const { name, path, answer } of routes)
    app.http(name, {
      route: path,
      methods: everyMethod,
      // Routes check tokens and signatures themselves. Function keys would be a second secret to distribute, and
      // Keycloak
      // could send one only in the URL, which ends up in logs.
      authLevel: "anonymous",
      extraInputs: [df.input.durableClient()],
      handler: (request, context) => answer(request, hubOf(context), context),
    });
  for (const { name, schedule, run } of timers)
    app.timer(name, {
      schedule,
      extraInputs: [df.input.durableClient()],
      handler: (_timer, context) =>
        run(hubOf(context), context).catch((error: unknown) => Promise.reject(inOneLine(error) as Error)),
    });
  for (const [name, orchestration] of Object.entries(orchestrations)) df.app.orchestration(name, orchestration);
  for (const [name, perform] of Object.entries(activities)) {
    const usesHub = (hubActivities as readonly string[]).includes(name);
    df.app.activity(name, {
      extraInputs: usesHub ? [df.input.durableClient()] : [],
      handler: (input: Parameters<typeof perform>[0], context) =>
        perform(input, usesHub ? hubOf(context) : undefined, context),
    });
  }
}
