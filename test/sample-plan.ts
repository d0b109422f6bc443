import { nameDesktop } from "../shared/desktop/names.ts";
import type { DesktopPlan } from "../shared/desktop/plan.ts";
import type { DesktopRequest } from "../shared/person/record.ts";
import { type DesktopPolicy, parsePolicy, type PolicyTexts } from "../shared/desktop/policy.ts";

export const sampleRules = {
  namespace: "guacamole",
  clusterDomain: "cluster.local",
  entityTemplate: "{workspace}@{username}",
};

export const sampleSite = {
  namespace: "guacamole",
  guacd: { namespace: "guacamole", labels: { app: "guacd" } },
};

/** Returns the policy that results from these texts and the defaults. */
export function samplePolicy(texts: PolicyTexts = {}): DesktopPolicy {
  const policy = parsePolicy({
    image: "example.org/desktop@sha256:0123",
    browserUrl: "https://jupyter.example.org",
    ...texts,
  });
  if ("faults" in policy) throw new Error(`sample policy: ${JSON.stringify(policy.faults)}`);
  return policy;
}

/** Returns the request that a pod is started for. */
export function sampleStart(id: string): Pick<DesktopRequest, "id" | "requestedAt"> {
  return { id, requestedAt: "2026-11-24T09:00:00.000Z" };
}

/** Returns a valid plan, of which tests change one thing. */
export function samplePlan(change: Partial<DesktopPlan> = {}): DesktopPlan {
  const key = { workspace: change.workspace ?? "cohort-a", username: change.username ?? "alice" };
  return {
    ...key,
    names: nameDesktop(key, sampleRules),
    ...samplePolicy(),
    until: "2026-12-31",
    binding: { name: "cohort-a-alice", personal: true },
    ...change,
  };
}
