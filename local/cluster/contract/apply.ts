import { PatchStrategy, type V1ConfigMap, type V1Deployment } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { as, deploymentNamed, refusalOf, type Clients } from "./clients.ts";

/** Server-side apply, on which every step of the saga relies. */
export function applyContract(cluster: () => Clients): void {
  const apply = (
    name: string,
    data: Record<string, string>,
    fieldManager: string,
    force = false,
  ): Promise<V1ConfigMap> => {
    const { core, namespace } = cluster();
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
    return core.patchNamespacedConfigMap(
      { name, namespace, body, fieldManager, force },
      as(PatchStrategy.ServerSideApply),
    );
  };
  const applyDeployment = (body: V1Deployment, fieldManager: string, force = false): Promise<V1Deployment> => {
    const { apps, namespace } = cluster();
    const name = body.metadata?.name ?? "";
    return apps.patchNamespacedDeployment(
      { name, namespace, body, fieldManager, force },
      as(PatchStrategy.ServerSideApply),
    );
  };

  describe("server-side apply", () => {
    it("creates a missing object and owns exactly what it applied", async () => {
      const { metadata, data } = await apply("created", { a: "1" }, "us");
      expect(data).toEqual({ a: "1" });
      expect(metadata?.managedFields).toMatchObject([
        { manager: "us", operation: "Apply", apiVersion: "v1", fieldsV1: { "f:data": { "f:a": {} } } },
      ]);
    });

    it("of the same configuration changes nothing, not even the resourceVersion", async () => {
      const first = await apply("applied-twice", { a: "1" }, "us");
      const second = await apply("applied-twice", { a: "1" }, "us");
      expect(second.metadata).toEqual(first.metadata);
    });

    it("of the same Deployment changes nothing, including defaults", async () => {
      const body = deploymentNamed("applied-twice", { paused: true });
      await applyDeployment(body, "us");
      const before = await applyDeployment({ ...body, metadata: { name: "applied-twice", labels: { a: "b" } } }, "us");
      const after = await applyDeployment({ ...body, metadata: { name: "applied-twice", labels: { a: "b" } } }, "us");
      expect(after.metadata?.generation).toBe(before.metadata?.generation);
      expect(after.spec).toEqual(before.spec);
    });

    it("removes what this manager applied before and now omits", async () => {
      await apply("dropped", { a: "1", b: "2" }, "us");
      expect((await apply("dropped", { a: "1" }, "us")).data).toEqual({ a: "1" });
    });

    it("keeps what another manager also owns", async () => {
      await apply("co-owned", { a: "1", b: "2" }, "us");
      await apply("co-owned", { b: "2" }, "them");
      expect((await apply("co-owned", { a: "1" }, "us")).data).toEqual({ a: "1", b: "2" });
    });

    it("keeps what somebody else wrote without apply", async () => {
      const { core, namespace } = cluster();
      await apply("added-to", { a: "1" }, "us");
      const patch = { name: "added-to", namespace, body: { data: { theirs: "x" } }, fieldManager: "them" };
      await core.patchNamespacedConfigMap(patch, as(PatchStrategy.MergePatch));
      expect((await apply("added-to", { a: "2" }, "us")).data).toEqual({ a: "2", theirs: "x" });
    });

    it("refuses to change another manager's value, and names the manager and the field", async () => {
      await apply("disputed", { a: "1" }, "them");
      const refused = await refusalOf(apply("disputed", { a: "2" }, "us"));
      expect(refused).toMatchObject({ code: 409, reason: "Conflict", fields: [".data.a"] });
      expect(refused.message).toBe('Apply failed with 1 conflict: conflict with "them": .data.a');
    });

    it("respects that a value written without apply belongs to its writer", async () => {
      const { core, namespace } = cluster();
      await apply("overwritten", { a: "1" }, "us");
      const patch = { name: "overwritten", namespace, body: { data: { a: "2" } }, fieldManager: "them" };
      await core.patchNamespacedConfigMap(patch, as(PatchStrategy.MergePatch));
      const { metadata } = await core.readNamespacedConfigMap({ name: "overwritten", namespace });
      expect(metadata?.managedFields?.map((entry) => entry.manager)).toEqual(["them"]);
      const refused = await refusalOf(apply("overwritten", { a: "3" }, "us"));
      expect(refused).toMatchObject({ code: 409, fields: [".data.a"] });
      expect(refused.message).toContain('"them" using v1');
    });

    it("of the same value is not a conflict and makes both managers its owners", async () => {
      await apply("agreed", { a: "1" }, "them");
      const { metadata } = await apply("agreed", { a: "1" }, "us");
      expect(metadata?.managedFields?.map((entry) => entry.manager).sort()).toEqual(["them", "us"]);
    });

    it("with force takes the field over from its former owner", async () => {
      await apply("seized", { a: "1" }, "them");
      const { metadata, data } = await apply("seized", { a: "2" }, "us", true);
      expect(data).toEqual({ a: "2" });
      expect(metadata?.managedFields?.map((entry) => entry.manager)).toEqual(["us"]);
    });

    it("needs a field manager", async () => {
      expect(await refusalOf(apply("nameless", {}, ""))).toMatchObject({ code: 422, fields: ["fieldManager"] });
    });

    it("refuses an unknown field", async () => {
      const { core, namespace } = cluster();
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "odd" }, dta: { a: "1" } };
      const patch = { name: "odd", namespace, body, fieldManager: "us" };
      const refused = await refusalOf(core.patchNamespacedConfigMap(patch, as(PatchStrategy.ServerSideApply)));
      expect(refused.message).toContain(".dta: field not declared in schema");
    });

    it("identifies containers, ports and variables by their keys", async () => {
      const port = { containerPort: 5900 };
      const container = { name: "desktop", image: "example.org/desktop:1", ports: [port] };
      const withEnv = (env: { name: string; value: string }[]): V1Deployment => {
        const template = { metadata: { labels: { app: "keyed" } }, spec: { containers: [{ ...container, env }] } };
        return deploymentNamed("keyed", { template });
      };
      const both = [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ];
      await applyDeployment(withEnv(both), "us");
      const after = await applyDeployment(withEnv([{ name: "B", value: "3" }]), "us");
      expect(after.spec?.template.spec?.containers[0]?.env).toEqual([{ name: "B", value: "3" }]);
      const own = after.metadata?.managedFields?.find((entry) => entry.operation === "Apply");
      const fields = JSON.stringify(own?.fieldsV1);
      expect(fields).toContain(
        JSON.stringify({
          [String.raw`k:{"containerPort":5900,"protocol":"TCP"}`]: { ".": {}, "f:containerPort": {} },
        }).slice(1, -1),
      );
    });

    it("keeps the variables that somebody else added to our container", async () => {
      const { apps, namespace } = cluster();
      const name = "extended";
      await applyDeployment(deploymentNamed(name), "us");
      const containers = [{ name: "desktop", env: [{ name: "THEIRS", value: "1" }] }];
      const patch = { name, namespace, body: { spec: { template: { spec: { containers } } } }, fieldManager: "them" };
      await apps.patchNamespacedDeployment(patch, as(PatchStrategy.StrategicMergePatch));
      const template = {
        metadata: { labels: { app: name } },
        spec: {
          containers: [{ name: "desktop", image: "example.org/desktop:1", env: [{ name: "OURS", value: "2" }] }],
        },
      };
      const after = await applyDeployment(deploymentNamed(name, { template }), "us");
      const names = after.spec?.template.spec?.containers[0]?.env?.map((each) => each.name);
      expect(names?.sort()).toEqual(["OURS", "THEIRS"]);
    });

    it("removes a container that its only owner omits, with all its defaults", async () => {
      const containers = (names: string[]): V1Deployment =>
        deploymentNamed("shrunk", {
          template: {
            metadata: { labels: { app: "shrunk" } },
            spec: { containers: names.map((name) => ({ name, image: `example.org/${name}:1` })) },
          },
        });
      await applyDeployment(containers(["desktop", "recorder"]), "us");
      const after = await applyDeployment(containers(["desktop"]), "us");
      expect(after.spec?.template.spec?.containers.map((container) => container.name)).toEqual(["desktop"]);
    });

    it("keeps replicas that somebody else patched if they are omitted; other replicas are a conflict", async () => {
      const { apps, namespace } = cluster();
      const name = "contended";
      await applyDeployment(deploymentNamed(name, { paused: true }), "us");
      const patch = { name, namespace, body: { spec: { replicas: 2 } }, fieldManager: "scaler" };
      await apps.patchNamespacedDeployment(patch, as(PatchStrategy.MergePatch));
      const refused = await refusalOf(applyDeployment(deploymentNamed(name, { paused: true, replicas: 1 }), "us"));
      expect(refused).toMatchObject({ code: 409, fields: [".spec.replicas"] });
      expect(refused.message).toContain('"scaler"');
      const forced = await applyDeployment(deploymentNamed(name, { paused: true, replicas: 1 }), "us", true);
      expect(forced.spec?.replicas).toBe(1);
    });

    it("by a manager that an update named as owner removes what it omits", async () => {
      const { core, namespace } = cluster();
      const name = "handed-over";
      const body = { metadata: { name }, data: { a: "1", theirs: "x" } };
      await core.createNamespacedConfigMap({ namespace, body, fieldManager: "them" });
      const { metadata } = await core.readNamespacedConfigMap({ name, namespace });
      const managedFields = metadata?.managedFields ?? [];
      for (const entry of managedFields) Object.assign(entry, { manager: "us", operation: "Apply" });
      const patch = { name, namespace, body: { metadata: { managedFields } }, fieldManager: "anybody" };
      const handed = await core.patchNamespacedConfigMap(patch, as(PatchStrategy.MergePatch));
      expect(handed.metadata?.managedFields).toMatchObject([{ manager: "us", operation: "Apply" }]);
      const after = await apply(name, { a: "2" }, "us");
      expect(after.data).toEqual({ a: "2" });
      expect(after.metadata?.managedFields?.map((entry) => entry.manager)).toEqual(["us"]);
    });
  });
}
