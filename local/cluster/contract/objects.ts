import { describe, expect, it } from "vitest";
import { as, deploymentNamed, refusalOf, type Clients } from "./clients.ts";

/** Creating, reading and replacing: the rules of all kinds, and of the built-in kinds that we use. */
export function objectsContract(cluster: () => Clients): void {
  describe("objects", () => {
    it("a created object gets a uid, a creation time and a resourceVersion", async () => {
      const { core, namespace } = cluster();
      const { metadata } = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "first" } } });
      expect(metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(metadata?.creationTimestamp).toBeInstanceOf(Date);
      expect(Number(metadata?.resourceVersion)).toBeGreaterThan(0);
    });

    it("a second object of the same name is refused with AlreadyExists, whatever its contents", async () => {
      const { core, namespace } = cluster();
      await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "once" } } });
      const again = core.createNamespacedConfigMap({
        namespace,
        body: { metadata: { name: "once" }, data: { a: "b" } },
      });
      expect(await refusalOf(again)).toMatchObject({
        code: 409,
        reason: "AlreadyExists",
        message: 'configmaps "once" already exists',
      });
    });

    it("an account that may do everything is told so by an access review, which is not kept", async () => {
      const { objects, namespace } = cluster();
      const resourceAttributes = { namespace, group: "apps", resource: "deployments", verb: "create" };
      const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        metadata: {},
        spec: { resourceAttributes },
      };
      expect(await objects.create(review)).toMatchObject({ spec: { resourceAttributes }, status: { allowed: true } });
    });

    it("a missing object is NotFound for get, replace, patch and delete", async () => {
      const { apps, namespace } = cluster();
      const name = "nobody";
      const gone = { code: 404, reason: "NotFound", message: 'deployments.apps "nobody" not found' };
      expect(await refusalOf(apps.readNamespacedDeployment({ name, namespace }))).toMatchObject(gone);
      expect(
        await refusalOf(apps.replaceNamespacedDeployment({ name, namespace, body: deploymentNamed(name) })),
      ).toMatchObject(gone);
      const body = { metadata: { labels: { a: "b" } } };
      const patch = apps.patchNamespacedDeployment({ name, namespace, body }, as("application/merge-patch+json"));
      expect(await refusalOf(patch)).toMatchObject(gone);
      expect(await refusalOf(apps.deleteNamespacedDeployment({ name, namespace }))).toMatchObject(gone);
    });

    it("nothing can be created in a missing namespace, but its lists are empty", async () => {
      const { core } = cluster();
      const namespace = "no-such-namespace";
      const refused = await refusalOf(core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "a" } } }));
      expect(refused).toMatchObject({ code: 404, message: 'namespaces "no-such-namespace" not found' });
      expect((await core.listNamespacedConfigMap({ namespace })).items).toEqual([]);
    });

    it("generateName is completed to a name, a different one each time", async () => {
      const { core, namespace } = cluster();
      const body = { metadata: { generateName: "many-" } };
      const one = await core.createNamespacedConfigMap({ namespace, body });
      const other = await core.createNamespacedConfigMap({ namespace, body });
      expect(one.metadata?.name).toMatch(/^many-[a-z0-9]{5}$/);
      expect(other.metadata?.name).not.toBe(one.metadata?.name);
    });

    it("a dry run has the same answer and stores nothing", async () => {
      const { core, namespace } = cluster();
      const body = { metadata: { name: "dry" } };
      const answered = await core.createNamespacedConfigMap({ namespace, body, dryRun: "All" });
      expect(answered.metadata?.uid).toBeDefined();
      expect(await refusalOf(core.readNamespacedConfigMap({ name: "dry", namespace }))).toMatchObject({ code: 404 });
    });

    it("a replace that names an older resourceVersion is refused with Conflict", async () => {
      const { core, namespace } = cluster();
      const first = await core.createNamespacedConfigMap({
        namespace,
        body: { metadata: { name: "raced" }, data: { n: "1" } },
      });
      await core.replaceNamespacedConfigMap({ name: "raced", namespace, body: { ...first, data: { n: "2" } } });
      const late = core.replaceNamespacedConfigMap({ name: "raced", namespace, body: { ...first, data: { n: "3" } } });
      expect(await refusalOf(late)).toMatchObject({ code: 409, reason: "Conflict" });
      expect((await core.readNamespacedConfigMap({ name: "raced", namespace })).data).toEqual({ n: "2" });
    });

    it("a replace without a resourceVersion succeeds unconditionally, for built-in kinds", async () => {
      const { core, namespace } = cluster();
      await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "forced" }, data: { n: "1" } } });
      const body = { metadata: { name: "forced" }, data: { n: "2" } };
      expect((await core.replaceNamespacedConfigMap({ name: "forced", namespace, body })).data).toEqual({ n: "2" });
    });

    it("a replace that changes nothing leaves the resourceVersion unchanged", async () => {
      const { core, namespace } = cluster();
      const body = { metadata: { name: "same" }, data: { n: "1" } };
      const first = await core.createNamespacedConfigMap({ namespace, body });
      const again = await core.replaceNamespacedConfigMap({ name: "same", namespace, body: first });
      expect(again.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
    });

    it.each([
      ["name", { name: "Upper_Case" }, "metadata.name"],
      ["label value", { name: "labelled", labels: { a: "b c" } }, "metadata.labels"],
      ["annotation key", { name: "annotated", annotations: { "a b": "c" } }, "metadata.annotations"],
    ])("an invalid %s is Invalid and its field is named", async (_what, metadata, field) => {
      const { core, namespace } = cluster();
      const refused = await refusalOf(core.createNamespacedConfigMap({ namespace, body: { metadata } }));
      expect(refused).toMatchObject({ code: 422, reason: "Invalid", fields: [field] });
    });

    it("stringData of a Secret is stored as base64 in data, and overrides data", async () => {
      const { core, namespace } = cluster();
      const body = {
        metadata: { name: "written" },
        stringData: { password: "s3cret" },
        data: { user: "YWRh", password: "eA==" },
      };
      await core.createNamespacedSecret({ namespace, body });
      const secret = await core.readNamespacedSecret({ name: "written", namespace });
      expect(secret.data).toEqual({ user: "YWRh", password: Buffer.from("s3cret").toString("base64") });
      expect(secret.stringData).toBeUndefined();
      expect(secret.type).toBe("Opaque");
    });

    it("data of a Secret that is not base64 is a BadRequest", async () => {
      const { core, namespace } = cluster();
      const body = { metadata: { name: "garbled" }, data: { password: "not base64!" } };
      expect(await refusalOf(core.createNamespacedSecret({ namespace, body }))).toMatchObject({
        code: 400,
        reason: "BadRequest",
      });
    });

    it("a headless Service stays headless and its ports get defaults", async () => {
      const { core, namespace } = cluster();
      const spec = { clusterIP: "None", selector: { app: "x" }, ports: [{ port: 5900 }] };
      const service = await core.createNamespacedService({ namespace, body: { metadata: { name: "headless" }, spec } });
      expect(service.spec).toMatchObject({
        clusterIP: "None",
        type: "ClusterIP",
        ports: [{ port: 5900, protocol: "TCP", targetPort: 5900 }],
      });
    });

    it("a NetworkPolicy without policyTypes gets those of its rules", async () => {
      const { networking, namespace } = cluster();
      const spec = { podSelector: { matchLabels: { app: "x" } }, egress: [{ ports: [{ port: 53 }] }] };
      const body = { metadata: { name: "outward" }, spec };
      const policy = await networking.createNamespacedNetworkPolicy({ namespace, body });
      expect(policy.spec?.policyTypes).toEqual(["Ingress", "Egress"]);
      expect(policy.spec?.egress?.[0]?.ports?.[0]?.protocol).toBe("TCP");
    });
  });
}
