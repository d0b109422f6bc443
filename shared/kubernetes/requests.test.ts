import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCluster, startLocalCluster } from "../../local/cluster/cluster.ts";
import { personId } from "../desktop/names.ts";
import { nextRequest } from "../desktop/operation.ts";
import { type DesktopRequest, type Outcome, withNextGeneration } from "../desktop/request.ts";
import type { DesktopBefore } from "../desktop/state.ts";
import { clusterOf } from "./cluster.ts";
import { type Requests, requestsIn } from "./requests.ts";

const namespace = "guacamole";
let server: LocalCluster;
let core: CoreV1Api;
let requests: Requests;

beforeAll(async () => {
  server = await startLocalCluster({ store: ":memory:" });
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  requests = requestsIn(clusterOf(config), namespace);
});
afterAll(() => server.close());

const request = (username: string): DesktopRequest => ({
  id: crypto.randomUUID(),
  username,
  workspace: "cohort-a",
  requestedAt: "2026-06-15T12:00:00Z",
  claims: { groups: ["/a"] },
});
const done: Outcome = { state: "done", at: "2026-06-15T12:00:05Z", message: "ready" };

describe("a person's request", () => {
  it("comes back as it was written", async () => {
    const wanted = request("alice");
    await requests.update(personId("alice"), () => ({ request: wanted, outcomes: {} }));
    await requests.recordOutcome(personId("alice"), wanted.id, done);
    expect(await requests.read(personId("alice"))).toEqual({ request: wanted, outcomes: { [wanted.id]: done } });
  });

  it("is null where there is none", async () => {
    expect(await requests.read(personId("nobody"))).toBeNull();
  });

  it("made twenty times at once for the first time is one request to all", async () => {
    const person = personId("bob");
    const records = await Promise.all(
      Array.from({ length: 20 }, () =>
        requests.update(person, (current) => nextRequest(current, request("bob"), () => true)),
      ),
    );
    expect(new Set(records.map((record) => record?.request.id)).size).toBe(1);
    expect(await requests.read(person)).toEqual(records[0]);
  });

  it("loses no change of twenty writers at once", async () => {
    const person = personId("carol");
    await requests.update(person, () => ({ request: request("carol"), outcomes: {} }));
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        requests.update(person, (current) => current && { ...current, outcomes: { ...current.outcomes, [n]: done } }),
      ),
    );
    expect(Object.keys((await requests.read(person))?.outcomes ?? {})).toHaveLength(20);
  });

  it("keeps what was there before it, until it has ended with nothing left behind", async () => {
    const person = personId("grace");
    const wanted = request("grace");
    const first = { permissions: {}, group: false } as unknown as DesktopBefore;
    const later = { permissions: {}, group: true } as unknown as DesktopBefore;
    const failed = (leftBehind: string[]): Outcome => ({
      state: "failed",
      at: "",
      code: "step-failed",
      reason: "",
      step: "service",
      undone: [],
      leftBehind,
    });
    await requests.update(person, () => ({ request: wanted, outcomes: {} }));
    expect(await requests.keepBefore(person, "cohort-a", first)).toEqual(first);
    expect(await requests.keepBefore(person, "cohort-a", later)).toEqual(first);

    await requests.recordOutcome(person, "r1", failed(["service: away"]));
    expect(await requests.keepBefore(person, "cohort-a", later)).toEqual(first);

    await requests.recordOutcome(person, "r2", failed([]));
    expect(await requests.keepBefore(person, "cohort-a", later)).toEqual(later);
    expect(await requests.keepBefore(person, "cohort-b", first)).toEqual(first);
  });

  it("is written by no orchestration that a newer one replaced, whatever it writes", async () => {
    const person = personId("heidi");
    const wanted = request("heidi");
    const before = { permissions: {}, group: false } as unknown as DesktopBefore;
    const replaced = { username: "heidi", generation: 0 };
    const removal = { id: "r1", workspace: "cohort-a", requestedAt: "2026-06-15T12:00:00Z", reason: "" };
    await requests.update(person, () => ({ request: wanted, outcomes: {}, removals: [removal] }));
    await requests.update(person, (current) => current && withNextGeneration(current, "2026-06-15T12:02:00.000Z"));
    const written = await requests.read(person);
    expect(written?.work).toEqual({ generation: 1, notBefore: "2026-06-15T12:02:00.000Z" });

    for (const write of [
      () => requests.recordOutcome(person, wanted.id, done, replaced),
      () => requests.recordRemoval(person, "r1", done, replaced),
      () => requests.keepBefore(person, "cohort-a", before, replaced),
      () => requests.update(person, (current) => current && { ...current, outcomes: {} }, replaced),
    ])
      await expect(write()).rejects.toMatchObject({ code: "work-replaced" });
    expect(await requests.read(person)).toEqual(written);
    await requests.recordOutcome(person, wanted.id, done, { username: "heidi", generation: 1 });
    expect((await requests.read(person))?.outcomes).toEqual({ [wanted.id]: done });
  });

  it("is left alone when there is nothing to change", async () => {
    const person = personId("dan");
    await requests.update(person, () => ({ request: request("dan"), outcomes: {} }));
    const name = `desktop-request-${person}`;
    const before = await core.readNamespacedConfigMap({ namespace, name });
    await requests.update(person, () => null);
    const after = await core.readNamespacedConfigMap({ namespace, name });
    expect(after.metadata?.resourceVersion).toBe(before.metadata?.resourceVersion);
  });

  it("in a ConfigMap that is not ours is never touched", async () => {
    const person = personId("eve");
    const name = `desktop-request-${person}`;
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name }, data: { theirs: "1" } } });
    const write = requests.update(person, () => ({ request: request("eve"), outcomes: {} }));
    await expect(write).rejects.toMatchObject({ code: "not-ours" });
    expect((await core.readNamespacedConfigMap({ namespace, name })).data).toEqual({ theirs: "1" });
  });

  it("that is damaged is an error, and does not hide the others'", async () => {
    const person = personId("frank");
    await requests.update(person, () => ({ request: request("frank"), outcomes: {} }));
    const name = `desktop-request-${person}`;
    const found = await core.readNamespacedConfigMap({ namespace, name });
    await core.replaceNamespacedConfigMap({ namespace, name, body: { ...found, data: { request: "{" } } });
    await expect(requests.read(person)).rejects.toThrow(/damaged/);
    const { records, damaged } = await requests.all();
    expect(damaged).toEqual([expect.stringContaining(name) as string]);
    expect(records.map((record) => record.request.username)).toContain("alice");
  });
});
