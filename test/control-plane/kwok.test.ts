import {
  AppsV1Api,
  CoreV1Api,
  KubernetesObjectApi,
  type V1Deployment,
  type V1EndpointSlice,
  type V1Pod,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "@stand-in/functions-host";
import type { ToldOperation } from "../../local/main-job.ts";
import { keyText } from "../../shared/desktop/names.ts";
import { bind, openWorkspace, writePolicy } from "../bound-people.ts";
import { type Reply, startTestEstate, type TestEstate } from "../estate.ts";
import { describeOnControlPlane } from "./available.ts";
import { nodePrograms } from "./kwok.ts";
import { namespace, prepareMilliseconds, type Prepared, prepareWithNode } from "./prepared.ts";

/** Fifty, unless CLUSTER_PEOPLE says how many: `npm run test:cluster` and CI take 200, as on a busy morning. */
const people = Array.from({ length: Number(process.env["CLUSTER_PEOPLE"] ?? "50") }, (_, n) => ({
  username: `person${n}`,
  workspace: `trial-${n % 10}`,
}));
const ours = "xlscsde.nhs.uk/managedBy=guacamole-workspaces";
/** For all people at once. No assertion depends on the time: 38 to 109 s per test were measured on two shared cores. */
const withinMilliseconds = 600_000;

describeOnControlPlane(
  `${people.length} people, on a real cluster with a scheduler and a node`,
  () => {
    let prepared: Prepared;
    let estate: TestEstate;

    beforeAll(async () => {
      prepared = await prepareWithNode();
      const { plane, token } = prepared;
      // With the system clock: the cluster's time cannot be controlled.
      estate = await startTestEstate({ admin: plane.admin, product: plane.as(token) }, {}, systemClock);
      for (const workspace of new Set(people.map((person) => person.workspace))) await openWorkspace(estate, workspace);
      await Promise.all(people.map(({ username, workspace }) => bind(estate, username, workspace)));
    }, prepareMilliseconds);
    afterAll(async () => {
      await estate.close();
      await prepared.close();
    });

    const ask = (username: string, workspace: string) =>
      estate.callAsService("PUT", `/users/${username}/desktop`, { workspace });
    const suspend = (username: string) => estate.callAsService("DELETE", `/users/${username}/desktop`);
    const retire = (username: string) => estate.call("olga", "DELETE", `/users/${username}`);

    /** Waits for the end of an operation as callers do. */
    async function endOf({ status, body }: Reply): Promise<ToldOperation> {
      expect([status, body]).toEqual([202, expect.objectContaining({ id: expect.any(String) as string })]);
      let told = body;
      while (told.state === "pending" || told.state === "running") {
        const reply = await estate.call("olga", "GET", `/operations/${body.id}?wait=20`);
        expect([reply.status < 300, reply.body]).toEqual([true, expect.anything()]);
        told = reply.body;
      }
      return told;
    }
    /**
     * Calls for everybody at once and returns the operations that did not end as done. They are awaited one after the
     * other: 200 calls with `wait` would poll 800 times per second.
     */
    async function everybody(call: (person: (typeof people)[number]) => Promise<Reply>): Promise<ToldOperation[]> {
      const replies = await Promise.all(people.map(call));
      const ends: ToldOperation[] = [];
      for (const reply of replies) ends.push(await endOf(reply));
      return ends.filter(({ state }) => state !== "done");
    }

    const deployments = async (): Promise<V1Deployment[]> => {
      const apps = prepared.plane.admin.makeApiClient(AppsV1Api);
      return (await apps.listNamespacedDeployment({ namespace, labelSelector: ours })).items;
    };
    const pods = async (): Promise<V1Pod[]> =>
      (await prepared.plane.admin.makeApiClient(CoreV1Api).listNamespacedPod({ namespace })).items;
    const personOf = ({ metadata }: V1Deployment): string =>
      `${metadata?.annotations?.["xlscsde.nhs.uk/workspace"]}/${metadata?.annotations?.["xlscsde.nhs.uk/username"]}`;
    const everyone = people.map(keyText).sort();
    const rows = async (sql: string): Promise<string[]> => {
      const { rows: found } = await estate.guacamole.query<{ name: string }>(sql);
      return found.map(({ name }) => name).sort();
    };
    /** By workspace and username, with their ids. */
    const connections = () =>
      rows(
        `SELECT g.connection_group_name || '/' || c.connection_name || ' ' || c.connection_id AS name
         FROM guacamole_connection c JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id`,
      );
    /** Who may open what. A permission on somebody else's connection would show as unequal names. */
    const open = () =>
      rows(
        `SELECT replace(e.name, '@', '/') || ' ' || c.connection_name || ' ' || p.permission AS name
         FROM guacamole_connection_permission p JOIN guacamole_connection c USING (connection_id)
         JOIN guacamole_entity e USING (entity_id)`,
      );
    const everyoneOpens = everyone.map((name) => `${name} ${name.split("/")[1]} READ`).sort();
    /** Identifies each desktop, to tell it from a later one of the same person. */
    let first: { uids: (string | undefined)[]; connections: string[] };

    async function expectEveryoneReady(): Promise<void> {
      const made = await deployments();
      expect(made.map(personOf).sort()).toEqual(everyone);
      expect(made.filter(({ status }) => status?.readyReplicas !== 1)).toEqual([]);
      const names = new Set((await pods()).map(({ metadata }) => metadata?.name));
      const slices = await KubernetesObjectApi.makeApiClient(prepared.plane.admin).list<V1EndpointSlice>(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        namespace,
      );
      const leadTo = slices.items.flatMap(({ endpoints }) =>
        (endpoints ?? []).filter(({ conditions }) => conditions?.ready).map(({ targetRef }) => targetRef?.name),
      );
      expect([leadTo.length, new Set(leadTo)]).toEqual([people.length, names]);
      expect((await connections()).map((row) => row.split(" ")[0])).toEqual(everyone);
      expect(await open()).toEqual(everyoneOpens);
    }

    it.each([
      {
        what: "an image that cannot be pulled",
        policy: { image: "example.org/unpullable:1" },
        words: /^ImagePullBackOff: Back-off pulling image "example.org\/unpullable:1": ErrImagePull: .*: not found$/,
      },
      {
        what: "a node that does not exist",
        policy: { nodeSelector: "example.org/gpu=yes" },
        words:
          /^no node accepted the pod for 1 s: 0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector/,
      },
      {
        what: "more than a node has",
        policy: { cpuRequest: "20000", cpuLimit: "20000" },
        words: /^no node accepted the pod for 1 s: 0\/1 nodes are available: 1 Insufficient cpu/,
      },
    ])(
      "a start that needs $what fails with the cluster's own message and leaves nothing",
      async ({ policy, words }) => {
        await writePolicy(estate, "of-trial", policy);
        await openWorkspace(estate, "special", "of-trial");
        await bind(estate, "sue", "special");
        const before = await estate.world();
        const ended = await endOf(await ask("sue", "special"));
        expect(ended).toMatchObject({
          ...{ state: "failed", step: "readiness", code: "cannot-start" },
          reason: expect.stringMatching(words) as string,
        });
        expect(await estate.world()).toEqual(before);
      },
    );

    it(
      "who ask at once get one ready desktop, one connection and one permission each",
      async () => {
        expect(await everybody(({ username, workspace }) => ask(username, workspace))).toEqual([]);
        await expectEveryoneReady();
        first = {
          uids: (await deployments()).map(({ metadata }) => metadata?.uid).sort(),
          connections: await connections(),
        };
      },
      withinMilliseconds,
    );

    it(
      "who suspend at once keep their desktop and connection, without pod and permission",
      async () => {
        expect(await everybody(({ username }) => suspend(username))).toEqual([]);
        const kept = await deployments();
        expect(kept.map(({ metadata }) => metadata?.uid).sort()).toEqual(first.uids);
        expect(kept.filter(({ spec }) => spec?.replicas !== 0)).toEqual([]);
        expect([await connections(), await open()]).toEqual([first.connections, []]);
        await expect.poll(async () => (await pods()).length, { timeout: 60_000, interval: 500 }).toBe(0);
      },
      withinMilliseconds,
    );

    it(
      "who come back at once get the same desktop and connection again",
      async () => {
        expect(await everybody(({ username, workspace }) => ask(username, workspace))).toEqual([]);
        await expectEveryoneReady();
        expect((await deployments()).map(({ metadata }) => metadata?.uid).sort()).toEqual(first.uids);
        expect(await connections()).toEqual(first.connections);
      },
      withinMilliseconds,
    );

    it(
      "who are retired at once leave nothing, and everything else stays",
      async () => {
        const others = async () => {
          const { objects } = await estate.world();
          return Object.keys(objects).filter((name) => !name.includes("client-") && !name.startsWith("Deployment "));
        };
        const before = await others();
        expect(await everybody(({ username }) => retire(username))).toEqual([]);
        const { objects, rows: left } = await estate.world();
        expect([Object.keys(objects).sort(), left]).toEqual([before.sort(), []]);
        await expect.poll(async () => (await pods()).length, { timeout: 60_000, interval: 500 }).toBe(0);
        expect(await deployments()).toEqual([]);
      },
      withinMilliseconds,
    );
  },
  nodePrograms,
);
