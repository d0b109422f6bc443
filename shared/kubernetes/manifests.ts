import type {
  V1Deployment,
  V1EnvVar,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1Pod,
  V1Secret,
  V1Service,
} from "@kubernetes/client-node";
import type { Destination } from "../desktop/destination.ts";
import type { DnsServer } from "../desktop/dns-server.ts";
import { type NamedDesktop, personId } from "../desktop/names.ts";
import { usualEphemeralStorage } from "../desktop/policy.ts";
import type { DesktopRequest } from "../person/record.ts";
import { type DesktopPlan, portsOf, servesSftp } from "../desktop/plan.ts";
import { annotation, label, manager, purpose, desktopContainer } from "./labels.ts";

/** What manifests need to know of the place they go to. */
export interface Site {
  namespace: string;
  guacd: { namespace: string; labels: Readonly<Record<string, string>> };
  dns: readonly DnsServer[];
}

/** The variable in which a VNC image expects its password. */
const vncPassword = "VNC_PASSWORD";
/** The key of the password in a desktop's Secret. */
export const passwordKey = "password";

function metadataOf(plan: DesktopPlan, name: string, { namespace }: Site) {
  return {
    name,
    namespace,
    labels: {
      [label.purpose]: purpose.desktop,
      [label.managedBy]: manager,
      [label.person]: personId(plan.username),
      [label.deploymentName]: plan.names.deployment,
    },
    annotations: {
      [annotation.workspace]: plan.workspace,
      [annotation.username]: plan.username,
    },
  };
}

/** The labels of its pods. */
export function podsOf(plan: DesktopPlan): Record<string, string> {
  return { [label.deploymentName]: plan.names.deployment };
}

/** The desktop's credential, made for one request. */
export function secretManifest(plan: DesktopPlan, site: Site, requestId: string, password: string): V1Secret {
  const metadata = metadataOf(plan, plan.names.secret, site);
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "Opaque",
    metadata: { ...metadata, annotations: { ...metadata.annotations, [annotation.request]: requestId } },
    data: { [passwordKey]: Buffer.from(password).toString("base64") },
  };
}

/** Headless, so that guacd reaches the pod itself by the operator's name. */
export function serviceManifest(plan: DesktopPlan, site: Site): V1Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadataOf(plan, plan.names.service, site),
    spec: {
      clusterIP: "None",
      selector: podsOf(plan),
      ports: portsOf(plan).map(({ name, port }) => ({ name, port, targetPort: port, protocol: "TCP" })),
    },
  };
}

/**
 * In: only guacd, only the desktop's ports. Out: only DNS and the destinations of the workspace's policy; what a policy does
 * not list is out of reach, the cloud's metadata address too.
 */
export function networkPolicyManifest(plan: DesktopPlan, site: Site): V1NetworkPolicy {
  const guacd = {
    ...(site.guacd.namespace === site.namespace ? {} : inNamespace(site.guacd.namespace)),
    podSelector: { matchLabels: { ...site.guacd.labels } },
  };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadataOf(plan, plan.names.networkPolicy, site),
    spec: {
      podSelector: { matchLabels: podsOf(plan) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ _from: [guacd], ports: portsOf(plan).map(({ port }) => ({ port, protocol: "TCP" })) }],
      egress: [
        ...[...Map.groupBy(site.dns, ({ port }) => port)].map(([port, servers]) => ({
          to: servers.map(dnsPeerOf),
          ports: [
            { port, protocol: "UDP" },
            { port, protocol: "TCP" },
          ],
        })),
        ...plan.destinations.map((destination) => ({
          to: [peerOf(destination)],
          ports: [{ port: destination.port, protocol: "TCP" }],
        })),
      ],
    },
  };
}

function inNamespace(namespace: string) {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
}

function dnsPeerOf(server: DnsServer): V1NetworkPolicyPeer {
  if ("cidr" in server) return { ipBlock: { cidr: server.cidr } };
  const [key, value] = server.label;
  const namespaces = server.namespace === null ? { namespaceSelector: {} } : inNamespace(server.namespace);
  return { ...namespaces, podSelector: { matchLabels: { [key]: value } } };
}

function peerOf(destination: Destination): V1NetworkPolicyPeer {
  if ("cidr" in destination) {
    const { cidr, except } = destination;
    return { ipBlock: { cidr, ...(except.length > 0 && { except: [...except] }) } };
  }
  const [key, value] = destination.label;
  return { ...inNamespace(destination.namespace), podSelector: { matchLabels: { [key]: value } } };
}

/** The environment of the image's start script: the URL to open, and the account that its servers accept. */
function environmentOf(plan: DesktopPlan): V1EnvVar[] {
  const password = { valueFrom: { secretKeyRef: { name: plan.names.secret, key: passwordKey } } };
  const account = (server: string) => [
    { name: `${server}_USERNAME`, value: plan.loginName },
    { name: `${server}_PASSWORD`, ...password },
  ];
  return [
    { name: "BROWSER_URL", value: plan.browserUrl },
    ...(plan.protocol === "vnc" ? [{ name: vncPassword, ...password }] : account(plan.protocol.toUpperCase())),
    ...(servesSftp(plan) ? account("SFTP") : []),
  ];
}

function deploymentMark(plan: DesktopPlan, site: Site) {
  const metadata = metadataOf(plan, plan.names.deployment, site);
  // A binding by claims is many people's: its status says nothing of one desktop.
  const binding = plan.binding.personal ? { [annotation.binding]: plan.binding.name } : {};
  return { ...metadata, annotations: { ...metadata.annotations, ...binding } };
}

/** What marks a Deployment as ours, and nothing of its spec: a pod that runs goes on as it is. */
export function deploymentMetadata(plan: DesktopPlan, site: Site): V1Deployment {
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: deploymentMark(plan, site) };
}

/** A Deployment without pods, which ends a pod that nobody ends: it adopts the pod's ReplicaSet. */
export function emptyDeployment(
  { workspace, username, names }: NamedDesktop,
  namespace: string,
  { spec }: V1Pod,
): V1Deployment {
  const labels = { [label.deploymentName]: names.deployment };
  const annotations = { [annotation.workspace]: workspace, [annotation.username]: username };
  const marks = { [label.purpose]: purpose.desktop, [label.managedBy]: manager, [label.person]: personId(username) };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: names.deployment, namespace, labels: { ...marks, ...labels }, annotations },
    spec: {
      replicas: 0,
      strategy: { type: "Recreate" },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations },
        spec: {
          automountServiceAccountToken: false,
          // It has no pod, but the cluster may check what its pods would be.
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            { name: desktopContainer, image: spec?.containers[0]?.image ?? "none", securityContext: withoutPrivileges },
          ],
        },
      },
    },
  };
}

const withoutPrivileges = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/** The request that a pod is started for. */
export type Start = Pick<DesktopRequest, "id" | "requestedAt">;

/** One hardened pod. It carries the request that it was started for, so that a new start takes the new credential. */
export function deploymentManifest(plan: DesktopPlan, site: Site, { id, requestedAt }: Start): V1Deployment {
  const { annotations } = metadataOf(plan, plan.names.deployment, site);
  const mark = deploymentMark(plan, site);
  const probe = { tcpSocket: { port: plan.port } };
  const { request, limit } = usualEphemeralStorage;
  const { ephemeralStorageRequest = request, ephemeralStorageLimit = limit } = plan as Partial<DesktopPlan>;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...mark, annotations: { ...mark.annotations, [annotation.startedAt]: requestedAt } },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 1,
      // Later than our own deadline, which says what the start waited for.
      progressDeadlineSeconds: plan.readyWithinSeconds + 60,
      // Never two pods of one desktop: they would share one session and one credential.
      strategy: { type: "Recreate" },
      selector: { matchLabels: podsOf(plan) },
      template: {
        metadata: {
          labels: podsOf(plan),
          annotations: { ...annotations, [annotation.request]: id },
        },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 10,
          securityContext: { runAsNonRoot: plan.runAsNonRoot, seccompProfile: { type: "RuntimeDefault" } },
          ...(plan.pullSecrets.length > 0 && { imagePullSecrets: plan.pullSecrets.map((name) => ({ name })) }),
          ...(Object.keys(plan.nodeSelector).length > 0 && { nodeSelector: { ...plan.nodeSelector } }),
          ...(plan.tolerations.length > 0 && { tolerations: [...plan.tolerations] }),
          containers: [
            {
              name: desktopContainer,
              image: plan.image,
              ports: portsOf(plan).map(({ name, port }) => ({ name, containerPort: port, protocol: "TCP" })),
              ...(plan.environmentFrom.length > 0 && {
                envFrom: plan.environmentFrom.map(({ kind, name }) =>
                  kind === "secret" ? { secretRef: { name } } : { configMapRef: { name } },
                ),
              }),
              // Wins over a variable of the same name from the policy's ConfigMaps and Secrets.
              env: environmentOf(plan),
              resources: {
                // Plans that an earlier release made have no storage; JSON leaves it out.
                requests: {
                  cpu: plan.cpuRequest,
                  memory: plan.memoryRequest,
                  "ephemeral-storage": ephemeralStorageRequest,
                },
                limits: {
                  cpu: plan.cpuLimit,
                  memory: plan.memoryLimit,
                  "ephemeral-storage": ephemeralStorageLimit,
                },
              },
              securityContext: withoutPrivileges,
              startupProbe: { ...probe, periodSeconds: 1, failureThreshold: plan.readyWithinSeconds },
              readinessProbe: { ...probe, periodSeconds: 2 },
              livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
              volumeMounts: [
                { name: "firefox-config", mountPath: "/usr/lib/firefox/distribution", readOnly: true },
                { name: "certificates", mountPath: "/usr/lib/firefox/distribution/certs", readOnly: true },
              ],
            },
          ],
          // The operator's names. Optional, since not every estate has them, and a missing one would block the pod.
          volumes: [
            { name: "firefox-config", configMap: { name: "firefox-config", optional: true } },
            { name: "certificates", configMap: { name: "xlscsde-enterprise-certificate", optional: true } },
          ],
        },
      },
    },
  };
}
