import { operationIdOf } from "../shared/person/operation.ts";
import {
  AppsV1Api,
  CoreV1Api,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
} from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { personId } from "../shared/desktop/names.ts";
import type { DesktopRequest } from "../shared/person/record.ts";
import { clusterOf } from "../shared/kubernetes/cluster.ts";
import { type PersonRecords, personRecordsIn } from "../shared/kubernetes/person-records.ts";
import { deploymentName } from "../shared/desktop/names.ts";
import type { ToldOperation } from "../local/main-job.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

const asthma = "asthma-cohort";
const registry = "cancer-registry";

let estate: TestEstate;
let requests: PersonRecords;
let core: CoreV1Api;

beforeAll(async () => {
  estate = await startTestEstate();
  core = estate.kubeconfig.makeApiClient(CoreV1Api);
  requests = personRecordsIn(clusterOf(estate.kubeconfig), namespace);
});
afterAll(() => estate.close());
beforeEach(() => {
  estate.log.length = 0;
});
afterEach(async () => {
  estate.mend();
  estate.cluster.setFault({ namespace, deployment: deploymentName({ workspace: asthma, username: "alice" }) }, null);
  await estate.ask("alice", null);
});

const put = (workspace: string) => estate.call("alice", "PUT", "/users/alice/desktop", { workspace });
const state = async () =>
  (await estate.call<{ state: string; workspace: string }>("alice", "GET", "/users/alice/desktop")).body;

/** Returns which workspaces alice can open, and which of her Deployments should run. */
async function active() {
  const { objects, rows } = await estate.world();
  return {
    open: rows.filter((row) => row.startsWith("may open")).map((row) => row.split(" ")[2]),
    running: Object.entries(objects)
      .filter(
        ([key, object]) => key.startsWith("Deployment") && (object as { spec: { replicas: number } }).spec.replicas > 0,
      )
      .map(([, object]) => (object as { annotations: Record<string, string> }).annotations["xlscsde.nhs.uk/workspace"]),
  };
}

/** Writes a request without waking its orchestration, as if the process had died in between. */
async function forget(workspace: string | null, username = "alice"): Promise<DesktopRequest> {
  const request: DesktopRequest = {
    id: crypto.randomUUID(),
    username,
    workspace,
    requestedAt: new Date().toISOString(),
    claims: {},
  };
  await requests.update(personId(username), (current) => ({
    request,
    outcomes: current?.outcomes ?? {},
    before: current?.before,
  }));
  return request;
}

/** Gives dora, who never had a desktop, a binding to the asthma cohort. */
async function bindDora(): Promise<void> {
  await KubernetesObjectApi.makeApiClient(estate.kubeconfig).patch(
    {
      apiVersion: "xlscsde.nhs.uk/v1",
      kind: "AnalyticsWorkspaceBinding",
      metadata: { name: "asthma-cohort-dora", namespace },
      spec: { workspace: asthma, username: "dora", expires: "2099-12-31" },
    } as KubernetesObject,
    undefined,
    undefined,
    "tests",
    true,
    PatchStrategy.ServerSideApply,
  );
}

describe("requests at the same time", () => {
  it("twenty for one workspace become one operation and one desktop", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => put(asthma)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    const first = replies[0]?.body as ToldOperation;
    expect(await estate.end("alice", first)).toMatchObject({ state: "done" });
    expect(await active()).toEqual({ open: [`${asthma}@alice`], running: [asthma] });
    const made = estate.log.filter(
      ({ functionName, message }) => functionName === "createDeployment" && message.startsWith("Executing"),
    );
    expect(made).toHaveLength(1);
  });

  it("twenty for two workspaces end with the newest one and one active desktop", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, (_, n) => put(n % 2 ? asthma : registry)));
    const ends = await Promise.all(replies.map(async ({ body }) => (await estate.end("alice", body)).state));
    expect(new Set(ends)).toEqual(new Set(["done", "superseded"]));
    const record = await requests.read(personId("alice"));
    const wanted = record?.request.workspace ?? "";
    expect(await active()).toEqual({ open: [`${wanted}@alice`], running: [wanted] });
    expect(await state()).toMatchObject({ state: "ready", workspace: wanted });
  });
});

describe("the same request again", () => {
  it("is the same operation, with 200 once the desktop is ready", async () => {
    const operation = await estate.ask("alice", asthma);
    const again = await put(asthma);
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ id: operation.id, state: "done" });
  });

  it("is a new one if the desktop is gone", async () => {
    const operation = await estate.ask("alice", asthma);
    await estate.guacamole.query("DELETE FROM guacamole_connection_permission");
    const again = await put(asthma);
    expect(again.status).toBe(202);
    expect(again.body.id).not.toBe(operation.id);
    expect(await estate.end("alice", again.body)).toMatchObject({ state: "done" });
    expect(await state()).toMatchObject({ state: "ready" });
  });

  it("keeps the running pod and its password", async () => {
    await estate.ask("alice", asthma);
    const passwords = "SELECT parameter_value FROM guacamole_connection_parameter WHERE parameter_name = 'password'";
    const pods = async () => (await core.listNamespacedPod({ namespace })).items.map(({ metadata }) => metadata?.uid);
    const before = [await pods(), (await estate.guacamole.query(passwords)).rows];
    await estate.guacamole.query("DELETE FROM guacamole_connection_permission");
    await estate.ask("alice", asthma);
    expect([await pods(), (await estate.guacamole.query(passwords)).rows]).toEqual(before);
  });
});

describe("a request whose orchestration was not woken", () => {
  it("is picked up when somebody polls the operation", async () => {
    const request = await forget(asthma);
    const reply = await estate.call("alice", "GET", `/operations/${operationIdOf(request)}`);
    expect(reply.body.state).toBe("pending");
    expect(await estate.end("alice", reply.body)).toMatchObject({ state: "done" });
    expect(await state()).toMatchObject({ state: "ready", workspace: asthma });
  });

  it("is picked up by the timer if nobody polls", async () => {
    await forget(asthma);
    await estate.host.trigger("wakeForgotten");
    await estate.host.whenIdle();
    expect(await state()).toMatchObject({ state: "ready", workspace: asthma });
  });

  it("is not lost either if the orchestration was just ending", async () => {
    const { promise: looked, resolve: look } = Promise.withResolvers<undefined>();
    const { promise: goOn, resolve: letGo } = Promise.withResolvers<undefined>();
    estate.faults.afterActivity = async ({ name }) => {
      if (name !== "recordOutcome") return;
      look(undefined); // it has seen the record for the last time, and is about to end
      await goOn;
    };
    await put(asthma);
    await looked;
    const second = await put(registry); // not started: the instance still runs
    letGo(undefined);
    await estate.host.whenIdle();
    const left = await requests.read(personId("alice"));
    expect(left?.request.workspace).toBe(registry);
    expect(left?.outcomes).not.toHaveProperty(left?.request.id ?? "");

    expect(await estate.end("alice", second.body)).toMatchObject({ state: "done" });
    expect(await state()).toMatchObject({ state: "ready", workspace: registry });
  });
});

describe("a request that arrives while an older one is in progress", () => {
  it("is seen by the last read, without a poll", async () => {
    estate.faults.afterActivity = async ({ name }) => {
      if (name !== "grantPermission") return;
      estate.mend();
      await forget(registry);
    };
    await put(asthma);
    await estate.host.whenIdle();
    const record = await requests.read(personId("alice"));
    expect(record?.outcomes[record.request.id]).toMatchObject({ state: "done" });
    expect(await active()).toEqual({ open: [`${registry}@alice`], running: [registry] });
  });

  it("supersedes it, and both operations say so", async () => {
    const first = await put(asthma);
    const second = await put(registry);
    expect((await estate.end("alice", first.body)).state).toBe("superseded");
    expect((await estate.end("alice", second.body)).state).toBe("done");
  });
});

describe("an outage during the undo of a failed run", () => {
  it("does not make the partial desktop the previous state: the next run restores the state before the request", async () => {
    const before = await estate.world();
    const name = deploymentName({ workspace: asthma, username: "dora" });
    await bindDora();
    estate.cluster.setFault({ namespace, deployment: name }, "image-pull");
    // The cluster is unavailable for every undo and for recording the outcome.
    estate.faults.beforeActivity = ({ name: activity }) => {
      if (/^(delete|remove|record|revoke|restore)/.test(activity)) throw new Error("[cluster-unavailable] away");
    };
    const request = await forget(asthma, "dora");
    await estate.host.trigger("wakeForgotten");
    await estate.host.whenIdle();
    expect((await requests.read(personId("dora")))?.outcomes).toEqual({});

    estate.mend();
    await estate.host.trigger("wakeForgotten");
    await estate.host.whenIdle();
    const outcome = (await requests.read(personId("dora")))?.outcomes[request.id];
    expect(outcome).toMatchObject({ state: "failed", code: "cannot-start", leftBehind: [] });
    estate.cluster.setFault({ namespace, deployment: name }, null);
    expect(Object.keys((await estate.world()).objects).filter((key) => key.includes(name))).toEqual([]);
    expect((await estate.world()).rows).toEqual(before.rows);
  });
});

describe("an outage after the previous desktop was withdrawn", () => {
  it("does not cost the person that desktop: when the new one fails, the old one can be opened again", async () => {
    await estate.ask("alice", registry);
    estate.faults.beforeActivity = ({ name }) => {
      if (/^(grant|delete|remove|record|revoke|restore)/.test(name)) throw new Error("[guacamole-unavailable] away");
    };
    await put(asthma);
    await estate.host.whenIdle();
    expect((await active()).open).toEqual([]);

    estate.faults.beforeActivity = ({ name }) => {
      if (name === "grantPermission") throw new Error("[step-failed] never");
    };
    await estate.host.trigger("wakeForgotten");
    await estate.host.whenIdle();
    expect((await active()).open).toEqual([`${registry}@alice`]);
    expect(await state()).toMatchObject({ state: "ready", workspace: registry, lastFailure: { workspace: asthma } });
  });
});

describe("an object that others created", () => {
  it("with a desktop's name is neither used nor changed, and the operation says what is in the way", async () => {
    await bindDora();
    const name = deploymentName({ workspace: asthma, username: "dora" });
    const labels = { "xlscsde.nhs.uk/deployment-name": name };
    const body = {
      metadata: { name, labels: { "xlscsde.nhs.uk/purpose": "workspace-client" } },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "client", image: "example.org/vnc:1" }] } },
      },
    };
    const apps = estate.kubeconfig.makeApiClient(AppsV1Api);
    await apps.createNamespacedDeployment({ namespace, body });
    await estate.host.whenIdle();
    const before = await estate.world();
    const request = await forget(asthma, "dora");
    await estate.host.trigger("wakeForgotten");
    await estate.host.whenIdle();
    expect((await requests.read(personId("dora")))?.outcomes[request.id]).toMatchObject({
      state: "failed",
      step: "before",
      code: "not-ours",
      reason: expect.stringContaining(`Deployment ${name}`) as string,
    });
    expect(await estate.world()).toEqual(before);
    await apps.deleteNamespacedDeployment({ namespace, name });
  });

  it("and that the person can open is closed before a new desktop is opened", async () => {
    await estate.guacamole.query(`
      WITH g AS (INSERT INTO guacamole_connection_group (connection_group_name) VALUES ('older') RETURNING connection_group_id),
      c AS (INSERT INTO guacamole_connection (connection_name, parent_id, protocol) SELECT 'alice', connection_group_id, 'vnc' FROM g RETURNING connection_id),
      e AS (INSERT INTO guacamole_entity (name, type) VALUES ('older@alice', 'USER') RETURNING entity_id)
      INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission) SELECT entity_id, connection_id, 'READ' FROM e, c`);
    await estate.ask("alice", asthma);
    expect((await active()).open).toEqual([`${asthma}@alice`]);
    await estate.guacamole.query("DELETE FROM guacamole_connection_group WHERE connection_group_name = 'older'");
    await estate.guacamole.query("DELETE FROM guacamole_entity WHERE name = 'older@alice'");
  });
});

describe("an unavailable database when a request arrives", () => {
  it("loses no request: the work starts nevertheless", async () => {
    await estate.ask("alice", asthma); // so that the same request must check the desktop's state
    await estate.guacamole.query("ALTER TABLE guacamole_connection RENAME TO elsewhere");
    const reply = await put(asthma);
    await estate.guacamole.query("ALTER TABLE elsewhere RENAME TO guacamole_connection");
    expect(reply.status).toBe(202);
    expect((await requests.read(personId("alice")))?.request.workspace).toBe(asthma);
    await estate.end("alice", reply.body);
  });
});

describe("another workspace", () => {
  it("comes up before the previous one goes down, and never can both be opened", async () => {
    await estate.ask("alice", asthma);
    const most: number[] = [];
    estate.faults.afterActivity = async () => {
      most.push((await active()).open.length);
    };
    expect(await estate.ask("alice", registry)).toMatchObject({ state: "done", message: "the desktop is ready" });
    expect(Math.max(...most)).toBe(1);
    expect(await active()).toEqual({ open: [`${registry}@alice`], running: [registry] });
  });

  it("never leaves a permission for a desktop that is not ready, on the way up, across, and down", async () => {
    let looks = 0;
    const wrong: string[] = [];
    estate.faults.afterActivity = async ({ name }) => {
      const { items } = await core.listNamespacedPod({ namespace });
      for (const entity of (await active()).open) {
        looks += 1;
        const workspace = entity?.split("@")[0] ?? "";
        const deployment = deploymentName({ workspace, username: "alice" });
        const ready = items.some(
          ({ metadata, status }) =>
            metadata?.labels?.["xlscsde.nhs.uk/deployment-name"] === deployment &&
            status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
        );
        if (!ready) wrong.push(`${workspace} after ${name}`);
      }
    };
    for (const workspace of [asthma, registry, null]) await estate.ask("alice", workspace);
    expect(looks).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
  });

  it("that cannot start leaves the previous one unchanged, which stays the person's desktop", async () => {
    await estate.ask("alice", registry);
    const before = await estate.world();
    estate.cluster.setFault(
      { namespace, deployment: deploymentName({ workspace: asthma, username: "alice" }) },
      "image-pull",
    );
    const operation = await estate.ask("alice", asthma);
    expect(operation).toMatchObject({ state: "failed", step: "readiness", code: "cannot-start" });
    expect(operation.reason).toMatch(/^(?:ErrImagePull|ImagePullBackOff): .*: not found$/);
    expect(await estate.world()).toEqual(before);
    expect(await state()).toMatchObject({
      state: "ready",
      workspace: registry,
      wanted: asthma,
      lastFailure: { workspace: asthma, code: "cannot-start" },
    });
    // Nothing is under way any more that a page could follow.
    expect(await state()).not.toHaveProperty("operation");
  });

  it("that is requested while the first is still waiting takes its place, and the first is undone", async () => {
    estate.cluster.setFault(
      { namespace, deployment: deploymentName({ workspace: asthma, username: "alice" }) },
      "never-ready",
    );
    const { promise: waiting, resolve } = Promise.withResolvers<undefined>();
    estate.faults.beforeActivity = ({ name }) => {
      if (name === "waitReady") resolve(undefined);
    };
    const first = await put(asthma);
    await waiting;
    expect(await state()).toMatchObject({ wanted: asthma, operation: first.body.id });
    const second = await put(registry);
    expect(await estate.end("alice", second.body)).toMatchObject({ state: "done" });
    expect(await estate.end("alice", first.body)).toMatchObject({ state: "superseded" });
    expect((await active()).running).toEqual([registry]);
  });
});

describe("a request for no desktop", () => {
  it("suspends: no permission and no pod, but everything is kept for the next time", async () => {
    await estate.ask("alice", asthma);
    expect(await estate.ask("alice", null)).toMatchObject({ state: "done" });
    const { objects, rows } = await estate.world();
    expect(await active()).toEqual({ open: [], running: [] });
    expect(rows).toContain(`group ${asthma}`);
    expect(
      Object.keys(objects).filter((key) => key.includes(deploymentName({ workspace: asthma, username: "alice" }))),
    ).toHaveLength(4);
    expect(objects["AnalyticsWorkspaceBinding asthma-cohort-alice"]).toMatchObject({
      spec: { replicas: 0 },
      status: { statusText: "READY", replicas: 0 },
    });
  });

  it("is named to who looks meanwhile", async () => {
    await estate.ask("alice", asthma);
    const { promise: looked, resolve: look } = Promise.withResolvers<undefined>();
    const { promise: working, resolve: work } = Promise.withResolvers<undefined>();
    estate.faults.beforeActivity = async () => {
      work(undefined);
      await looked;
    };
    const { body } = await estate.call("alice", "DELETE", "/users/alice/desktop");
    await working;
    const meanwhile = await state().finally(() => {
      look(undefined);
    });
    expect(meanwhile).toMatchObject({ workspace: asthma, operation: body.id });
    expect(await estate.end("alice", body)).toMatchObject({ state: "done" });
    expect(await state()).not.toHaveProperty("operation");
  });

  it("shows the desktop that goes down to who looks before it has ended, and not one that was there before", async () => {
    await estate.ask("alice", registry);
    await estate.ask("alice", asthma);
    const { promise: looked, resolve: look } = Promise.withResolvers<undefined>();
    const { promise: ending, resolve: end } = Promise.withResolvers<undefined>();
    estate.faults.beforeActivity = async ({ name }) => {
      if (name !== "recordOutcome") return;
      end(undefined);
      await looked;
    };
    const { body } = await estate.call("alice", "DELETE", "/users/alice/desktop");
    await ending;
    const meanwhile = await state().finally(() => {
      look(undefined);
    });
    expect(meanwhile).toMatchObject({ workspace: asthma, operation: body.id });
    expect(await estate.end("alice", body)).toMatchObject({ state: "done" });
  });

  it.each([
    ["their desktop", "desktop", { wanted: null, state: "suspending" }],
    ["their workspaces", "workspaces", { workspaces: [{ desktop: { state: "suspending" } }, {}, {}] }],
  ])("is seen by who looks at %s, began before it, and saw its effect already", async (_, path, seen) => {
    await estate.ask("alice", asthma);
    const { promise: looked, resolve: look } = Promise.withResolvers<undefined>();
    estate.faults.beforeActivity = () => looked;
    const { guacamole } = estate;
    await guacamole.query("BEGIN");
    await guacamole.query("LOCK TABLE guacamole_connection_permission IN ACCESS EXCLUSIVE MODE");
    const looking = estate.call<object>("alice", "GET", `/users/alice/${path}`);
    const waiting = "SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted";
    const count = async () => (await guacamole.query<{ count: number }>(waiting)).rows[0]?.count ?? 0;
    await vi.waitUntil(async () => (await count()) > 0, 10_000);
    const { body } = await estate.call("alice", "DELETE", "/users/alice/desktop");
    // As the work on that request withdraws it.
    await guacamole.query("DELETE FROM guacamole_connection_permission");
    await guacamole.query("COMMIT");
    const reply = await looking.finally(() => {
      look(undefined);
    });
    expect(reply.body).toMatchObject(seen);
    expect(await estate.end("alice", body)).toMatchObject({ state: "done" });
  });

  it("is named also to somebody who has no desktop", async () => {
    const request = await forget(null, "dora");
    const { body } = await estate.call<object>("olga", "GET", "/users/dora/desktop");
    expect(body).toMatchObject({ workspace: null, state: "absent", operation: operationIdOf(request) });
  });

  it("and then for the same workspace brings it up with a new password", async () => {
    const password = async () =>
      (
        await estate.guacamole.query<{ value: string }>(
          `SELECT parameter_value AS value FROM guacamole_connection_parameter
           JOIN guacamole_connection USING (connection_id)
           JOIN guacamole_connection_group ON connection_group_id = guacamole_connection.parent_id
           WHERE parameter_name = 'password' AND connection_group_name = $1`,
          [asthma],
        )
      ).rows.map(({ value }) => value);
    await estate.ask("alice", asthma);
    const before = await password();
    await estate.ask("alice", null);
    await estate.ask("alice", asthma);
    const after = await password();
    expect(after).toHaveLength(1);
    expect(after[0]).toMatch(/^[A-Za-z0-9]{8}$/);
    expect(after).not.toEqual(before);
  });

  it("changes nothing the second time", async () => {
    await estate.ask("alice", asthma);
    await estate.ask("alice", null);
    const before = await estate.world();
    expect(await estate.ask("alice", null)).toMatchObject({ state: "done" });
    expect(await estate.world()).toEqual(before);
  });
});

describe("a binding by claims", () => {
  it("lets in people whose token has the claims", async () => {
    expect(await estate.ask("bob", registry)).toMatchObject({ state: "done" });
    expect((await estate.world()).rows).toContain(`entity USER ${registry}@bob`);
  });

  it("does not get the status of a single desktop", async () => {
    const { objects } = await estate.world();
    expect(objects["AnalyticsWorkspaceBinding cancer-registry-readers"]).toMatchObject({ status: {} });
  });

  it("counts for a service that passes the person's claims", async () => {
    await estate.ask("bob", null);
    const claims = { groups: ["/registry/readers"] };
    const reply = await estate.callAsService("PUT", "/users/bob/desktop", { workspace: registry, claims });
    expect(await estate.end("bob", reply.body)).toMatchObject({ state: "done" });
    expect(await estate.callAsService("PUT", "/users/zoe/desktop", { workspace: registry })).toMatchObject({
      status: 404,
    });
  });
});
