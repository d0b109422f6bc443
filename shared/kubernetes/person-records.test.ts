import { CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions, type V1ConfigMap } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { customResources } from "../../local/custom-resources.ts";
import { personId } from "../desktop/names.ts";
import { ask } from "../person/ask.ts";
import type { DesktopRequest, Outcome, PersonRecord } from "../person/record.ts";
import { finish } from "../person/finish.ts";
import { remember } from "../person/request.ts";
import { finishRetirement } from "../person/retirement.ts";
import { replaceWork } from "../person/work.ts";
import type { DesktopBefore } from "../desktop/state.ts";
import { type Cluster, clusterOf } from "./cluster.ts";
import { label } from "./labels.ts";
import { type PersonRecords, personRecordsIn } from "./person-records.ts";

const namespace = "guacamole";
let server: LocalCluster;
let core: CoreV1Api;
let cluster: Cluster;
let records: PersonRecords;

beforeAll(async () => {
  server = await startLocalCluster({ customResources, store: ":memory:" });
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  cluster = clusterOf(config);
  records = personRecordsIn(cluster, namespace);
});
afterAll(() => server.close());

const request = (username: string): DesktopRequest => ({
  id: crypto.randomUUID(),
  username,
  workspace: "cohort-a",
  requestedAt: "2026-06-15T12:00:00Z",
  claims: { groups: ["/a"] },
});
const at = "2026-06-15T12:00:00Z";
const done: Outcome = { state: "done", workspace: "cohort-a", at: "2026-06-15T12:00:05Z", message: "ready" };

const nothingBefore: DesktopBefore = {
  secret: false,
  networkPolicy: false,
  service: false,
  deployment: null,
  group: false,
  balancing: false,
  connectionId: null,
  user: false,
  validUntil: null,
  permissions: { connection: false, group: false, self: false },
  binding: { replicas: 0, status: null },
  others: [],
};

describe("a person's request", () => {
  it("comes back as it was written", async () => {
    const wanted = request("alice");
    await records.update(personId("alice"), () => ({ request: wanted, outcomes: {} }));
    await records.update(personId("alice"), (current) => current && finish(current, wanted.id, done));
    expect(await records.read(personId("alice"))).toEqual({ request: wanted, outcomes: { [wanted.id]: done } });
  });

  it("has no place in the queue that a release without one left behind", async () => {
    const person = personId("olivia");
    const wanted = request("olivia");
    const name = `desktop-request-${person}`;
    const admission = { state: "waiting", since: at, workspace: "cohort-a", returns: false } as const;
    const inQueue = async () =>
      (await records.inAdmission()).records.filter(
        ({ request: { id }, admission: place }) => place && id === wanted.id,
      );
    await records.update(person, () => ({ request: wanted, outcomes: {}, admission }));
    expect(await inQueue()).toHaveLength(1);
    const old = async (data: Record<string, string>) =>
      core.patchNamespacedConfigMap(
        { name, namespace, body: { data } },
        setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
      );
    // It ends the request, or writes one for none, and keeps what it does not know.
    await old({ outcomes: JSON.stringify({ [wanted.id]: done }) });
    expect(await inQueue()).toEqual([]);
    await old({ outcomes: "{}", request: JSON.stringify({ ...wanted, workspace: null }) });
    expect(await inQueue()).toEqual([]);
    // The next write leaves the short list of those who wait or start.
    await records.update(person, (current) => current && { ...current });
    expect((await core.readNamespacedConfigMap({ name, namespace })).metadata?.labels).not.toHaveProperty(
      label.admission,
    );
  });

  it("is null where there is none", async () => {
    expect(await records.read(personId("nobody"))).toBeNull();
  });

  it("that another process changed is known by the watch, without being read", async () => {
    let reads = 0;
    const read: Cluster["read"] = (reference) => {
      reads += 1;
      return cluster.read(reference);
    };
    const own = personRecordsIn({ ...cluster, read }, namespace);
    const heard = Promise.withResolvers<string>();
    const following = own.follow(heard.resolve);
    await following.live();
    const wanted = request("watched");
    const person = personId("watched");
    await own.update(person, () => ({ request: wanted, outcomes: {} }));
    const before = reads;
    expect(await heard.promise).toBe(person);
    await records.update(person, (current) => current && finish(current, wanted.id, done));
    await expect.poll(async () => (await own.readRecent(person))?.outcomes).toEqual({ [wanted.id]: done });
    expect(reads).toBe(before);
    following.close();
  });

  it("made twenty times at once for the first time is one request to all", async () => {
    const person = personId("bob");
    const all = await Promise.all(
      Array.from({ length: 20 }, () =>
        records.update(person, (current) =>
          ask(current, "bob", { workspace: "cohort-a" }, { id: crypto.randomUUID(), at }, { stillTrue: () => true }),
        ),
      ),
    );
    expect(new Set(all.map((record) => record?.request.id)).size).toBe(1);
    expect(await records.read(person)).toEqual(all[0]);
  });

  it("loses no change of twenty writers at once", async () => {
    const person = personId("carol");
    await records.update(person, () => ({ request: request("carol"), outcomes: {} }));
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        records.update(person, (current) => current && { ...current, outcomes: { ...current.outcomes, [n]: done } }),
      ),
    );
    expect(Object.keys((await records.read(person))?.outcomes ?? {})).toHaveLength(20);
  });

  it("is written by no orchestration that a newer one replaced, whatever it writes", async () => {
    const person = personId("heidi");
    const wanted = request("heidi");
    const replaced = { username: "heidi", generation: 0 };
    const removal = { id: "r1", workspace: "cohort-a", requestedAt: "2026-06-15T12:00:00Z", reason: "" };
    await records.update(person, () => ({ request: wanted, outcomes: {}, removals: [removal] }));
    await records.update(person, (current) => current && replaceWork(current, "2026-06-15T12:02:00.000Z"));
    const written = await records.read(person);
    expect(written?.work).toEqual({ generation: 1, notBefore: "2026-06-15T12:02:00.000Z" });

    for (const change of [
      (current: PersonRecord) => finish(current, wanted.id, done),
      (current: PersonRecord) => finishRetirement(current, "r1", done),
      (current: PersonRecord) => remember(current, "cohort-a", nothingBefore),
      (current: PersonRecord) => current,
    ]) {
      const write = records.update(person, (current) => current && change(current), replaced);
      await expect(write).rejects.toMatchObject({ code: "work-replaced" });
    }
    expect(await records.read(person)).toEqual(written);
    const fence = { username: "heidi", generation: 1 };
    await records.update(person, (current) => current && finish(current, wanted.id, done), fence);
    expect((await records.read(person))?.outcomes).toEqual({ [wanted.id]: done });
  });

  it("is left alone when there is nothing to change", async () => {
    const person = personId("dan");
    await records.update(person, () => ({ request: request("dan"), outcomes: {} }));
    const name = `desktop-request-${person}`;
    const before = await core.readNamespacedConfigMap({ namespace, name });
    await records.update(person, () => null);
    await records.update(person, (current) => current);
    const after = await core.readNamespacedConfigMap({ namespace, name });
    expect(after.metadata?.resourceVersion).toBe(before.metadata?.resourceVersion);
  });

  it("in a ConfigMap that is not ours is never touched", async () => {
    const person = personId("eve");
    const name = `desktop-request-${person}`;
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name }, data: { theirs: "1" } } });
    const write = records.update(person, () => ({ request: request("eve"), outcomes: {} }));
    await expect(write).rejects.toMatchObject({ code: "not-ours" });
    expect((await core.readNamespacedConfigMap({ namespace, name })).data).toEqual({ theirs: "1" });
  });

  it("keeps what a newer release wrote into its ConfigMap", async () => {
    const person = personId("ivan");
    await records.update(person, () => ({ request: request("ivan"), outcomes: {}, work }));
    const name = `desktop-request-${person}`;
    const found = await core.readNamespacedConfigMap({ namespace, name });
    const newer = {
      ...found,
      metadata: {
        name,
        labels: { ...found.metadata?.labels, newer: "label" },
        annotations: { newer: "annotation" },
      },
      data: { ...found.data, newer: "no JSON", request: withKey(found.data?.["request"], "newer", { deep: [1] }) },
      binaryData: { bytes: "AAEC" },
      immutable: false,
    };
    await core.replaceNamespacedConfigMap({ namespace, name, body: newer });

    await records.update(person, (current) => current && { ...current, work: undefined });
    const { data, metadata, binaryData, immutable } = await core.readNamespacedConfigMap({ namespace, name });
    expect(Object.keys(data ?? {}).sort()).toEqual(["newer", "outcomes", "request"]);
    expect(data?.["newer"]).toBe("no JSON");
    expect(JSON.parse(data?.["request"] ?? "")).toMatchObject({ username: "ivan", newer: { deep: [1] } });
    expect(metadata?.labels).toMatchObject({ newer: "label", "xlscsde.nhs.uk/person": person });
    expect(metadata?.annotations).toEqual({ newer: "annotation" });
    expect([binaryData, immutable]).toEqual([{ bytes: "AAEC" }, false]);
  });

  it("is not written if it could not be read again", async () => {
    const person = personId("judy");
    const late = { ...request("judy"), requestedAt: "tomorrow" };
    await expect(records.update(person, () => ({ request: late, outcomes: {} }))).rejects.toThrow(/requestedAt/);
    expect(await records.read(person)).toBeNull();
  });

  it.each<[string, (found: V1ConfigMap) => V1ConfigMap, RegExp]>([
    ["is not JSON", (found) => ({ ...found, data: { ...found.data, request: "{" } }), /damaged: request is not JSON/],
    ["lacks a part", (found) => ({ ...found, data: { outcomes: "{}" } }), /damaged: request is missing/],
    [
      "has a time that is none",
      (found) => ({ ...found, data: { ...found.data, request: withKey(found.data?.["request"], "requestedAt", "x") } }),
      /damaged: request\.requestedAt: Invalid ISO datetime/,
    ],
    [
      "is a copy of somebody else's",
      (found) => ({
        ...found,
        data: { ...found.data, request: withKey(found.data?.["request"], "username", "alice") },
      }),
      /damaged: it holds the record of somebody else/,
    ],
    [
      "lost the label that says that it is ours",
      (found) => ({
        ...found,
        metadata: { name: found.metadata?.name ?? "", labels: { "xlscsde.nhs.uk/purpose": "desktop-request" } },
      }),
      /is not ours/,
    ],
  ])("that %s is an error for its person, and named beside the others'", async (_, damage, words) => {
    const person = personId("frank");
    const name = `desktop-request-${person}`;
    await records.update(person, () => ({ request: { ...request("frank"), subject: "f" }, outcomes: {} }));
    const found = await core.readNamespacedConfigMap({ namespace, name });
    await core.replaceNamespacedConfigMap({ namespace, name, body: damage(found) });
    await expect(records.read(person)).rejects.toThrow(words);
    await expect(records.update(person, (current) => current)).rejects.toThrow(words);
    const { records: readable, damaged } = await records.all();
    expect(damaged.map(({ person, fault }) => [person, fault.message])).toEqual([
      [person, expect.stringMatching(words) as string],
    ]);
    expect(damaged[0]?.fault.message).toContain(name);
    expect(readable.map((record) => record.request.username)).toContain("alice");
    expect(readable.map((record) => record.request.username)).not.toContain("frank");
    await core.deleteNamespacedConfigMap({ namespace, name });
  });
});

const work = { generation: 1, notBefore: "2026-06-15T12:02:00.000Z" };

/** The JSON of an object with one key more, or another value. */
function withKey(json: string | undefined, key: string, value: unknown): string {
  return JSON.stringify({ ...(JSON.parse(json ?? "{}") as object), [key]: value });
}

describe("a record that is over", () => {
  const write = (username: string) =>
    records.update(personId(username), () => ({ request: request(username), outcomes: {} }));

  it("is deleted, and deleting it again changes nothing", async () => {
    await write("ida");
    expect(await records.remove(personId("ida"), () => false)).toBe(false);
    expect(await records.read(personId("ida"))).not.toBeNull();
    expect(await records.remove(personId("ida"), () => true)).toBe(true);
    expect(await records.read(personId("ida"))).toBeNull();
    expect(await records.remove(personId("ida"), () => true)).toBe(false);
  });

  it("stays if it changes after it was read", async () => {
    await write("jane");
    const name = `desktop-request-${personId("jane")}`;
    const found = await core.readNamespacedConfigMap({ namespace, name });
    await records.update(personId("jane"), (current) => current && { ...current, lastDesktop: "b" });
    expect(await cluster.removeUnchanged({ ...found, apiVersion: "v1", kind: "ConfigMap" })).toBe(false);
    expect(await records.read(personId("jane"))).toMatchObject({ lastDesktop: "b" });
  });

  it("loses the label of its person's id with the id", async () => {
    const known = { ...request("kim"), subject: "s1" };
    await records.update(personId("kim"), () => ({ request: known, outcomes: {} }));
    await records.update(personId("kim"), () => ({ request: { ...known, subject: undefined }, outcomes: {} }));
    const name = `desktop-request-${personId("kim")}`;
    const { metadata } = await core.readNamespacedConfigMap({ namespace, name });
    expect(Object.keys(metadata?.labels ?? {})).not.toContain("xlscsde.nhs.uk/subject");
  });
});
