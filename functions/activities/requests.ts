import type { Started } from "../../shared/desktop/activities.ts";
import { personId } from "../../shared/desktop/names.ts";
import { describeTrouble } from "../../shared/person/trouble.ts";
import { finish, finishOthers, finishRollback } from "../../shared/person/finish.ts";
import { isUnfinished } from "../../shared/person/left-to-do.ts";
import type { Admission, Outcome } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { tellNext } from "../work/queue.ts";
import { correctBindings } from "../work/follow-scaling.ts";
import { changeRecord, ifThere } from "../work/person.ts";
import { planRollback } from "../gather/rollback.ts";
import type { Implements } from "./activity.ts";

export function requestActivities(
  services: Services,
): Implements<"readRequest" | "recordOutcome" | "planRollback" | "recordOthers" | "recordRollback"> {
  return {
    async readRequest({ username }) {
      // What this process wrote a moment ago is enough to begin with: whatever was written since is found before the end.
      const recent = await services.records.readRecent(personId(username));
      return recent && isUnfinished(recent) ? recent : services.records.read(personId(username));
    },
    async recordOutcome({ username, requestId, outcome, others, started }, { error, info, fence, hub }) {
      if (outcome.state === "failed" && outcome.leftBehind.length > 0)
        error(`request ${requestId}: left behind: ${outcome.leftBehind.join("; ")}`);
      const at = services.now().toISOString();
      let admission: Admission | undefined;
      const record = await changeRecord(
        services,
        username,
        ifThere((current) => {
          ({ admission } = current);
          return finish(current, requestId, outcome, { at, others });
        }),
        fence,
      );
      noteStart(services, outcome, started, admission, at);
      await tellNext(services, hub, info, admission);
      if (record?.request.trouble) info(`request ${requestId}: ${describeTrouble(record.request.trouble)}`);
      // At once, because a person who chooses the same workspace again scales a binding to what it is at already.
      if (outcome.state === "failed")
        await correctBindings(services, username).catch((failure: unknown) => {
          info(`correct the bindings of ${username}: ${(failure as Error).message} (the timer tries again)`);
        });
      return record;
    },

    planRollback: (desktop) => planRollback(services, desktop),

    async recordOthers({ username, id, setback, tookDown }, { error, fence }) {
      const at = services.now().toISOString();
      if (setback) error(`request ${id}: suspend the previous desktop: ${setback.reason}`);
      await changeRecord(
        services,
        username,
        ifThere((record) => finishOthers(record, id, setback, at, tookDown)),
        fence,
      );
      return null;
    },

    async recordRollback({ username, id, setback }, { error, fence }) {
      const at = services.now().toISOString();
      if (setback) error(`request ${id}: undo what it left behind: ${setback.reason}`);
      await changeRecord(
        services,
        username,
        ifThere((record) => finishRollback(record, id, setback, at)),
        fence,
      );
      return null;
    },
  };
}

/** Remembers how long a start took; that its image does not start is noted by the look that found it (`waitReady`). */
function noteStart(
  { starts }: Services,
  outcome: Outcome,
  started: Started | undefined,
  admission: Admission | undefined,
  at: string,
): void {
  const { image, admittedAt, waited } = admission ?? {};
  if (image === undefined || admittedAt === undefined) return;
  const seconds = Math.max((Date.parse(at) - Date.parse(admittedAt)) / 1_000, 0);
  if (outcome.state === "done" && started)
    starts.ended(image, { at, seconds, kind: started.kind, ...(waited && { waited }) });
}
