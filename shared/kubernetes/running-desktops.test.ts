import type { V1Deployment } from "@kubernetes/client-node";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ProductError } from "../errors.ts";
import { personId } from "../desktop/names.ts";
import type { Cluster } from "./cluster.ts";
import type { Follower } from "./followed-kind.ts";
import { runningDesktopsIn } from "./running-desktops.ts";

const deployment = (username: string, workspace: string, replicas = 1): V1Deployment => ({
  metadata: {
    name: `${workspace}-${username}`,
    labels: { "xlscsde.nhs.uk/purpose": "workspace-client", "xlscsde.nhs.uk/managedBy": "guacamole-workspaces" },
    annotations: { "xlscsde.nhs.uk/workspace": workspace, "xlscsde.nhs.uk/username": username },
  },
  spec: { replicas, selector: {}, template: {} },
});

/** A cluster that answers what a test put there, and tells of changes when the test does. */
function playedCluster() {
  const state = {
    there: [] as V1Deployment[],
    lists: 0,
    open: 0,
    duringList: (): void => undefined,
    live: (): Promise<void> => Promise.resolve(),
    follower: undefined as Follower | undefined,
  };
  const cluster = {
    async *pages() {
      state.lists += 1;
      const found = [...state.there];
      await Promise.resolve();
      state.duringList();
      yield found;
    },
    follow(_kind: unknown, _namespace: string, _watched: unknown, follower: Follower) {
      state.follower = follower;
      state.open += 1;
      follower.missed();
      return { live: () => state.live(), close: () => (state.open -= 1) };
    },
  };
  return { state, cluster: cluster as unknown as Pick<Cluster, "follow" | "pages"> };
}

let played: ReturnType<typeof playedCluster>;
let now: number;
let desktops: ReturnType<typeof runningDesktopsIn>;
beforeEach(() => {
  vi.useFakeTimers();
  now = 0;
  played = playedCluster();
  const rules = { entityTemplate: "{workspace}@{username}" } as Parameters<typeof runningDesktopsIn>[2];
  desktops = runningDesktopsIn(played.cluster, { namespace: "guacamole" }, rules, () => now);
  played.state.there = [deployment("ann", "a"), deployment("ann", "b"), deployment("ben", "a", 0)];
});
afterEach(() => {
  desktops.close();
  vi.useRealTimers();
});

const who = async () => Object.fromEntries(await desktops.find());
const ann = { [personId("ann")]: ["a", "b"] };
const tell = (type: "ADDED" | "MODIFIED" | "DELETED", object: V1Deployment) =>
  played.state.follower?.changed(type, object);

it("is listed once for a crowd, and for all who ask in the next minute", async () => {
  for (const found of await Promise.all(Array.from({ length: 200 }, who))) expect(found).toEqual(ann);
  for (let count = 0; count < 200; count += 1) expect(await who()).toEqual(ann);
  expect([played.state.lists, played.state.open]).toEqual([1, 1]);
  now += 60_000;
  await who();
  expect(played.state.lists).toBe(2);
});

it("follows who comes, is suspended and goes", async () => {
  await who();
  tell("ADDED", deployment("cleo", "a"));
  tell("MODIFIED", deployment("ben", "a"));
  tell("DELETED", deployment("ann", "a"));
  tell("MODIFIED", deployment("ann", "b", 0));
  expect(await who()).toEqual({ [personId("cleo")]: ["a"], [personId("ben")]: ["a"] });
  expect(played.state.lists).toBe(1);
});

it("keeps what is heard of during a list", async () => {
  played.state.duringList = () => {
    tell("ADDED", deployment("cleo", "a"));
    tell("DELETED", deployment("ann", "a"));
  };
  expect(await who()).toEqual({ [personId("cleo")]: ["a"], [personId("ann")]: ["b"] });
});

it.each<[string, () => void]>([
  ["changes may have been missed", () => played.state.follower?.missed()],
  ["the watch ended", () => played.state.follower?.interrupted?.()],
])("is listed again when %s, also during a list", async (_, miss) => {
  await who();
  played.state.there = [];
  miss();
  expect(await who()).toEqual({});
  played.state.duringList = miss;
  miss();
  await who();
  played.state.duringList = () => undefined;
  await who();
  await who();
  expect(played.state.lists).toBe(4);
});

it("is listed each time without the right to watch, and not known without an answer", async () => {
  played.state.live = () => Promise.reject(new ProductError("cluster-not-allowed", "watch"));
  expect([await who(), await who(), played.state.lists]).toEqual([ann, ann, 2]);
  played.state.live = () => Promise.reject(new ProductError("cluster-unavailable", "watch"));
  await expect(who()).rejects.toMatchObject({ code: "cluster-unavailable" });
});

it("is no longer followed when nobody asked for two minutes", async () => {
  await who();
  vi.advanceTimersByTime(5 * 60_000);
  expect(played.state.open).toBe(0);
  played.state.there = [];
  expect([await who(), played.state.open]).toEqual([{}, 1]);
});
