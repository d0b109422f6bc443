import { setTimeout as pause } from "node:timers/promises";
import { type DurableClient, type DurableOrchestrationStatus, OrchestrationRuntimeStatus } from "durable-functions";
import { newsName } from "../../orchestrations/workflow.ts";
import { turnsOf } from "../../shared/turns.ts";
import { ProductError } from "../../shared/errors.ts";

/** Starts, reads and ends orchestrations. Every call throws `durable-unavailable` if the hub does not answer. */
export interface TaskHub {
  /**
   * Starts an orchestration unless an instance with that id is unfinished. What is accepted survives a crash.
   *
   * The hub may accept several starts that arrive together (measured on Azure Storage: 1 to 10 of 10, of which one
   * ran): "accepted" promises that the work is done at least once, not that only this caller started it.
   */
  startOnce(name: string, instanceId: string, input: unknown): Promise<"accepted" | "duplicate">;
  /** Returns null if there never was an instance with that id, or its history was purged. */
  find(instanceId: string): Promise<Instance | null>;
  /** Returns the ids of an orchestration's unfinished instances that are not suspended. Reads the whole hub. */
  listUnfinished(name: string): Promise<string[]>;
  /**
   * Ends an instance that makes no progress and starts its work again under the same id. An activity of the old one
   * that is under way still runs to its end (measured): its effects must be fenced or harmless. Throws if the hub does
   * not show the instance as ended within a few seconds.
   */
  restart(name: string, instanceId: string, input: unknown, reason: string): Promise<void>;
  /** Tells an instance that there is news for it. One that is unknown or has ended needs none. */
  tellNews(instanceId: string): Promise<void>;
  /** Deletes the histories of instances that were created before this time and have ended; returns how many. */
  purgeEnded(before: Date): Promise<number>;
  /** Deletes the history of an instance that has ended; none is success. Returns false if it has not ended. */
  purge(instanceId: string): Promise<boolean>;
}

/** An instance of an orchestration as the task hub shows it. */
export interface Instance {
  isUnfinished: boolean;
  status: DurableOrchestrationStatus["runtimeStatus"];
  createdAt: Date;
  /** When the hub last wrote to the history. */
  updatedAt: Date;
  customStatus: unknown;
  input: unknown;
  output: unknown;
}

const { Pending, Running, ContinuedAsNew, Suspended, Completed, Failed, Terminated, Canceled } =
  OrchestrationRuntimeStatus;
const unfinished = new Set<string>([Pending, Running, ContinuedAsNew, Suspended]);

/** True if the instance was suspended by hand: it waits on purpose. */
export function isSuspendedByHand({ status }: Instance): boolean {
  return status === Suspended;
}

/** True if the instance ended with an output. */
export function isCompleted({ status }: Instance): boolean {
  return status === Completed;
}

/** True if the instance ended by an error. */
export function isFailed({ status }: Instance): boolean {
  return status === Failed;
}

/** How often a start is tried that is refused because of an instance that has ended when it is read. */
const startAttempts = 5;

/** A terminated instance can be started again at once, but some backends take a moment to show its end. */
const terminationLooks = 20;
const lookMilliseconds = 250;

/**
 * So many starts of a process run at once: each is a call of the host's API, and 200 together make 200 connections. They took a third
 * more CPU, and the work that they begin went before the answers to those who asked.
 */
const startsAtOnce = 16;
/** How long a start waits for its turn. */
const turnMilliseconds = 20_000;
const starts = turnsOf(
  startsAtOnce,
  turnMilliseconds,
  () =>
    new ProductError(
      "durable-unavailable",
      "start work: too many starts of this process wait for the task hub (ask again)",
      { retryAfterSeconds: 5 },
    ),
);

/** What a call failed with, or null. */
async function failureOf(call: () => Promise<unknown>): Promise<{ error: unknown } | null> {
  try {
    await call();
    return null;
  } catch (error) {
    return { error };
  }
}

/** Older than any instance. */
const epoch = new Date(0);

/**
 * The task hub behind the Durable library's client: the only code that calls it.
 *
 * @param connect makes the client when it is first needed. Many calls of the API need none, and it costs 50 µs
 */
export function taskHubOf(connect: () => DurableClient): TaskHub {
  let made: DurableClient | undefined;
  const client = () => (made ??= connect());
  const hub: TaskHub = {
    async startOnce(name, instanceId, input) {
      for (let attempt = 1; ; attempt += 1) {
        const failure = await starts.take(() => failureOf(() => client().startNew(name, { instanceId, input })));
        if (!failure) return "accepted";
        // The library does not report why it was refused. If no instance is unfinished now, one ended in between, or the
        // hub has a problem.
        if ((await hub.find(instanceId))?.isUnfinished) return "duplicate";
        if (attempt === startAttempts)
          throw new ProductError("durable-unavailable", "start work: the task hub refused (ask again)", {
            cause: failure.error,
          });
      }
    },

    async find(instanceId) {
      try {
        const status = await client().getStatus(instanceId, { showInput: true });
        const { runtimeStatus, createdTime, lastUpdatedTime, customStatus, input, output } = status;
        return {
          isUnfinished: unfinished.has(runtimeStatus),
          status: runtimeStatus,
          createdAt: new Date(createdTime),
          updatedAt: new Date(lastUpdatedTime),
          customStatus,
          input,
          output,
        };
      } catch (error) {
        if (isUnknownInstance(error)) return null;
        throw unavailable("read work", error);
      }
    },

    async listUnfinished(name) {
      const all = await client()
        .getStatusBy({ runtimeStatus: [Pending, Running, ContinuedAsNew] })
        .catch((error: unknown) => Promise.reject(unavailable("list work", error)));
      return all.filter((status) => status.name === name).map(({ instanceId }) => instanceId);
    },

    async restart(name, instanceId, input, reason) {
      await client()
        .terminate(instanceId, reason)
        .catch((error: unknown) => {
          throw unavailable(`end ${instanceId}`, error);
        });
      for (let look = 0; look < terminationLooks; look += 1) {
        if ((await hub.startOnce(name, instanceId, input)) === "accepted") return;
        await pause(lookMilliseconds);
      }
      throw new ProductError(
        "durable-unavailable",
        `restart ${instanceId}: it does not end (tried again at the next run)`,
      );
    },

    async tellNews(instanceId) {
      try {
        await client().raiseEvent(instanceId, newsName, {});
      } catch (error) {
        if (!(error instanceof Error && /No instance with ID '[^']*' found/.test(error.message)))
          throw unavailable(`tell ${instanceId} that there is news`, error);
      }
    },

    async purgeEnded(before) {
      const purged = await client()
        .purgeInstanceHistoryBy({
          createdTimeFrom: epoch,
          createdTimeTo: before,
          runtimeStatus: [Completed, Failed, Terminated, Canceled],
        })
        .catch((error: unknown) => Promise.reject(unavailable("purge ended work", error)));
      return purged.instancesDeleted;
    },

    async purge(instanceId) {
      const instance = await hub.find(instanceId);
      if (instance?.isUnfinished) return false;
      if (instance)
        await client()
          .purgeInstanceHistory(instanceId)
          .catch((error: unknown) => Promise.reject(unavailable("purge ended work", error)));
      return true;
    },
  };
  return hub;
}

function unavailable(what: string, cause: unknown): ProductError {
  return new ProductError("durable-unavailable", `${what}: the task hub does not answer (ask again)`, { cause });
}

/** The library throws for unknown instances; only its text says so (DurableClient.getStatus). */
function isUnknownInstance(error: unknown): boolean {
  return error instanceof Error && error.message.includes("HTTP 404 response");
}
