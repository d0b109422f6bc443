import { makeInformer, PatchStrategy, type V1ConfigMap } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { as, refusalOf, watchUntil, type Clients } from "./clients.ts";

/** Lists, their selectors and pages, and the watches that continue from them. */
export function listsAndWatchesContract(cluster: () => Clients): void {
  const create = (name: string, labels: Record<string, string> = {}): Promise<V1ConfigMap> => {
    const { core, namespace } = cluster();
    return core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels } } });
  };
  const relabel = (name: string, labels: Record<string, string | null>): Promise<V1ConfigMap> => {
    const { core, namespace } = cluster();
    return core.patchNamespacedConfigMap(
      { name, namespace, body: { metadata: { labels } } },
      as(PatchStrategy.MergePatch),
    );
  };
  const path = (): string => `/api/v1/namespaces/${cluster().namespace}/configmaps`;
  const nameOf = (event: { object: V1ConfigMap }): string => event.object.metadata?.name ?? "";

  describe("lists", () => {
    it("events are selected by the uid of their object", async () => {
      const { core, namespace } = cluster();
      for (const uid of ["one", "two"]) {
        const involvedObject = { apiVersion: "v1", kind: "Pod", name: "pod", namespace, uid };
        const body = { metadata: { name: `about-${uid}` }, involvedObject, reason: "Pulling", message: uid };
        await core.createNamespacedEvent({ namespace, body });
      }
      const { items } = await core.listNamespacedEvent({ namespace, fieldSelector: "involvedObject.uid=two" });
      expect(items.map(({ message }) => message)).toEqual(["two"]);
    });

    it("are ordered by name and selected by labels, by equality and by sets", async () => {
      const { core, namespace } = cluster();
      await create("pick-b", { suite: "pick", colour: "blue" });
      await create("pick-c", { suite: "pick" });
      await create("pick-a", { suite: "pick", colour: "red" });
      const names = async (labelSelector: string): Promise<(string | undefined)[]> =>
        (await core.listNamespacedConfigMap({ namespace, labelSelector })).items.map((item) => item.metadata?.name);
      expect(await names("suite=pick")).toEqual(["pick-a", "pick-b", "pick-c"]);
      expect(await names("suite==pick,colour!=red")).toEqual(["pick-b", "pick-c"]);
      expect(await names("suite=pick,colour in (red, green)")).toEqual(["pick-a"]);
      expect(await names("suite=pick,colour notin (red)")).toEqual(["pick-b", "pick-c"]);
      expect(await names("suite=pick,colour")).toEqual(["pick-a", "pick-b"]);
      expect(await names("suite=pick,!colour")).toEqual(["pick-c"]);
    });

    it("can be filtered by name, and refuse an unsupported field", async () => {
      const { core, namespace } = cluster();
      await create("by-field");
      const found = await core.listNamespacedConfigMap({ namespace, fieldSelector: "metadata.name=by-field" });
      expect(found.items).toHaveLength(1);
      expect((await refusalOf(core.listNamespacedConfigMap({ namespace, fieldSelector: "data.a=b" }))).code).toBe(400);
    });

    it("an invalid selector is a BadRequest", async () => {
      const { core, namespace } = cluster();
      expect((await refusalOf(core.listNamespacedConfigMap({ namespace, labelSelector: "a in" }))).code).toBe(400);
    });

    it("have pages that together are the whole list, with one resourceVersion", async () => {
      const { core, namespace } = cluster();
      for (const name of ["page-1", "page-2", "page-3"]) await create(name, { suite: "page" });
      const query = { namespace, labelSelector: "suite=page", limit: 2 };
      const first = await core.listNamespacedConfigMap(query);
      await create("between-pages");
      const second = await core.listNamespacedConfigMap({ ...query, _continue: first.metadata?._continue ?? "" });
      expect([...first.items, ...second.items].map((item) => item.metadata?.name)).toEqual([
        "page-1",
        "page-2",
        "page-3",
      ]);
      expect(second.metadata?._continue ?? "").toBe("");
      expect(second.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
    });

    it("an invalid continue token is a BadRequest", async () => {
      const { core, namespace } = cluster();
      expect((await refusalOf(core.listNamespacedConfigMap({ namespace, limit: 1, _continue: "abc" }))).code).toBe(400);
    });

    it("of all namespaces contain objects of each", async () => {
      const { core, namespace } = cluster();
      await create("everywhere", { suite: "everywhere" });
      const all = await core.listConfigMapForAllNamespaces({ labelSelector: "suite=everywhere" });
      expect(all.items.map((item) => item.metadata?.namespace)).toEqual([namespace]);
    });
  });

  describe("watches", () => {
    it("from a list's resourceVersion see every later change once, in order", async () => {
      const { core, namespace } = cluster();
      const { metadata } = await core.listNamespacedConfigMap({ namespace });
      await create("seen", { suite: "seen" });
      await relabel("seen", { step: "2" });
      await core.deleteNamespacedConfigMap({ name: "seen", namespace });
      const query = { resourceVersion: metadata?.resourceVersion ?? "", labelSelector: "suite=seen" };
      const events = await watchUntil<V1ConfigMap>(cluster(), path(), query, ({ type }) => type === "DELETED");
      expect(events.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
      const versions = events.map(({ object }) => Number(object.metadata?.resourceVersion));
      expect(versions).toEqual([...versions].sort((one, other) => one - other));
      expect(new Set(versions).size).toBe(3);
    });

    it("without a resourceVersion begin with the existing objects", async () => {
      await create("there-1", { suite: "there" });
      await create("there-2", { suite: "there" });
      const events = await watchUntil<V1ConfigMap>(
        cluster(),
        path(),
        { labelSelector: "suite=there" },
        (_, seen) => seen.length === 2,
      );
      expect(events.map((event) => `${event.type} ${nameOf(event)}`).sort()).toEqual([
        "ADDED there-1",
        "ADDED there-2",
      ]);
    });

    it("report an object that leaves the selection as deleted and one that enters it as added", async () => {
      const { metadata } = await create("moving", { suite: "moving" });
      const query = { resourceVersion: metadata?.resourceVersion ?? "", labelSelector: "suite=moving" };
      await relabel("moving", { suite: null });
      await relabel("moving", { suite: "moving" });
      const events = await watchUntil<V1ConfigMap>(cluster(), path(), query, (_, seen) => seen.length === 2);
      expect(events.map(({ type }) => type)).toEqual(["DELETED", "ADDED"]);
    });

    it("of one name show only that name", async () => {
      const { metadata } = await create("only-before");
      const query = { resourceVersion: metadata?.resourceVersion ?? "", fieldSelector: "metadata.name=only-me" };
      await create("only-other");
      await create("only-me");
      const [first] = await watchUntil<V1ConfigMap>(cluster(), path(), query, () => true);
      expect(first?.object.metadata?.name).toBe("only-me");
    });

    it("keep the client's informer up to date", async () => {
      const { config, core, namespace } = cluster();
      const list = (): Promise<{ items: V1ConfigMap[] }> =>
        core.listNamespacedConfigMap({ namespace, labelSelector: "suite=informed" });
      const informer = makeInformer<V1ConfigMap>(config, path(), list, "suite=informed");
      const added = new Promise<string>((resolve) => {
        informer.on("add", (object) => {
          resolve(object.metadata?.name ?? "");
        });
      });
      const deleted = new Promise<string>((resolve) => {
        informer.on("delete", (object) => {
          resolve(object.metadata?.name ?? "");
        });
      });
      await informer.start();
      await create("informed", { suite: "informed" });
      expect(await added).toBe("informed");
      await core.deleteNamespacedConfigMap({ name: "informed", namespace });
      expect(await deleted).toBe("informed");
      await informer.stop();
    });
  });
}
