import type { V1Container, V1PodSpec, V1PodTemplateSpec } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { samplePlan, samplePolicy, sampleSite, sampleStart } from "../../test/sample-plan.ts";
import { deploymentManifest } from "./manifests.ts";

/**
 * The `restricted` Pod Security Standard (kubernetes.io/docs/concepts/security/pod-security-standards), control by control,
 * as far as it concerns Linux pods without init and ephemeral containers.
 */
const controls: Readonly<
  Record<string, (pod: V1PodSpec, container: V1Container, template: V1PodTemplateSpec) => boolean>
> = {
  HostProcess: (pod, { securityContext }) =>
    !pod.securityContext?.windowsOptions?.hostProcess && !securityContext?.windowsOptions?.hostProcess,
  "Host Namespaces": ({ hostNetwork, hostPID, hostIPC }) => !hostNetwork && !hostPID && !hostIPC,
  "Privileged Containers": (_, { securityContext }) => !securityContext?.privileged,
  Capabilities: (_, { securityContext }) => {
    const { drop = [], add = [] } = securityContext?.capabilities ?? {};
    return drop.includes("ALL") && add.every((each) => each === "NET_BIND_SERVICE");
  },
  "Host Ports": (_, { ports = [] }) => ports.every(({ hostPort }) => !hostPort),
  AppArmor: (pod, { securityContext }, { metadata }) =>
    [pod.securityContext, securityContext].every((context) => context?.appArmorProfile?.type !== "Unconfined") &&
    Object.entries(metadata?.annotations ?? {}).every(
      ([name, value]) => !name.startsWith("container.apparmor.security.beta.kubernetes.io/") || value !== "unconfined",
    ),
  SELinux: (pod, { securityContext }) =>
    [pod.securityContext, securityContext].every((context) => {
      const { type, user, role } = context?.seLinuxOptions ?? {};
      const types = [undefined, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
      return types.includes(type) && !user && !role;
    }),
  "/proc Mount Type": (_, { securityContext }) => [undefined, "Default"].includes(securityContext?.procMount),
  Sysctls: ({ securityContext }) => (securityContext?.sysctls ?? []).length === 0,
  "Volume Types": ({ volumes = [] }) => {
    const allowed = [
      "configMap",
      "csi",
      "downwardAPI",
      "emptyDir",
      "ephemeral",
      "persistentVolumeClaim",
      "projected",
      "secret",
    ];
    return volumes.every((volume) => Object.keys(volume).every((key) => key === "name" || allowed.includes(key)));
  },
  "Privilege Escalation": (_, { securityContext }) => securityContext?.allowPrivilegeEscalation === false,
  "Running as Non-root": (pod, { securityContext }) =>
    (securityContext?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) === true,
  "Running as Non-root user": (pod, { securityContext }) =>
    pod.securityContext?.runAsUser !== 0 && securityContext?.runAsUser !== 0,
  Seccomp: (pod, { securityContext }) =>
    ["RuntimeDefault", "Localhost"].includes(
      (securityContext?.seccompProfile ?? pod.securityContext?.seccompProfile)?.type ?? "",
    ),
};

function violated({ spec = { containers: [] }, ...rest }: V1PodTemplateSpec): string[] {
  return Object.entries(controls)
    .filter(([, holds]) => !spec.containers.every((container) => holds(spec, container, { spec, ...rest })))
    .map(([name]) => name);
}

const templateOf = (texts = {}) =>
  deploymentManifest(samplePlan(samplePolicy(texts)), sampleSite, sampleStart("r1")).spec?.template ?? {};

describe("a desktop's pod", () => {
  it.each([
    {},
    { protocol: "rdp", allowUpload: "true", sftpPort: "2222" },
    { protocol: "ssh" },
    { environmentFrom: "secret/licence", pullSecrets: "registry", tolerations: "a:NoSchedule", nodeSelector: "a=b" },
  ])("under the policy %j fulfils every control of the restricted standard", (texts) => {
    const template = templateOf(texts);
    expect(template.spec?.containers).toHaveLength(1);
    expect(template.spec?.initContainers).toBeUndefined();
    expect(violated(template)).toEqual([]);
  });

  it("under a policy for an image that needs root fails one control, and no other", () => {
    expect(violated(templateOf({ runAsNonRoot: "false" }))).toEqual(["Running as Non-root"]);
  });

  it("has no token of a service account and no links to services", () => {
    expect(templateOf().spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
  });
});

/** Each control sees a pod that breaks it, or the test above would show nothing. */
describe("the control", () => {
  type Context = NonNullable<V1PodSpec["securityContext"]> & NonNullable<V1Container["securityContext"]>;
  const pods = (change: Partial<V1PodSpec>) => (pod: V1PodSpec) => Object.assign(pod, change);
  const podsContext = (change: Partial<Context>) => (pod: V1PodSpec) =>
    Object.assign(pod.securityContext ?? {}, change);
  const containers = (change: Partial<V1Container>) => (_: V1PodSpec, container: V1Container) =>
    Object.assign(container, change);
  const context = (change: Partial<Context>) => (_: V1PodSpec, container: V1Container) =>
    Object.assign(container.securityContext ?? {}, change);

  const broken: [string, string, (pod: V1PodSpec, container: V1Container) => unknown][] = [
    ["HostProcess", "a Windows host process", podsContext({ windowsOptions: { hostProcess: true } })],
    ["Host Namespaces", "the host's network", pods({ hostNetwork: true })],
    ["Host Namespaces", "the host's processes", pods({ hostPID: true })],
    ["Host Namespaces", "the host's IPC", pods({ hostIPC: true })],
    ["Privileged Containers", "a privileged container", context({ privileged: true })],
    ["Capabilities", "capabilities kept", context({ capabilities: { drop: ["NET_RAW"] } })],
    ["Capabilities", "a capability added", context({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } })],
    ["Host Ports", "a port of the host", containers({ ports: [{ containerPort: 5900, hostPort: 5900 }] })],
    ["AppArmor", "no AppArmor", context({ appArmorProfile: { type: "Unconfined" } })],
    ["SELinux", "an SELinux type of its own", context({ seLinuxOptions: { type: "spc_t" } })],
    ["/proc Mount Type", "an unmasked /proc", context({ procMount: "Unmasked" })],
    ["Sysctls", "a sysctl", podsContext({ sysctls: [{ name: "kernel.msgmax", value: "1" }] })],
    ["Volume Types", "a folder of the host", pods({ volumes: [{ name: "host", hostPath: { path: "/" } }] })],
    ["Privilege Escalation", "escalation", context({ allowPrivilegeEscalation: true })],
    ["Running as Non-root", "root allowed", context({ runAsNonRoot: false })],
    ["Running as Non-root user", "root by number", context({ runAsUser: 0 })],
    ["Seccomp", "no seccomp", context({ seccompProfile: { type: "Unconfined" } })],
  ];
  it.each(broken)("%s sees %s", (name, _, change) => {
    const template = structuredClone(templateOf());
    if (!template.spec?.containers[0]) throw new Error("the Deployment has no container");
    change(template.spec, template.spec.containers[0]);
    expect(violated(template)).toEqual([name]);
  });

  it("is tried for each of them", () => {
    expect(new Set(broken.map(([name]) => name))).toEqual(new Set(Object.keys(controls)));
  });
});
