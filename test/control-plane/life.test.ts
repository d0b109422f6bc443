import { CoreV1Api, type V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { deploymentName } from "../../shared/desktop/names.ts";
import { startTestEstate, type TestEstate } from "../estate.ts";
import { viewOf } from "../guacamole-rules.ts";
import { subjectOf, tellLogin } from "../keycloak-person.ts";
import { olderExtension, toTheEnd } from "../older-extension.ts";
import { scaledWorld } from "../scaled-world.ts";
import { describeOnControlPlane } from "./available.ts";
import { namespace, prepare, prepareMilliseconds, type Prepared } from "./prepared.ts";

/** The whole product, as its service account, on a real control plane whose controllers create the pods. */
const asthma = "asthma-cohort";
const registry = "cancer-registry";

/** The statuses of these Deployments' pods; all others become ready. */
const fates = new Map<string, V1Pod["status"]>();

describeOnControlPlane("a desktop on a real control plane", () => {
  let prepared: Prepared;
  let estate: TestEstate;

  beforeAll(async () => {
    prepared = await prepare(
      (pod) => fates.get(pod.metadata?.labels?.["xlscsde.nhs.uk/deployment-name"] ?? "") ?? "ready",
    );
    const { plane, token } = prepared;
    estate = await startTestEstate({ admin: plane.admin, product: plane.as(token) });
  }, prepareMilliseconds);
  afterAll(async () => {
    await estate.close();
    await prepared.close();
  });

  async function running(): Promise<string[]> {
    const { objects } = await estate.world();
    return Object.values(objects)
      .filter((object) => ((object as { spec?: { replicas?: number } }).spec?.replicas ?? 0) > 0)
      .flatMap(
        (object) =>
          (object as { annotations?: Record<string, string> }).annotations?.["xlscsde.nhs.uk/workspace"] ?? [],
      );
  }
  const open = async () =>
    (await estate.world()).rows.filter((row) => row.startsWith("may open")).map((row) => row.split(" ")[2]);

  it("comes up, and a second request changes nothing", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    const before = await estate.world();
    expect((await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: asthma })).status).toBe(200);
    expect(await estate.world()).toEqual(before);
    expect(await open()).toEqual([`${asthma}@alice`]);
  });

  it("can be seen and opened by its person and nobody else, and the session is recorded", async () => {
    const { body } = await estate.call<{ state: string; url: string }>("alice", "GET", "/users/alice/desktop");
    expect(body).toMatchObject({ state: "ready", url: expect.stringContaining("/#/client/") as string });
    const own = `${asthma}/alice`;
    expect(await viewOf(estate.guacamole, `${asthma}@alice`)).toMatchObject({ mayOpen: [own] });
    for (const other of [`${asthma}@bob`, `${registry}@alice`])
      expect(await viewOf(estate.guacamole, other)).toEqual({ sees: [], mayOpen: [] });
    // What Guacamole writes when she connects.
    await estate.guacamole.query(
      `INSERT INTO guacamole_connection_history (username, connection_id, connection_name, start_date)
       SELECT $1, connection_id, connection_name, now() FROM guacamole_connection WHERE connection_name = 'alice'`,
      [`${asthma}@alice`],
    );
  });

  it("comes up on a switch, and the previous one is suspended", async () => {
    expect(await estate.ask("alice", registry)).toMatchObject({ state: "done" });
    expect([await open(), await running()]).toEqual([[`${registry}@alice`], [registry]]);
  });

  it("is suspended without a pod, and comes up again", async () => {
    expect(await estate.ask("alice", null)).toMatchObject({ state: "done" });
    expect([await open(), await running()]).toEqual([[], []]);
    const labelSelector = `xlscsde.nhs.uk/deployment-name=${deploymentName({ workspace: registry, username: "alice" })}`;
    const pods = () => prepared.plane.admin.makeApiClient(CoreV1Api).listNamespacedPod({ namespace, labelSelector });
    await expect.poll(async () => (await pods()).items.length, { timeout: 60_000 }).toBe(0);
    expect(await estate.ask("alice", registry)).toMatchObject({ state: "done" });
    expect(await open()).toEqual([`${registry}@alice`]);
  });

  it("that cannot start is undone with the cluster's own message, and the previous one stays", async () => {
    const before = await estate.world();
    // As containerd says it (kubernetes-sigs/provider-aws-test-infra #281).
    const message =
      'rpc error: code = NotFound desc = failed to pull and unpack image "x:1": failed to resolve reference "x:1": x:1: not found';
    const waiting = { reason: "ErrImagePull", message };
    fates.set(deploymentName({ workspace: asthma, username: "alice" }), {
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "True" }],
      containerStatuses: [
        { name: "desktop", image: "x", imageID: "", ready: false, restartCount: 0, state: { waiting } },
      ],
    });
    expect(await estate.ask("alice", asthma)).toMatchObject({
      state: "failed",
      step: "readiness",
      reason: `ErrImagePull: ${message}`,
    });
    fates.clear();
    expect(await estate.world()).toEqual(before);
  });

  it("that is asked for twenty times at once in two workspaces ends as one, the newest", async () => {
    const put = (workspace: string) => estate.call("alice", "PUT", "/users/alice/desktop", { workspace });
    const replies = await Promise.all(Array.from({ length: 20 }, (_, n) => put(n % 2 ? asthma : registry)));
    const ends = await Promise.all(replies.map(async ({ body }) => (await estate.end("alice", body)).state));
    expect(new Set(ends)).toEqual(new Set(["done", "superseded"]));
    const { body } = await estate.call<{ wanted: string }>("alice", "GET", "/users/alice/desktop");
    expect([await open(), await running()]).toEqual([[`${body.wanted}@alice`], [body.wanted]]);
  });

  it("whose host is killed in the middle is completed by the next host", async () => {
    await estate.ask("alice", null);
    const { promise: reached, resolve } = Promise.withResolvers<undefined>();
    estate.faults.afterActivity = ({ name }) => {
      if (name !== "createDeployment") return;
      resolve(undefined);
      return new Promise<undefined>(() => undefined);
    };
    const reply = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: asthma });
    await reached;
    estate.mend();
    await estate.restartHost();
    expect(await estate.end("alice", reply.body)).toMatchObject({ state: "done" });
    expect(await open()).toEqual([`${asthma}@alice`]);
  });

  it("is switched by a login after a choice in the older extension, and stays when an ended workspace is chosen", async () => {
    const extension = olderExtension(prepared.plane.admin, namespace);
    const logIn = async (workspace: string) => {
      await toTheEnd(extension.choose(`${workspace}:${workspace}-alice`, "alice"));
      await tellLogin(estate, "alice", await subjectOf(estate, "alice"));
      await estate.host.whenIdle();
    };
    await logIn(registry);
    expect([await open(), await running()]).toEqual([[`${registry}@alice`], [registry]]);
    await logIn("flu-season-2023");
    expect([await open(), await running()]).toEqual([[`${registry}@alice`], [registry]]);
    const { body } = await estate.call("alice", "GET", "/users/alice/desktop");
    expect(body).toMatchObject({ lastRefusal: { workspace: "flu-season-2023", code: "workspace-expired" } });
    const bindings = scaledWorld(estate);
    const scales = () => Promise.all([registry, "flu-season-2023"].map((each) => bindings.scaleOf(`${each}-alice`)));
    expect(await scales()).toEqual([
      [1, "1"],
      [0, "0"],
    ]);
    // Given up: followed once it has been found so for ten seconds.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000, shouldAdvanceTime: true });
    await bindings.edit(`${registry}-alice`, { replicas: 0 });
    for (const expected of [[registry], [registry], []]) {
      await estate.host.trigger("followScaling");
      await estate.host.whenIdle();
      expect(await running()).toEqual(expected);
      vi.setSystemTime(Date.now() + 6_000);
    }
    vi.useRealTimers();
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  });

  it("is retired with all its objects and rows", async () => {
    const reply = await estate.call("olga", "DELETE", "/users/alice");
    expect(await estate.end("olga", reply.body)).toMatchObject({ state: "done" });
    const { objects, rows } = await estate.world();
    const ours = Object.entries(objects).filter(
      ([, object]) =>
        (object as { labels?: Record<string, string> }).labels?.["xlscsde.nhs.uk/managedBy"] !== undefined,
    );
    expect([ours, rows.filter((row) => row.includes("alice") || row.startsWith("group "))]).toEqual([[], []]);
    const pods = await prepared.plane.admin.makeApiClient(CoreV1Api).listNamespacedPod({ namespace });
    expect(pods.items).toEqual([]);
    const { rows: sessions } = await estate.guacamole.query("SELECT username FROM guacamole_connection_history");
    expect(sessions).toEqual([{ username: `${asthma}@alice` }]);
  });
});
