import { describe, expect, it } from "vitest";
import { samplePlan, samplePolicy, sampleSite, sampleStart } from "../../test/sample-plan.ts";
import { deploymentManifest, networkPolicyManifest, secretManifest, serviceManifest } from "./manifests.ts";

const plan = samplePlan();
const deployment = "98177b67d1ea5a7cbb3e5ee858330091";
const service = `client-${deployment}`;
const labels = {
  "xlscsde.nhs.uk/purpose": "workspace-client",
  "xlscsde.nhs.uk/managedBy": "guacamole-workspaces",
  "xlscsde.nhs.uk/person": expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  "xlscsde.nhs.uk/deployment-name": deployment,
};
const annotations = { "xlscsde.nhs.uk/workspace": "cohort-a", "xlscsde.nhs.uk/username": "alice" };
const pods = { "xlscsde.nhs.uk/deployment-name": deployment };

it("the Secret holds the password and the request that it was made for", () => {
  expect(secretManifest(plan, sampleSite, "r1", "Abcdefg8")).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    type: "Opaque",
    metadata: {
      name: service,
      namespace: "guacamole",
      labels,
      annotations: { ...annotations, "xlscsde.nhs.uk/request": "r1" },
    },
    data: { password: Buffer.from("Abcdefg8").toString("base64") },
  });
});

it("the Service is headless, with the operator's name, port and selector", () => {
  expect(serviceManifest(plan, sampleSite)).toEqual({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: service, namespace: "guacamole", labels, annotations },
    spec: {
      clusterIP: "None",
      selector: pods,
      ports: [{ name: "vnc", port: 5900, targetPort: 5900, protocol: "TCP" }],
    },
  });
});

it("the NetworkPolicy lets in guacd on the desktop's port, and out DNS and the named destinations", () => {
  expect(networkPolicyManifest(plan, sampleSite)).toEqual({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: service, namespace: "guacamole", labels, annotations },
    spec: {
      podSelector: { matchLabels: pods },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        { _from: [{ podSelector: { matchLabels: { app: "guacd" } } }], ports: [{ port: 5900, protocol: "TCP" }] },
      ],
      egress: [
        {
          to: [{ namespaceSelector: {}, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }],
          ports: [
            { port: 53, protocol: "UDP" },
            { port: 53, protocol: "TCP" },
          ],
        },
        {
          to: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "jupyterhub" } },
              podSelector: { matchLabels: { app: "jupyterhub" } },
            },
          ],
          ports: [{ port: 8000, protocol: "TCP" }],
        },
      ],
    },
  });
});

it("a guacd in another namespace is let in from there", () => {
  const site = { ...sampleSite, guacd: { namespace: "gateways", labels: { app: "guacd" } } };
  expect(networkPolicyManifest(plan, site).spec?.ingress?.[0]?._from).toEqual([
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "gateways" } },
      podSelector: { matchLabels: { app: "guacd" } },
    },
  ]);
});

it("the Deployment is one hardened pod that reads its credential from the Secret", () => {
  const tcp = { tcpSocket: { port: 5900 } };
  expect(deploymentManifest(plan, sampleSite, sampleStart("r1"))).toEqual({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: deployment,
      namespace: "guacamole",
      labels,
      annotations: {
        ...annotations,
        "xlscsde.nhs.uk/binding": "cohort-a-alice",
        "xlscsde.nhs.uk/started-at": "2026-11-24T09:00:00.000Z",
      },
    },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 1,
      progressDeadlineSeconds: 360,
      strategy: { type: "Recreate" },
      selector: { matchLabels: pods },
      template: {
        metadata: { labels: pods, annotations: { ...annotations, "xlscsde.nhs.uk/request": "r1" } },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 10,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "desktop",
              image: "example.org/desktop@sha256:0123",
              ports: [{ name: "vnc", containerPort: 5900, protocol: "TCP" }],
              env: [
                { name: "BROWSER_URL", value: "https://jupyter.example.org" },
                { name: "VNC_PASSWORD", valueFrom: { secretKeyRef: { name: service, key: "password" } } },
              ],
              resources: {
                requests: { cpu: "250m", memory: "512Mi", "ephemeral-storage": "512Mi" },
                limits: { cpu: "2", memory: "2Gi", "ephemeral-storage": "4Gi" },
              },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
              startupProbe: { ...tcp, periodSeconds: 1, failureThreshold: 300 },
              readinessProbe: { ...tcp, periodSeconds: 2 },
              livenessProbe: { ...tcp, periodSeconds: 10, failureThreshold: 6 },
              volumeMounts: [
                { name: "firefox-config", mountPath: "/usr/lib/firefox/distribution", readOnly: true },
                { name: "certificates", mountPath: "/usr/lib/firefox/distribution/certs", readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: "firefox-config", configMap: { name: "firefox-config", optional: true } },
            { name: "certificates", configMap: { name: "xlscsde-enterprise-certificate", optional: true } },
          ],
        },
      },
    },
  });
});

it("a binding of many people is not named on the Deployment: its status says nothing of one desktop", () => {
  const shared = samplePlan({ binding: { name: "readers", personal: false } });
  expect(deploymentManifest(shared, sampleSite, sampleStart("r1")).metadata?.annotations).toEqual({
    ...annotations,
    "xlscsde.nhs.uk/started-at": "2026-11-24T09:00:00.000Z",
  });
});

describe("a policy that asks for more", () => {
  const asked = samplePlan(
    samplePolicy({
      protocol: "rdp",
      loginName: "researcher",
      allowUpload: "true",
      sftpPort: "2222",
      pullSecrets: "registry",
      environmentFrom: "configmap/proxy,secret/licence",
      nodeSelector: "agentpool=desktops",
      tolerations: "for=desktops:NoSchedule",
      runAsNonRoot: "false",
      destinations: "0.0.0.0/0:443",
    }),
  );

  it("opens both ports to guacd and the destinations but the cloud's own addresses, and nothing else", () => {
    const ports = (keys: string[]) => [3389, 2222].map((port) => Object.fromEntries(keys.map((key) => [key, port])));
    expect(serviceManifest(asked, sampleSite).spec?.ports).toEqual([
      { name: "rdp", ...ports(["port", "targetPort"])[0], protocol: "TCP" },
      { name: "sftp", ...ports(["port", "targetPort"])[1], protocol: "TCP" },
    ]);
    const { ingress, egress } = networkPolicyManifest(asked, sampleSite).spec ?? {};
    expect(ingress).toEqual([
      {
        _from: [{ podSelector: { matchLabels: { app: "guacd" } } }],
        ports: ports(["port"]).map((port) => ({ ...port, protocol: "TCP" })),
      },
    ]);
    expect(egress?.slice(1)).toEqual([
      {
        to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16", "168.63.129.16/32"] } }],
        ports: [{ port: 443, protocol: "TCP" }],
      },
    ]);
  });

  it("gets a pod on its nodes, with its pull secrets, its environment and its accounts", () => {
    const { spec } = deploymentManifest(asked, sampleSite, sampleStart("r1")).spec?.template ?? {};
    expect(spec).toMatchObject({
      securityContext: { runAsNonRoot: false, seccompProfile: { type: "RuntimeDefault" } },
      imagePullSecrets: [{ name: "registry" }],
      nodeSelector: { agentpool: "desktops" },
      tolerations: [{ key: "for", operator: "Equal", value: "desktops", effect: "NoSchedule" }],
    });
    const password = { valueFrom: { secretKeyRef: { name: service, key: "password" } } };
    expect(spec?.containers[0]).toMatchObject({
      ports: [
        { name: "rdp", containerPort: 3389, protocol: "TCP" },
        { name: "sftp", containerPort: 2222, protocol: "TCP" },
      ],
      envFrom: [{ configMapRef: { name: "proxy" } }, { secretRef: { name: "licence" } }],
      readinessProbe: { tcpSocket: { port: 3389 } },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    });
    expect(spec?.containers[0]?.env).toEqual([
      { name: "BROWSER_URL", value: "https://jupyter.example.org" },
      { name: "RDP_USERNAME", value: "researcher" },
      { name: "RDP_PASSWORD", ...password },
      { name: "SFTP_USERNAME", value: "researcher" },
      { name: "SFTP_PASSWORD", ...password },
    ]);
  });

  it("an SSH desktop has its files in the session: one port, one account", () => {
    const ssh = samplePlan(samplePolicy({ protocol: "ssh", port: "2222", allowDownload: "true" }));
    const container = deploymentManifest(ssh, sampleSite, sampleStart("r1")).spec?.template.spec?.containers[0];
    expect(container?.ports).toEqual([{ name: "ssh", containerPort: 2222, protocol: "TCP" }]);
    expect(container?.env?.map(({ name }) => name)).toEqual(["BROWSER_URL", "SSH_USERNAME", "SSH_PASSWORD"]);
  });
});
