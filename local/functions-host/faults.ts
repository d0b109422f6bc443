/** One run of an activity. */
export interface ActivityCall {
  name: string;
  input: unknown;
  instanceId: string;
  /** 1 for the first run; one more for every durable retry and for every run after a crash or a lost acknowledgement. */
  attempt: number;
}

/** A transaction that the engine is about to commit. */
export interface Commit {
  kind: "message" | "orchestration" | "activity";
  instanceId: string;
  /** The orchestrator's or activity's name; for a message what it is, e.g. `ExecutionStarted`. */
  name: string;
}

/** What tests may let go wrong. A knob that never resolves, followed by `host.kill()`, is a crash at that place. */
export interface Faults {
  /** Before an activity runs. Throwing fails the activity without running it. */
  beforeActivity?(call: ActivityCall): void | Promise<void>;
  /**
   * After an activity took effect and before its result is committed. Throwing fails it all the same;
   * `"run again"` loses the acknowledgement, so that it is delivered once more.
   */
  afterActivity?(call: ActivityCall): AfterActivity | Promise<AfterActivity>;
  /**
   * Before a transaction is committed, outgoing messages included. A start (`ExecutionStarted`) has read the hub by then, so
   * that starts which wait here race as they do on Azure Storage: all are accepted, and one runs. Throwing refuses a client's message with 500; work of
   * the engine is left to the next host.
   */
  beforeCommit?(commit: Commit): void | Promise<void>;
  /** Delivers the completion of every activity, timer and sub-orchestration twice, as a queue may. */
  duplicateCompletions?: boolean;
  /**
   * Loses what is delivered to an instance while this returns true: starts, events, terminations, completions, timers and
   * calls of its activities. The instance stays as it is until a message arrives after this has become false again.
   */
  loseMessages?(instanceId: string): boolean;
  /** Runs every orchestrator twice on the same history and fails the instance if the two runs decide differently. */
  replayTwice?: boolean;
}

// void belongs here: a knob that only looks need not return anything.
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type
type AfterActivity = void | undefined | "run again";
