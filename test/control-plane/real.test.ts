import {
  AuthenticationV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  type KubernetesObject,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  type V1PolicyRule,
  type V1SelfSubjectAccessReviewSpec,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeClusterContract } from "@stand-in/cluster/contract";
import { personId } from "../../shared/desktop/names.ts";
import type { DesktopPlan } from "../../shared/desktop/plan.ts";
import { clusterOf } from "../../shared/kubernetes/cluster.ts";
import { type ClusterDesktops, desktopsIn } from "../../shared/kubernetes/desktops.ts";
import { finish } from "../../shared/person/finish.ts";
import { personRecordsIn } from "../../shared/kubernetes/person-records.ts";
import { workspacesIn } from "../../shared/kubernetes/workspaces.ts";
import { changeDnsServers, samplePlan, sampleRules, sampleSite, sampleStart } from "../sample-plan.ts";
import { diffOf } from "../server-side-diff.ts";
import { untilDecided } from "../until-decided.ts";
import { describeOnControlPlane } from "./available.ts";
import type { ControlPlane } from "./control-plane.ts";
import { movedManifests } from "./custom-resources.ts";
import { playKubelet } from "./kubelet.ts";
import { namespace, prepare, prepareMilliseconds, type Prepared } from "./prepared.ts";

const access = await movedManifests("base/access");

interface Role extends KubernetesObject {
  rules: V1PolicyRule[];
}
const roles = access.filter(({ kind }) => kind === "Role") as Role[];
/** Every single permission in the manifest. */
const rights = roles.flatMap(({ metadata, rules }) =>
  rules.flatMap(({ apiGroups = [""], resources = [""], verbs }) =>
    verbs.map((verb) => ({
      role: metadata?.name ?? "",
      group: apiGroups[0] ?? "",
      resource: resources[0] ?? "",
      verb,
    })),
  ),
);

/** What the product does with a cluster, on a real control plane. */
describeOnControlPlane("on a real control plane", () => {
  let prepared: Prepared;
  beforeAll(async () => {
    prepared = await prepare();
  }, prepareMilliseconds);
  afterAll(() => prepared.close());

  describe("as the product's service account", () => {
    describeAccount(() => prepared);
  });

  describeClusterContract("what the product relies on", async (contractNamespace) => {
    const { admin: config } = prepared.plane;
    const stopKubelet = await playKubelet(config, contractNamespace);
    return {
      config,
      close: () => {
        stopKubelet();
        return Promise.resolve();
      },
    };
  });
});

/** The account of infra/kubernetes/base/access.yaml may do what the product needs, and no more. */
function describeAccount(prepared: () => Prepared): void {
  let desktops: ClusterDesktops;
  let plane: ControlPlane;
  let token: string;
  let count = 0;

  beforeAll(() => {
    ({ plane, token } = prepared());
    desktops = desktopsIn(clusterOf(plane.as(token)), sampleSite, sampleRules);
  });

  /** Makes every call that the product makes to a cluster, for a new person. */
  async function wholeLife(): Promise<void> {
    count += 1;
    const cluster = clusterOf(plane.as(token));
    // What the last life watched was allowed then.
    desktops.close();
    desktops = desktopsIn(cluster, sampleSite, sampleRules);
    const plan = samplePlan({ username: `person-${count}` });
    const workspaces = workspacesIn(cluster, namespace);
    const requests = personRecordsIn(cluster, namespace);
    const at = "2026-01-01T00:00:00.000Z";
    const person = personId(plan.username);
    const request = { id: `r${count}`, username: plan.username, workspace: "w", requestedAt: at, claims: {} };

    const following = requests.follow(() => undefined);
    await following.live().finally(() => {
      following.close();
    });
    await requests.update(person, () => ({ request, outcomes: {} }));
    await requests.update(person, (record) => record && finish(record, request.id, { state: "done", at, message: "" }));
    expect((await requests.all()).records.map((record) => record.request.id)).toContain(request.id);
    expect(await requests.remove(person, () => true)).toBe(true);
    expect((await workspaces.known()).bindings.map(({ name }) => name)).toContain("asthma-cohort-alice");
    expect(await workspaces.workspace("asthma-cohort")).toMatchObject({ name: "asthma-cohort" });
    // Without this, following how bindings are scaled reads all of them each time.
    const bindings = { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" };
    const path = `/apis/${bindings.apiVersion}/namespaces/${namespace}/analyticsworkspacebindings`;
    const version = await cluster.versionOf(bindings, namespace);
    expect(await cluster.changesSince({ path }, version)).toMatchObject({ changes: [] });
    const before = await workspaces.bindingState("asthma-cohort-alice");
    await workspaces.recordBinding("asthma-cohort-alice", 1, { statusText: "ACTIVE", replicas: 1 });
    expect(await workspaces.bindingState("asthma-cohort-alice")).toMatchObject({
      replicas: 1,
      status: { statusText: "ACTIVE" },
    });
    await workspaces.recordBinding("asthma-cohort-alice", before?.replicas ?? 0, before?.status ?? null);

    expect(await desktops.createCredential(plan, "r1")).toBeNull();
    expect(await desktops.applyNetworkPolicy(plan)).toBeNull();
    expect(await desktops.applyService(plan)).toBeNull();
    expect(await desktops.createDeployment(plan, sampleStart("r1"))).toBeNull();
    expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
    expect(await desktops.readCredential(plan)).toHaveLength(8);
    expect(await desktops.createDeployment(plan, sampleStart("r1"))).toBeNull();
    await evict(plan);
    expect(await desktops.createDeployment(plan, sampleStart("r2"))).toBeNull();
    expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
    expect(await desktops.findOfPerson(plan.username)).toHaveLength(1);
    const [parts] = await desktops.networkParts(plan.username);
    expect(desktops.networkDrift(plan, parts)).toEqual([]);
    await desktops.scaleToZero(plan);
    expect(await desktops.observe(plan)).toMatchObject({ deployment: { replicas: 0 } });
    for (const part of ["deployment", "service", "networkPolicy", "secret"] as const) await desktops.remove(part, plan);
    expect(await desktops.observe(plan)).toEqual({
      secret: false,
      networkPolicy: false,
      service: false,
      deployment: null,
      strangers: [],
    });
  }

  /** Ends the desktop's pod, as a node does that runs out of memory. */
  async function evict({ names }: DesktopPlan): Promise<void> {
    const core = plane.admin.makeApiClient(CoreV1Api);
    const labelSelector = `xlscsde.nhs.uk/deployment-name=${names.deployment}`;
    const [pod] = (await core.listNamespacedPod({ namespace, labelSelector })).items;
    const body = { status: { phase: "Failed", reason: "Evicted" } };
    const asMergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
    await core.patchNamespacedPodStatus({ namespace, name: pod?.metadata?.name ?? "", body }, asMergePatch);
  }

  async function isAllowed(spec: V1SelfSubjectAccessReviewSpec): Promise<boolean | undefined> {
    const api = plane.as(token).makeApiClient(AuthorizationV1Api);
    return (await api.createSelfSubjectAccessReview({ body: { spec } })).status?.allowed;
  }

  it("it is authenticated as that account", async () => {
    const review = { spec: { token } };
    const reply = await plane.admin.makeApiClient(AuthenticationV1Api).createTokenReview({ body: review });
    expect(reply.status?.user?.username).toBe("system:serviceaccount:guacamole:guacamole-workspaces");
  });

  it("it can do everything that the product does", wholeLife);

  it("it may open every kind of DNS server, and a changed setting reaches desktops that are there", async () => {
    const plan = samplePlan({ username: "resolver" });
    const cluster = clusterOf(plane.as(token));
    expect(await changeDnsServers(cluster, plan)).toEqual([["network-policy"], []]);
    for (const part of ["service", "networkPolicy"] as const) await desktops.remove(part, plan);
  });

  it("a second activation changes nothing, as kubectl diff would show", async () => {
    const plan = samplePlan({ username: "twice" });
    await desktops.createCredential(plan, "r1");
    await desktops.applyNetworkPolicy(plan);
    await desktops.applyService(plan);
    await desktops.createDeployment(plan, sampleStart("r1"));
    expect(await untilDecided(desktops, plan)).toMatchObject({ seen: "ready" });
    const differences = await diffOf(plane.admin, desktops, plan, sampleSite, sampleStart("r1"));
    expect(differences).toHaveLength(4);
    for (const { live, applied } of differences) expect(applied).toEqual(live);
  });

  it("it cannot do its work without API discovery, which every account may read", async () => {
    const rbac = plane.admin.makeApiClient(RbacAuthorizationV1Api);
    const name = "system:discovery";
    const { roleRef, subjects = [] } = await rbac.readClusterRoleBinding({ name });
    expect(subjects).toEqual([{ kind: "Group", name: "system:authenticated", apiGroup: "rbac.authorization.k8s.io" }]);
    const nonResourceAttributes = { path: "/apis/apps/v1", verb: "get" };
    const until = (allowed: boolean) =>
      expect.poll(() => isAllowed({ nonResourceAttributes }), { timeout: 60_000, interval: 50 }).toBe(allowed);
    await rbac.deleteClusterRoleBinding({ name });
    try {
      await until(false);
      await expect(wholeLife()).rejects.toThrow("the product's role does not allow it");
    } finally {
      await rbac.createClusterRoleBinding({ body: { metadata: { name }, roleRef, subjects } });
      await until(true);
    }
  });

  it.each(rights)("it cannot do its work without $verb on $resource", async ({ role, group, resource, verb }) => {
    const rbac = plane.admin.makeApiClient(RbacAuthorizationV1Api);
    const whole = roles.find(({ metadata }) => metadata?.name === role);
    const rules = (whole?.rules ?? []).map((rule) =>
      rule.resources?.[0] === resource && rule.apiGroups?.[0] === group
        ? { ...rule, verbs: rule.verbs.filter((other) => other !== verb) }
        : rule,
    );
    const set = async (to: V1PolicyRule[], allowed: boolean) => {
      const current = await rbac.readNamespacedRole({ namespace, name: role });
      await rbac.replaceNamespacedRole({
        namespace,
        name: role,
        body: { ...current, rules: to.filter(({ verbs }) => verbs.length > 0) },
      });
      const [name = "", subresource] = resource.split("/");
      const resourceAttributes = { namespace, verb, group, resource: name, ...(subresource && { subresource }) };
      const ask = () => isAllowed({ resourceAttributes });
      // The authorizer learns of a change through its own watch.
      await expect.poll(ask, { timeout: 60_000, interval: 50 }).toBe(allowed);
    };
    await set(rules, false);
    try {
      await expect(wholeLife()).rejects.toThrow("the product's role does not allow it");
    } finally {
      await set(whole?.rules ?? [], true);
    }
  });
}
