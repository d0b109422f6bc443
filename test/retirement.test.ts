import { CoreV1Api, type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { bind } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import type { World } from "./world.ts";

const asthma = "asthma-cohort";
const registry = "cancer-registry";

let estate: TestEstate;
/** The world with a colleague's running desktop in the first workspace, and nothing of alice's. */
let empty: World;

beforeAll(async () => {
  estate = await startTestEstate();
  await bind(estate, "dan", asthma);
  expect(await estate.ask("dan", asthma)).toMatchObject({ state: "done" });
  // The first retirement writes into alice's bindings that nothing is wanted; from then on the world must stay the
  // same.
  await twoDesktops();
  expect(await retire("alice")).toMatchObject({ state: "done" });
  empty = await estate.world();
});
afterAll(() => estate.close());
afterEach(() => {
  estate.mend();
});

/** Brings up two desktops of alice; the first is then suspended. */
async function twoDesktops(): Promise<void> {
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  expect(await estate.ask("alice", registry)).toMatchObject({ state: "done" });
}

const askToRetire = (username: string) => estate.call("olga", "DELETE", `/users/${username}`);
const retire = async (username: string) => estate.end("olga", (await askToRetire(username)).body);

/** Returns everything that has the person's name in either system. */
async function tracesOf(username: string): Promise<string[]> {
  const { objects, rows } = await estate.world();
  const named = Object.entries(objects)
    .filter(([, object]) => {
      const { annotations } = object as { annotations: Record<string, string> };
      return annotations["xlscsde.nhs.uk/username"] === username;
    })
    .map(([name]) => name);
  return [...named, ...rows.filter((row) => row.includes(`@${username}`) || row.endsWith(` ${username}`))];
}

async function passwordOf(workspace: string, username: string): Promise<string | undefined> {
  const name = `client-${deploymentName({ workspace, username })}`;
  const { data } = await estate.kubeconfig.makeApiClient(CoreV1Api).readNamespacedSecret({ namespace, name });
  return data?.["password"];
}

describe("a person who leaves", () => {
  it("loses everything in every workspace, running or suspended, down to the pods", async () => {
    await twoDesktops();
    expect(await tracesOf("alice")).not.toEqual([]);
    expect(await retire("alice")).toMatchObject({ state: "done", message: "nothing of this person is left" });
    expect(await tracesOf("alice")).toEqual([]);
    expect(await estate.world()).toEqual(empty);
    const { items } = await estate.kubeconfig.makeApiClient(CoreV1Api).listNamespacedPod({ namespace });
    expect(items.map(({ metadata }) => metadata?.labels?.["xlscsde.nhs.uk/deployment-name"])).toEqual([
      deploymentName({ workspace: asthma, username: "dan" }),
    ]);
    expect((await estate.call("olga", "GET", "/users/alice/desktop")).body).toMatchObject({ state: "absent" });
  });

  it("also loses the workspace's group if nobody else has a desktop in it, and only then", async () => {
    await twoDesktops();
    expect((await estate.world()).rows).toContain(`group ${registry}`);
    await retire("alice");
    const { rows } = await estate.world();
    expect(rows.filter((row) => row.startsWith("group "))).toEqual([`group ${asthma}`]);
  });

  it("and has nothing is retired successfully, even twice", async () => {
    expect(await retire("carol")).toMatchObject({ state: "done" });
    expect(await retire("carol")).toMatchObject({ state: "done" });
    expect(await estate.world()).toEqual(empty);
  });

  it("and comes back gets a new desktop with another password", async () => {
    await twoDesktops();
    const before = await passwordOf(registry, "alice");
    await retire("alice");
    expect(await estate.ask("alice", registry)).toMatchObject({ state: "done" });
    expect(await passwordOf(registry, "alice")).not.toBe(before);
    await retire("alice");
  });

  it("does not lose what others created, even with the desktop's name", async () => {
    const name = `client-${deploymentName({ workspace: asthma, username: "alice" })}`;
    const stranger: KubernetesObject & { data: object } = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace },
      data: {},
    };
    const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
    await objects.create(stranger);
    expect(await estate.ask("alice", registry)).toMatchObject({ state: "done" });
    expect(await retire("alice")).toMatchObject({ state: "done" });
    expect(Object.keys((await estate.world()).objects)).toContain(`Secret ${name}`);
    await objects.delete(stranger);
    expect(await estate.world()).toEqual(empty);
  });

  it("loses what a failed run left behind, also if only claims let them in", async () => {
    estate.faults.beforeActivity = ({ name }) => {
      // No Deployment and no row is left: only the record of the run shows the rest.
      if (/^(waitReady|removeParts)/.test(name)) throw new Error("[step-failed] the test broke it");
    };
    const failed = await estate.ask("bob", registry);
    expect(failed).toMatchObject({ state: "failed", step: "readiness" });
    expect(failed.leftBehind).toHaveLength(1);
    estate.mend();
    expect(await tracesOf("bob")).not.toEqual([]);
    expect(await retire("bob")).toMatchObject({ state: "done" });
    expect(await estate.world()).toEqual(empty);
  });
});

const steps = [
  ["permission", "withdrawPermission"],
  ["deployment", "retireDeployment"],
  ["service", "retireService"],
  ["credential", "retireCredential"],
  ["network policy", "retireNetworkPolicy"],
  ["connection", "retireConnection"],
  ["binding status", "recordRetired"],
] as const;

describe.each(["beforeActivity", "afterActivity"] as const)("a retirement that fails, %s", (when) => {
  it.each(steps)("at its step %s continues from there if it is requested again", async (step, activity) => {
    await twoDesktops();
    estate.faults[when] = ({ name }) => {
      if (name === activity) throw new Error(`[step-failed] the test broke ${activity}`);
    };
    expect(await retire("alice")).toMatchObject({ state: "running", trouble: { tries: 1, step } });
    const { rows } = await estate.world();
    if (step !== "permission" || when === "afterActivity")
      expect(rows.filter((row) => row.startsWith("may open") && row.includes("@alice"))).toEqual([]);
    estate.mend();
    expect(await retire("alice")).toMatchObject({ state: "done" });
    expect(await estate.world()).toEqual(empty);
  });

  it.each(steps)("once at its step %s is retried automatically", async (_step, activity) => {
    await twoDesktops();
    let failures = 0;
    estate.faults[when] = ({ name }) => {
      if (name === activity && (failures += 1) === 1) throw new Error("[step-failed] the test broke it once");
    };
    expect(await retire("alice")).toMatchObject({ state: "done" });
    expect(failures).toBeGreaterThan(1);
    expect(await estate.world()).toEqual(empty);
  });
});

describe("while a retirement is in progress", () => {
  async function heldAt(activity: string) {
    const { promise: reached, resolve: reach } = Promise.withResolvers<undefined>();
    const { promise: freed, resolve: free } = Promise.withResolvers<undefined>();
    estate.faults.afterActivity = ({ name }) => {
      if (name !== activity) return;
      reach(undefined);
      return freed;
    };
    const { body } = await askToRetire("alice");
    await reached;
    return { operation: body, free };
  }

  it("the person gets no new desktop, and a request for none is the same operation", async () => {
    await twoDesktops();
    const { operation, free } = await heldAt("retireDeployment");
    const put = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: asthma });
    expect([put.status, put.body.code]).toEqual([409, "being-retired"]);
    const suspend = await estate.call("alice", "DELETE", "/users/alice/desktop");
    expect(suspend.body.id).toBe(operation.id);
    expect((await askToRetire("alice")).body.id).toBe(operation.id);
    free(undefined);
    expect(await estate.end("olga", operation)).toMatchObject({ state: "done" });
    expect(await estate.world()).toEqual(empty);
  });

  it("a host that dies loses nothing: the next one completes it", async () => {
    await twoDesktops();
    const { operation } = await heldAt("retireService");
    estate.mend();
    await estate.restartHost();
    expect(await estate.end("olga", operation)).toMatchObject({ state: "done" });
    expect(await estate.world()).toEqual(empty);
  });

  it("a running activation is abandoned and undone first", async () => {
    const { promise: reached, resolve: reach } = Promise.withResolvers<undefined>();
    const { promise: freed, resolve: free } = Promise.withResolvers<undefined>();
    estate.faults.afterActivity = ({ name }) => {
      if (name !== "createDeployment") return;
      reach(undefined);
      return freed;
    };
    const { body: activation } = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: asthma });
    await reached;
    const { body: retirement } = await askToRetire("alice");
    free(undefined);
    expect(await estate.end("olga", retirement)).toMatchObject({ state: "done" });
    expect(await estate.end("alice", activation)).toMatchObject({ state: "superseded" });
    expect(await estate.world()).toEqual(empty);
  });
});

describe("a retirement", () => {
  it("is refused to the person and to the login flow, and nothing happens", async () => {
    await twoDesktops();
    const before = await estate.world();
    const replies = [
      await estate.call("alice", "DELETE", "/users/alice"),
      await estate.call("bob", "DELETE", "/users/alice"),
      await estate.callAsService("DELETE", "/users/alice"),
    ];
    expect(replies.map(({ status }) => status)).toEqual([403, 403, 403]);
    await estate.host.whenIdle();
    expect(await estate.world()).toEqual(before);
    await retire("alice");
  });
});
