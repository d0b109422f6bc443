import { CoreV1Api, type KubernetesObject, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { V1Deployment, V1NetworkPolicy, V1Pod, V1Secret } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { bind, openWorkspace } from "./bound-people.ts";
import { reconcile } from "./drift.ts";
import { namespace } from "./estate.ts";
import { closeSessions, openSession } from "./keycloak-person.ts";
import { leaveDesktop } from "./operator-leftovers.ts";
import { desktopOf, type DriftEstate, edit, partOf, remove } from "./seeded-drift.ts";

interface Told {
  people: { username: string; wants: string | null; operation: string; desktops: { changes: string[] }[] }[];
  leftAlone: { deployment: string; reason: string }[];
}

/** What becomes of desktops that the former operator left, on any cluster. */
export function describeAdoption(name: string, start: () => Promise<DriftEstate>): void {
  describe(name, () => {
    let estate: DriftEstate;
    let count = 0;
    beforeAll(async () => {
      estate = await start();
    });
    afterAll(() => estate.close());
    afterEach(async () => {
      estate.mend();
      const reply = await estate.call("olga", "DELETE", "/users/alice");
      expect(await estate.end("olga", reply.body)).toMatchObject({ state: "done" });
      await forgetRequests();
    });

    /** So that the next test begins with people who never used this product. */
    async function forgetRequests(): Promise<void> {
      const core = estate.kubeconfig.makeApiClient(CoreV1Api);
      const labelSelector = "xlscsde.nhs.uk/purpose=desktop-request";
      await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector });
    }

    /** A new workspace with alice in it, and the desktop that the operator left her there. */
    async function left(replicas: 0 | 1) {
      count += 1;
      const workspace = `left-${String.fromCharCode(96 + count)}`;
      await openWorkspace(estate, workspace);
      await bind(estate, "alice", workspace);
      const connection = await leaveDesktop(estate, { username: "alice", workspace, replicas });
      return { workspace, connection, deployment: deploymentName({ workspace, username: "alice" }) };
    }

    async function read<T extends KubernetesObject>(apiVersion: string, kind: string, called: string): Promise<T> {
      const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
      return objects.read<T>({ apiVersion, kind, metadata: { name: called, namespace } });
    }
    const deploymentOf = (called: string) => read<V1Deployment>("apps/v1", "Deployment", called);
    const passwordOf = async (called: string) => {
      const { data } = await read<V1Secret>("v1", "Secret", `client-${called}`);
      return Buffer.from(data?.["password"] ?? "", "base64").toString();
    };
    const podsOf = async (called: string): Promise<V1Pod[]> => {
      const labelSelector = `xlscsde.nhs.uk/deployment-name=${called}`;
      return (await estate.kubeconfig.makeApiClient(CoreV1Api).listNamespacedPod({ namespace, labelSelector })).items;
    };
    const parameterOf = async (connection: number, parameter: string) => {
      const { rows } = await estate.guacamole.query<{ value: string }>(
        `SELECT parameter_value AS value FROM guacamole_connection_parameter
         WHERE connection_id = $1 AND parameter_name = $2`,
        [connection, parameter],
      );
      return rows[0]?.value;
    };
    const setPassword = (connection: number, password: string) =>
      estate.guacamole.query(
        `UPDATE guacamole_connection_parameter SET parameter_value = $2
         WHERE connection_id = $1 AND parameter_name = 'password'`,
        [connection, password],
      );
    const uidOf = ({ metadata }: V1Pod) => metadata?.uid;
    const maintain = (query: string) => estate.call<Told>("olga", "POST", `/maintenance/adopt${query}`);
    const told = async (workspace: string | null) => {
      expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
    };

    it("a desktop that runs goes on: same pod, same connection, its own password, and isolated now", async () => {
      const { workspace, connection, deployment } = await left(1);
      const before = await deploymentOf(deployment);
      const pods = await podsOf(deployment);
      await told(workspace);

      const after = await deploymentOf(deployment);
      expect(after.spec).toEqual(before.spec);
      expect(after.metadata).toMatchObject({
        uid: before.metadata?.uid,
        labels: { "xlscsde.nhs.uk/managedBy": "guacamole-workspaces" },
        annotations: { "xlscsde.nhs.uk/binding": `${workspace}-alice` },
      });
      expect((await podsOf(deployment)).map(uidOf)).toEqual(pods.map(uidOf));
      expect([await passwordOf(deployment), await parameterOf(connection, "password")]).toEqual(["1234", "1234"]);
      const { spec } = await read<V1NetworkPolicy>("networking.k8s.io/v1", "NetworkPolicy", `client-${deployment}`);
      expect(spec?.policyTypes).toEqual(["Ingress", "Egress"]);
      const { body } = await estate.call<{ state: string; url: string }>("alice", "GET", "/users/alice/desktop");
      expect(body).toMatchObject({ state: "ready", guacamoleUsername: `${workspace}@alice` });
    });

    it("goes on with whatever password Guacamole connects with, for the image has one that no object names", async () => {
      const { workspace, connection, deployment } = await left(1);
      await setPassword(connection, "of-image");
      const pods = await podsOf(deployment);
      await told(workspace);
      expect((await podsOf(deployment)).map(uidOf)).toEqual(pods.map(uidOf));
      expect([await passwordOf(deployment), await parameterOf(connection, "password")]).toEqual([
        "of-image",
        "of-image",
      ]);
    });

    it("goes on if its connection is in a group inside another, where the operator put it if that has the name", async () => {
      const { workspace, connection, deployment } = await left(1);
      await estate.guacamole.query(
        `WITH inner_group AS (
           INSERT INTO guacamole_connection_group (connection_group_name, parent_id)
           SELECT $1::text, min(connection_group_id) FROM guacamole_connection_group WHERE connection_group_name = $1::text
           RETURNING connection_group_id
         )
         UPDATE guacamole_connection SET parent_id = connection_group_id FROM inner_group WHERE connection_id = $2`,
        [workspace, connection],
      );
      const pods = await podsOf(deployment);
      await told(workspace);
      expect((await podsOf(deployment)).map(uidOf)).toEqual(pods.map(uidOf));
      expect(await passwordOf(deployment)).toBe("1234");
      await told(null);
      const { rows } = await estate.world();
      expect(rows.filter((row) => row.startsWith("may open") && row.includes("@alice"))).toEqual([]);
    });

    it("goes on if its person is spelled otherwise than they are known", async () => {
      const spelled = "Jane.Doe+sde@Example.org";
      await openWorkspace(estate, "spelled");
      const binding = { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" };
      const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
      await objects.create({
        ...binding,
        metadata: { name: "jane", namespace },
        spec: { workspace: "spelled", username: spelled, expires: "2099-12-31" },
      } as KubernetesObject);
      const connection = await leaveDesktop(estate, {
        username: spelled,
        workspace: "spelled",
        replicas: 1,
        binding: "jane",
      });
      const deployment = deploymentName({ workspace: "spelled", username: spelled });
      const pods = await podsOf(deployment);
      const plan = await maintain("?dryRun=true");
      expect(plan.body.people[0]?.desktops[0]?.changes[0]).toMatch(/^the pod keeps running with its password/);
      const { body } = await maintain("");
      const id = body.people[0]?.operation.split("/").at(-1) ?? "";
      expect(await estate.end("olga", { id, state: "pending" } as never)).toMatchObject({ state: "done" });
      expect((await podsOf(deployment)).map(uidOf)).toEqual(pods.map(uidOf));
      expect([await passwordOf(deployment), await parameterOf(connection, "password")]).toEqual(["1234", "1234"]);
      const reply = await estate.call("olga", "DELETE", `/users/${encodeURIComponent(spelled.toLowerCase())}`);
      expect(await estate.end("olga", reply.body)).toMatchObject({ state: "done" });
      await objects.delete({ ...binding, metadata: { name: "jane", namespace } });
    });

    it("goes on if its image cannot be pulled any more; only the next start fails", async () => {
      const { workspace, connection, deployment } = await left(1);
      const pods = await podsOf(deployment);
      estate.breakImage(deployment);
      await told(workspace);
      expect((await podsOf(deployment)).map(uidOf)).toEqual(pods.map(uidOf));
      expect(await parameterOf(connection, "password")).toBe("1234");
      await told(null);
      expect(await estate.ask("alice", workspace)).toMatchObject({ state: "failed", step: "readiness" });
    });

    it("gets a new pod if nobody knows its password, as the dry run says", async () => {
      const { workspace, connection, deployment } = await left(1);
      await setPassword(connection, "");
      const pods = await podsOf(deployment);
      const { body } = await maintain("?dryRun=true");
      expect(body.people[0]?.desktops[0]?.changes[0]).toBe(
        "the pod is replaced by a new one: Guacamole's connection has no password for it",
      );
      await told(workspace);
      expect((await podsOf(deployment)).map(uidOf)).not.toEqual(pods.map(uidOf));
      expect(await parameterOf(connection, "password")).toBe(await passwordOf(deployment));
    });

    it("is not disturbed by a reconciliation while somebody works in it, whatever is repaired", async () => {
      const { workspace, connection, deployment } = await left(1);
      await told(workspace);
      await openSession(estate, workspace, "alice");
      const pods = await podsOf(deployment);
      const { spec } = await deploymentOf(deployment);
      const desktop = desktopOf({ workspace, username: "alice" });
      const damages: [what: string, damage: () => Promise<unknown>][] = [
        ["nothing", () => Promise.resolve()],
        ["NetworkPolicy deleted", () => remove(estate, partOf("networkPolicy", desktop))],
        ["Service deleted", () => remove(estate, partOf("service", desktop))],
        ["Secret deleted", () => remove(estate, partOf("secret", desktop))],
        ["another password in Guacamole", () => setPassword(connection, "another!")],
        ["READ withdrawn", () => estate.guacamole.query("DELETE FROM guacamole_connection_permission")],
        ["last day moved", () => estate.guacamole.query("UPDATE guacamole_user SET valid_until = '2020-01-01'")],
        ["Secret edited", () => edit(estate, { ...partOf("secret", desktop), data: { password: "Y2hhbmdlZCE=" } })],
        [
          "last day moved while the Secret is edited",
          () => estate.guacamole.query("UPDATE guacamole_user SET valid_until = '2020-01-01'"),
        ],
        [
          "asked for again while the Secret is edited",
          async () => {
            await estate.guacamole.query("DELETE FROM guacamole_connection_permission");
            await told(workspace);
          },
        ],
      ];
      for (const [what, damage] of damages) {
        await damage();
        await reconcile(estate);
        expect([what, (await podsOf(deployment)).map(uidOf)]).toEqual([what, pods.map(uidOf)]);
        expect([what, (await deploymentOf(deployment)).spec]).toEqual([what, spec]);
        expect([what, await parameterOf(connection, "password")]).toEqual([what, "1234"]);
        const { body } = await estate.call<{ state: string }>("alice", "GET", "/users/alice/desktop");
        expect([what, body.state]).toEqual([what, "in-use"]);
      }
    });

    it("loses none of two pods while somebody is connected to one of them, and one when nobody is", async () => {
      const { workspace, deployment } = await left(1);
      await told(workspace);
      await openSession(estate, workspace, "alice");
      const { metadata, ...reference } = partOf("deployment", desktopOf({ workspace, username: "alice" }));
      await edit(estate, { ...reference, metadata, spec: { replicas: 2 } });
      await reconcile(estate);
      expect((await deploymentOf(deployment)).spec?.replicas).toBe(2);
      await closeSessions(estate, workspace, "alice");
      await reconcile(estate);
      expect((await deploymentOf(deployment)).spec?.replicas).toBe(1);
    });

    it("once taken over stays as it is, however often it is asked for", async () => {
      const { workspace, deployment } = await left(1);
      await told(workspace);
      const seen = async () => {
        const { metadata, spec } = await deploymentOf(deployment);
        const pods = (await podsOf(deployment)).map((pod) => pod.metadata?.uid);
        return { version: metadata?.resourceVersion, spec, pods, password: await passwordOf(deployment) };
      };
      const before = await seen();
      await told(workspace);
      await estate.guacamole.query("DELETE FROM guacamole_connection_permission");
      await told(workspace);
      expect(await seen()).toEqual(before);
    });

    it.each([
      ["that runs, at its next start", 1],
      ["that is stopped", 0],
    ] as const)("a desktop %s is what this product makes, in the same objects and rows", async (_, replicas) => {
      const { workspace, connection, deployment } = await left(replicas);
      const { metadata } = await deploymentOf(deployment);
      if (replicas === 1) {
        await told(workspace);
        await told(null);
      }
      await told(workspace);

      await bind(estate, "dan", workspace);
      expect(await estate.ask("dan", workspace)).toMatchObject({ state: "done" });
      const theirs = deploymentName({ workspace, username: "dan" });
      const [own, fresh] = await Promise.all([deploymentOf(deployment), deploymentOf(theirs)]);
      /** Without what names the person or the start. */
      const plain = ({ spec, metadata }: V1Deployment, called: string, username: string): unknown => {
        const text = JSON.stringify({ spec, labels: metadata?.labels, annotations: metadata?.annotations });
        return JSON.parse(text.replaceAll(called, "it").replaceAll(username, "who"), (key, value: unknown) =>
          /^xlscsde.nhs.uk\/(request|person|started-at)$|\/revision$/.test(key) ? undefined : value,
        );
      };
      expect(plain(own, deployment, "alice")).toEqual(plain(fresh, theirs, "dan"));
      expect(own.metadata?.uid).toBe(metadata?.uid);
      const service = await read("v1", "Service", `client-${deployment}`);
      const freshService = await read("v1", "Service", `client-${theirs}`);
      expect((service as { spec?: { ports?: object } }).spec?.ports).toEqual(
        (freshService as { spec?: { ports?: object } }).spec?.ports,
      );

      const password = await passwordOf(deployment);
      expect(password).toMatch(/^[A-Za-z0-9]{8}$/);
      expect(await parameterOf(connection, "password")).toBe(password);
      const { rows } = await estate.guacamole.query(
        `SELECT FROM guacamole_user JOIN guacamole_entity USING (entity_id)
         WHERE name = $1 AND octet_length(password_hash) = 32 AND octet_length(password_salt) = 32`,
        [`${workspace}@alice`],
      );
      expect(rows).toHaveLength(1);
      await estate.call("olga", "DELETE", "/users/dan").then(({ body }) => estate.end("olga", body));
    });

    it("a start that fails leaves it stopped and without access, and what it was made of in place", async () => {
      const { workspace, connection, deployment } = await left(0);
      const { metadata } = await deploymentOf(deployment);
      estate.faults.beforeActivity = ({ name: activity }) => {
        if (activity === "writeConnection") throw new Error("no");
      };
      expect(await estate.ask("alice", workspace)).toMatchObject({
        state: "failed",
        step: "connection",
        leftBehind: [],
      });
      estate.mend();
      const after = await deploymentOf(deployment);
      expect([after.metadata?.uid, after.spec?.replicas]).toEqual([metadata?.uid, 0]);
      expect(
        (await estate.world()).rows.filter((row) => row.includes(workspace) && row.startsWith("may open")),
      ).toEqual([]);
      await told(workspace);
      expect(await parameterOf(connection, "password")).toBe(await passwordOf(deployment));
    });

    it("in another workspace it goes down when the person gets another desktop, its binding with it", async () => {
      const { workspace, deployment } = await left(1);
      await told("asthma-cohort");
      expect((await deploymentOf(deployment)).spec?.replicas).toBe(0);
      const { rows } = await estate.world();
      expect(rows.filter((row) => row.startsWith("may open") && row.includes("@alice"))).toEqual([
        expect.stringContaining("asthma-cohort@alice"),
      ]);
      const binding = await read("xlscsde.nhs.uk/v1", "AnalyticsWorkspaceBinding", `${workspace}-alice`);
      expect(binding).toMatchObject({ spec: { replicas: 0 } });
    });

    it("is removed with its person, objects and rows, whether it was taken over or not", async () => {
      const { workspace, deployment } = await left(1);
      const reply = await estate.call("olga", "DELETE", "/users/alice");
      expect(await estate.end("olga", reply.body)).toMatchObject({ state: "done" });
      const { objects, rows } = await estate.world();
      expect(Object.keys(objects).filter((each) => each.includes(deployment))).toEqual([]);
      expect(rows.filter((row) => row.includes(workspace))).toEqual([]);
      expect(await podsOf(deployment)).toEqual([]);
    });

    it("that nobody but an administrator may take over", async () => {
      await left(1);
      const before = await estate.world();
      for (const query of ["", "?dryRun=true"])
        expect((await estate.call("alice", "POST", `/maintenance/adopt${query}`)).status).toBe(403);
      expect((await estate.callAsService("POST", "/maintenance/adopt")).status).toBe(403);
      expect((await maintain("?dryRun=perhaps")).status).toBe(400);
      expect(await estate.world()).toEqual(before);
    });

    it("a dry run tells what taking over would change, and changes nothing", async () => {
      const running = await left(1);
      const stopped = await left(0);
      const before = await estate.world();
      const { status, body } = await maintain("?dryRun=true");
      expect([status, body]).toEqual([
        200,
        {
          dryRun: true,
          people: [
            {
              username: "alice",
              wants: running.workspace,
              desktops: [
                {
                  workspace: running.workspace,
                  deployment: running.deployment,
                  changes: [
                    "the pod keeps running with its password; the next start creates a new pod and a new password",
                    "a NetworkPolicy allows only guacd in, and only the policy's destinations out",
                    `connection ${running.connection} stays, with the policy's parameters`,
                    "the Guacamole user's last day is 2099-12-31",
                  ],
                },
                {
                  workspace: stopped.workspace,
                  deployment: stopped.deployment,
                  changes: [
                    "access is withdrawn until the next start",
                    "the next start replaces its specification and its password in place",
                  ],
                },
              ],
            },
          ],
          leftAlone: [],
        },
      ]);
      expect(await estate.world()).toEqual(before);
      const { items } = await estate.kubeconfig
        .makeApiClient(CoreV1Api)
        .listNamespacedConfigMap({ namespace, labelSelector: "xlscsde.nhs.uk/purpose=desktop-request" });
      expect(items.map(({ metadata }) => metadata?.name)).toHaveLength(0);
    });

    it("and taking over does just that, once", async () => {
      const running = await left(1);
      const stopped = await left(0);
      const specs = [(await deploymentOf(running.deployment)).spec, (await deploymentOf(stopped.deployment)).spec];
      const { status, body } = await maintain("");
      expect(status).toBe(202);
      const operation = body.people[0]?.operation.split("/").at(-1) ?? "";
      expect(await estate.end("olga", { id: operation, state: "pending" } as never)).toMatchObject({ state: "done" });

      expect([(await deploymentOf(running.deployment)).spec, (await deploymentOf(stopped.deployment)).spec]).toEqual(
        specs,
      );
      const { rows } = await estate.world();
      expect(rows.filter((row) => row.startsWith("may open") && row.includes("@alice"))).toEqual([
        `may open ${running.workspace}@alice ${running.connection} READ`,
      ]);
      const again = await maintain("");
      expect(again.body).toMatchObject({
        people: [],
        leftAlone: [
          {
            deployment: stopped.deployment,
            reason: expect.stringContaining("alice already uses this product") as string,
          },
        ],
      });
    });

    it("leaves alone, and names, what does not say whose it is, is called otherwise, or runs without an entitlement", async () => {
      const nameless = { username: "nobody", workspace: "nowhere", replicas: 0, annotations: {} } as const;
      await openWorkspace(estate, "nowhere");
      for (const username of ["nobody", "ended"]) await bind(estate, username, "nowhere");
      await leaveDesktop(estate, nameless);
      await leaveDesktop(estate, { username: "ended", workspace: "nowhere", replicas: 1 });
      const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
      await objects.patch(
        {
          apiVersion: "xlscsde.nhs.uk/v1",
          kind: "AnalyticsWorkspaceBinding",
          metadata: { name: "nowhere-ended", namespace },
          spec: { expires: "2020-01-01" },
        } as KubernetesObject,
        undefined,
        undefined,
        "tests",
        undefined,
        PatchStrategy.MergePatch,
      );
      const others = { "xlscsde.nhs.uk/purpose": "workspace-client", "xlscsde.nhs.uk/managedBy": "another-instance" };
      await leaveDesktop(estate, { username: "dan", workspace: "asthma-cohort", replicas: 0, labels: others }).catch(
        () => undefined,
      );
      const before = await estate.world();
      const { body } = await maintain("");
      expect(body.people).toEqual([]);
      const nobodys = deploymentName(nameless);
      const ended = deploymentName({ username: "ended", workspace: "nowhere" });
      expect(body.leftAlone).toHaveLength(2);
      expect(body.leftAlone).toEqual(
        expect.arrayContaining([
          { deployment: nobodys, reason: "does not say whose desktop it is, or in which workspace" },
          {
            deployment: ended,
            reason: expect.stringMatching(/is running, but cannot be adopted: .*2020-01-01/) as string,
          },
        ]),
      );
      expect(await estate.world()).toEqual(before);
    });
  });
}
