/** What the address may ask of the list of desktops. It may be typed, cut off, or of another release. */
import type { ListedDesktop } from "../api/console-types.ts";
import { orderIn, orders } from "./orders.ts";

export const filters = ["state", "workspace", "rule", "username"] as const;

/** By the compiler, all of them. */
const everyState: Readonly<Record<ListedDesktop["state"], true>> = {
  ...{ absent: true, starting: true, ready: true, "in-use": true, idle: true },
  ...{ suspending: true, suspended: true, retiring: true, failed: true, unknown: true },
};
const everyRule: Readonly<Record<ListedDesktop["rule"], true>> = {
  ...{ "not-ours": true, "entitlement-ended": true, "not-running": true, working: true, "scaled-to-zero": true },
  ...{ "stuck-starting": true, "reaping-paused": true, kept: true, "longest-session": true, unknown: true },
  ...{ "in-use": true, "start-grace": true, idle: true },
};

/** Something that the list has not: which part of the address it is, and the values that it may have, if they are few. */
export type Fault =
  | { name: "state" | "rule" | "sort"; value: string; mayBe: readonly string[] }
  | { name: "workspace" | "username"; value: string; mayBe?: never };

const choices = { state: Object.keys(everyState), rule: Object.keys(everyRule) } as const;
/** As the API wants them. */
const patterns = {
  workspace: /^(?=.{1,128}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  username: /^[A-Za-z0-9_][A-Za-z0-9._@+'-]{0,127}$/,
} as const;

export function faultsOf(here: Readonly<Record<string, string>>): Fault[] {
  const found = filters.flatMap((name): Fault[] => {
    const { [name]: value = "" } = here;
    if (value === "") return [];
    if (name === "workspace" || name === "username") return patterns[name].test(value) ? [] : [{ name, value }];
    return choices[name].includes(value) ? [] : [{ name, value, mayBe: choices[name] }];
  });
  const { sort } = here;
  return sort === undefined || orderIn(sort) ? found : [...found, { name: "sort", value: sort, mayBe: orders }];
}
