import { readFile } from "node:fs/promises";
import { PatchStrategy, type V1Pod, type V1Service } from "@kubernetes/client-node";
import { afterEach, describe, expect, it } from "vitest";
import { as, watchUntil } from "../contract/clients.ts";
import type { EndpointSlice } from "../objects.ts";
import { isReady, namespace, podOf, startStage, type Stage } from "../testing.ts";

type Recorded = "withoutPods" | "withReadyPod" | "withTerminatingPod";
const recorded = JSON.parse(await readFile(new URL("endpoint-slices.json", import.meta.url), "utf8")) as Record<
  Recorded,
  EndpointSlice
> & { ofPodsWithOtherPorts: EndpointSlice[] };

const stages: Stage[] = [];
afterEach(async () => {
  for (const { cluster } of stages.splice(0)) await cluster.close();
});

/** Starts a cluster with a Service. */
async function stageWith(name: string, spec: V1Service["spec"]): Promise<Stage> {
  const on = await startStage();
  stages.push(on);
  const body = { metadata: { name, ...(name === "headless" && { labels: { a: "b" } }) }, spec: spec ?? {} };
  await on.core.createNamespacedService({ namespace, body });
  return on;
}
const headless = { clusterIP: "None", selector: { app: "x" }, ports: [{ name: "vnc", port: 5900, targetPort: 5900 }] };

const run = (on: Stage, name: string, metadata: V1Pod["metadata"] = {}, containerPort = 5902): Promise<V1Pod> => {
  const containers = [{ name: "c", image: "example.org/c:1", ports: [{ name: "desk", containerPort }] }];
  const body = { metadata: { name, labels: { app: "x" }, ...metadata }, spec: { containers } };
  return on.core.createNamespacedPod({ namespace, body });
};

async function slicesUntil(on: Stage, fits: (slices: EndpointSlice[]) => boolean): Promise<EndpointSlice[]> {
  const slices = new Map<string, EndpointSlice>();
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  await watchUntil<EndpointSlice>(on, path, {}, ({ type, object }) => {
    if (type === "DELETED") slices.delete(object.metadata.name);
    else slices.set(object.metadata.name, object);
    return fits([...slices.values()]);
  });
  return [...slices.values()];
}
const conditionsOf = ({ endpoints }: EndpointSlice) => endpoints?.map(({ conditions }) => conditions) ?? [];

/** Omits what differs between clusters, and the annotation that the stand-in does not write. */
function comparable(slice: EndpointSlice | undefined): unknown {
  const text = JSON.stringify(slice, (key, value: unknown) => {
    if (["uid", "resourceVersion", "creationTimestamp", "time", "f:annotations", "annotations"].includes(key)) return;
    if (key === "addresses" || key === "nodeName") return "…";
    return value;
  });
  return JSON.parse(
    text
      .replace(/(headless|plain)-[a-z0-9]{5}/g, "$1-…")
      .replace(new RegExp(`"namespace":"(default|${namespace})"`, "g"), '"namespace":"…"')
      .replace(/k:\{\\"uid\\":\\"[^"]+\\"\}/g, "k:…"),
  );
}

describe("the EndpointSlices of a Service are those of a real controller manager:", () => {
  it("an empty one if no pod has an address", async () => {
    const on = await stageWith("headless", headless);
    const [slice] = await slicesUntil(on, ({ length }) => length === 1);
    expect(comparable(slice)).toEqual(comparable(recorded.withoutPods));
  });

  it("one with the pod once it is ready", async () => {
    const on = await stageWith("headless", headless);
    await run(on, "one");
    const [slice] = await slicesUntil(on, ([only]) => only !== undefined && conditionsOf(only)[0]?.ready === true);
    expect(comparable(slice)).toEqual(comparable(recorded.withReadyPod));
    const pod = await podOf(on, "x", isReady);
    expect(slice?.endpoints?.[0]).toMatchObject({
      addresses: [pod.status?.podIP],
      nodeName: pod.spec?.nodeName,
      targetRef: { uid: pod.metadata?.uid },
    });
  });

  it("a pod that is being deleted is still serving, and no longer ready", async () => {
    const on = await stageWith("headless", headless);
    await run(on, "one", { finalizers: ["example.org/hold"] });
    await podOf(on, "x", isReady);
    await run(on, "two");
    await slicesUntil(on, ([only]) => only !== undefined && conditionsOf(only).filter((c) => c?.ready).length === 2);
    await on.core.deleteNamespacedPod({ namespace, name: "one" });
    const [slice] = await slicesUntil(
      on,
      ([only]) => only !== undefined && conditionsOf(only).some((each) => each?.terminating),
    );
    const sorted = (each: EndpointSlice | undefined) =>
      each?.endpoints?.toSorted((one, other) => (one.targetRef?.name ?? "").localeCompare(other.targetRef?.name ?? ""));
    expect(sorted(slice)?.map(({ conditions }) => conditions)).toEqual(
      sorted(recorded.withTerminatingPod)?.map(({ conditions }) => conditions),
    );
    const body = { metadata: { finalizers: null } };
    await on.core.patchNamespacedPod({ name: "one", namespace, body }, as(PatchStrategy.MergePatch));
    await slicesUntil(on, ([only]) => only?.endpoints?.length === 1);
  });

  it("one for each number of a named port", async () => {
    const on = await stageWith("plain", { selector: { app: "x" }, ports: [{ port: 5901, targetPort: "desk" }] });
    await run(on, "one");
    await run(on, "two", {}, 5999);
    const slices = await slicesUntil(
      on,
      (all) => all.length === 2 && all.every((slice) => conditionsOf(slice)[0]?.ready),
    );
    const byPort = (all: EndpointSlice[]) =>
      all
        .toSorted((one, other) => (one.ports?.[0]?.port ?? 0) - (other.ports?.[0]?.port ?? 0))
        .map(({ ports, endpoints }) => ({ ports, pods: endpoints?.map(({ targetRef }) => targetRef?.name) }));
    expect(byPort(slices)).toEqual(byPort(recorded.ofPodsWithOtherPorts));
    await on.core.deleteCollectionNamespacedPod({ namespace });
    const [left, ...more] = await slicesUntil(on, (all) => all.length === 1 && all[0]?.endpoints === null);
    expect([left?.ports, more]).toEqual([null, []]);
  });
});
