import { randomUUID } from "node:crypto";
import type { FunctionApp } from "./app.ts";
import type { HookName } from "./core-api.ts";
import type { AppFunction } from "./functions.ts";
import type { Log, LogLevel } from "./log.ts";
import type { CoreInvocationContext, FunctionCallback, RpcTypedData } from "./rpc.ts";

interface Invocation {
  fn: AppFunction;
  /** What the host logs as the reason, e.g. `Timer fired at …`. */
  reason: string;
  trigger: RpcTypedData | undefined;
  triggerMetadata?: Record<string, RpcTypedData>;
}

interface Invoked {
  /** The handler's return value, before conversion. */
  result: unknown;
  returnValue: RpcTypedData | null | undefined;
}

export type Invoke = (invocation: Invocation) => Promise<Invoked>;

interface Dependencies {
  app: FunctionApp;
  log: Log;
  /** The value of a durableClient input. */
  durableClient: () => string;
  /** Formats an error for the log. An orchestrator's error message contains its state. */
  describeFailure: (error: unknown) => string;
}

/**
 * Runs functions as the Node worker does: arguments from the programming model, preInvocation hooks, handler,
 * postInvocation hooks, response. Rejects with the handler's error. (nodejs-worker, InvocationHandler.ts)
 */
export function createInvoke({ app, log, durableClient, describeFailure }: Dependencies): Invoke {
  const appHookData = {};

  async function run(invocation: Invocation, invocationId: string): Promise<Invoked> {
    const { fn } = invocation;
    const identity = { functionName: fn.name, invocationId };
    const core: CoreInvocationContext = {
      invocationId,
      metadata: fn.metadata,
      request: {
        invocationId,
        functionId: fn.metadata.functionId ?? fn.name,
        inputData: [{ name: fn.trigger.name, data: invocation.trigger }, ...extraInputs(fn)],
        triggerMetadata: invocation.triggerMetadata ?? {},
      },
      log(level, category, message) {
        const line: Record<string, unknown> = { level, category, message, hookData: {} };
        for (const callback of app.hooks.get("log") ?? []) callback(line);
        const suffix = category === "user" ? ".User" : "";
        log(line["level"] as LogLevel, `Function.${fn.name}${suffix}`, String(line["message"]), identity);
      },
    };
    const model = app.model.getInvocationModel(core);
    const { context, inputs } = await model.getArguments();
    const hook: Record<string, unknown> = {
      hookData: {},
      appHookData,
      invocationContext: context,
      functionCallback: fn.callback,
      inputs,
    };

    core.state = "preInvocationHooks";
    await runHooks(app, "preInvocation", hook);
    core.state = "invocation";
    try {
      hook["result"] = await model.invokeFunction(
        context,
        hook["inputs"] as unknown[],
        hook["functionCallback"] as FunctionCallback,
      );
    } catch (error) {
      hook["error"] = error;
    }
    core.state = "postInvocationHooks";
    await runHooks(app, "postInvocation", hook);
    core.state = undefined;
    // Passed on unchanged, Error or not: strict mode checks it.
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    if (hook["error"] !== undefined) throw hook["error"];
    const { returnValue } = await model.getResponse(context, hook["result"]);
    return { result: hook["result"], returnValue };
  }

  function extraInputs(fn: AppFunction) {
    return Object.values(fn.metadata.bindings)
      .filter(({ type, direction }) => direction === "in" && /^(durableClient|orchestrationClient)$/i.test(type))
      .map(({ name }) => ({ name, data: { string: durableClient() } }));
  }

  return async (invocation) => {
    const { name } = invocation.fn;
    const invocationId = randomUUID();
    const identity = { functionName: name, invocationId };
    const category = `Function.${name}`;
    const startedAt = performance.now();
    const ended = () => `Id=${invocationId}, Duration=${Math.round(performance.now() - startedAt)}ms`;
    log(
      "information",
      category,
      `Executing 'Functions.${name}' (Reason='${invocation.reason}', Id=${invocationId})`,
      identity,
    );
    try {
      const invoked = await run(invocation, invocationId);
      log("information", category, `Executed 'Functions.${name}' (Succeeded, ${ended()})`, identity);
      return invoked;
    } catch (error) {
      log("error", category, `Executed 'Functions.${name}' (Failed, ${ended()}): ${describeFailure(error)}`, identity);
      throw error;
    }
  };
}

/** Runs an app's hooks in order of registration. */
export async function runHooks(app: FunctionApp, name: HookName, context: Record<string, unknown>): Promise<void> {
  for (const callback of app.hooks.get(name) ?? []) await callback(context);
}
