import { isDeepStrictEqual } from "node:util";
import { blocking } from "./wait-ready.ts";
import {
  CoreV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1Deployment,
  type V1Secret,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { customResources } from "../../local/custom-resources.ts";
import { changeDnsServers, samplePlan, sampleRules, sampleSite, sampleStart } from "../../test/sample-plan.ts";
import { diffOf } from "../../test/server-side-diff.ts";
import { untilDecided } from "../../test/until-decided.ts";
import { type Cluster, clusterOf } from "./cluster.ts";
import { type ProductError } from "../errors.ts";
import { RefusedByCluster } from "./cluster-faults.ts";
import { type ClusterDesktops, desktopsIn } from "./desktops.ts";
import { reallyMissing } from "./wait-ready.ts";

let server: LocalCluster;
let config: KubeConfig;
let cluster: Cluster;
let desktops: ClusterDesktops;
let objects: KubernetesObjectApi;
let count = 0;
let plan = samplePlan();

const namespace = "guacamole";
const secretOf = () =>
  cluster.read<V1Secret>({ apiVersion: "v1", kind: "Secret", metadata: { name: plan.names.secret, namespace } });
const deploymentOf = () =>
  cluster.read<V1Deployment>({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: plan.names.deployment, namespace },
  });

beforeAll(async () => {
  server = await startLocalCluster({
    customResources,
    store: ":memory:",
    podDelays: { scheduledAfterMs: 1, runningAfterMs: 2, readyAfterMs: 3, goneAfterMs: 1 },
  });
  config = new KubeConfig();
  config.loadFromString(server.kubeconfig);
  objects = KubernetesObjectApi.makeApiClient(config);
  await config.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name: namespace } } });
  cluster = clusterOf(config);
  desktops = desktopsIn(cluster, sampleSite, sampleRules);
});
afterAll(() => server.close());
beforeEach(() => {
  count += 1;
  plan = samplePlan({ username: `person-${count}` });
});

async function bringUp(): Promise<void> {
  await desktops.createCredential(plan, "r1");
  await desktops.applyNetworkPolicy(plan);
  await desktops.applyService(plan);
  await desktops.createDeployment(plan, sampleStart("r1"));
  expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
}

describe("a Deployment", () => {
  it.each([
    [4, null],
    [5, /others keep changing it/],
  ])("is applied again although it was written %i times between look and deed", async (writes, fault) => {
    await desktops.createDeployment(plan, sampleStart("r1"), true);
    let written = 0;
    const busy = Object.assign(Object.create(cluster) as Cluster, {
      // As the controllers write its status: that is a new version, too.
      async takeOver(object: KubernetesObject) {
        written += 1;
        const metadata = { name: plan.names.deployment, namespace };
        const note = { "example.org/written": `${written}` };
        if (written <= writes)
          await cluster.mergeSpec({ apiVersion: "apps/v1", kind: "Deployment", metadata }, {}, note);
        return cluster.takeOver(object);
      },
    });
    const applied = desktopsIn(busy, sampleSite, sampleRules)
      .createDeployment(plan, sampleStart("r1"))
      .catch((error: unknown) => (error as ProductError).message);
    if (fault) expect(await applied).toMatch(fault);
    else expect(await applied).toBeNull();
  });
});

describe("a credential", () => {
  it("has 8 letters and digits, and is not made twice for one request", async () => {
    await desktops.createCredential(plan, "r1");
    const first = await desktops.readCredential(plan);
    expect(first).toMatch(/^[A-Za-z0-9]{8}$/);
    await desktops.createCredential(plan, "r1");
    expect(await desktops.readCredential(plan)).toBe(first);
  });

  it("is another for the next request", async () => {
    await desktops.createCredential(plan, "r1");
    const first = await desktops.readCredential(plan);
    await desktops.createCredential(plan, "r2");
    expect(await desktops.readCredential(plan)).not.toBe(first);
  });

  describe("belongs to its pod", () => {
    const isOfPod = async () => (await desktops.lookAtCredential(plan, "r1"))?.isOfPod;
    const secret = () => ({ apiVersion: "v1", kind: "Secret", metadata: { name: plan.names.secret, namespace } });
    beforeEach(() => desktops.createCredential(plan, "r1"));

    it("unless it was made for another start, or somebody changed it", async () => {
      expect(await isOfPod()).toBe(true);
      expect((await desktops.lookAtCredential(plan, "r2"))?.isOfPod).toBe(false);
      const changed = { ...secret(), data: { password: "Y2hhbmdlZCE=" } };
      await objects.patch(changed, undefined, undefined, "kubectl-edit", undefined, PatchStrategy.MergePatch);
      expect(await isOfPod()).toBe(false);
    });

    it("also if a backup was restored, in which nothing says who wrote it", async () => {
      const found = await secretOf();
      const { labels = {}, annotations = {} } = found?.metadata ?? {};
      await objects.delete(secret());
      const restored = {
        ...secret(),
        metadata: { name: plan.names.secret, namespace, labels, annotations },
        data: found?.data ?? {},
      };
      await objects.create(restored, undefined, undefined, "velero-server");
      expect(await isOfPod()).toBe(true);
    });

    it("also if a tool cleared the record of who wrote it", async () => {
      const found = await secretOf();
      await objects.replace(
        Object.assign({}, found, { metadata: Object.assign({}, found?.metadata, { managedFields: [{}] }) }),
      );
      expect((await secretOf())?.metadata?.managedFields ?? []).toEqual([]);
      expect(await isOfPod()).toBe(true);
    });
  });

  it("that is not there is an error that says what to do", async () => {
    await expect(desktops.readCredential(plan)).rejects.toThrow(/it has no password \(ask for the desktop again\)/);
  });
});

describe("every part of a desktop", () => {
  it("can be applied twice without a change", async () => {
    await bringUp();
    // The Deployment's controller goes on reporting in its status.
    const seen = async () => {
      const [secret, deployment] = await Promise.all([secretOf(), deploymentOf()]);
      const { generation, managedFields = [] } = deployment?.metadata ?? {};
      const applied = managedFields.filter(({ operation }) => operation === "Apply");
      return { secret: secret?.metadata?.resourceVersion, generation, applied };
    };
    const before = await seen();
    await desktops.createCredential(plan, "r1");
    await desktops.applyNetworkPolicy(plan);
    await desktops.applyService(plan);
    await desktops.createDeployment(plan, sampleStart("r1"));
    expect(await seen()).toEqual(before);
    expect(before).toMatchObject({ generation: 1, applied: [{ manager: "guacamole-workspaces" }] });
  });

  it("shows no difference to what applying it again would make of it, and shows one where somebody changed it", async () => {
    await bringUp();
    const diff = () => diffOf(config, desktops, plan, sampleSite, sampleStart("r1"));
    for (const { live, applied } of await diff()) expect(applied).toEqual(live);
    await cluster.mergeSpec(
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: plan.names.deployment, namespace } },
      { replicas: 0 },
    );
    expect((await diff()).map(({ live, applied }) => isDeepStrictEqual(live, applied))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it("can be removed twice, or without being there", async () => {
    for (const part of ["deployment", "service", "networkPolicy", "secret"] as const) {
      await desktops.remove(part, plan);
      await desktops.remove(part, plan);
    }
    expect(await desktops.observe(plan)).toEqual({
      secret: false,
      networkPolicy: false,
      service: false,
      deployment: null,
      strangers: [],
    });
  });

  it("is gone after its removal, the pod before the Deployment's removal ends", async () => {
    await bringUp();
    await desktops.remove("deployment", plan);
    const pods = await cluster.list({ apiVersion: "v1", kind: "Pod" }, namespace, {
      labels: `xlscsde.nhs.uk/deployment-name=${plan.names.deployment}`,
    });
    expect(pods).toEqual([]);
    expect(await deploymentOf()).toBeNull();
  });

  it.each([
    ["secret", "Secret", "v1", () => desktops.createCredential(plan, "r1")],
    ["service", "Service", "v1", () => desktops.applyService(plan)],
  ] as const)("of a stranger is never written, removed or scaled: %s", async (part, kind, apiVersion, write) => {
    const name = plan.names[part];
    const spec = kind === "Service" ? { spec: { ports: [{ port: 1 }] } } : {};
    const strange: KubernetesObject = await objects.create({
      apiVersion,
      kind,
      metadata: { name, namespace },
      ...spec,
    });
    expect(await write()).toMatchObject({ refused: "not-ours" });
    await desktops.remove(part, plan);
    const after = await cluster.read({ apiVersion, kind, metadata: { name, namespace } });
    expect(after?.metadata?.resourceVersion).toBe(strange.metadata?.resourceVersion);
  });

  it("of a stranger's Deployment is left alone, its pods too", async () => {
    const labels = { app: "theirs" };
    const theirs = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: plan.names.deployment, namespace },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "example.org/theirs:1" }] } },
      },
    };
    await objects.create(theirs);
    expect(await desktops.createDeployment(plan, sampleStart("r1"))).toMatchObject({ refused: "not-ours" });
    await desktops.scaleToZero(plan);
    await desktops.remove("deployment", plan);
    expect((await deploymentOf())?.spec?.replicas).toBe(1);
  });
});

describe("an object made for another desktop", () => {
  it("is a stranger's, even if a binding's status names it", async () => {
    const alices = samplePlan({ username: `alice-${count}` });
    await desktops.createCredential(alices, "r1");
    await desktops.applyService(alices);
    await desktops.createDeployment(alices, sampleStart("r1"));
    const zoes = { ...plan, names: { ...alices.names, entity: plan.names.entity } };
    const names = [
      `Deployment ${alices.names.deployment}`,
      `Secret ${alices.names.secret}`,
      `Service ${alices.names.service}`,
    ];
    expect(await desktops.observe(zoes)).toMatchObject({ secret: false, deployment: null, strangers: names });
    expect(await desktops.createDeployment(zoes, sampleStart("r2"))).toMatchObject({ refused: "not-ours" });
    await expect(desktops.readCredential(zoes)).rejects.toThrow("it has no password");
    await desktops.scaleToZero(zoes);
    await desktops.remove("secret", zoes);
    expect(await desktops.observe(alices)).toMatchObject({ secret: true, deployment: { replicas: 1 }, strangers: [] });
  });
});

describe("an object that the cluster refuses", () => {
  const refused = (message: string) => {
    const apply = () => Promise.reject(new RefusedByCluster(403, "step-failed", `apply Secret s: 403 ${message}`));
    return desktopsIn({ ...cluster, apply }, sampleSite, sampleRules).createCredential(plan, "r1");
  };

  it("ends the start at once", async () => {
    expect(await refused('secrets "s" is forbidden: exceeded quota: small')).toMatchObject({ refused: "cannot-start" });
  });

  it("is tried again if the cluster could only not find out", async () => {
    await expect(
      refused('secrets "s" is forbidden: status unknown for quota: small, resources: secrets'),
    ).rejects.toThrow("status unknown for quota");
  });
});

describe("an object that is still being deleted", () => {
  it("counts as gone, and is not written to", async () => {
    await desktops.createCredential(plan, "r1");
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: plan.names.secret, namespace } };
    const merge = (metadata: object) =>
      objects.patch(
        { ...secret, metadata: { ...secret.metadata, ...metadata } },
        undefined,
        undefined,
        "test",
        undefined,
        PatchStrategy.MergePatch,
      );
    await merge({ finalizers: ["example.org/slow"] });
    await objects.delete(secret);
    expect(await desktops.observe(plan)).toMatchObject({ secret: false, strangers: [] });
    await expect(desktops.createCredential(plan, "r2")).rejects.toThrow("still being deleted");
    await merge({ finalizers: null });
    expect(await desktops.createCredential(plan, "r2")).toBeNull();
  });
});

describe("scaling to zero", () => {
  it("keeps everything but the pod, and the next start takes it back from there", async () => {
    await bringUp();
    await desktops.scaleToZero(plan);
    expect(await desktops.observe(plan)).toMatchObject({
      secret: true,
      service: true,
      deployment: { replicas: 0 },
    });
    await desktops.createDeployment(plan, sampleStart("r2"));
    expect((await deploymentOf())?.spec?.replicas).toBe(1);
  });
  it("of nothing is no error", async () => {
    await desktops.scaleToZero(plan);
  });
});

describe("the wait for readiness", () => {
  it.each([
    ["image-pull", /^(?:ErrImagePull|ImagePullBackOff): .*: not found$/],
    ["crash-loop", /^the container crashed (?:[3-9]|\d{2,}) times, last with exit code 1 \(Error\)$/],
    ["quota", /exceeded quota/],
    ["unschedulable", /^no node accepted the pod for 0 s: 0\/\d+ nodes/],
  ] as const)("ends early for %s, with the cluster's own words", async (fault, words) => {
    plan = samplePlan({ username: `person-${count}`, unschedulableGraceSeconds: 0 });
    server.setFault({ namespace, deployment: plan.names.deployment }, fault);
    await desktops.createCredential(plan, "r1");
    await desktops.applyService(plan);
    await desktops.createDeployment(plan, sampleStart("r1"));
    expect(await untilDecided(desktops, plan)).toMatchObject({
      refused: "cannot-start",
      reason: expect.stringMatching(words) as string,
    });
  });

  it("ends early for a Secret that nobody has, and not for one that only the kubelet does not see", async () => {
    server.setFault({ namespace, deployment: plan.names.deployment }, "secret-not-seen");
    await desktops.createCredential(plan, "r1");
    await desktops.applyService(plan);
    await desktops.createDeployment(plan, sampleStart("r1"));
    const said = `CreateContainerConfigError: secret "${plan.names.secret}" not found`;
    await expect.poll(() => desktops.waitReady(plan, blocking)).toEqual({ seen: "waiting", message: said });
    await desktops.remove("secret", plan);
    expect(await untilDecided(desktops, plan)).toEqual({
      refused: "cannot-start",
      reason: `${said} (Secret ${plan.names.secret} does not exist)`,
    });
  });

  it("ends early for a key that the API does not have either", async () => {
    const missing = { kind: "ConfigMap" as const, name: `settings-${count}`, key: "URL" };
    const data = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: missing.name, namespace } };
    expect(await reallyMissing(cluster, namespace, [missing])).toEqual([missing]);
    await objects.create({ ...data, data: { OTHER: "x" } } as KubernetesObject);
    expect(await reallyMissing(cluster, namespace, [missing])).toEqual([missing]);
    await objects.replace({ ...data, binaryData: { URL: "eA==" } } as KubernetesObject);
    expect(await reallyMissing(cluster, namespace, [missing])).toEqual([]);
  });
});

describe("the list of a person's desktops", () => {
  it("holds theirs and nobody else's, with names, workspace and wanted replicas", async () => {
    await desktops.createDeployment(plan, sampleStart("r1"));
    await desktops.createDeployment(samplePlan({ username: `other-${count}` }), sampleStart("r1"));
    expect(await desktops.findOfPerson(plan.username)).toEqual([
      {
        workspace: "cohort-a",
        username: plan.username,
        names: plan.names,
        binding: "cohort-a-alice",
        replicas: 1,
      },
    ]);
  });
});

it("a changed setting for DNS reaches desktops that are there, as drift of their network policy", async () => {
  expect(await changeDnsServers(cluster, plan)).toEqual([["network-policy"], []]);
});
