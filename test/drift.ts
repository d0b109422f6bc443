import { CoreV1Api, type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Drift, driftKinds, type DriftSurvey } from "../shared/lifecycle/drift.ts";
import type { NamedDesktop } from "../shared/desktop/names.ts";
import { askFor, bind, endOf, openWorkspace } from "./bound-people.ts";
import { keycloakAdmin, namespace, type TestEstate } from "./estate.ts";
import { viewOf } from "./guacamole-rules.ts";
import { openSession } from "./keycloak-person.ts";
import { leaveDesktop } from "./operator-leftovers.ts";
import { bindingOf, cohort, desktopOf, type DriftEstate, remove } from "./seeded-drift.ts";
import { seeds } from "./seeds/all.ts";
import { type Everything, everythingIn, partsOf, withoutAllOf } from "./told-apart.ts";

/** What an estate of these tests needs: the identity provider can be asked, and so much may go that everything may. */
export const driftSettings = {
  RECONCILE_SAFETY_PERCENT: "100",
  KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id,
  KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret,
};

const line = ({ kind, workspace = "-", username = "-" }: Pick<Drift, "kind" | "workspace" | "username">) =>
  `${kind} ${workspace} ${username}`;

type Survey = DriftSurvey & { dryRun: boolean };

/** What an administrator is told would be done. */
export async function dryRun(estate: TestEstate): Promise<Survey> {
  const { status, body } = await estate.call<Survey>("olga", "POST", "/maintenance/reconcile?dryRun=true");
  expect(status).toBe(200);
  return body;
}

/** One run of the timer, and all that it set going. */
export async function reconcile(estate: TestEstate): Promise<void> {
  await estate.host.trigger("reconcileTimer");
  await estate.host.whenIdle();
}

/** A person's own desktop, up. */
export async function bringUp(
  estate: TestEstate,
  username: string,
  workspace: string,
  byClaims = false,
): Promise<void> {
  if (!byClaims) await bind(estate, username, workspace);
  const known = ["alice", "bob", "dan"].includes(username);
  const ended = known
    ? await estate.ask(username, workspace)
    : await endOf(estate, await askFor(estate, username, workspace));
  expect(ended).toMatchObject({ state: "done" });
}

async function suspend(estate: TestEstate, username: string): Promise<void> {
  const { body } = await estate.callAsService("DELETE", `/users/${username}/desktop`);
  expect(await endOf(estate, body)).toMatchObject({ state: "done" });
}

/** Everything that can drift, found and put right, on any cluster. */
export function describeDrift(name: string, start: () => Promise<DriftEstate>): void {
  describe(name, () => {
    let estate: DriftEstate;
    /** How each seeded desktop was while nothing was amiss with it. */
    const healthy = new Map<string, unknown>();
    /** How everything else was. */
    let others: unknown;
    /** How everything is after the run. */
    let after: Everything;
    const seeded = seeds.map((each) => ({ ...each, desktop: desktopOf(each) }));
    const doubled = ["doubled", "divided"];

    beforeAll(async () => {
      estate = await start();
      // What the identity provider says of its people does not reach us: only asking tells.
      estate.identity.tell({});
      for (const workspace of [cohort, "closed", "dissolved", ...doubled]) await openWorkspace(estate, workspace);
      await Promise.all([
        ...seeded.map(async ({ username, desktop, suspended, byClaims }) => {
          await bringUp(estate, username, desktop.workspace, byClaims);
          if (suspended) await suspend(estate, username);
        }),
        bystanders(),
      ]);
      await lookAlikes();
      await duplicates();
      const everything = await everythingIn(estate);
      for (const { desktop } of seeded) healthy.set(desktop.username, partsOf(everything, desktop));
      others = theOthers(everything);
      for (const each of seeded) await each.seed(estate, each.desktop);
    }, 600_000);
    afterAll(() => estate.close());

    const theOthers = (everything: Everything) =>
      withoutAllOf(
        everything,
        seeded.map(({ desktop }) => desktop),
      );

    /** People with whose desktops nothing is amiss. */
    async function bystanders(): Promise<void> {
      await bringUp(estate, "well", cohort);
      await bringUp(estate, "in-use", cohort);
      await openSession(estate, cohort, "in-use");
      await bringUp(estate, "asleep", cohort);
      await suspend(estate, "asleep");
      await bringUp(estate, "of-two", cohort);
      await bringUp(estate, "of-two", "cancer-registry");
      for (const workspace of doubled) await bringUp(estate, `in-${workspace}`, workspace);
      await bind(estate, "never-came", cohort);
    }

    /** What is not ours, and looks as if it were. */
    async function lookAlikes(): Promise<void> {
      const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
      const whose = { "xlscsde.nhs.uk/workspace": cohort, "xlscsde.nhs.uk/username": "never-came" };
      const marks = { "xlscsde.nhs.uk/purpose": "workspace-client" };
      const service = (called: string, labels: Record<string, string>) => ({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: called, namespace, labels, annotations: whose },
        spec: { clusterIP: "None", selector: { app: "x" }, ports: [{ port: 5900 }] },
      });
      await objects.create(service("client-of-nobody", marks));
      const another = { "xlscsde.nhs.uk/managedBy": "another-instance" };
      await objects.create(service("client-of-another", { ...marks, ...another }));
      await objects.create({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "of-nobody", namespace, labels: marks, annotations: whose },
        spec: { podSelector: {} },
      } as KubernetesObject);
      // What the estate that the product is built for has in this namespace.
      await objects.create({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "allow-everything", namespace },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [{}], egress: [{}] },
      } as KubernetesObject);
      await objects.create({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: desktopOf({ username: "never-came" }).names.secret, namespace, labels: another },
      });
      // What the former operator left, with nobody who may have it any more: it is not taken over yet.
      await bind(estate, "of-the-operator", cohort);
      await leaveDesktop(estate, { username: "of-the-operator", workspace: cohort, replicas: 1 });
      await remove(estate, bindingOf(desktopOf({ username: "of-the-operator" })));

      await estate.guacamole.query(
        `INSERT INTO guacamole_connection_group (connection_group_name, type)
         VALUES ('Linux servers', 'ORGANIZATIONAL'), ('Linux servers', 'ORGANIZATIONAL'), ('cohort', 'BALANCING')`,
      );
      // An administrator's own, in a workspace's group: one is called as a person who has no desktop.
      await addConnection("shared-tools");
      await addConnection("never-came");
    }

    async function addConnection(called: string, group = cohort, which: "oldest" | "newest" = "oldest"): Promise<void> {
      await estate.guacamole.query(
        `WITH added AS (
           INSERT INTO guacamole_connection (connection_name, parent_id, protocol)
           SELECT $1, ${which === "oldest" ? "min" : "max"}(connection_group_id), 'ssh'
           FROM guacamole_connection_group WHERE connection_group_name = $2
           RETURNING connection_id
         )
         INSERT INTO guacamole_connection_parameter SELECT connection_id, 'hostname', 'tools.example.org' FROM added`,
        [called, group],
      );
    }

    /** A second root group of a workspace's name: with nothing in it, and with another's connections. */
    async function duplicates(): Promise<void> {
      for (const workspace of doubled)
        await estate.guacamole.query(
          "INSERT INTO guacamole_connection_group (connection_group_name, type) VALUES ($1, 'ORGANIZATIONAL')",
          [workspace],
        );
      for (const called of ["another", "and-another"]) await addConnection(called, "divided", "newest");
    }

    const groupsOf = async (workspace: string) => {
      const { rows } = await estate.guacamole.query<{ connections: string[] }>(
        `SELECT array(
           SELECT c.connection_name::text FROM guacamole_connection c
           WHERE c.parent_id = g.connection_group_id ORDER BY 1
         ) AS connections
         FROM guacamole_connection_group g WHERE g.connection_group_name = $1 ORDER BY g.connection_group_id`,
        [workspace],
      );
      return rows.map(({ connections }) => connections);
    };

    const podsOf = async ({ names }: NamedDesktop) => {
      const labelSelector = `xlscsde.nhs.uk/deployment-name=${names.deployment}`;
      return (await estate.kubeconfig.makeApiClient(CoreV1Api).listNamespacedPod({ namespace, labelSelector })).items;
    };

    /** Of every pod of the namespace, whatever its labels say now. */
    const originsOfPods = async () => {
      const { items } = await estate.kubeconfig.makeApiClient(CoreV1Api).listNamespacedPod({ namespace });
      return items.map(({ metadata }) => metadata?.generateName?.replace(/-[^-]+-$/, ""));
    };

    const duplicated = doubled.map((workspace) => ({
      kind: "duplicate-groups" as const,
      workspace,
      reason: "there are 2 root groups with that name",
    }));

    /** Nothing is done about it: it is not ours. */
    const opened = {
      kind: "isolation-open" as const,
      reason: expect.stringMatching(
        /^NetworkPolicy allow-everything opens \d+ desktops beyond what the product allows: ingress from everywhere on every port; egress to everywhere on every port$/,
      ) as string,
    };

    it("is found by a dry run, each once and nothing else, and nothing is changed", async () => {
      const before = await everythingIn(estate);
      const { dryRun: dry, desktops, drifts, goes, refused, unanswered } = await dryRun(estate);
      const expected = seeded.flatMap(({ desktop: { workspace, username }, found }) =>
        found.map(([kind, reason]) => ({
          kind,
          ...(kind === "person-gone" ? {} : { workspace }),
          username,
          reason: expect.stringMatching(reason) as string,
        })),
      );
      expect(drifts.map(line).sort()).toEqual([...expected, ...duplicated, opened].map(line).sort());
      expect(drifts).toEqual(expect.arrayContaining([...expected, ...duplicated, opened]));
      const gone = seeded.filter(({ end }) => end === "gone").length;
      expect([dry, goes, refused, unanswered]).toEqual([true, gone, undefined, []]);
      expect(desktops).toBe(
        Object.keys(before.world.objects).filter((each) => each.startsWith("Deployment ")).length - 1,
      );
      expect(await everythingIn(estate)).toEqual(before);
    });

    const isSuspendedByRepair = new Set<string>(["pod-credential", "should-be-suspended"]);
    it("is put right by the timer, and nothing else is touched", async () => {
      const views = await Promise.all(
        doubled.map((workspace) => viewOf(estate.guacamole, `${workspace}@in-${workspace}`)),
      );
      const repaired: string[] = [];
      estate.faults.beforeActivity = ({ name: activity, input }) => {
        if (activity === "repairDesktop") repaired.push(line(input as Drift));
      };
      await reconcile(estate);
      estate.mend();
      after = await everythingIn(estate);
      expect(theOthers(after)).toEqual(others);
      const reviewed = seeded
        .filter(({ end, found }) => end === "as before" || found.some(([kind]) => isSuspendedByRepair.has(kind)))
        .flatMap(({ desktop, found }) => found.map(([kind]) => ({ kind, ...desktop })))
        .filter(({ kind }) => driftKinds[kind] === "review")
        .map(line);
      expect(repaired.sort()).toEqual(reviewed.sort());
      const { body } = await estate.call<{ runs: { reconcile: unknown } }>("olga", "GET", "/maintenance");
      expect(body.runs.reconcile).toMatchObject({ state: "done", summary: { failed: [], unanswered: [] } });
      for (const [index, workspace] of doubled.entries())
        expect(await viewOf(estate.guacamole, `${workspace}@in-${workspace}`)).toEqual(views[index]);
    }, 600_000);

    it.each(seeded)("a desktop $what is $end ($username)", async ({ desktop, end, username }) => {
      const now = partsOf(after, desktop);
      if (end === "as before") expect(now).toEqual(healthy.get(username));
      if (end === "as before")
        expect((await originsOfPods()).filter((name) => name === desktop.names.deployment).length).toBeLessThan(2);
      if (end === "gone") expect([now.objects, now.rows, await podsOf(desktop)]).toEqual([{}, [], []]);
      if (end !== "gone") return;
      expect(JSON.stringify(now.binding ?? {})).not.toContain("ACTIVE");
    });

    it("a desktop that is stuck in starting is stopped", () => {
      const desktop = desktopOf({ username: "never-ready" });
      const { objects, rows } = partsOf(after, desktop);
      expect(objects).toMatchObject({ [`Deployment ${desktop.names.deployment}`]: { spec: { replicas: 0 } } });
      expect(rows.filter((row) => / for | on group /.test(row))).toEqual([]);
    });

    it("two root groups of a workspace are one, with everything that was in them", async () => {
      expect(await groupsOf("doubled")).toEqual([["in-doubled"]]);
      expect(await groupsOf("divided")).toEqual([["and-another", "another", "in-divided"]]);
      expect(await groupsOf("Linux servers")).toEqual([[], []]);
    });

    it("is found no more, and a second run changes nothing", async () => {
      const before = await everythingIn(estate);
      expect(await dryRun(estate)).toMatchObject({ drifts: [opened], goes: 0, unanswered: [] });
      await reconcile(estate);
      expect(await everythingIn(estate)).toEqual(before);
    });
  });
}
