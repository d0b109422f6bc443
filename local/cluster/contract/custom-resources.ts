import { PatchStrategy } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import {
  as,
  bindingNamed,
  customGroup,
  refusalOf,
  workspaceNamed,
  type Clients,
  type CustomObject,
} from "./clients.ts";

/** The two custom resources: their validation, defaults, status and scale. */
export function customResourcesContract(cluster: () => Clients): void {
  const placeOf = (kind: string): { group: string; version: string; namespace: string; plural: string } => ({
    ...customGroup,
    namespace: cluster().namespace,
    plural: `${kind.toLowerCase()}s`,
  });
  const create = async (body: CustomObject): Promise<CustomObject> =>
    (await cluster().custom.createNamespacedCustomObject({ ...placeOf(body.kind), body })) as CustomObject;
  const bindings = (
    name: string,
  ): { group: string; version: string; namespace: string; plural: string; name: string } => ({
    ...placeOf("AnalyticsWorkspaceBinding"),
    name,
  });

  describe("custom resources", () => {
    it("a binding starts with 0 replicas, and a status that is sent with it is dropped", async () => {
      const made = await create({ ...bindingNamed("fresh"), status: { statusText: "READY" } });
      expect(made.spec["replicas"]).toBe(0);
      expect(made.status).toBeUndefined();
      expect(made.metadata.generation).toBe(1);
    });

    it("unknown fields are dropped", async () => {
      expect((await create(bindingNamed("pruned", { surprise: 1 }))).spec).not.toHaveProperty("surprise");
    });

    it.each<[string, CustomObject, string[]]>([
      ["a binding without a workspace", bindingNamed("bad", { workspace: undefined }), ["spec.workspace"]],
      ["a binding without an end", bindingNamed("bad", { expires: undefined }), ["spec.expires"]],
      ["a binding whose end is not a date", bindingNamed("bad", { expires: "2026-13-01" }), ["spec.expires"]],
      ["a binding for nobody", bindingNamed("bad", { username: undefined }), ["spec", "spec.username"]],
      [
        "a claim with an unknown operator",
        bindingNamed("bad", { claims: [{ name: "a", operator: "LIKE", value: "b" }] }),
        ["spec.claims[0].operator"],
      ],
      ["a workspace without a display name", workspaceNamed("bad", { displayName: undefined }), ["spec.displayName"]],
      [
        "a workspace without dates",
        workspaceNamed("bad", { validity: {} }),
        ["spec.validity.availableFrom", "spec.validity.expires"],
      ],
      [
        "a workspace with an invalid image",
        workspaceNamed("bad", { jupyterWorkspace: { image: "Bad Image" } }),
        ["spec.jupyterWorkspace.image"],
      ],
      [
        "a workspace of neither type",
        workspaceNamed("bad", { jupyterWorkspace: undefined }),
        ["spec", "spec.jupyterWorkspace"],
      ],
    ])("%s is Invalid", async (_what, body, fields) => {
      const refused = await refusalOf(create(body));
      expect(refused).toMatchObject({ code: 422, reason: "Invalid" });
      // A real server (1.37.2) names <nil> as the field of a fault in the whole spec.
      expect(refused.fields.map((field) => field.replace("<nil>", "spec")).sort()).toEqual(fields);
    });

    it("a workspace for virtual machines may have its number of hosts as a number or text", async () => {
      const spec = { jupyterWorkspace: undefined, virtualMachineWorkspace: { maxHosts: "many" } };
      expect((await create(workspaceNamed("machines", spec))).spec["virtualMachineWorkspace"]).toEqual({
        maxHosts: "many",
      });
    });

    it("status and spec are written separately", async () => {
      const { custom } = cluster();
      await create(bindingNamed("apart"));
      const early = { ...bindings("apart"), body: { status: { statusText: "ACTIVE" } } };
      const ignored = (await custom.patchNamespacedCustomObject(early, as(PatchStrategy.MergePatch))) as CustomObject;
      expect(ignored.status).toBeUndefined();
      const body = { status: { statusText: "READY", replicas: 1 }, spec: { replicas: 7 } };
      const afterStatus: unknown = await custom.patchNamespacedCustomObjectStatus(
        { ...bindings("apart"), body },
        as(PatchStrategy.MergePatch),
      );
      expect(afterStatus).toMatchObject({ status: body.status, spec: { replicas: 0 }, metadata: { generation: 1 } });
      const other = { status: { statusText: "ACTIVE" }, spec: { replicas: 1 } };
      const afterSpec: unknown = await custom.patchNamespacedCustomObject(
        { ...bindings("apart"), body: other },
        as(PatchStrategy.MergePatch),
      );
      expect(afterSpec).toMatchObject({ status: body.status, spec: { replicas: 1 }, metadata: { generation: 2 } });
    });

    it("a workspace's status is Waiting by default", async () => {
      const { custom } = cluster();
      await create(workspaceNamed("waiting"));
      const at = { ...placeOf("AnalyticsWorkspace"), name: "waiting" };
      const body = { status: { persistentVolumeClaim: "home" } };
      const after: unknown = await custom.patchNamespacedCustomObjectStatus(
        { ...at, body },
        as(PatchStrategy.MergePatch),
      );
      expect(after).toMatchObject({ status: { statusText: "Waiting", persistentVolumeClaim: "home" } });
    });

    it("scale sets a binding's replicas", async () => {
      const { custom } = cluster();
      await create(bindingNamed("scaled"));
      const body = { spec: { replicas: 1 } };
      await custom.patchNamespacedCustomObjectScale({ ...bindings("scaled"), body }, as(PatchStrategy.MergePatch));
      expect(await custom.getNamespacedCustomObjectScale(bindings("scaled"))).toMatchObject({
        kind: "Scale",
        spec: { replicas: 1 },
      });
      expect(await custom.getNamespacedCustomObject(bindings("scaled"))).toMatchObject({
        spec: { replicas: 1 },
        metadata: { generation: 2 },
      });
    });

    it("a workspace has no scale", async () => {
      const { custom } = cluster();
      await create(workspaceNamed("unscaled"));
      const at = { ...placeOf("AnalyticsWorkspace"), name: "unscaled" };
      expect((await refusalOf(custom.getNamespacedCustomObjectScale(at))).code).toBe(404);
    });

    it("a replace must name the version that it replaces", async () => {
      const { custom } = cluster();
      const made = await create(bindingNamed("versioned"));
      const refused = await refusalOf(
        custom.replaceNamespacedCustomObject({ ...bindings("versioned"), body: bindingNamed("versioned") }),
      );
      expect(refused).toMatchObject({ code: 422, fields: ["metadata.resourceVersion"] });
      const body = { ...made, spec: { ...made.spec, comments: "hello" } };
      expect(await custom.replaceNamespacedCustomObject({ ...bindings("versioned"), body })).toMatchObject({
        spec: { comments: "hello" },
      });
      expect(await refusalOf(custom.replaceNamespacedCustomObject({ ...bindings("versioned"), body }))).toMatchObject({
        code: 409,
        reason: "Conflict",
      });
    });

    it("strategic merge patches are for built-in kinds only", async () => {
      const { custom } = cluster();
      await create(bindingNamed("plain"));
      const patch = { ...bindings("plain"), body: { spec: { replicas: 1 } } };
      expect(
        (await refusalOf(custom.patchNamespacedCustomObject(patch, as(PatchStrategy.StrategicMergePatch)))).code,
      ).toBe(415);
    });

    it("server-side apply works, separately for the status", async () => {
      const { custom } = cluster();
      const at = { ...bindings("applied"), fieldManager: "us" };
      const created = (await custom.patchNamespacedCustomObject(
        { ...at, body: bindingNamed("applied") },
        as(PatchStrategy.ServerSideApply),
      )) as CustomObject;
      expect(created.spec["replicas"]).toBe(0);
      const { apiVersion, kind, metadata } = bindingNamed("applied");
      const status = { apiVersion, kind, metadata, status: { statusText: "READY" } };
      const after = (await custom.patchNamespacedCustomObjectStatus(
        { ...at, body: status },
        as(PatchStrategy.ServerSideApply),
      )) as CustomObject;
      expect(after).toMatchObject({ status: { statusText: "READY" }, spec: { username: "ada" } });
    });
  });
}
