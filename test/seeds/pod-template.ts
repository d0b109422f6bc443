import type { NamedDesktop } from "../../shared/desktop/names.ts";
import { type DriftEstate, edit, partOf, type Seed } from "../seeded-drift.ts";

const changed = (username: string, what: string, path: string, template: object): Seed => ({
  username,
  what,
  found: [
    ["pod-template", new RegExp(`^somebody changed what its pod is made from: .*${path.replaceAll(".", "\\.")}`)],
  ],
  end: "as before",
  seed: (estate: DriftEstate, desktop: NamedDesktop) =>
    edit(estate, { ...partOf("deployment", desktop), spec: { template } }),
});

export const podTemplateSeeds: readonly Seed[] = [
  changed("on-host", "whose pod is in the node's network", "spec.hostNetwork", { spec: { hostNetwork: true } }),
  changed("with-token", "whose pod gets a token", "spec.automountServiceAccountToken", {
    spec: { automountServiceAccountToken: true },
  }),
  changed("other-account", "whose pod has another service account", "spec.serviceAccountName", {
    spec: { serviceAccountName: "default" },
  }),
  changed("more-labels", "whose pod has a label that puts it under another policy", "metadata.labels.app", {
    metadata: { labels: { app: "guacd" } },
  }),
];
