// What an orchestrator function returns, as serialised by durable-functions 3.x (schema V3).

export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  WhenAny: 11,
  WhenAll: 12,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

export interface RetryOptions {
  firstRetryIntervalInMilliseconds: number;
  maxNumberOfAttempts: number;
  backoffCoefficient?: number;
  maxRetryIntervalInMilliseconds?: number;
  retryTimeoutInMilliseconds?: number;
}

type Types = typeof ActionType;
export type Action =
  | { actionType: Types["CallActivity"]; functionName: string; input?: unknown }
  | { actionType: Types["CallActivityWithRetry"]; functionName: string; input?: unknown; retryOptions: RetryOptions }
  | SubOrchestrationAction
  | { actionType: Types["ContinueAsNew"]; input?: unknown }
  | { actionType: Types["CreateTimer"]; fireAt: string; isCanceled: boolean }
  | { actionType: Types["WaitForExternalEvent"]; externalEventName: string }
  | { actionType: Types["CallEntity" | "SignalEntity" | "LockEntities" | "ReleaseEntities" | "CallHttp"] }
  | { actionType: Types["WhenAny" | "WhenAll"]; compoundActions: Action[] };

export interface SubOrchestrationAction {
  actionType: Types["CallSubOrchestrator" | "CallSubOrchestratorWithRetry"];
  functionName: string;
  input?: unknown;
  instanceId?: string;
  version?: string;
  retryOptions?: RetryOptions;
}

/** One run of an orchestrator function over a whole history. */
export interface OrchestratorState {
  isDone: boolean;
  /** All actions since the beginning, in the order of the yields; one inner array. */
  actions: Action[][];
  output?: unknown;
  customStatus?: unknown;
  /** The message of the orchestrator's error. */
  error?: string;
}
