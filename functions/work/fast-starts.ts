import type { DesktopPolicy } from "../../shared/desktop/policy.ts";
import { parsePolicy, policyOf } from "../../shared/desktop/policy.ts";
import { isRefusal, type Refusal } from "../../shared/errors.ts";
import { imagesAhead, isOpen, type WithPolicy } from "../../shared/lifecycle/images-ahead.ts";
import { placeholdersAt } from "../../shared/lifecycle/placeholders.ts";
import { refuseNotOffered } from "../gather/offers.ts";
import { type Services, today } from "../services.ts";

/**
 * Has nodes pull the images of all open workspaces (PREPULL), and removes what settings no longer ask for. Returns what was
 * changed, in words.
 */
export async function prepareFastStarts(services: Services, error: (message: string) => void): Promise<string[]> {
  const { settings, fastStarts } = services;
  const policies = settings.PREPULL === "on" ? await policiesOfOpen(services, error) : [];
  const done = await fastStarts.pull(imagesAhead(policies, today(services)));
  if (settings.PLACEHOLDERS.length === 0 && (await fastStarts.removePlaceholders())) done.push("keep no places free");
  return done;
}

/** Keeps as many places free as PLACEHOLDERS says for this minute, for desktops with the settings' defaults. */
export async function keepPlacesFree(services: Services): Promise<{ places: number; isNew: boolean }> {
  const { settings, fastStarts, now } = services;
  const policy = parsePolicy(settings.desktopDefaults);
  if ("faults" in policy) throw new Error("keep places free: the settings' defaults are no policy");
  const places = placeholdersAt(settings.PLACEHOLDERS, now());
  return { places, isNew: await fastStarts.keepFree(places, policy) };
}

/** A workspace whose desktops would be refused is left out: its image may need what nobody offered. */
async function policiesOfOpen(services: Services, error: (message: string) => void): Promise<WithPolicy[]> {
  const { workspaces } = await services.workspaces.known();
  const found: WithPolicy[] = [];
  const read = new Map<string, Promise<DesktopPolicy | Refusal>>();
  for (const workspace of workspaces.filter((each) => isOpen(each, today(services)))) {
    const { policy: chosen = "" } = workspace;
    const reading = read.get(chosen) ?? readPolicy(services, workspace);
    read.set(chosen, reading);
    const policy = await reading;
    if (isRefusal(policy)) error(`pull images ahead for ${workspace.name}: ${policy.reason}`);
    else found.push({ workspace, policy });
  }
  return found;
}

async function readPolicy(
  services: Services,
  workspace: Parameters<typeof policyOf>[0],
): Promise<DesktopPolicy | Refusal> {
  const own = workspace.policy === undefined ? {} : await services.policies.read(workspace.policy);
  const policy = policyOf(workspace, services.settings.desktopDefaults, own);
  if (isRefusal(policy)) return policy;
  return (await refuseNotOffered(services, { ...policy, workspace: workspace.name })) ?? policy;
}
