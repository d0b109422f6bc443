/** The shapes of the API's answers, from the schemas that its tests hold them to. Types only: nothing is bundled. */
import type { z } from "zod";
import type {
  desktopAnswer,
  desktopState,
  operationAnswerBody,
  problemAnswer,
  workspacesAnswer,
} from "../../functions/http/answers.ts";

export type Problem = z.output<typeof problemAnswer>;
export type DesktopState = z.output<typeof desktopState>;
export type Workspaces = z.output<typeof workspacesAnswer>;
export type Workspace = Workspaces["workspaces"][number];
export type PersonsDesktop = z.output<typeof desktopAnswer>;
export type Operation = z.output<typeof operationAnswerBody>;
