import type { FixtureCall } from "./conformance-app.ts";

/** What the conformance points need from a host that has loaded the fixture app (conformance-app.ts). */
export interface ConformanceHost {
  /** The base URL of its functions, e.g. http://127.0.0.1:7071/api */
  api: string;
  /** Resolves when the instance has ended, or when nothing more is expected to happen to it. */
  settle(instanceId: string, status: () => Promise<StatusAnswer>): Promise<void>;
  /** Waits between two polls. */
  pause(): Promise<void>;
  /** Keeps new instances Pending until the returned function is called. Real hosts are slow enough without it. */
  holdTurns?(): () => void;
  /** Lets the next `count` starts read the hub before one of them writes. On real hosts this happens anyway. */
  raceStarts?(count: number): void;
}

export interface ErrorAnswer {
  error: string;
}
export type StatusAnswer = { status: string; output: unknown; custom: unknown } | ErrorAnswer;
type Sent = { ok: true } | ErrorAnswer;

/** The operations of the points, with answers in the recording's format. */
export interface Session {
  readonly host: ConformanceHost;
  /** Returns a new instance id of this run. */
  newId(): string;
  /** Returns an id of this run with a prefix. */
  named(prefix: string): string;
  start(name: string, options: { instanceId?: string; input?: unknown }): Promise<{ id: string } | ErrorAnswer>;
  status(id: string): Promise<StatusAnswer>;
  /** Returns the status after the instance has ended, or with `STILL` if it does not end. */
  end(id: string): Promise<unknown>;
  /** Starts an instance with a new id and waits for its end. */
  run(name: string, input: unknown): Promise<unknown>;
  untilStatus(id: string, wanted: string): Promise<void>;
  raise(id: string, name: string, ...data: unknown[]): Promise<Sent>;
  terminate(id: string, reason: string): Promise<Sent>;
  suspend(id: string, reason: string): Promise<Sent>;
  resume(id: string, reason: string): Promise<Sent>;
  rewind(id: string, reason: string): Promise<Sent>;
  purge(id: string): Promise<unknown>;
  /** Any other call of the fixture's HTTP function; see FixtureCall. */
  ask(call: string, ...args: unknown[]): Promise<{ value: unknown } | ErrorAnswer>;
}

/** How to obtain each point's answer. Points are independent: each one creates the instances that it needs. */
export type Points = Readonly<Record<string, (session: Session) => Promise<unknown>>>;

const mostLooks = 500;
const ended = new Set(["Completed", "Failed", "Terminated"]);

/** Starts a session on a host. `run` (letters and digits) must be unique on the task hub. */
export function startSession(host: ConformanceHost, run: string): Session {
  let count = 0;

  async function ask(call: string, ...args: unknown[]): Promise<{ value: unknown } | ErrorAnswer> {
    const body: FixtureCall = { call, args };
    const response = await fetch(`${host.api}/conformance`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`ask the fixture for ${call}: HTTP ${response.status} (has the host loaded it?)`);
    return (await response.json()) as { value: unknown } | ErrorAnswer;
  }

  async function send(call: string, ...args: unknown[]): Promise<Sent> {
    const answer = await ask(call, ...args);
    return "error" in answer ? answer : { ok: true };
  }

  const session: Session = {
    host,
    ask,
    newId: () => `c${run}-${(count += 1)}`,
    named: (prefix) => `${prefix}${run}`,
    async start(name, options) {
      const answer = await ask("startNew", name, options);
      return "error" in answer ? answer : { id: answer.value as string };
    },
    async status(id) {
      const answer = await ask("getStatus", id);
      if ("error" in answer) return answer;
      const { runtimeStatus, output, customStatus } = answer.value as Record<string, unknown>;
      return { status: runtimeStatus as string, output: output ?? null, custom: customStatus ?? null };
    },
    async end(id) {
      await host.settle(id, () => session.status(id));
      const status = await session.status(id);
      return "status" in status && !ended.has(status.status) ? { ...status, STILL: true } : status;
    },
    async run(name, input) {
      const instanceId = session.newId();
      const started = await session.start(name, input === undefined ? { instanceId } : { instanceId, input });
      return "error" in started ? started : session.end(instanceId);
    },
    async untilStatus(id, wanted) {
      for (let look = 0; look < mostLooks; look += 1) {
        const status = await session.status(id);
        if ("status" in status && status.status === wanted) return;
        await host.pause();
      }
      throw new Error(`wait for ${id}: it does not become ${wanted} (check the host's log)`);
    },
    raise: (id, name, ...data) => send("raiseEvent", id, name, ...data),
    terminate: (id, reason) => send("terminate", id, reason),
    suspend: (id, reason) => send("suspend", id, reason),
    resume: (id, reason) => send("resume", id, reason),
    rewind: (id, reason) => send("rewind", id, reason),
    async purge(id) {
      const answer = await ask("purgeInstanceHistory", id);
      return "error" in answer ? answer : answer.value;
    },
  };
  return session;
}
