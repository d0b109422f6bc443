/** The shapes that only the console asks for. Types only: nothing is bundled. */
import type { z } from "zod";
import type {
  desktopsAnswer,
  doctorAnswer,
  endedAnswer,
  keptAnswer,
  maintenanceAnswer,
  oneDesktopAnswer,
  readyAnswer,
  reconcileAnswer,
} from "../../functions/http/answers.ts";
import type { previewAnswer, queueAnswer } from "../../functions/http/operator-answers.ts";

export type Desktops = z.output<typeof desktopsAnswer>;
export type ListedDesktop = Desktops["desktops"][number];
export type OneDesktop = z.output<typeof oneDesktopAnswer>;
export type Maintenance = z.output<typeof maintenanceAnswer>;
export type Reconciled = z.output<typeof reconcileAnswer>;
export type Kept = z.output<typeof keptAnswer>;
export type EndedSessions = z.output<typeof endedAnswer>;
export type QueueNow = z.output<typeof queueAnswer>;
export type Preview = z.output<typeof previewAnswer>;
export type Doctor = z.output<typeof doctorAnswer>;
export type Ready = z.output<typeof readyAnswer>;
