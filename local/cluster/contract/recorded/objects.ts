/** The objects that exist before each recorded call. */
export const binding = {
  apiVersion: "xlscsde.nhs.uk/v1",
  kind: "AnalyticsWorkspaceBinding",
  metadata: { name: "ada" },
  spec: { workspace: "lung", expires: "2030-12-31", username: "ada", replicas: 1 },
};
export const workspace = {
  apiVersion: "xlscsde.nhs.uk/v1",
  kind: "AnalyticsWorkspace",
  metadata: { name: "lung" },
  spec: {
    displayName: "Lung cancer",
    description: "A project",
    validity: { availableFrom: "2026-01-01", expires: "2030-12-31" },
    jupyterWorkspace: { image: "jupyter/datascience:1" },
  },
};
export const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "notes" }, data: { a: "1" } };
export const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "pass" }, data: { password: "eA==" } };
export const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "front" },
  spec: { clusterIP: "None", selector: { app: "desk" }, ports: [{ port: 5900 }] },
};
export const networkPolicy = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "wall" },
  spec: { podSelector: { matchLabels: { app: "desk" } } },
};
const container = { name: "desktop", image: "example.org/desktop:1", ports: [{ containerPort: 5900 }] };
export const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "desk" },
  spec: {
    replicas: 0,
    paused: true,
    selector: { matchLabels: { app: "desk" } },
    template: { metadata: { labels: { app: "desk" } }, spec: { containers: [container] } },
  },
};

export const given = [
  ["analyticsworkspacebindings", binding],
  ["analyticsworkspaces", workspace],
  ["configmaps", configMap],
  ["secrets", secret],
  ["services", service],
  ["networkpolicies", networkPolicy],
  ["deployments", deployment],
] as const;

type Changes = Record<string, unknown>;

/** Returns the object with an unused name and other fields. Undefined fields are omitted. */
export const another = <T extends { metadata: object }>(object: T, changes: Changes): T & Changes => ({
  ...object,
  metadata: { name: "another" },
  ...changes,
});

export const anotherBinding = (spec: Changes): object => another(binding, { spec: { ...binding.spec, ...spec } });
export const anotherWorkspace = (spec: Changes): object => another(workspace, { spec: { ...workspace.spec, ...spec } });
export const anotherDeployment = (spec: Changes): object =>
  another(deployment, { spec: { ...deployment.spec, ...spec } });
export const withContainer = (changes: Changes): object =>
  anotherDeployment({
    template: { ...deployment.spec.template, spec: { containers: [{ ...container, ...changes }] } },
  });
