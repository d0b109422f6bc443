import { clientBinding } from "../../local/functions-host/durable/client-binding.ts";
import { openDatabase } from "../../local/functions-host/durable/database.ts";
import { event, EventType } from "../../local/functions-host/durable/history.ts";
import { createStore } from "../../local/functions-host/durable/store.ts";
import { findFunction, listFunctions } from "../../local/functions-host/functions.ts";
import { createInvoke } from "../../local/functions-host/invoke.ts";
import { personId } from "../../shared/desktop/names.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { clusterOf } from "../../shared/kubernetes/cluster.ts";
import { personRecordsIn } from "../../shared/kubernetes/person-records.ts";
import { namespace, type TestEstate } from "../estate.ts";
import { type Recording, startOf, type Turn, turnsOf } from "./recording.ts";

/** The turns after which an activity was under way: where an upgrade may come. */
export function interruptions(recording: Recording): { turn: number; activity: string }[] {
  return turnsOf(recording.history).flatMap(({ scheduled }, index) => {
    const [next] = scheduled;
    return next?.EventType === EventType.TaskScheduled ? [{ turn: index + 1, activity: next.Name }] : [];
  });
}

/**
 * Makes the estate one in which the recorded orchestration of a person is under way, just after one of its turns: the
 * person's record is as it was read then, the activities before have taken effect, and the one after is in the queue. The
 * effects are those of the current activities, called with what the release called them with.
 */
export async function leaveInFlight(estate: TestEstate, recording: Recording, turn: number): Promise<PersonRecord> {
  const record = recordOf(recording);
  const requests = personRecordsIn(clusterOf(estate.kubeconfig), namespace);
  await requests.update(personId(record.request.username), () => record);
  const turns = turnsOf(recording.history).slice(0, turn);
  await performBefore(estate, recording, turns);
  await estate.restartHost({
    whileDown() {
      writeTaskHub(estate, recording, turns);
      return Promise.resolve();
    },
  });
  return record;
}

/** What the orchestration read of its person first. */
function recordOf({ history }: Recording): PersonRecord {
  const first = history.find((each) => each.EventType === EventType.TaskCompleted);
  return JSON.parse(first?.Result ?? "null") as PersonRecord;
}

const inputOf = ({ inputs }: Recording, id: number) =>
  JSON.stringify(inputs.find(({ ids }) => ids.includes(id))?.input);

async function performBefore(estate: TestEstate, recording: Recording, turns: readonly Turn[]): Promise<void> {
  const { app } = estate;
  const functions = listFunctions(app);
  const invoke = createInvoke({
    app,
    log: () => undefined,
    durableClient: () => clientBinding({ hostUrl: estate.host.url, hubName: "tests", systemKey: "" }),
    describeFailure: (error) => (error as Error).message,
  });
  for (const each of turns.slice(0, -1).flatMap(({ scheduled }) => scheduled)) {
    if (each.EventType !== EventType.TaskScheduled) continue;
    const fn = findFunction(functions, "activity", each.Name);
    if (!fn) throw new Error(`repeat ${each.Name}: it is not registered`);
    await invoke({ fn, reason: "(null)", trigger: { string: inputOf(recording, each.EventId) } });
  }
}

function writeTaskHub(estate: TestEstate, recording: Recording, turns: readonly Turn[]): void {
  const database = openDatabase(estate.taskHub);
  const store = createStore(database);
  const { Name: name, Version: version, Input: input, OrchestrationInstance } = startOf(recording.history);
  const { InstanceId: instanceId, ExecutionId: executionId } = OrchestrationInstance;
  const last = turns.at(-1);
  const now = estate.clock.now().getTime();
  const recorded = [...(last?.given ?? []), ...(last?.scheduled ?? [])];
  // As if it had happened just now: waits have deadlines.
  const shift = now - Date.parse(recorded.at(-1)?.Timestamp ?? "");
  const history = [
    ...recorded.map((each) => ({ ...each, Timestamp: new Date(Date.parse(each.Timestamp) + shift).toISOString() })),
    event("OrchestratorCompleted", estate.clock.now(), {}),
  ];
  const rest = { output: null, customStatus: null, parent: null, createdAt: now, updatedAt: now };
  database.transaction(() => {
    store.removeInstance(instanceId);
    store.writeInstance({ ...rest, instanceId, executionId, name, version, status: "Running", input });
    store.appendHistory(instanceId, 0, history);
    for (const each of last?.scheduled ?? [])
      if (each.EventType === EventType.TaskScheduled)
        store.queueActivity({
          instanceId,
          executionId,
          taskId: each.EventId,
          name: each.Name,
          input: inputOf(recording, each.EventId),
          attempt: 1,
        });
  });
  database.close();
}
