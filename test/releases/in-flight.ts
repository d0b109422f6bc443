import { callActivity, EventType, writeInFlight } from "@stand-in/functions-host/testing";
import { personId } from "../../shared/desktop/names.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { clusterOf } from "../../shared/kubernetes/cluster.ts";
import { personRecordsIn } from "../../shared/kubernetes/person-records.ts";
import { namespace, type TestEstate } from "../estate.ts";
import { type Recording, type Turn, turnsOf } from "./recording.ts";

/** Returns the turns after which an activity was in progress, where an upgrade may happen. */
export function interruptions(recording: Recording): { turn: number; activity: string }[] {
  return turnsOf(recording.history).flatMap(({ scheduled }, index) => {
    const [next] = scheduled;
    return next?.EventType === EventType.TaskScheduled ? [{ turn: index + 1, activity: next.Name }] : [];
  });
}

/**
 * Brings the estate into a state in which the recorded orchestration of a person is in progress, just after one of its
 * turns: the person's record is as it was read then, the activities before have taken effect, and the one after is in
 * the queue. The effects are those of the current activities, called with the release's inputs.
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

/** The person's record, which the orchestration read first. */
function recordOf({ history }: Recording): PersonRecord {
  const first = history.find((each) => each.EventType === EventType.TaskCompleted);
  return JSON.parse(first?.Result ?? "null") as PersonRecord;
}

const inputOf = ({ inputs }: Recording, id: number) =>
  JSON.stringify(inputs.find(({ ids }) => ids.includes(id))?.input);

async function performBefore(estate: TestEstate, recording: Recording, turns: readonly Turn[]): Promise<void> {
  for (const each of turns.slice(0, -1).flatMap(({ scheduled }) => scheduled))
    if (each.EventType === EventType.TaskScheduled)
      await callActivity(estate.app, estate.host, each.Name, inputOf(recording, each.EventId));
}

function writeTaskHub(estate: TestEstate, recording: Recording, turns: readonly Turn[]): void {
  const { given = [], scheduled = [] } = turns.at(-1) ?? {};
  writeInFlight(estate.taskHub, {
    history: [...given, ...scheduled],
    queued: scheduled.flatMap((each) =>
      each.EventType === EventType.TaskScheduled
        ? [{ taskId: each.EventId, name: each.Name, input: inputOf(recording, each.EventId) }]
        : [],
    ),
    now: estate.clock.now(),
  });
}
