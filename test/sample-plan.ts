import { nameDesktop } from "../shared/desktop/names.ts";
import type { DesktopPlan } from "../shared/desktop/plan.ts";

export const sampleRules = {
  namespace: "guacamole",
  clusterDomain: "cluster.local",
  entityTemplate: "{workspace}@{username}",
};

export const sampleSite = {
  namespace: "guacamole",
  guacd: { namespace: "guacamole", labels: { app: "guacd" } },
  destinations: [{ namespace: "jupyterhub", label: ["app", "jupyterhub"] as [string, string], port: 8000 }],
};

/** A valid plan, from which tests change one thing. */
export function samplePlan(change: Partial<DesktopPlan> = {}): DesktopPlan {
  const key = { workspace: change.workspace ?? "cohort-a", username: change.username ?? "alice" };
  return {
    ...key,
    names: nameDesktop(key, sampleRules),
    image: "example.org/desktop@sha256:0123",
    protocol: "vnc",
    port: 5900,
    browserUrl: "https://jupyter.example.org",
    requests: { cpu: "250m", memory: "512Mi" },
    limits: { cpu: "2", memory: "2Gi" },
    runAsNonRoot: true,
    readyWithinSeconds: 300,
    unschedulableGraceSeconds: 120,
    until: "2026-12-31",
    binding: { name: "cohort-a-alice", personal: true },
    ...change,
  };
}
