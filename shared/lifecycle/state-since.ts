import type { DeployedDesktop } from "../desktop/known-desktop.ts";
import type { DescribedState } from "../desktop/state.ts";
import { cameUpAt } from "../person/ends.ts";
import type { PersonRecord } from "../person/record.ts";

/** Since when a desktop is in its state, as far as that was noted: when it was started, came up or was suspended. */
export function stateSince(
  { state, since }: DescribedState,
  {
    workspace,
    startedAt,
    startNoted,
  }: Pick<DeployedDesktop, "workspace"> & Partial<Pick<DeployedDesktop, "startedAt" | "startNoted">>,
  record: PersonRecord | undefined,
): string | undefined {
  if (since !== undefined) return since;
  if (state === "starting") return startNoted ? (startedAt ?? undefined) : undefined;
  // One that is down says itself since when.
  return record && state === "ready" ? cameUpAt(record, workspace) : undefined;
}
