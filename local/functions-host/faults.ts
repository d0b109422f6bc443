/** One run of an activity. */
export interface ActivityCall {
  name: string;
  input: unknown;
  instanceId: string;
  /** 1 for the first run, plus 1 for every durable retry and every run after a crash or a lost acknowledgement. */
  attempt: number;
}

/** A transaction that the engine is about to commit. */
export interface Commit {
  kind: "message" | "orchestration" | "activity";
  instanceId: string;
  /** The orchestrator's or activity's name; for a message its type, e.g. `ExecutionStarted`. */
  name: string;
}

/** Faults that tests inject. One that never resolves, followed by `host.kill()`, is a crash at that point. */
export interface Faults {
  /** Before an activity runs. Throwing fails the activity without running it. */
  beforeActivity?(call: ActivityCall): void | Promise<void>;
  /**
   * After an activity took effect and before its result is committed. Throwing fails it; `"run again"` loses the
   * acknowledgement, so that it is delivered again.
   */
  afterActivity?(call: ActivityCall): AfterActivity | Promise<AfterActivity>;
  /**
   * Before a transaction is committed, outgoing messages included. A start (`ExecutionStarted`) has read the hub by
   * then, so starts that wait here race as they do on Azure Storage: all are accepted, and one runs. Throwing refuses a
   * client's message with 500, and leaves work of the engine to the next host.
   */
  beforeCommit?(commit: Commit): void | Promise<void>;
  /** Delivers every completion of an activity, timer or sub-orchestration twice, as a queue may. */
  duplicateCompletions?: boolean;
  /**
   * While this returns true, loses everything that is sent to an instance: starts, events, terminations, completions,
   * timers and calls of its activities. The instance then stays as it is until the next message arrives.
   */
  loseMessages?(instanceId: string): boolean;
  /** Runs every orchestrator twice on the same history, and fails the instance if the two runs decide differently. */
  replayTwice?: boolean;
}

// void: a fault that only observes need not return anything.
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type
type AfterActivity = void | undefined | "run again";
