import type { TakeDownStep } from "./take-down.ts";

/**
 * How a desktop goes down: access first, then the sessions that are open, so that their people read one clear end and are
 * not told to reconnect. It keeps its Secret, Service and rows, and comes up again from them. No
 * failure stops it, since each step alone already takes the desktop out of reach.
 */
export const suspensionSteps: readonly TakeDownStep[] = [
  { name: "permission", do: "withdrawPermission" },
  { name: "sessions", do: "endTunnels", since: "1.1" },
  { name: "deployment", do: "scaleToZero" },
  { name: "binding status", do: "recordSuspended" },
];
