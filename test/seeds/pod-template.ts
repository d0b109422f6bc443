import { KubernetesObjectApi, type V1Container, type V1Deployment, type V1PodSpec } from "@kubernetes/client-node";
import type { NamedDesktop } from "../../shared/desktop/names.ts";
import { type DriftEstate, edit, partOf, type Seed } from "../seeded-drift.ts";

const seedOf = (username: string, what: string, path: string, seed: Seed["seed"]): Seed => ({
  username,
  what,
  found: [
    ["pod-template", new RegExp(`^somebody changed what its pod is made from: .*${path.replaceAll(".", "\\.")}`)],
  ],
  end: "as before",
  seed,
});

const changed = (username: string, what: string, path: string, template: object) =>
  seedOf(username, what, path, (estate, desktop) =>
    edit(estate, { ...partOf("deployment", desktop), spec: { template } }),
  );

/** Somebody edits a list, as `kubectl edit` does: a merge patch holds the whole of it. */
const edited = (username: string, what: string, path: string, change: (spec: V1PodSpec, first: V1Container) => void) =>
  seedOf(username, what, path, async (estate: DriftEstate, desktop: NamedDesktop) => {
    const reference = partOf("deployment", desktop);
    const { spec: { template } = {} } = await KubernetesObjectApi.makeApiClient(estate.kubeconfig).read<V1Deployment>(
      reference,
    );
    const [first] = template?.spec?.containers ?? [];
    if (!template?.spec || !first) throw new Error(`${desktop.names.deployment} has no container`);
    change(template.spec, first);
    const { containers, initContainers, volumes } = template.spec;
    await edit(estate, { ...reference, spec: { template: { spec: { containers, initContainers, volumes } } } });
  });

const another: V1Container = { name: "another", image: "registry.example.org/another:1" };

export const podTemplateSeeds: readonly Seed[] = [
  changed("on-host", "whose pod is in the node's network", "spec.hostNetwork", { spec: { hostNetwork: true } }),
  changed("sees-processes", "whose pod sees the node's processes", "spec.hostPID", { spec: { hostPID: true } }),
  changed("with-token", "whose pod gets a token", "spec.automountServiceAccountToken", {
    spec: { automountServiceAccountToken: true },
  }),
  changed("other-account", "whose pod has another service account", "spec.serviceAccountName", {
    spec: { serviceAccountName: "default" },
  }),
  changed("more-labels", "whose pod has a label that puts it under another policy", "metadata.labels.app", {
    metadata: { labels: { app: "guacd" } },
  }),
  edited(
    "privileged",
    "whose container is privileged",
    "spec.containers.desktop.securityContext.privileged",
    (_, first) => {
      Object.assign(first.securityContext ?? {}, { allowPrivilegeEscalation: true, privileged: true });
    },
  ),
  edited("other-image", "whose container has another image", "spec.containers.desktop.image", (_, first) => {
    first.image = "registry.example.org/another:1";
  }),
  edited("with-another", "whose pod has another container", "spec.containers", ({ containers }) => {
    containers.push(another);
  }),
  edited("with-init", "whose pod has an init container", "spec.initContainers", (spec) => {
    spec.initContainers = [another];
  }),
  edited("sees-node", "whose pod has a folder of the node", "spec.volumes", (spec) => {
    spec.volumes = [...(spec.volumes ?? []), { name: "node", hostPath: { path: "/" } }];
  }),
];
