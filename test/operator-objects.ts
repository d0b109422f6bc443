import type { CoreV1Event, KubernetesObject, V1ConfigMap, V1Deployment, V1Service } from "@kubernetes/client-node";
import { namespace } from "./estate.ts";

/**
 * What the AWMS operator creates in the cluster, field by field. From lsc-sde/awms-guacamole-operator: `service.py` (445d965),
 * `Dockerfile` (0f0e8f4, the image), `helm/templates/firefox-config.yaml` (59c19cd). The image brings its own VNC_PASSWORD
 * (`ENV VNC_PASSWORD=1234`, read by `startup.sh` in lsc-sde/docker-analytics-vnc-client, b068bd7); no object has it.
 */

export interface Whose {
  username: string;
  workspace: string;
}

/** The name that the API server derives from the user agent of the Python client, and of the Keycloak extension's Java client. */
export const pythonClient = "OpenAPI-Generator";
export const javaClient = "Kubernetes Java Client";

const purpose = { "xlscsde.nhs.uk/purpose": "workspace-client" };

function annotationsOf({ username, workspace }: Whose): Record<string, string> {
  return { "xlscsde.nhs.uk/workspace": workspace, "xlscsde.nhs.uk/username": username };
}

/** `create_deployment_object`: no security context, resources, probes, strategy or pull secrets; the API server adds defaults. */
export function operatorDeployment(
  name: string,
  { replicas, labels, annotations, ...whose }: Whose & Marks & { replicas: number },
): V1Deployment {
  const selector = { "xlscsde.nhs.uk/deployment-name": name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels: labels ?? purpose },
    spec: {
      replicas,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: selector, annotations: annotations ?? annotationsOf(whose) },
        spec: {
          containers: [
            {
              name,
              image: "lscsde/analytics-vnc-client:0.1.5",
              ports: [{ containerPort: 5900 }],
              env: [{ name: "BROWSER_URL", value: "https://jupyter.example.org" }],
              volumeMounts: [
                {
                  name: "guacamole-certificates",
                  mountPath: "/usr/lib/firefox/distribution/certs",
                  readOnly: true,
                },
                { name: "firefox-config", mountPath: "/usr/lib/firefox/distribution", readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: "guacamole-certificates", configMap: { name: "xlscsde-enterprise-certificate" } },
            { name: "firefox-config", configMap: { name: "firefox-config" } },
          ],
        },
      },
    },
  };
}

/** Labels of the Deployment, and annotations of its pods, if they differ from the operator's. */
export interface Marks {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** `create_service_object` */
export function operatorService(name: string, whose: Whose): V1Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `client-${name}`, namespace, annotations: annotationsOf(whose), labels: purpose },
    spec: {
      selector: { "xlscsde.nhs.uk/deployment-name": name },
      clusterIP: "None",
      type: "ClusterIP",
      ports: [{ port: 5900, targetPort: 5900 }],
    },
  };
}

/** The two ConfigMaps that its pods mount, and that the kubelet waits for: from the Helm chart, and from the platform. */
export const operatorConfigMaps: readonly V1ConfigMap[] = [
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "firefox-config", namespace },
    data: { "distribution.ini": "[Global]\nid=mozilla-deb\nversion=1.0\n", "policies.json": '{"policies":{}}' },
  },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "xlscsde-enterprise-certificate", namespace },
    data: { "enterprise.crt": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" },
  },
];

/** `patch_deployment_name` and `patch_status`. ACTIVE, replicas and lastActiveCheck are never written. */
export function operatorStatus(name: string): object {
  return { deploymentName: name, statusText: "READY" };
}

/** What kopf notes on each object that it handles (`AnnotationsDiffBaseStorage`). */
export function kopfAnnotations(spec: object): Record<string, string> {
  return { "kopf.zalando.org/last-handled-configuration": `${JSON.stringify({ spec })}\n` };
}

/** An Event as `kopf.info` posts it (kopf, `clients/events.py`). */
export function kopfEvent(binding: KubernetesObject, reason: string, message: string, at: Date): CoreV1Event {
  const { apiVersion = "", kind = "", metadata: { name = "", uid = "" } = {} } = binding;
  // Python writes microseconds, and the API server insists on them in `eventTime`.
  const time = at.toISOString().replace("Z", "000Z");
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, generateName: "kopf-event-" },
    action: "Action?",
    type: "Normal",
    reason,
    message,
    reportingComponent: "kopf",
    reportingInstance: "dev",
    source: { component: "kopf" },
    involvedObject: { apiVersion, kind, name, uid, namespace },
    firstTimestamp: time,
    lastTimestamp: time,
    eventTime: time,
  } as unknown as CoreV1Event;
}
