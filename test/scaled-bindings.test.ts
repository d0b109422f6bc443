import { type KubernetesObject, KubernetesObjectApi, PatchStrategy, type V1ConfigMap } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { deploymentName, personId } from "../shared/desktop/names.ts";
import { bind } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { leaveDesktop } from "./operator-leftovers.ts";

/** Bindings that somebody else scales: a person with kubectl, or an older Keycloak extension. */
let estate: TestEstate;
let objects: KubernetesObjectApi;
const asthma = "asthma-cohort";
const registry = "cancer-registry";
const kind = { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" };

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
  objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});
beforeEach(() => {
  estate.log.length = 0;
});
afterEach(async () => {
  estate.mend();
  for (const workspace of [asthma, registry])
    estate.cluster.setFault({ namespace, deployment: deploymentName({ workspace, username: "alice" }) }, null);
  await estate.ask("alice", null);
  await follow();
});

async function scale(workspace: string, replicas: number, username = "alice"): Promise<void> {
  const binding = { ...kind, metadata: { name: `${workspace}-${username}`, namespace }, spec: { replicas } };
  await objects.patch(binding, undefined, undefined, "keycloak", undefined, PatchStrategy.MergePatch);
}

async function scaleOf(workspace: string, username = "alice"): Promise<unknown> {
  const binding = await objects.read<KubernetesObject & { spec?: { replicas?: number } }>({
    ...kind,
    metadata: { name: `${workspace}-${username}`, namespace },
  });
  return [binding.spec?.replicas ?? 0, binding.metadata?.annotations?.["xlscsde.nhs.uk/replicas-seen"]];
}

/** Runs the timer once, and waits for all that it started. */
async function follow(): Promise<void> {
  await estate.host.trigger("followScaling");
  await estate.host.whenIdle();
}

/** Runs the timer again after its usual pause: what was given up meanwhile counts by then. */
async function followAgain(): Promise<void> {
  await follow();
  vi.setSystemTime(Date.now() + 30_000);
  await follow();
}

async function requestOf(username: string) {
  const name = `desktop-request-${personId(username)}`;
  return objects
    .read<V1ConfigMap>({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } })
    .catch(() => null);
}

const shown = async (username = "alice") =>
  (
    await estate.call<{ workspace: string; wanted: string; state: string }>(
      username,
      "GET",
      `/users/${username}/desktop`,
    )
  ).body;

describe("a binding scaled by somebody else", () => {
  it("up starts the desktop, once", async () => {
    await scale(asthma, 1);
    await follow();
    expect(await shown()).toMatchObject({ workspace: asthma, wanted: asthma, state: "ready" });
    const before = [await estate.world(), (await requestOf("alice"))?.metadata?.resourceVersion];
    await follow();
    await follow();
    expect([await estate.world(), (await requestOf("alice"))?.metadata?.resourceVersion]).toEqual(before);
  });

  it("down suspends it, once it stays so: the choice of another desktop may be on its way", async () => {
    await estate.ask("alice", asthma);
    await scale(asthma, 0);
    await follow();
    await follow();
    expect(await shown()).toMatchObject({ workspace: asthma, wanted: asthma, state: "ready" });
    await followAgain();
    expect(await shown()).toMatchObject({ workspace: asthma, wanted: null, state: "suspended" });
    expect(await scaleOf(asthma)).toEqual([0, "0"]);
  });

  it("down, up and down again counts from the second time", async () => {
    await estate.ask("alice", asthma);
    await scale(asthma, 0);
    await follow();
    await scale(asthma, 1);
    await scale(asthma, 0);
    vi.setSystemTime(Date.now() + 30_000);
    await follow();
    expect(await shown()).toMatchObject({ workspace: asthma, wanted: asthma, state: "ready" });
  });

  it("down is not suspended by the reap timer earlier than that", async () => {
    await estate.ask("alice", asthma);
    await scale(asthma, 0);
    await estate.host.trigger("reapTimer");
    await estate.host.whenIdle();
    expect(await shown()).toMatchObject({ workspace: asthma, wanted: asthma, state: "ready" });
  });

  it("up while another is scaled down is a switch, as the Keycloak extension does it", async () => {
    await estate.ask("alice", asthma);
    await scale(asthma, 0);
    await scale(registry, 1);
    await follow();
    expect(await shown()).toMatchObject({ workspace: registry, wanted: registry, state: "ready" });
    expect((await estate.world()).rows.filter((row) => row.startsWith("may open"))).toHaveLength(1);
  });

  it("down changes nothing if the person now wants another desktop", async () => {
    await estate.ask("alice", asthma);
    await estate.ask("alice", registry);
    await scale(asthma, 1);
    await follow();
    await estate.ask("alice", registry);
    await scale(asthma, 0);
    await follow();
    expect(await shown()).toMatchObject({ wanted: registry, state: "ready" });
  });

  it("up without an entitlement changes nothing, and the log says why, once", async () => {
    const before = await estate.world();
    await scale(asthma, 1, "carol");
    await follow();
    await follow();
    await follow();
    const said = estate.log.filter(({ message }) => message.includes("asthma-cohort-carol was scaled up"));
    expect(said.map(({ message }) => message)).toEqual([expect.stringContaining("ended after 2024-12-31")]);
    expect(await requestOf("carol")).toBeNull();
    expect((await estate.world()).rows).toEqual(before.rows);
    expect(await scaleOf(asthma, "carol")).toEqual([0, "0"]);
  });

  it("up is not retried automatically if its desktop cannot start", async () => {
    estate.cluster.setFault(
      { namespace, deployment: deploymentName({ workspace: asthma, username: "alice" }) },
      "quota",
    );
    await scale(asthma, 1);
    await follow();
    const failed = await requestOf("alice");
    expect(failed?.data?.["outcomes"]).toContain("cannot-start");
    await follow();
    expect((await requestOf("alice"))?.metadata?.resourceVersion).toBe(failed?.metadata?.resourceVersion);
  });

  it("up can be scaled up again after that: its binding went back to 0", async () => {
    estate.cluster.setFault(
      { namespace, deployment: deploymentName({ workspace: asthma, username: "alice" }) },
      "quota",
    );
    await scale(asthma, 1);
    await follow();
    await follow();
    expect(await scaleOf(asthma)).toEqual([0, "0"]);
    estate.cluster.setFault({ namespace, deployment: deploymentName({ workspace: asthma, username: "alice" }) }, null);
    await scale(asthma, 1);
    await follow();
    expect(await shown()).toMatchObject({ workspace: asthma, state: "ready" });
  });

  it("up starts the desktop even if the process dies in the middle", async () => {
    estate.faults.beforeActivity = ({ name }) =>
      name === "createCredential" ? new Promise<undefined>(() => undefined) : undefined;
    await scale(asthma, 1);
    await estate.host.trigger("followScaling");
    await estate.restartHost();
    estate.mend();
    await estate.host.trigger("wakeForgotten");
    await follow();
    expect(await shown()).toMatchObject({ workspace: asthma, state: "ready" });
    expect(await scaleOf(asthma)).toEqual([1, "1"]);
  });

  it("up stays so after a failed switch, and its desktop keeps running", async () => {
    await estate.ask("alice", asthma);
    estate.cluster.setFault(
      { namespace, deployment: deploymentName({ workspace: registry, username: "alice" }) },
      "quota",
    );
    expect(await estate.ask("alice", registry)).toMatchObject({ state: "failed" });
    await follow();
    expect([await scaleOf(asthma), (await shown()).state]).toEqual([[1, "1"], "ready"]);
  });
});

describe("a scale that the product writes into a binding itself", () => {
  it("is never taken for somebody else's request", async () => {
    const settled = async () => {
      const before = (await requestOf("alice"))?.metadata?.resourceVersion;
      await follow();
      expect((await requestOf("alice"))?.metadata?.resourceVersion).toBe(before);
    };
    await estate.ask("alice", asthma);
    expect(await scaleOf(asthma)).toEqual([1, "1"]);
    await settled();
    await estate.ask("alice", registry);
    expect([await scaleOf(asthma), await scaleOf(registry)]).toEqual([
      [0, "0"],
      [1, "1"],
    ]);
    await settled();
    estate.faults.beforeActivity = ({ name }) => {
      if (name === "grantPermission") throw new Error("no");
    };
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "failed" });
    estate.mend();
    await settled();
    await estate.ask("alice", null);
    await settled();
    const { body } = await estate.call("olga", "DELETE", "/users/alice");
    await estate.end("olga", body);
    await settled();
  });
});

describe("a desktop that the operator left", () => {
  it("is not a request while its binding and Deployment agree, but becomes one if the binding is scaled later", async () => {
    await bind(estate, "dan", asthma);
    await leaveDesktop(estate, { username: "dan", workspace: asthma, replicas: 1 });
    await follow();
    expect(await requestOf("dan")).toBeNull();
    await scale(asthma, 0, "dan");
    await followAgain();
    expect(await shown("dan")).toMatchObject({ workspace: asthma, state: "suspended" });
    await scale(asthma, 1, "dan");
    await follow();
    expect(await shown("dan")).toMatchObject({ workspace: asthma, state: "ready" });
  });
});

describe("several bindings to one workspace", () => {
  const extra = async (name: string, spec: object) => {
    const binding = {
      ...kind,
      metadata: { name, namespace },
      spec: { workspace: asthma, expires: "2099-12-31", ...spec },
    };
    await objects.create(binding);
  };
  const names = ["second", "third", "expired", "by-claims", "unnamed"];
  const set = async (name: string, replicas: number) => {
    const binding = { ...kind, metadata: { name, namespace }, spec: { replicas } };
    await objects.patch(binding, undefined, undefined, "keycloak", undefined, PatchStrategy.MergePatch);
  };

  it("keep the desktop as long as one that counts is scaled up, whatever becomes of the others", async () => {
    await extra("second", { username: "alice", replicas: 0 });
    await extra("third", { username: "ALICE", replicas: 0 });
    await extra("expired", { username: "alice", replicas: 1, expires: "2020-01-01" });
    await extra("by-claims", { claims: [{ name: "groups", operator: "EQUALS", value: "/none" }], replicas: 1 });
    await extra("unnamed", { username: "", replicas: 1 });
    await estate.ask("alice", asthma);
    await followAgain();
    for (const name of ["second", "third"]) {
      await set(name, 1);
      await followAgain();
      await set(name, 0);
      await followAgain();
      expect(await shown()).toMatchObject({ workspace: asthma, wanted: asthma, state: "ready" });
    }
    for (const name of ["expired", "by-claims", "unnamed"]) {
      await set(name, 0);
      await followAgain();
      expect([name, (await shown()).state]).toEqual([name, "ready"]);
      await set(name, 1);
      await followAgain();
    }
    // Those that are still up are not theirs, or count no longer.
    for (const name of [`${asthma}-alice`, "second", "third"]) await set(name, 0);
    await followAgain();
    expect(await shown()).toMatchObject({ workspace: asthma, wanted: null, state: "suspended" });
    for (const name of names) await objects.delete({ ...kind, metadata: { name, namespace } });
  });
});
