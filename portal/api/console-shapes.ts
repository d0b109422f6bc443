/** The shapes of what only the console asks for. Computed when the pages are built: only the values are in them. */
import { z } from "zod";
import {
  desktopsAnswer,
  doctorAnswer,
  endedAnswer,
  maintenanceAnswer,
  oneDesktopAnswer,
  readyAnswer,
  reconcileAnswer,
  startedAnswer,
} from "../../functions/http/answers.ts";
import { previewAnswer, queueAnswer } from "../../functions/http/operator-answers.ts";
import { shapeOf } from "./shape-of.ts";

export const desktops = shapeOf(desktopsAnswer.omit({ goals: true, isolation: true }));
/** Its timeline has the history. */
export const oneDesktop = shapeOf(oneDesktopAnswer.omit({ history: true }));
const run = z.object({ state: z.string(), startedAt: z.iso.datetime() }).nullable();
export const maintenance = shapeOf(maintenanceAnswer.extend({ runs: z.record(z.string(), run) }));
export const reconciled = shapeOf(reconcileAnswer.or(startedAnswer));
export const endedSessions = shapeOf(endedAnswer);
export const queueNow = shapeOf(queueAnswer);
export const preview = shapeOf(previewAnswer);
export const doctor = shapeOf(doctorAnswer);
export const ready = shapeOf(readyAnswer);
