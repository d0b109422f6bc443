import type { V1Container, V1Deployment, V1ManagedFieldsEntry, V1PodSpec } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { samplePlan, samplePolicy, sampleSite, sampleStart } from "../../test/sample-plan.ts";
import { deploymentManifest } from "./manifests.ts";
import { templateFaults } from "./pod-template.ts";

type Fields = Record<string, unknown>;

/** A Deployment of ours; with these fields, somebody else wrote them. */
function deployed(change: (pod: V1PodSpec, container: V1Container) => unknown, theirs?: Fields): V1Deployment {
  const manifest = structuredClone(deploymentManifest(samplePlan(samplePolicy()), sampleSite, sampleStart("r1")));
  const pod = manifest.spec?.template.spec;
  if (!pod?.containers[0]) throw new Error("the Deployment has no container");
  change(pod, pod.containers[0]);
  const entry = (manager: string, operation: string, fieldsV1: Fields): V1ManagedFieldsEntry => ({
    ...{ manager, operation, fieldsType: "FieldsV1", fieldsV1 },
  });
  const managedFields = [
    entry("guacamole-workspaces", "Apply", { "f:spec": { "f:replicas": {} } }),
    ...(theirs ? [entry("kubectl-edit", "Update", { "f:spec": { "f:template": { "f:spec": theirs } } })] : []),
  ];
  Object.assign(manifest.metadata ?? {}, { managedFields });
  return manifest;
}

const pod = (change: Partial<V1PodSpec>) => (spec: V1PodSpec) => Object.assign(spec, change);
const container = (change: Partial<V1Container>) => (_: V1PodSpec, it: V1Container) => Object.assign(it, change);
const inContext = (change: V1Container["securityContext"]) => (_: V1PodSpec, it: V1Container) =>
  Object.assign(it.securityContext ?? {}, change);
const inPodContext = (change: V1PodSpec["securityContext"]) => (spec: V1PodSpec) =>
  Object.assign(spec.securityContext ?? {}, change);
const another = { name: "another", image: "registry.example.org/another:1" };

it("a Deployment of ours has no faults, also if others set where its pods run", () => {
  expect(templateFaults(deployed(() => undefined))).toEqual([]);
  const nodeSelector = { "f:nodeSelector": { "f:pool": {} } };
  expect(templateFaults(deployed(pod({ nodeSelector: { pool: "a" } }), nodeSelector))).toEqual([]);
});

it.each<[string, (pod: V1PodSpec, container: V1Container) => unknown, string]>([
  ["the node's network", pod({ hostNetwork: true }), "spec.hostNetwork"],
  ["the node's processes", pod({ hostPID: true }), "spec.hostPID"],
  ["the node's IPC", pod({ hostIPC: true }), "spec.hostIPC"],
  ["a token", pod({ automountServiceAccountToken: true }), "spec.automountServiceAccountToken"],
  ["another account", pod({ serviceAccountName: "guacamole-workspaces" }), "spec.serviceAccountName"],
  ["an init container", pod({ initContainers: [another] }), "spec.initContainers"],
  ["another container", (spec) => spec.containers.push(another), "spec.containers"],
  ["a folder of the node", (spec) => spec.volumes?.push({ name: "node", hostPath: { path: "/" } }), "spec.volumes"],
  [
    "a token as a volume",
    (spec) => spec.volumes?.push({ name: "t", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }),
    "spec.volumes",
  ],
  ["no seccomp", inPodContext({ seccompProfile: { type: "Unconfined" } }), "spec.securityContext.seccompProfile"],
  ["no AppArmor", inPodContext({ appArmorProfile: { type: "Unconfined" } }), "spec.securityContext.appArmorProfile"],
  ["a sysctl", inPodContext({ sysctls: [{ name: "kernel.msgmax", value: "1" }] }), "spec.securityContext.sysctls"],
  [
    "a port of the node",
    container({ ports: [{ containerPort: 5900, hostPort: 5900 }] }),
    "spec.containers.desktop.ports",
  ],
  ...(
    [
      ["privileges", { privileged: true }, "privileged"],
      ["escalation", { allowPrivilegeEscalation: true }, "allowPrivilegeEscalation"],
      ["a capability more", { capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } }, "capabilities"],
      ["capabilities kept", { capabilities: { drop: ["NET_RAW"] } }, "capabilities"],
      ["an unmasked /proc", { procMount: "Unmasked" }, "procMount"],
      ["no seccomp of its container", { seccompProfile: { type: "Unconfined" } }, "seccompProfile"],
      ["no AppArmor of its container", { appArmorProfile: { type: "Unconfined" } }, "appArmorProfile"],
    ] as const
  ).map(([what, context, field]): [string, (pod: V1PodSpec, container: V1Container) => unknown, string] => [
    what,
    inContext(context as V1Container["securityContext"]),
    `spec.containers.desktop.securityContext.${field}`,
  ]),
])("a template with %s has a fault, although it was written as us", (_what, change, path) => {
  expect(templateFaults(deployed(change))).toEqual([path]);
});

it("a field that is only unlike ours is a fault if somebody else wrote it", () => {
  const theirs = { "f:containers": { 'k:{"name":"desktop"}': { "f:image": {} } } };
  const change = container({ image: "registry.example.org/theirs:1" });
  expect(templateFaults(deployed(change))).toEqual([]);
  expect(templateFaults(deployed(change, theirs))).toEqual(["spec.containers.desktop.image"]);
});
