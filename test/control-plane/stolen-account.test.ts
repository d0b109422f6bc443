import { type KubernetesObject, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  deploymentManifest,
  networkPolicyManifest,
  secretManifest,
  serviceManifest,
} from "../../shared/kubernetes/manifests.ts";
import { samplePlan, sampleSite, sampleStart } from "../sample-plan.ts";
import { describeOnControlPlane } from "./available.ts";
import { manifests } from "./custom-resources.ts";
import { namespace, prepare, prepareMilliseconds, type Prepared } from "./prepared.ts";

const plan = samplePlan({ username: "mallory" });
const { deployment: name, service } = plan.names;
const ours = { "xlscsde.nhs.uk/purpose": "workspace-client", "xlscsde.nhs.uk/managedBy": "guacamole-workspaces" };

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** JSON Merge Patch (RFC 7396): null removes, lists are replaced. */
function merged(target: Json | undefined, patch: Json): Json {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = merged(result[key], value);
  }
  return result;
}

const changedBy = (object: KubernetesObject, patch: Json) =>
  merged(JSON.parse(JSON.stringify(object)) as Json, patch) as KubernetesObject;
const desktop = (patch: Json) => changedBy(deploymentManifest(plan, sampleSite, sampleStart("r1")), patch);
const pods = (spec: Json) => desktop({ spec: { template: { spec } } });
const [plain] = deploymentManifest(plan, sampleSite, sampleStart("r1")).spec?.template.spec?.containers ?? [];
const container = (patch: Json) => merged(JSON.parse(JSON.stringify(plain ?? null)) as Json, patch);
/** With this volume only, and mounted. */
const volume = (source: Json) =>
  pods({
    volumes: [merged({ name: "v" }, source)],
    containers: [container({ volumeMounts: [{ name: "v", mountPath: "/v" }] })],
  });
const wall = (patch: Json) => changedBy(networkPolicyManifest(plan, sampleSite), patch);
const front = (patch: Json) => changedBy(serviceManifest(plan, sampleSite), patch);
const secret = (metadata: Json, more: Json = {}) =>
  changedBy(
    { apiVersion: "v1", kind: "Secret" },
    merged({ metadata: { namespace }, stringData: { a: "b" } }, merged({ metadata }, more)),
  );
const configMap = (own: string, labels: Json = {}) =>
  changedBy(
    { apiVersion: "v1", kind: "ConfigMap" },
    { metadata: { name: own, namespace, labels }, data: { image: "x" } },
  );

/** What it may not make, each a change of a desktop that it may make. */
const make: [what: string, object: KubernetesObject][] = [
  ["a pod of the host's network", pods({ hostNetwork: true })],
  ["a pod among the host's processes", pods({ hostPID: true })],
  ["a pod with the host's IPC", pods({ hostIPC: true })],
  ["a pod with another service account", pods({ serviceAccountName: "guacamole-workspaces" })],
  ["a pod with a service account's token", pods({ automountServiceAccountToken: true })],
  ["a pod with the host's disk", volume({ hostPath: { path: "/" } })],
  ["a pod with a Secret as files", volume({ secret: { secretName: "token" } })],
  ["a pod with a person's record as files", volume({ configMap: { name: "desktop-request-x" } })],
  [
    "a pod with a token in a projected volume",
    volume({ projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }),
  ],
  [
    "a container that may gain privileges",
    pods({ containers: [container({ securityContext: { allowPrivilegeEscalation: true } })] }),
  ],
  [
    "a container with a capability",
    pods({ containers: [container({ securityContext: { capabilities: { add: ["NET_ADMIN"] } } })] }),
  ],
  [
    "a container that keeps capabilities",
    pods({ containers: [container({ securityContext: { capabilities: null } })] }),
  ],
  ["a pod without seccomp", pods({ securityContext: { seccompProfile: null } })],
  [
    "a container without seccomp",
    pods({ containers: [container({ securityContext: { seccompProfile: { type: "Unconfined" } } })] }),
  ],
  [
    "a container with a port of the host",
    pods({ containers: [container({ ports: [{ containerPort: 1, hostPort: 1 }] })] }),
  ],
  ["a second container", pods({ containers: [container({}), { name: "more", image: "x" }] })],
  ["an init container", pods({ initContainers: [{ name: "before", image: "x" }] })],
  ["a pod that is guacd, by its label", desktop({ spec: { template: { metadata: { labels: { app: "guacd" } } } } })],
  [
    "a pod with a second network",
    desktop({ spec: { template: { metadata: { annotations: { "k8s.v1.cni.cncf.io/networks": "x" } } } } }),
  ],
  ["a pod on a node of its choice", pods({ nodeName: "control-plane" })],
  ["a pod that others make way for", pods({ priorityClassName: "system-node-critical" })],
  ["a pod with another runtime", pods({ runtimeClassName: "x" })],
  [
    "a pod with kernel settings",
    pods({ securityContext: { sysctls: [{ name: "kernel.shm_rmid_forced", value: "0" }] } }),
  ],
  ["a pod without AppArmor", pods({ securityContext: { appArmorProfile: { type: "Unconfined" } } })],
  ...(["livenessProbe", "readinessProbe", "startupProbe"] as const).flatMap((probe): [string, KubernetesObject][] => [
    [
      `a ${probe} by which the node asks the cloud for its tokens`,
      pods({
        containers: [
          container({ [probe]: { tcpSocket: null, httpGet: { host: "169.254.169.254", path: "/", port: 80 } } }),
        ],
      }),
    ],
    [
      `a ${probe} by which the node connects elsewhere`,
      pods({ containers: [container({ [probe]: { tcpSocket: { host: "192.0.2.1" } } })] }),
    ],
  ]),
  [
    "a hook by which the node asks the cloud for its tokens",
    pods({
      containers: [
        container({ lifecycle: { postStart: { httpGet: { host: "169.254.169.254", path: "/", port: 80 } } } }),
      ],
    }),
  ],
  ["two pods", desktop({ spec: { replicas: 2 } })],
  ["a Deployment with another name", desktop({ metadata: { name: "guacd" } })],
  ["a Deployment without our label", desktop({ metadata: { labels: { "xlscsde.nhs.uk/managedBy": null } } })],
  ["a Deployment that is somebody's", desktop({ metadata: { labels: { "xlscsde.nhs.uk/managedBy": "helm" } } })],
  ["a NetworkPolicy of all pods", wall({ spec: { podSelector: { matchLabels: null } } })],
  ["a NetworkPolicy of guacd", wall({ spec: { podSelector: { matchLabels: { app: "guacd" } } } })],
  ["a NetworkPolicy that leaves egress open", wall({ spec: { policyTypes: ["Ingress"], egress: null } })],
  ["a NetworkPolicy with another name", wall({ metadata: { name: "open-everything" } })],
  ["a Service for the whole world", front({ spec: { type: "LoadBalancer", clusterIP: null } })],
  ["a Service with an address of somebody", front({ spec: { clusterIP: null, externalIPs: ["192.0.2.1"] } })],
  ["a Service in place of guacd's pods", front({ spec: { selector: { app: "guacd" } } })],
  ["a Service with another name", front({ metadata: { name: "postgres" } })],
  ["a Secret with another name", secret({ name: "registry", labels: ours })],
  ["a Secret without our label", secret({ name: service })],
  [
    "a token of a service account",
    secret(
      { name: service, labels: ours, annotations: { "kubernetes.io/service-account.name": "default" } },
      { type: "kubernetes.io/service-account-token" },
    ),
  ],
  ["a policy of workspaces", configMap("my-policy", { "xlscsde.nhs.uk/purpose": "desktop-policy" })],
  ["a ConfigMap of somebody", configMap("anything")],
  [
    "a record that is offered to desktops",
    configMap(`desktop-request-${name}`, {
      "xlscsde.nhs.uk/purpose": "desktop-request",
      "xlscsde.nhs.uk/offered-to": "desktops",
    }),
  ],
  ["a record without its label", configMap(`desktop-request-${name}`)],
];

const unlabelled = { "xlscsde.nhs.uk/purpose": null, "xlscsde.nhs.uk/managedBy": null };

/** Objects of others; the last ones have names like a desktop's. */
const others: KubernetesObject[] = [
  secret({ name: "database-owner" }),
  configMap("their-policy", { "xlscsde.nhs.uk/purpose": "desktop-policy" }),
  wall({ metadata: { name: "theirs", labels: unlabelled } }),
  front({ metadata: { name: "guacd", labels: unlabelled } }),
  desktop({ metadata: { name: "guacd", labels: unlabelled }, spec: { replicas: 0 } }),
  changedBy(
    { apiVersion: "v1", kind: "Pod" },
    {
      metadata: { name: "guacd-1", namespace, labels: { app: "guacd" } },
      spec: { containers: [{ name: "guacd", image: "guacd" }] },
    },
  ),
  secret({ name: `client-${"0".repeat(32)}` }),
  configMap(`desktop-request-${"0".repeat(32)}`),
  desktop({ metadata: { name: "0".repeat(32), labels: unlabelled }, spec: { replicas: 0 } }),
];

it("docs/security.md lists what it may not make", async () => {
  const text = await readFile(new URL("../../docs/security.md", import.meta.url), "utf8");
  const [, section = ""] = /### The product's Kubernetes account\n(.*?)\n###/s.exec(text) ?? [];
  const listed = [...section.matchAll(/^ {2}- (.+)$/gm)].map(([, what]) => what);
  expect(listed).toEqual(make.map(([what]) => what));
});

/** What docs/security.md says of a stolen token of the product's account: each line is tried on a real API server. */
describeOnControlPlane("a stolen token of the product's account", () => {
  let prepared: Prepared;
  let thief: KubernetesObjectApi;
  let admin: KubernetesObjectApi;
  const [none] = [undefined];

  beforeAll(async () => {
    prepared = await prepare();
    thief = KubernetesObjectApi.makeApiClient(prepared.plane.as(prepared.token));
    admin = KubernetesObjectApi.makeApiClient(prepared.plane.admin);
    for (const object of others) await admin.create(object);
  }, prepareMilliseconds);
  afterAll(() => prepared.close());

  const refusal = (words = "ValidatingAdmissionPolicy 'guacamole-workspaces'") =>
    expect.stringContaining(words) as string;
  const versionOf = async (object: KubernetesObject) =>
    (await admin.read(object as Parameters<typeof admin.read>[0])).metadata?.resourceVersion;
  const tryToMake = (object: KubernetesObject) => thief.create(object, none, "All");

  it("can make a desktop: only what is wrong with the attempts below makes them fail", async () => {
    for (const object of [secretManifest(plan, sampleSite, "r1", "Abcdefg8"), wall({}), front({}), desktop({})])
      await tryToMake(object);
  });

  it.each(make)("cannot make %s", async (_what, object) => {
    await expect(tryToMake(object)).rejects.toMatchObject({ code: 422, body: refusal() });
  });

  const named = (object: KubernetesObject) => `${object.kind} ${object.metadata?.name}`;

  it.each(others.map((object) => [named(object), object] as const))(
    "cannot delete the %s of others",
    async (_, object) => {
      const before = await versionOf(object);
      await expect(thief.delete(object)).rejects.toMatchObject({ body: refusal() });
      expect(await versionOf(object)).toBe(before);
    },
  );

  it.each(
    others
      .filter(({ kind }) => kind !== "Pod" && kind !== "ConfigMap")
      .map((object) => [named(object), object] as const),
  )("cannot make the %s of others its own", async (_, object) => {
    const before = await versionOf(object);
    const taken = changedBy(object, { metadata: { labels: ours } });
    const attempt = thief.patch(taken, none, none, "thief", true, PatchStrategy.ServerSideApply);
    await expect(attempt).rejects.toMatchObject({ body: refusal() });
    expect(await versionOf(object)).toBe(before);
  });

  it.each(
    others.filter(({ kind }) => kind === "ConfigMap").map((object) => [object.metadata?.name ?? "", object] as const),
  )("cannot make the ConfigMap %s of others a person's record", async (_, object) => {
    const found = await admin.read(object as Parameters<typeof admin.read>[0]);
    const taken = changedBy(found, { metadata: { labels: { "xlscsde.nhs.uk/purpose": "desktop-request" } } });
    await expect(thief.replace(taken)).rejects.toMatchObject({ body: refusal() });
  });

  it.each<[string, Json]>([
    ["workspace", { workspace: "cancer-registry" }],
    ["person", { username: "mallory" }],
    ["last day", { expires: "2199-12-31" }],
    ["rules on claims", { claims: [{ name: "groups", operator: "IN", value: "x" }] }],
  ])("cannot change a binding's %s", async (_what, spec) => {
    const kind = { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" };
    const binding = changedBy(kind, { metadata: { name: "asthma-cohort-alice", namespace }, spec });
    const attempt = thief.patch(binding, none, none, none, none, PatchStrategy.MergePatch);
    await expect(attempt).rejects.toMatchObject({ body: refusal("only its replicas, annotations and status") });
  });

  it.each<[string, Json]>([
    [
      "an owner that does not exist, so that it is deleted",
      { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "x", uid: "x" }] },
    ],
    ["a finalizer, so that nobody can delete it", { finalizers: ["example.org/kept"] }],
    ["another person's label", { labels: { "xlscsde.nhs.uk/username": "mallory" } }],
  ])("cannot give a binding %s", async (_what, metadata) => {
    const kind = { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" };
    const binding = changedBy(kind, merged({ metadata: { name: "asthma-cohort-alice", namespace } }, { metadata }));
    const attempt = thief.patch(binding, none, none, none, none, PatchStrategy.MergePatch);
    await expect(attempt).rejects.toMatchObject({ body: refusal("only its replicas, annotations and status") });
  });

  it("can read the Secrets of the namespace, which is why desktops have one of their own", async () => {
    const of = { apiVersion: "v1", kind: "Secret", metadata: { name: "database-owner", namespace } };
    expect(await thief.read(of)).toHaveProperty("data");
  });

  it("can run any image as a desktop, with any Secret of the namespace as its environment", async () => {
    const envFrom = [{ secretRef: { name: "database-owner" } }];
    await tryToMake(pods({ containers: [container({ image: "evil.example/x", envFrom })] }));
  });

  it("can open a desktop to anywhere by the desktop's own NetworkPolicy", async () => {
    await tryToMake(wall({ spec: { egress: [{}] } }));
  });

  it("can write people's records, and so ask for desktops that bindings allow, and end others", async () => {
    await tryToMake(configMap(`desktop-request-${name}`, { "xlscsde.nhs.uk/purpose": "desktop-request" }));
  });

  it("can end desktops, and the pods of desktops", async () => {
    await admin.create(desktop({ spec: { replicas: 0 } }));
    await thief.delete(desktop({}));
  });

  it("could make other pods without the policy", async () => {
    const binding = { apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingAdmissionPolicyBinding" };
    await admin.delete({ ...binding, metadata: { name: "guacamole-workspaces" } });
    const attempt = () => tryToMake(pods({ hostNetwork: true })).then(() => "made", String);
    await expect.poll(attempt, { timeout: 60_000, interval: 200 }).toBe("made");
  });

  it("makes no pod but a desktop's in a namespace for desktops alone: Pod Security refuses it", async () => {
    const [own] = await manifests("base/namespace");
    await admin.create(own as KubernetesObject);
    const pod = (spec: Json) =>
      changedBy(
        { apiVersion: "v1", kind: "Pod" },
        {
          metadata: { name: "desktop", namespace: "desktops" },
          spec: merged(
            JSON.parse(
              JSON.stringify(deploymentManifest(plan, sampleSite, sampleStart("r1")).spec?.template.spec),
            ) as Json,
            spec,
          ),
        },
      );
    // The account for pods is made a moment after its namespace.
    const make = (spec: Json) => admin.create(pod(spec), none, "All").then(() => "made", String);
    await expect.poll(() => make({}), { timeout: 60_000, interval: 200 }).toBe("made");
    expect(await make({ hostNetwork: true })).toContain("violates PodSecurity");
    expect(await make({ securityContext: { runAsNonRoot: false } })).toContain("violates PodSecurity");
  });
});
