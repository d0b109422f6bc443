import type { DeployedDesktop } from "../desktop/known-desktop.ts";
import type { DescribedState } from "../desktop/state.ts";
import type { PersonRecord } from "../person/record.ts";
import { outcomeOf } from "../person/request.ts";

/** Since when a desktop is in its state, as far as that was noted: when it was started, came up or was suspended. */
export function stateSince(
  { state, since }: DescribedState,
  { workspace, startedAt, startNoted }: Pick<DeployedDesktop, "workspace" | "startedAt" | "startNoted">,
  record: PersonRecord | undefined,
): string | undefined {
  if (since !== undefined) return since;
  if (state === "starting") return startNoted && startedAt !== null ? startedAt : undefined;
  if (!record) return undefined;
  const outcome = outcomeOf(record);
  if (outcome?.state !== "done") return undefined;
  const { request, lastDesktop } = record;
  if (state === "ready") return request.workspace === workspace ? outcome.at : undefined;
  // Of a person who has had several, only the last one went down with that request.
  return state === "suspended" && request.workspace === null && lastDesktop === workspace ? outcome.at : undefined;
}
