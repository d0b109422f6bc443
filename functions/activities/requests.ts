import { personId } from "../../shared/desktop/names.ts";
import { describeTrouble } from "../../shared/person/trouble.ts";
import { finish, finishOthers, finishRollback } from "../../shared/person/request.ts";
import type { Services } from "../services.ts";
import { correctBindings } from "../work/follow-scaling.ts";
import { changeRecord, ifThere } from "../work/person.ts";
import { planRollback } from "../gather/rollback.ts";
import type { Implements } from "./activity.ts";

export function requestActivities(
  services: Services,
): Implements<"readRequest" | "recordOutcome" | "planRollback" | "recordOthers" | "recordRollback"> {
  return {
    readRequest: ({ username }) => services.records.read(personId(username)),
    async recordOutcome({ username, requestId, outcome, others }, { error, info, fence }) {
      if (outcome.state === "failed" && outcome.leftBehind.length > 0)
        error(`request ${requestId}: left behind: ${outcome.leftBehind.join("; ")}`);
      const at = services.now().toISOString();
      const record = await changeRecord(
        services,
        username,
        ifThere((current) => finish(current, requestId, outcome, { at, others })),
        fence,
      );
      if (record?.request.trouble) info(`request ${requestId}: ${describeTrouble(record.request.trouble)}`);
      // At once, because a person who chooses the same workspace again scales a binding to what it is at already.
      if (outcome.state === "failed")
        await correctBindings(services, username).catch((failure: unknown) => {
          info(`correct the bindings of ${username}: ${(failure as Error).message} (the timer tries again)`);
        });
      return null;
    },

    planRollback: (desktop) => planRollback(services, desktop),

    async recordOthers({ username, id, setback }, { error, fence }) {
      const at = services.now().toISOString();
      if (setback) error(`request ${id}: suspend the previous desktop: ${setback.reason}`);
      await changeRecord(
        services,
        username,
        ifThere((record) => finishOthers(record, id, setback, at)),
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
