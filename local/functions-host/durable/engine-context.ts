import type { Clock } from "../clock.ts";
import type { Faults } from "../faults.ts";
import type { AppFunction } from "../functions.ts";
import type { Invoke } from "../invoke.ts";
import type { Log } from "../log.ts";
import type { HostSettings } from "../settings.ts";
import type { Claims } from "./claims.ts";
import type { DurableStore } from "./store.ts";

/** What all parts of the durable engine share. */
export interface EngineContext {
  store: DurableStore;
  claims: Claims;
  /** True if other hosts may work on the same hub. */
  isShared: boolean;
  functions: readonly AppFunction[];
  invoke: Invoke;
  settings: HostSettings;
  clock: Clock;
  faults: Faults;
  log: Log;
}

export const durableCategory = "Host.Triggers.DurableTask";
