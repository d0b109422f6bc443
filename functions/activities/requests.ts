import { personId } from "../../shared/desktop/names.ts";
import type { Services } from "../services.ts";
import type { Implements } from "./activity.ts";

export function requestActivities({ records }: Services): Implements<"readRequest" | "recordOutcome"> {
  return {
    readRequest: ({ username }) => records.read(personId(username)),
    async recordOutcome({ username, requestId, outcome }, { error, fence }) {
      if (outcome.state === "failed" && outcome.leftBehind.length > 0)
        error(`request ${requestId}: left behind: ${outcome.leftBehind.join("; ")}`);
      await records.recordOutcome(personId(username), requestId, outcome, fence);
      return null;
    },
  };
}
