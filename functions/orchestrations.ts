import type { OrchestrationHandler } from "durable-functions";
import { endSessions, type EndSessionsInput, endSessionsName } from "../orchestrations/end-sessions.ts";
import { fulfilRequest, type FulfilRequestInput, fulfilRequestName } from "../orchestrations/fulfil-request.ts";
import { followNotice, type FollowNoticeInput, followNoticeName } from "../orchestrations/follow-notice.ts";
import { reap, reapName } from "../orchestrations/reap.ts";
import { reconcile, type ReconcileInput, reconcileName } from "../orchestrations/reconcile.ts";
import { upkeep, upkeepName } from "../orchestrations/upkeep.ts";
import { workflowOf } from "../orchestrations/workflow.ts";

/** Every orchestration by name: adapts our pure generators to the Durable library. */
export const orchestrations: Readonly<Record<string, OrchestrationHandler>> = {
  [fulfilRequestName]: function* (context) {
    const input = context.df.getInput<FulfilRequestInput>();
    const goOn = yield* fulfilRequest(workflowOf(context), input);
    // A fresh history for each request, so that a person's instance stays small.
    if (goOn) context.df.continueAsNew(input);
  },
  [reapName]: function* (context) {
    return yield* reap(workflowOf(context));
  },
  [reconcileName]: function* (context) {
    return yield* reconcile(workflowOf(context), context.df.getInput<ReconcileInput>());
  },
  [upkeepName]: function* (context) {
    return yield* upkeep(workflowOf(context));
  },
  [endSessionsName]: function* (context) {
    return yield* endSessions(workflowOf(context), context.df.getInput<EndSessionsInput>());
  },
  [followNoticeName]: function* (context) {
    yield* followNotice(workflowOf(context), context.df.getInput<FollowNoticeInput>());
  },
};
