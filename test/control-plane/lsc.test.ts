import { readFile } from "node:fs/promises";
import {
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  loadAllYaml,
  PatchStrategy,
  type V1NetworkPolicy,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeSampleEstate } from "../../local/sample-estate.ts";
import { deploymentName } from "../../shared/desktop/names.ts";
import { askFor, bind, endOf, openWorkspace } from "../bound-people.ts";
import { reconcile } from "../drift.ts";
import { startTestEstate, type TestEstate } from "../estate.ts";
import { leaveDesktop } from "../operator-leftovers.ts";
import { assets, describeOnControlPlane } from "./available.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { installCustomResources } from "./custom-resources.ts";
import { playKubelet } from "./kubelet.ts";
import { namespace, prepareMilliseconds } from "./prepared.ts";
import { settingsIn } from "./rendered.ts";
import { render } from "./run-kubectl.ts";

const flux = "infra/flux/cluster";
const identity = "5f0c1d2e-7a3b-4c4d-9e5f-60718293a4b5";
/** As the estate's ConfigMaps have them, but for the hub's namespace: the tests' workspaces are with the desktops. */
const variables = {
  guacamole_namespace: namespace,
  jupyter_namespace: namespace,
  nginx_namespace: "nginx",
  guacamole_workspaces_object_id: identity,
};
const cohort = "cohort";
const other = "other";
const people = { running: "alice", stopped: "bob", later: "carol" };

/** The product in place of the operator, by the steps of docs/operations.md, in the order of these tests. */
describeOnControlPlane(
  "in the estate that the public lsc-sde repositories deploy",
  () => {
    let plane: ControlPlane;
    let estate: TestEstate;
    let stopKubelet: () => void;
    let apply: (objects: readonly KubernetesObject[]) => Promise<void>;
    const admin = async <Body>(path: string, method = "GET") => (await estate.call<Body>("olga", method, path)).body;
    const isolation = async () => (await admin<{ isolation: string[] }>("/health/ready")).isolation;

    beforeAll(async () => {
      plane = await startControlPlane(assets ?? "");
      await installCustomResources(plane);
      await writeSampleEstate(plane.admin, namespace);
      stopKubelet = await playKubelet(plane.admin, namespace);
      const objects = KubernetesObjectApi.makeApiClient(plane.admin);
      apply = async (all) => {
        // Calico's own kind is not on this cluster.
        for (const object of all.filter(({ apiVersion }) => !apiVersion?.includes("projectcalico")))
          await objects.patch(object, undefined, undefined, "flux", true, PatchStrategy.ServerSideApply);
      };
      await apply(await render("test/control-plane/lsc-estate"));
      const before = await render(`${flux}/azure-before-adoption`, variables);
      await apply(before);
      estate = await startTestEstate({ admin: plane.admin, product: asIdentity(plane.admin) }, settingsIn(before));
      for (const workspace of [cohort, other]) await openWorkspace(estate, workspace);
      for (const username of [people.running, people.later]) await bind(estate, username, cohort);
      await bind(estate, people.stopped, other);
      await leaveDesktop(estate, { username: people.running, workspace: cohort, replicas: 1 });
      await leaveDesktop(estate, { username: people.stopped, workspace: other, replicas: 0 });
    }, prepareMilliseconds);
    afterAll(async () => {
      await estate.close();
      stopKubelet();
      await plane.close();
    });

    it("Flux is given folders that are there, and every variable that they need", async () => {
      const text = await readFile(new URL("../../infra/flux/component.yaml", import.meta.url), "utf8");
      const [component] = (loadAllYaml(text) as (KubernetesObject & { spec: { path?: string } })[]).filter(
        ({ kind }) => kind === "Kustomization",
      );
      expect(component?.spec.path).toBe(`./${flux}/azure-before-adoption`);
      for (const folder of ["azure", "azure-before-adoption"])
        expect(JSON.stringify(await render(`${flux}/${folder}`, variables))).not.toMatch(/\$\{|0{8}-/);
    });

    it("everything that the operator left is adopted, and a dry run then finds nothing to do", async () => {
      const adopt = async (query = "") =>
        (
          await estate.call<{ people: { username: string; operation: string }[]; leftAlone: unknown[] }>(
            "olga",
            "POST",
            `/maintenance/adopt${query}`,
          )
        ).body;
      expect((await adopt("?dryRun=true")).people.map(({ username }) => username)).toEqual([
        people.running,
        people.stopped,
      ]);
      for (const { operation } of (await adopt()).people)
        expect(await endOf(estate, { id: operation.split("/").at(-1) ?? "" } as never)).toMatchObject({
          state: "done",
        });
      const deployment = deploymentName({ workspace: other, username: people.stopped });
      const reason = "bob already uses this product: their next start adopts it";
      expect(await adopt("?dryRun=true")).toMatchObject({ people: [], leftAlone: [{ deployment, reason }] });
      // The operator made a second group for each workspace: the first run merges them.
      await reconcile(estate);
    });

    it("a desktop is reached by the estate's guacd, and reaches the estate's ingress", async () => {
      const objects = KubernetesObjectApi.makeApiClient(plane.admin);
      const name = `client-${deploymentName({ workspace: cohort, username: people.running })}`;
      const { spec } = await objects.read<V1NetworkPolicy>({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name, namespace },
      });
      const text = JSON.stringify(spec);
      expect(text).toContain('"app":"guacamole-daemon"');
      expect(text).toContain('"app.kubernetes.io/name":"ingress-nginx"');
    });

    it("isolation is reported open while the estate's policies select desktops", async () => {
      const opened = (policy: string, edges: string) =>
        `NetworkPolicy ${policy} opens 1 desktop beyond what the product allows: ${edges}`;
      expect(await isolation()).toEqual([
        opened("egress", "egress to everywhere on every port"),
        opened("egress-postgresql", "egress to 10.0.0.0/8 on TCP 5432"),
        opened("egress-remote-desktop-vnc", "egress to 10.0.0.0/8 on TCP 3389, TCP 5900"),
        opened("ingress", "ingress from everywhere on every port"),
      ]);
      const { drifts } = await admin<{ drifts: { kind: string }[] }>("/maintenance/reconcile?dryRun=true", "POST");
      expect(drifts.map(({ kind }) => kind)).toEqual(Array.from({ length: 4 }, () => "isolation-open"));
    });

    it("isolation is closed once they are narrowed, for Guacamole's own pods nothing changes", async () => {
      const narrowed = await render("test/control-plane/lsc-estate-narrowed");
      const unchanged = await render("test/control-plane/lsc-estate");
      const requirement = { key: "app", operator: "In", values: ["guacamole-portal", "guacamole-daemon"] };
      for (const [index, object] of narrowed.entries()) {
        const { spec, ...rest } = object as V1NetworkPolicy & { spec: { selector?: unknown } };
        const { spec: before, ...restBefore } = unchanged[index] as typeof object & { spec: object };
        expect(rest).toEqual(restBefore);
        if (object.kind === "Deployment") expect(spec).toEqual(before);
        else if (object.apiVersion?.startsWith("crd.projectcalico.org"))
          expect(spec).toEqual({ ...before, selector: "app in {'guacamole-portal', 'guacamole-daemon'}" });
        else expect(spec).toEqual({ ...before, podSelector: { matchExpressions: [requirement] } });
      }
      await apply(narrowed);
      expect(await isolation()).toEqual([]);
      expect(await admin("/maintenance/reconcile?dryRun=true", "POST")).toMatchObject({ drifts: [], unanswered: [] });
    });

    it("with the overlay for the time after, desktops are closed by default, and people go on", async () => {
      const isGap = expect.arrayContaining([expect.stringContaining("default-deny")]) as unknown;
      expect(await admin("/health/ready")).toMatchObject({ gaps: isGap });
      await apply(await render(`${flux}/azure`, variables));
      const { gaps } = await admin<{ gaps: string[] }>("/health/ready");
      expect(gaps).not.toEqual(isGap);
      expect(await endOf(estate, await askFor(estate, people.later, cohort))).toMatchObject({ state: "done" });
      expect(await isolation()).toEqual([]);
    });
  },
  ["kubectl"],
);

/** A kubeconfig of the managed identity, whose name is its object id. */
function asIdentity(config: KubeConfig): KubeConfig {
  const identityConfig = Object.assign(Object.create(Object.getPrototypeOf(config) as object) as KubeConfig, config);
  identityConfig.users = config.users.map((user) => ({ ...user, impersonateUser: identity }));
  return identityConfig;
}
