/** What the answers are that only the console asks for. */
import type * as shapes from "./console-shapes.ts";
import type { BodyOf } from "./shape.ts";
import type { kept } from "./shapes.ts";

export type Desktops = BodyOf<typeof shapes.desktops>;
export type ListedDesktop = Desktops["desktops"][number];
export type OneDesktop = BodyOf<typeof shapes.oneDesktop>;
export type Maintenance = BodyOf<typeof shapes.maintenance>;
export type Reconciled = Extract<BodyOf<typeof shapes.reconciled>, { drifts: unknown }>;
export type Kept = BodyOf<typeof kept>;
export type EndedSessions = BodyOf<typeof shapes.endedSessions>;
export type QueueNow = BodyOf<typeof shapes.queueNow>;
export type Preview = BodyOf<typeof shapes.preview>;
