/** What the API's answers are: as far as their shapes are checked, so that no page relies on more. */
import type { BodyOf } from "./shape.ts";
import type * as shapes from "./shapes.ts";

export type Problem = BodyOf<typeof shapes.problem>;
export type Workspaces = BodyOf<typeof shapes.workspaces>;
export type Workspace = Workspaces["workspaces"][number];
export type PersonsDesktop = BodyOf<typeof shapes.personsDesktop>;
export type DesktopState = PersonsDesktop["state"];
export type Operation = BodyOf<typeof shapes.operation>;
