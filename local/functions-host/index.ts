/** The package's entry point: what is needed to run an app on this host. */
export { type Environment, type FunctionApp, loadApp } from "./app.ts";
export { type Clock, systemClock, type VirtualClock, virtualClock } from "./clock.ts";
export type { Faults } from "./faults.ts";
export { type FunctionsHost, type HostOptions, startFunctionsHost } from "./host.ts";
export type { LogEntry } from "./log.ts";
