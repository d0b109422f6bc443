/**
 * The shapes of the API's answers, from their schemas. Computed when the pages are built: only the values are in them. What no
 * page shows is left out, for the sake of the pages' size.
 */
import {
  desktopAnswer,
  keptAnswer,
  operationAnswerBody,
  problemAnswer,
  workspacesAnswer,
} from "../../functions/http/answers.ts";
import { shapeOf } from "./shape-of.ts";

export const problem = shapeOf(problemAnswer);
const notShown = { decision: true, history: true, goals: true, leaving: true, guacamoleUsername: true } as const;
const outlook = { admission: true, usuallyReadyWithinSeconds: true, halfReadyWithinSeconds: true } as const;
/** How long a start takes is shown of its operation. */
export const personsDesktop = shapeOf(desktopAnswer.omit({ ...notShown, ...outlook }));
export const workspaces = shapeOf(workspacesAnswer);
export const operation = shapeOf(operationAnswerBody);
export const kept = shapeOf(keptAnswer);
