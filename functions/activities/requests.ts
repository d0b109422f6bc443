import { personId } from "../../shared/desktop/names.ts";
import { finish } from "../../shared/person/request.ts";
import type { Services } from "../services.ts";
import { correctBindings } from "../work/follow-scaling.ts";
import { changeRecord, ifThere } from "../work/person.ts";
import type { Implements } from "./activity.ts";

export function requestActivities(services: Services): Implements<"readRequest" | "recordOutcome"> {
  return {
    readRequest: ({ username }) => services.records.read(personId(username)),
    async recordOutcome({ username, requestId, outcome }, { error, info, fence }) {
      if (outcome.state === "failed" && outcome.leftBehind.length > 0)
        error(`request ${requestId}: left behind: ${outcome.leftBehind.join("; ")}`);
      await changeRecord(
        services,
        username,
        ifThere((record) => finish(record, requestId, outcome)),
        fence,
      );
      // At once, because a person who chooses the same workspace again scales a binding to what it is at already.
      if (outcome.state === "failed")
        await correctBindings(services, username).catch((failure: unknown) => {
          info(`correct the bindings of ${username}: ${(failure as Error).message} (the timer tries again)`);
        });
      return null;
    },
  };
}
