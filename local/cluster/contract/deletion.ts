import { PatchStrategy, type V1ConfigMap, type V1Namespace, type V1ReplicaSet } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { as, clientsOf, deploymentNamed, refusalOf, watchUntil, type Clients } from "./clients.ts";

/** Deletion: preconditions, owners and dependents, finalizers, namespaces. */
export function deletionContract(cluster: () => Clients): void {
  const create = (name: string, metadata: V1ConfigMap["metadata"] = {}): Promise<V1ConfigMap> => {
    const { core, namespace } = cluster();
    return core.createNamespacedConfigMap({ namespace, body: { metadata: { name, ...metadata } } });
  };
  const ownedBy = (owner: V1ConfigMap): V1ConfigMap["metadata"] => ({
    ownerReferences: [
      { apiVersion: "v1", kind: "ConfigMap", name: owner.metadata?.name ?? "", uid: owner.metadata?.uid ?? "" },
    ],
  });
  const configMaps = (): string => `/api/v1/namespaces/${cluster().namespace}/configmaps`;
  const isDeleted = ({ type }: { type: string }): boolean => type === "DELETED";
  /** Returns a running Deployment's set once its controller has created it. */
  const setOf = async (name: string): Promise<V1ReplicaSet> => {
    const { namespace } = cluster();
    const path = `/apis/apps/v1/namespaces/${namespace}/replicasets`;
    const events = await watchUntil<V1ReplicaSet>(
      cluster(),
      path,
      { labelSelector: `app=${name}` },
      ({ type }) => type === "ADDED",
    );
    const set = events.at(-1)?.object;
    if (set === undefined) throw new Error("no ReplicaSet was seen");
    return set;
  };

  describe("deletion", () => {
    it("is refused if the uid or resourceVersion of its precondition differs", async () => {
      const { core, namespace } = cluster();
      const { metadata } = await create("guarded");
      const remove = (preconditions: object): Promise<unknown> =>
        core.deleteNamespacedConfigMap({ name: "guarded", namespace, body: { preconditions } });
      expect(await refusalOf(remove({ uid: "somebody-else" }))).toMatchObject({ code: 409, reason: "Conflict" });
      expect(await refusalOf(remove({ resourceVersion: "1" }))).toMatchObject({ code: 409, reason: "Conflict" });
      await remove({ uid: metadata?.uid, resourceVersion: metadata?.resourceVersion });
      expect(await refusalOf(core.readNamespacedConfigMap({ name: "guarded", namespace }))).toMatchObject({
        code: 404,
      });
    });

    it("answers with a Success that names what was deleted", async () => {
      const { core, namespace } = cluster();
      const { metadata } = await create("named");
      const status = await core.deleteNamespacedConfigMap({ name: "named", namespace });
      expect(status).toMatchObject({
        status: "Success",
        details: { name: "named", kind: "configmaps", uid: metadata?.uid },
      });
    });

    it("in a dry run deletes nothing", async () => {
      const { core, namespace } = cluster();
      await create("spared");
      await core.deleteNamespacedConfigMap({ name: "spared", namespace, dryRun: "All" });
      expect((await core.readNamespacedConfigMap({ name: "spared", namespace })).metadata?.name).toBe("spared");
    });

    it("of a collection deletes exactly what the selector matches", async () => {
      const { core, namespace } = cluster();
      await create("doomed-1", { labels: { fate: "doomed" } });
      await create("doomed-2", { labels: { fate: "doomed" } });
      await create("survivor", { labels: { fate: "spared" } });
      await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: "fate=doomed" });
      const left = await core.listNamespacedConfigMap({ namespace, labelSelector: "fate" });
      expect(left.items.map((item) => item.metadata?.name)).toEqual(["survivor"]);
    });

    it("with an unknown propagation policy is Invalid", async () => {
      const { core, namespace } = cluster();
      await create("policy");
      const call = core.deleteNamespacedConfigMap({ name: "policy", namespace, propagationPolicy: "Sideways" });
      expect(await refusalOf(call)).toMatchObject({ code: 422, fields: ["propagationPolicy"] });
    });

    it("waits for finalizers: the object is marked, and removed with the last one", async () => {
      const { core, namespace } = cluster();
      await create("held", { finalizers: ["example.org/hold"] });
      await core.deleteNamespacedConfigMap({ name: "held", namespace });
      const marked = await core.readNamespacedConfigMap({ name: "held", namespace });
      expect(marked.metadata?.deletionTimestamp).toBeInstanceOf(Date);
      const body = { metadata: { finalizers: null } };
      await core.patchNamespacedConfigMap({ name: "held", namespace, body }, as(PatchStrategy.MergePatch));
      expect(await refusalOf(core.readNamespacedConfigMap({ name: "held", namespace }))).toMatchObject({ code: 404 });
    });

    it("of an owner deletes its dependents", async () => {
      const { core, namespace } = cluster();
      const owner = await create("owner");
      const { metadata } = await create("dependent", ownedBy(owner));
      await core.deleteNamespacedConfigMap({ name: "owner", namespace });
      const query = { fieldSelector: "metadata.name=dependent", resourceVersion: metadata?.resourceVersion ?? "" };
      await watchUntil<V1ConfigMap>(cluster(), configMaps(), query, isDeleted);
    });

    it("with Orphan leaves the dependents without the owner", async () => {
      const { core, namespace } = cluster();
      const owner = await create("parent");
      const { metadata } = await create("orphan", ownedBy(owner));
      await core.deleteNamespacedConfigMap({ name: "parent", namespace, propagationPolicy: "Orphan" });
      const query = { fieldSelector: "metadata.name=orphan", resourceVersion: metadata?.resourceVersion ?? "" };
      const freed = await watchUntil<V1ConfigMap>(
        cluster(),
        configMaps(),
        query,
        ({ object }) => (object.metadata?.ownerReferences ?? []).length === 0,
      );
      expect(freed.at(-1)?.type).not.toBe("DELETED");
    });

    it("with Foreground keeps a Deployment until its ReplicaSet is gone", async () => {
      const { apps, namespace } = cluster();
      const name = "foreground";
      await apps.createNamespacedDeployment({ namespace, body: deploymentNamed(name) });
      const set = await setOf(name);
      await apps.deleteNamespacedDeployment({ name, namespace, propagationPolicy: "Foreground" });
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
      const query = { fieldSelector: `metadata.name=${name}`, resourceVersion: set.metadata?.resourceVersion ?? "" };
      const events = await watchUntil<V1ReplicaSet>(cluster(), path, query, isDeleted);
      const marked = events.find(({ object }) => object.metadata?.deletionTimestamp !== undefined);
      expect(marked?.object.metadata?.finalizers).toContain("foregroundDeletion");
      const left = await apps.listNamespacedReplicaSet({ namespace, labelSelector: `app=${name}` });
      expect(left.items).toEqual([]);
    });

    it("of a namespace empties it first, and allows no new objects in the meantime", async () => {
      const { core, config } = cluster();
      const name = `${cluster().namespace}-short`;
      const { metadata } = await core.createNamespace({ body: { metadata: { name } } });
      const inside = clientsOf(config, name);
      const body = { metadata: { name: "inside", finalizers: ["example.org/hold"] } };
      await inside.core.createNamespacedConfigMap({ namespace: name, body });
      await core.deleteNamespace({ name });
      const refused = await refusalOf(
        inside.core.createNamespacedConfigMap({ namespace: name, body: { metadata: { name: "late" } } }),
      );
      expect(refused).toMatchObject({ code: 403, reason: "Forbidden" });
      await watchUntil<V1ConfigMap>(
        inside,
        `/api/v1/namespaces/${name}/configmaps`,
        {},
        ({ object }) => object.metadata?.deletionTimestamp !== undefined,
      );
      const release = { name: "inside", namespace: name, body: { metadata: { finalizers: null } } };
      await inside.core.patchNamespacedConfigMap(release, as(PatchStrategy.MergePatch));
      const query = { fieldSelector: `metadata.name=${name}`, resourceVersion: metadata?.resourceVersion ?? "" };
      await watchUntil<V1Namespace>(cluster(), "/api/v1/namespaces", query, isDeleted);
    });
  });
}
