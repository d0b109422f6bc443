// The failure texts of the real host (fixture/recorded/durable.json: throwsAfter, sub fails). What an app may parse is
// complete; .NET stack traces have only their first frames, without file names.

const coreException = "System.Exception, System.Private.CoreLib";
const hResult = -2_146_233_088;

const activityStack = [
  "Microsoft.Azure.WebJobs.Script.Description.WorkerFunctionInvoker.InvokeCore(Object[] parameters, FunctionInvocationContext context)",
  "Microsoft.Azure.WebJobs.Script.Description.FunctionInvokerBase.Invoke(Object[] parameters)",
];
const orchestratorStack = [
  "System.Threading.Tasks.Task.ThrowIfExceptional(Boolean includeTaskCanceledExceptions)",
  "Microsoft.Azure.WebJobs.Extensions.DurableTask.TaskOrchestrationShim.InvokeUserCodeAndHandleResults(RegisteredFunctionInfo orchestratorInfo, OrchestrationContext innerContext)",
];
const dotNetStack = (frames: readonly string[]) => frames.map((frame) => `   at ${frame}`).join("\n");

export interface Failure {
  Reason: string;
  Details: string;
}

/** The failure of an activity. The library makes `Reason + " \n " + Details` the message that the orchestrator sees. */
export function activityFailure(name: string, thrown: unknown): Failure {
  const { message, stack = "" } = thrown instanceof Error ? thrown : new Error(String(thrown));
  const rpcException = {
    $type: "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script",
    IsUserException: false,
    RemoteStackTrace: stack,
    RemoteMessage: message,
    RemoteTypeName: null,
    Message: `Result: Failure\nException: ${message}\nStack: ${stack}`,
    Data: { $type: "System.Collections.ListDictionaryInternal, System.Private.CoreLib" },
    InnerException: null,
    HelpLink: null,
    Source: "System.Private.CoreLib",
    HResult: hResult,
    StackTrace: dotNetStack(activityStack),
  };
  const exception = {
    $type: coreException,
    ClassName: "System.Exception",
    Message: message,
    Data: null,
    InnerException: rpcException,
    HelpURL: null,
    StackTraceString: null,
    RemoteStackTraceString: null,
    RemoteStackIndex: 0,
    ExceptionMethod: null,
    HResult: hResult,
    Source: null,
    WatsonBuckets: null,
  };
  return { Reason: `Activity function '${name}' failed: ${message}`, Details: JSON.stringify(exception) };
}

/** A failed orchestration's output, and the reason that its parent reads. */
export function orchestratorFailed(name: string, message: string): string {
  return `Orchestrator function '${name}' failed: ${message}`;
}

/** What a failed orchestration's parent gets. `reason` is the child's output. */
export function childFailure(name: string, reason: string): Failure {
  const prefix = orchestratorFailed(name, "");
  const message = reason.startsWith(prefix) ? reason.slice(prefix.length) : reason;
  return { Reason: reason, Details: `Message: ${message}, StackTrace: ${dotNetStack(orchestratorStack)}` };
}

/** The body of 400 for an event without data (point `raise without data`). */
export const emptyEventProblem = {
  Message: "Invalid JSON content",
  ExceptionMessage: "Error reading JToken from JsonReader. Path '', line 0, position 0.",
  ExceptionType: "Newtonsoft.Json.JsonReaderException",
  StackTrace: dotNetStack([
    "Newtonsoft.Json.Linq.JToken.ReadFrom(JsonReader reader, JsonLoadSettings settings)",
    "Microsoft.Azure.WebJobs.Extensions.DurableTask.MessagePayloadDataConverter.ConvertToJToken(String input)",
  ]),
};
