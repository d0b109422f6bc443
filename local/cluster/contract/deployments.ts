import { PatchStrategy, type V1Deployment } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { as, deploymentNamed, refusalOf, watchUntil, type Clients } from "./clients.ts";

/** How the API handles a Deployment, except for running it. */
export function deploymentsContract(cluster: () => Clients): void {
  const untilObserved = async (name: string): Promise<void> => {
    const path = `/apis/apps/v1/namespaces/${cluster().namespace}/deployments`;
    await watchUntil<V1Deployment>(
      cluster(),
      path,
      { fieldSelector: `metadata.name=${name}` },
      ({ object: { metadata, status } }) => status?.observedGeneration === metadata?.generation,
    );
  };

  describe("deployments", () => {
    it("a Deployment gets the defaults on which its controller relies", async () => {
      const { apps, namespace } = cluster();
      const { replicas, ...rest } = deploymentNamed("defaulted").spec ?? { selector: {}, template: {} };
      expect(replicas).toBe(0);
      const body = { ...deploymentNamed("defaulted"), spec: { ...rest, paused: true } };
      const { spec, metadata } = await apps.createNamespacedDeployment({ namespace, body });
      expect(metadata?.generation).toBe(1);
      expect(spec).toMatchObject({ replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
      expect(spec?.strategy).toEqual({
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
      });
      expect(spec?.template.spec).toMatchObject({
        restartPolicy: "Always",
        dnsPolicy: "ClusterFirst",
        terminationGracePeriodSeconds: 30,
      });
      expect(spec?.template.spec?.containers[0]).toMatchObject({
        imagePullPolicy: "IfNotPresent",
        ports: [{ containerPort: 5900, protocol: "TCP" }],
      });
    });

    it("a change of its annotations counts as a change of its spec, a change of its labels does not", async () => {
      const { apps, namespace } = cluster();
      const name = "annotated";
      await apps.createNamespacedDeployment({ namespace, body: deploymentNamed(name, { paused: true }) });
      const generationAfter = async (metadata: object) => {
        const patch = { name, namespace, body: { metadata } };
        return (await apps.patchNamespacedDeployment(patch, as(PatchStrategy.MergePatch))).metadata?.generation;
      };
      expect(await generationAfter({ labels: { a: "b" } })).toBe(1);
      expect(await generationAfter({ annotations: { a: "b" } })).toBe(2);
    });

    it("a selector that does not match the template's labels is Invalid", async () => {
      const { apps, namespace } = cluster();
      const body = deploymentNamed("mismatched", { selector: { matchLabels: { app: "somebody-else" } } });
      const refused = await refusalOf(apps.createNamespacedDeployment({ namespace, body }));
      expect(refused).toMatchObject({ code: 422, reason: "Invalid", fields: ["spec.template.metadata.labels"] });
      expect(refused.message).toContain("`selector` does not match template `labels`");
    });

    it("the selector cannot be changed", async () => {
      const { apps, namespace } = cluster();
      await apps.createNamespacedDeployment({ namespace, body: deploymentNamed("fixed") });
      const labels = { app: "fixed", tier: "new" };
      const body = { spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } } };
      const refused = await refusalOf(
        apps.patchNamespacedDeployment({ name: "fixed", namespace, body }, as(PatchStrategy.MergePatch)),
      );
      expect(refused).toMatchObject({ code: 422, fields: ["spec.selector"] });
    });

    it("all faults are reported at once", async () => {
      const { apps, namespace } = cluster();
      const template = { metadata: { labels: { app: "wrong" } }, spec: { containers: [{ name: "Bad_Name" }] } };
      const body = deploymentNamed("wrong", { replicas: -1, template });
      const refused = await refusalOf(apps.createNamespacedDeployment({ namespace, body }));
      expect(refused.fields).toEqual([
        "spec.replicas",
        "spec.template.spec.containers[0].name",
        "spec.template.spec.containers[0].image",
      ]);
    });

    it("a value of the wrong type is a BadRequest", async () => {
      const { objects, namespace } = cluster();
      const body = {
        ...deploymentNamed("mistyped"),
        metadata: { name: "mistyped", namespace },
        spec: { replicas: "three" },
      };
      expect(await refusalOf(objects.create(body))).toMatchObject({ code: 400, reason: "BadRequest" });
    });

    it("generation counts changes of the spec, not of labels or status", async () => {
      const { apps, namespace } = cluster();
      const name = "counted";
      await apps.createNamespacedDeployment({ namespace, body: deploymentNamed(name) });
      const patch = (body: object): Promise<number | undefined> =>
        apps
          .patchNamespacedDeployment({ name, namespace, body }, as(PatchStrategy.MergePatch))
          .then((after) => after.metadata?.generation);
      expect(await patch({ metadata: { labels: { a: "b" } } })).toBe(1);
      expect(await patch({ spec: { minReadySeconds: 1 } })).toBe(2);
      expect(await patch({ spec: { minReadySeconds: 1 } })).toBe(2);
    });

    it("a strategic merge patch finds a container by its name and keeps its other fields", async () => {
      const { apps, namespace } = cluster();
      const name = "merged";
      await apps.createNamespacedDeployment({ namespace, body: deploymentNamed(name) });
      const containers = [{ name: "desktop", image: "example.org/desktop:2", env: [{ name: "A", value: "1" }] }];
      const body = { spec: { template: { spec: { containers } } } };
      const after = await apps.patchNamespacedDeployment(
        { name, namespace, body },
        as(PatchStrategy.StrategicMergePatch),
      );
      expect(after.spec?.template.spec?.containers).toMatchObject([
        { image: "example.org/desktop:2", ports: [{ containerPort: 5900 }] },
      ]);
    });

    it("a JSON merge patch replaces the whole list of containers", async () => {
      const { apps, namespace } = cluster();
      const name = "replaced";
      await apps.createNamespacedDeployment({ namespace, body: deploymentNamed(name) });
      const body = { spec: { template: { spec: { containers: [{ name: "other", image: "example.org/other:1" }] } } } };
      const after = await apps.patchNamespacedDeployment({ name, namespace, body }, as(PatchStrategy.MergePatch));
      expect(after.spec?.template.spec?.containers.map((container) => container.name)).toEqual(["other"]);
    });

    it("a JSON patch whose test fails is refused and changes nothing", async () => {
      const { apps, namespace } = cluster();
      const name = "tested";
      await apps.createNamespacedDeployment({ namespace, body: deploymentNamed(name) });
      const body = [
        { op: "replace", path: "/spec/paused", value: true },
        { op: "test", path: "/spec/replicas", value: 7 },
      ];
      const refused = await refusalOf(
        apps.patchNamespacedDeployment({ name, namespace, body }, as(PatchStrategy.JsonPatch)),
      );
      expect(refused.code).toBe(422);
      const after = await apps.readNamespacedDeployment({ name, namespace });
      expect(after.spec?.paused).toBeFalsy();
    });

    it("a patch of an unknown type is UnsupportedMediaType", async () => {
      const { apps, namespace } = cluster();
      await apps.createNamespacedDeployment({ namespace, body: deploymentNamed("untyped") });
      const call = apps.patchNamespacedDeployment({ name: "untyped", namespace, body: {} }, as("application/json"));
      expect((await refusalOf(call)).code).toBe(415);
    });

    it("scale reads and writes the replicas, and a stale scale is refused with Conflict", async () => {
      const { apps, namespace } = cluster();
      const name = "scaled";
      await apps.createNamespacedDeployment({ namespace, body: deploymentNamed(name, { paused: true }) });
      // Until its controller has observed the Deployment, it may write the status and so change the resourceVersion.
      await untilObserved(name);
      const scale = await apps.readNamespacedDeploymentScale({ name, namespace });
      expect(scale.status?.selector).toBe("app=scaled");
      scale.spec = { replicas: 2 };
      const after = await apps.replaceNamespacedDeploymentScale({ name, namespace, body: scale });
      expect(after.spec?.replicas).toBe(2);
      expect((await apps.readNamespacedDeployment({ name, namespace })).spec?.replicas).toBe(2);
      scale.spec = { replicas: 3 };
      const late = apps.replaceNamespacedDeploymentScale({ name, namespace, body: scale });
      expect(await refusalOf(late)).toMatchObject({ code: 409, reason: "Conflict" });
    });

    it("replicas belong to whoever scaled them; if scaled to 0 they have no owner, and an apply can take them", async () => {
      const { apps, namespace } = cluster();
      const at = { name: "scaled-away", namespace };
      const apply = () => {
        const body = deploymentNamed("scaled-away", { paused: true, replicas: 1 });
        return apps.patchNamespacedDeployment({ ...at, body, fieldManager: "us" }, as(PatchStrategy.ServerSideApply));
      };
      const scale = (replicas: number) => {
        const body = { spec: { replicas } };
        return apps.patchNamespacedDeploymentScale({ ...at, body, fieldManager: "them" }, as(PatchStrategy.MergePatch));
      };
      await apply();
      await scale(0);
      expect((await apply()).spec?.replicas).toBe(1);
      await scale(2);
      expect(await refusalOf(apply())).toMatchObject({ code: 409, fields: [".spec.replicas"] });
    });

    it("the status is written through its subresource only, which writes nothing else", async () => {
      const { apps, namespace } = cluster();
      const name = "reported";
      await apps.createNamespacedDeployment({ namespace, body: deploymentNamed(name, { paused: true }) });
      const condition = { type: "Seen", status: "True" };
      const body = { status: { conditions: [condition] }, spec: { minReadySeconds: 9 } };
      const plain = await apps.patchNamespacedDeployment(
        { name, namespace, body: { status: body.status } },
        as(PatchStrategy.StrategicMergePatch),
      );
      expect(plain.status?.conditions?.some((each) => each.type === "Seen") ?? false).toBe(false);
      const after = await apps.patchNamespacedDeploymentStatus(
        { name, namespace, body },
        as(PatchStrategy.StrategicMergePatch),
      );
      expect(after.status?.conditions).toContainEqual(expect.objectContaining(condition));
      expect(after.spec?.minReadySeconds).toBeUndefined();
    });
  });
}
