import type { V1Service, V1ServiceSpec } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import type { EndpointSlice } from "../objects.ts";
import { deploymentNamed, watchUntil, type Clients, type Seen } from "./clients.ts";

/** A Service's endpoints. Pods must be able to run: these tests create some. */
export function endpointSlicesContract(cluster: () => Clients): void {
  const path = (): string => `/apis/discovery.k8s.io/v1/namespaces/${cluster().namespace}/endpointslices`;
  const create = (name: string, spec: V1ServiceSpec): Promise<V1Service> => {
    const { core, namespace } = cluster();
    return core.createNamespacedService({ namespace, body: { metadata: { name, labels: { of: name } }, spec } });
  };
  const run = async (app: string, containerPort: number, more: Record<string, string> = {}): Promise<void> => {
    const { apps, namespace } = cluster();
    const containers = [{ name: "c", image: "example.org/c:1", ports: [{ name: "desk", containerPort }] }];
    const template = { metadata: { labels: { app, ...more } }, spec: { containers } };
    await apps.createNamespacedDeployment({ namespace, body: deploymentNamed(app, { replicas: 1, template }) });
  };
  /** Watches a Service's slices, as sent by the server, until they fit. */
  const slicesUntil = async (service: string, fit: (slices: EndpointSlice[]) => boolean): Promise<EndpointSlice[]> => {
    const slices = new Map<string, EndpointSlice>();
    const query = { labelSelector: `kubernetes.io/service-name=${service}` };
    await watchUntil<EndpointSlice>(cluster(), path(), query, ({ type, object }) => {
      if (type === "DELETED") slices.delete(object.metadata.name);
      else slices.set(object.metadata.name, object);
      return fit([...slices.values()]);
    });
    return [...slices.values()];
  };
  const isReady = ({ endpoints }: EndpointSlice): boolean => endpoints?.[0]?.conditions?.ready === true;

  describe("EndpointSlices", () => {
    it("a Service without pods has an empty one", async () => {
      const service = await create("lonely", { clusterIP: "None", selector: { app: "nobody" }, ports: [{ port: 80 }] });
      const [slice] = await slicesUntil("lonely", ({ length }) => length === 1);
      expect(slice?.metadata.name).toMatch(/^lonely-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(slice?.metadata).toMatchObject({
        generateName: "lonely-",
        generation: 1,
        labels: {
          of: "lonely",
          "kubernetes.io/service-name": "lonely",
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
          "service.kubernetes.io/headless": "",
        },
        ownerReferences: [
          {
            ...{ apiVersion: "v1", kind: "Service", name: "lonely", uid: service.metadata?.uid },
            ...{ controller: true, blockOwnerDeletion: true },
          },
        ],
      });
      expect(slice).toMatchObject({ addressType: "IPv4", endpoints: null, ports: null });
    });

    it("a ready pod is in it with its address and port, until it is deleted", async () => {
      const { core, apps, namespace } = cluster();
      await create("serving", {
        selector: { app: "served" },
        ports: [{ name: "vnc", port: 5900, targetPort: "desk" }],
      });
      await run("served", 5901);
      const [slice] = await slicesUntil("serving", ([only]) => only !== undefined && isReady(only));
      const pod = (await core.listNamespacedPod({ namespace, labelSelector: "app=served" })).items[0];
      expect(slice?.endpoints).toEqual([
        {
          addresses: [pod?.status?.podIP],
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: { kind: "Pod", namespace, name: pod?.metadata?.name, uid: pod?.metadata?.uid },
          nodeName: pod?.spec?.nodeName,
        },
      ]);
      expect(slice?.ports).toEqual([{ name: "vnc", protocol: "TCP", port: 5901 }]);
      await apps.deleteNamespacedDeployment({ name: "served", namespace });
      await slicesUntil("serving", ([only]) => only?.endpoints === null);
    });

    it("pods with another number for a named port are in another one", async () => {
      await create("divided", { selector: { half: "yes" }, ports: [{ port: 80, targetPort: "desk" }] });
      await run("half-one", 5901, { half: "yes" });
      await run("half-two", 5902, { half: "yes" });
      const slices = await slicesUntil("divided", (all) => all.length === 2 && all.every(isReady));
      expect(slices.map(({ ports }) => ports?.[0]?.port).sort()).toEqual([5901, 5902]);
      expect(slices.map(({ ports }) => ports?.[0]?.name)).toEqual(["", ""]);
    });

    it("a deleted one is created again", async () => {
      await create("renewed", { selector: { app: "nobody" }, ports: [{ port: 80 }] });
      const [before] = await slicesUntil("renewed", ({ length }) => length === 1);
      const { objects, namespace } = cluster();
      const name = before?.metadata.name ?? "";
      await objects.delete({ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: { name, namespace } });
      await slicesUntil("renewed", ([only]) => only !== undefined && only.metadata.uid !== before?.metadata.uid);
    });

    it("they are deleted with their Service", async () => {
      await create("short", { selector: { app: "nobody" }, ports: [{ port: 80 }] });
      const [slice] = await slicesUntil("short", ({ length }) => length === 1);
      const { core, namespace } = cluster();
      await core.deleteNamespacedService({ name: "short", namespace });
      const query = { resourceVersion: slice?.metadata.resourceVersion ?? "" };
      const isGone = ({ type, object }: Seen<EndpointSlice>): boolean =>
        type === "DELETED" && object.metadata.uid === slice?.metadata.uid;
      await watchUntil<EndpointSlice>(cluster(), path(), query, isGone);
    });
  });
}
