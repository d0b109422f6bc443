import type { CoreV1Event, KubernetesObject, V1Deployment, V1EndpointSlice, V1Pod } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { samplePlan } from "../../test/sample-plan.ts";
import type { Cluster } from "./cluster.ts";
import type { Follower } from "./followed-kind.ts";
import type { Known } from "./starting-desktop.ts";
import { startingDesktopsIn } from "./starting-desktops.ts";

const { names } = samplePlan();
const other = samplePlan({ username: "bob" }).names;
const request = (id: string) => ({ "xlscsde.nhs.uk/request": id });

const deployment = (uid = "d1", change: object = {}): V1Deployment => ({
  metadata: { name: names.deployment, uid, ...change },
  spec: { selector: {}, template: { metadata: { annotations: request("r1") } } },
});
const pod = (phase: string, uid = "p1", { deployment: name } = names): V1Pod => ({
  metadata: {
    ...{ name: `${name}-7d9f-x2x4z`, uid, annotations: request("r1") },
    labels: { "xlscsde.nhs.uk/deployment-name": name },
  },
  status: { phase },
});
const slice = (ready: boolean, { service } = names): V1EndpointSlice => ({
  metadata: { name: `${service}-abc`, uid: "s1", labels: { "kubernetes.io/service-name": service } },
  addressType: "IPv4",
  endpoints: [{ addresses: ["192.0.2.1"], conditions: { ready } }],
});
const event = (reason: string, uid = "p1", { deployment: name } = names): CoreV1Event => ({
  metadata: { name: `${name}.${reason}`, uid: `e-${reason}` },
  involvedObject: { kind: "Pod", name: `${name}-7d9f-x2x4z`, uid },
  reason,
});

type Kind = "Deployment" | "Pod" | "EndpointSlice" | "Event";

/** A cluster that answers what a test put there, tells of changes when the test does, and notes what it is asked. */
function playedCluster() {
  const calls: string[] = [];
  const followers = new Map<string, Follower>();
  const there: Record<Kind, KubernetesObject[]> = { Deployment: [], Pod: [], EndpointSlice: [], Event: [] };
  const nothing: () => void = () => undefined;
  const state = { duringRead: nothing, live: () => Promise.resolve(), open: 0 };
  const answer = async (kind: string): Promise<KubernetesObject[]> => {
    calls.push(kind);
    // A snapshot: what changes afterwards is not in it.
    const found = [...there[kind as Kind]];
    await Promise.resolve();
    if (kind === "Pod") state.duringRead();
    return found;
  };
  const cluster: Pick<Cluster, "follow" | "read" | "list"> = {
    read: async <T>({ kind }: { kind: string }) => ((await answer(kind))[0] ?? null) as T | null,
    list: async <T>({ kind }: { kind: string }) => (await answer(kind)) as T[],
    follow({ kind }, _namespace, _watched, follower) {
      followers.set(kind, follower);
      state.open += 1;
      follower.missed();
      return {
        live: () => state.live(),
        close: () => (state.open -= 1),
      };
    },
  };
  const tell = (kind: Kind, object: KubernetesObject, type: "MODIFIED" | "DELETED" = "MODIFIED") =>
    followers.get(kind)?.changed(type, object);
  const miss = () => followers.get("Pod")?.missed();
  return { cluster, calls, there, state, tell, miss };
}

let played: ReturnType<typeof playedCluster>;
let desktops: ReturnType<typeof startingDesktopsIn>;
let now: number;
beforeEach(() => {
  vi.useFakeTimers();
  played = playedCluster();
  now = 0;
  desktops = startingDesktopsIn(played.cluster, "guacamole", () => now);
});
afterEach(() => {
  vi.useRealTimers();
});

/** What of it the tests compare. */
function inShort({ deployment, pods, slices, events }: Known) {
  return {
    deployment: deployment?.metadata?.uid ?? null,
    pods: pods.map(({ status }) => status?.phase),
    slices: slices.map(({ endpoints }) => endpoints?.[0]?.conditions?.ready),
    events: events.map(({ reason }) => reason),
  };
}
const look = async () => inShort(await desktops.look(names));
const nothing = { deployment: null, pods: [], slices: [], events: [] };

describe("a desktop that this process creates", () => {
  it("is never read: the answer to its creation and the watch say everything", async () => {
    await desktops.expectNew(names);
    desktops.begin(names, deployment());
    expect(await look()).toEqual({ ...nothing, deployment: "d1" });
    for (const phase of ["Pending", "Running"]) {
      now += 9_000;
      played.tell("Pod", pod(phase));
    }
    played.tell("Event", event("Pulled"));
    played.tell("EndpointSlice", slice(true));
    expect(await look()).toEqual({ deployment: "d1", pods: ["Running"], slices: [true], events: ["Pulled"] });
    expect(played.calls).toEqual([]);
  });

  it("keeps news that was quicker than the answer", async () => {
    await desktops.expectNew(names);
    played.tell("Deployment", { ...deployment(), status: { readyReplicas: 1 } } as V1Deployment);
    played.tell("Pod", pod("Running"));
    desktops.begin(names, deployment());
    const known = await desktops.look(names);
    expect([known.deployment?.status?.readyReplicas, inShort(known).pods]).toEqual([1, ["Running"]]);
  });

  it("is told apart from one of that name before it, whose last news comes late", async () => {
    await desktops.expectNew(names);
    desktops.begin(names, deployment("old"));
    await desktops.expectNew(names);
    desktops.begin(names, deployment("new"));
    played.tell("Deployment", deployment("old", { deletionTimestamp: "2026-01-05T08:00:00Z" }));
    expect((await look()).deployment).toBe("new");
    played.tell("Deployment", deployment("old"), "DELETED");
    expect((await look()).deployment).toBe("new");
    played.tell("Deployment", deployment("new"), "DELETED");
    expect((await look()).deployment).toBeNull();
  });

  it("is read if its creation has no answer, though the one before it was seen going a moment ago", async () => {
    await desktops.expectNew(names);
    desktops.begin(names, deployment("old"));
    played.tell("Deployment", deployment("old"), "DELETED");
    await desktops.expectNew(names);
    played.there.Deployment = [deployment("new")];
    expect((await look()).deployment).toBe("new");
  });

  it("is read if changes were missed between the beginning and the answer", async () => {
    await desktops.expectNew(names);
    played.miss();
    played.there.Deployment = [deployment()];
    played.there.Pod = [pod("Running")];
    desktops.begin(names, deployment());
    expect((await look()).pods).toEqual(["Running"]);
  });

  it("is not begun if watching is not allowed", async () => {
    played.state.live = () => Promise.reject(new Error("watch the cluster: not allowed"));
    await expect(desktops.expectNew(names)).rejects.toThrow("not allowed");
    await expect(desktops.look(names)).rejects.toThrow("not allowed");
    expect(played.calls).toEqual([]);
  });
});

describe("a look", () => {
  beforeEach(() => {
    played.there.Deployment = [deployment()];
    played.there.Pod = [pod("Pending")];
    played.there.EndpointSlice = [slice(false)];
    played.there.Event = [event("Scheduled")];
  });
  const atFirst = { deployment: "d1", pods: ["Pending"], slices: [false], events: ["Scheduled"] };
  const aRead = ["Deployment", "Pod", "EndpointSlice", "Event"];

  it("reads a desktop that another process created, once in ten seconds", async () => {
    expect(await look()).toEqual(atFirst);
    expect(played.calls).toEqual(aRead);
    now = 10_000;
    expect(await look()).toEqual(atFirst);
    expect(played.calls).toEqual(aRead);
    now = 10_001;
    await look();
    expect(played.calls).toEqual([...aRead, ...aRead]);
  });

  it("does not read what was heard of since", async () => {
    await look();
    now = 10_000;
    played.tell("Pod", pod("Running"));
    now = 20_000;
    expect(await look()).toEqual({ ...atFirst, pods: ["Running"] });
    expect(played.calls).toEqual(aRead);
  });

  it("does not take news of others for news of this one", async () => {
    await look();
    const { version } = await desktops.look(names);
    played.tell("Pod", pod("Running", "p2", other));
    played.tell("Event", event("Pulled", "p2", other));
    played.tell("EndpointSlice", slice(true, other));
    played.tell("Event", event("Killing", "earlier"));
    expect(await look()).toEqual(atFirst);
    expect((await desktops.look(names)).version).toBe(version + 1);
  });

  it("reads again after changes were missed, and drops what is gone meanwhile", async () => {
    await look();
    played.there.Pod = [pod("Running", "p2")];
    played.there.Event = [];
    played.miss();
    expect(await look()).toEqual({ ...atFirst, pods: ["Running"], events: [] });
  });

  it("reads again if changes were missed while it read", async () => {
    played.state.duringRead = () => {
      played.miss();
    };
    await look();
    played.state.duringRead = () => undefined;
    played.there.Pod = [pod("Running")];
    expect((await look()).pods).toEqual(["Running"]);
    await look();
    expect(played.calls).toEqual([...aRead, ...aRead]);
  });

  it.each([
    ["at the first look", 0],
    ["at a later one", 10_001],
  ])("keeps what is heard while it reads, %s, and takes the rest as it was read", async (_, later) => {
    if (later > 0) {
      played.there.EndpointSlice = [];
      await look();
      played.there.EndpointSlice = [slice(false)];
    }
    now = later;
    played.state.duringRead = () => {
      played.tell("Pod", pod("Running"));
    };
    expect(await look()).toEqual({ ...atFirst, pods: ["Running"] });
  });

  it("does not bring back what is heard to be gone while it reads", async () => {
    played.state.duringRead = () => {
      played.tell("Deployment", deployment(), "DELETED");
      played.tell("Pod", pod("Pending"), "DELETED");
    };
    expect(await look()).toMatchObject({ deployment: null, pods: [] });
  });
});

describe("a wait in this process", () => {
  it("ends at news, at once if there was some already, or when the time is up", async () => {
    await desktops.expectNew(names);
    desktops.begin(names, deployment());
    const { version } = await desktops.look(names);
    const ends: string[] = [];
    void desktops.next(names, version, 5_000).then(() => ends.push("first"));
    await vi.advanceTimersByTimeAsync(4_999);
    expect(ends).toEqual([]);
    played.tell("Pod", pod("Pending"));
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toEqual(["first"]);
    await desktops.next(names, version, 5_000);
    void desktops.next(names, version + 1, 5_000).then(() => ends.push("late"));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ends).toEqual(["first", "late"]);
  });
});

describe("whoever waits without holding anything", () => {
  const isRunning = ({ pods }: Known) => pods.some(({ status }) => status?.phase === "Running");
  let told: number;
  const tell = () => {
    told += 1;
  };
  beforeEach(async () => {
    told = 0;
    await desktops.expectNew(names);
    desktops.begin(names, deployment());
  });

  it("is told once, and only what people would read differently", async () => {
    const { version } = await desktops.look(names);
    expect(desktops.tellOnce(names, version, isRunning, tell)).toBe(true);
    played.tell("Pod", pod("Pending"));
    expect(told).toBe(0);
    played.tell("Pod", pod("Running"));
    played.tell("Pod", pod("Running"));
    expect(told).toBe(1);
  });

  it("need not wait if the news came between the look and the wait", async () => {
    const { version } = await desktops.look(names);
    played.tell("Pod", pod("Running"));
    expect(desktops.tellOnce(names, version, isRunning, tell)).toBe(false);
    played.tell("Pod", pod("Running"));
    expect(told).toBe(0);
  });

  it("waits if what came in between is no news", async () => {
    const { version } = await desktops.look(names);
    played.tell("Pod", pod("Pending"));
    expect(desktops.tellOnce(names, version, isRunning, tell)).toBe(true);
    played.tell("Pod", pod("Running"));
    expect(told).toBe(1);
  });

  it("is not told any more once the desktop is forgotten", async () => {
    const { version } = await desktops.look(names);
    desktops.tellOnce(names, version, isRunning, tell);
    desktops.forget(names);
    played.tell("Pod", pod("Running"));
    expect(told).toBe(0);
  });
});

describe("the watch", () => {
  const sweep = () => vi.advanceTimersByTimeAsync(30_000);

  it("is one of each kind for all who wait, from the first on", async () => {
    expect(played.state.open).toBe(0);
    await Promise.all([desktops.expectNew(names), desktops.expectNew(other), desktops.look(names)]);
    expect(played.state.open).toBe(4);
  });

  it("goes on while somebody asks within a minute, ends after that, and begins again with the next", async () => {
    await desktops.expectNew(names);
    now = 59_000;
    await desktops.look(names);
    now = 119_000;
    await sweep();
    expect(played.state.open).toBe(4);
    now = 119_001;
    await sweep();
    expect([played.state.open, vi.getTimerCount()]).toEqual([0, 0]);
    await desktops.look(names);
    expect(played.state.open).toBe(4);
  });

  it("does not end under somebody who waits in this process", async () => {
    const { version } = await desktops.look(names);
    const wait = desktops.next(names, version, 120_000);
    now = 100_000;
    await sweep();
    expect(played.state.open).toBe(4);
    played.tell("Pod", pod("Running"));
    await wait;
    await sweep();
    expect(played.state.open).toBe(0);
  });

  it("ends with the process", async () => {
    await desktops.expectNew(names);
    desktops.close();
    expect([played.state.open, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
