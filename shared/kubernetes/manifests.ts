import type { V1Deployment, V1NetworkPolicy, V1Secret, V1Service } from "@kubernetes/client-node";
import type { Destination } from "../config.ts";
import { personId } from "../desktop/names.ts";
import type { DesktopPlan } from "../desktop/plan.ts";
import { annotation, label, manager, purpose } from "./labels.ts";

/** What manifests need to know of the place they go to. */
export interface Site {
  namespace: string;
  guacd: { namespace: string; labels: Readonly<Record<string, string>> };
  destinations: readonly Destination[];
}

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

function podsOf(plan: DesktopPlan): Record<string, string> {
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
      ports: [{ name: plan.protocol, port: plan.port, targetPort: plan.port, protocol: "TCP" }],
    },
  };
}

/**
 * In: only guacd, only the desktop's port. Out: only DNS and the destinations that settings name; a policy lists what is
 * allowed, so the cloud's metadata address is out of reach too.
 */
export function networkPolicyManifest(plan: DesktopPlan, site: Site): V1NetworkPolicy {
  const inNamespace = (namespace: string) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
  });
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
      ingress: [{ _from: [guacd], ports: [{ port: plan.port, protocol: "TCP" }] }],
      egress: [
        {
          to: [{ namespaceSelector: {}, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }],
          ports: [
            { port: 53, protocol: "UDP" },
            { port: 53, protocol: "TCP" },
          ],
        },
        ...site.destinations.map(({ namespace, label: [key, value], port }) => ({
          to: [{ ...inNamespace(namespace), podSelector: { matchLabels: { [key]: value } } }],
          ports: [{ port, protocol: "TCP" }],
        })),
      ],
    },
  };
}

/** One hardened pod. It carries the request that it was started for, so that a new start takes the new credential. */
export function deploymentManifest(plan: DesktopPlan, site: Site, requestId: string): V1Deployment {
  const metadata = metadataOf(plan, plan.names.deployment, site);
  const probe = { tcpSocket: { port: plan.port } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      ...metadata,
      annotations: {
        ...metadata.annotations,
        // A binding by claims is many people's: its status says nothing of one desktop.
        ...(plan.binding.personal ? { [annotation.binding]: plan.binding.name } : {}),
      },
    },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 1,
      progressDeadlineSeconds: plan.readyWithinSeconds,
      // Never two pods of one desktop: they would share one session and one credential.
      strategy: { type: "Recreate" },
      selector: { matchLabels: podsOf(plan) },
      template: {
        metadata: {
          labels: podsOf(plan),
          annotations: { ...metadata.annotations, [annotation.request]: requestId },
        },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 10,
          securityContext: { runAsNonRoot: plan.runAsNonRoot, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "desktop",
              image: plan.image,
              ports: [{ name: plan.protocol, containerPort: plan.port, protocol: "TCP" }],
              env: [
                { name: "BROWSER_URL", value: plan.browserUrl },
                {
                  name: "VNC_PASSWORD",
                  valueFrom: { secretKeyRef: { name: plan.names.secret, key: passwordKey } },
                },
              ],
              resources: { requests: { ...plan.requests }, limits: { ...plan.limits } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
              startupProbe: { ...probe, periodSeconds: 1, failureThreshold: plan.readyWithinSeconds },
              readinessProbe: { ...probe, periodSeconds: 2 },
              livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
              volumeMounts: [
                { name: "firefox-config", mountPath: "/usr/lib/firefox/distribution", readOnly: true },
                { name: "certificates", mountPath: "/usr/lib/firefox/distribution/certs", readOnly: true },
              ],
            },
          ],
          // The operator's names. Optional, since not every estate has them, and a missing one would block the pod for ever.
          volumes: [
            { name: "firefox-config", configMap: { name: "firefox-config", optional: true } },
            { name: "certificates", configMap: { name: "xlscsde-enterprise-certificate", optional: true } },
          ],
        },
      },
    },
  };
}
