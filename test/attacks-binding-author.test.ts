import { KubernetesObjectApi, PatchStrategy, type V1Deployment } from "@kubernetes/client-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { bind } from "./bound-people.ts";
import { driftSettings, dryRun, reconcile } from "./drift.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { setStatus } from "./operator-leftovers.ts";
import { bindingOf, desktopOf, partOf, remove } from "./seeded-drift.ts";

/** What somebody gains who may write bindings, and the status of one: here dan's. */
let estate: TestEstate;
let objects: KubernetesObjectApi;
const asthma = "asthma-cohort";
const own = desktopOf({ workspace: asthma, username: "dan" });
const victim = desktopOf({ workspace: asthma, username: "alice" });
const guacd = { name: "guacd", namespace };

beforeAll(async () => {
  estate = await startTestEstate(undefined, driftSettings);
  objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  await bind(estate, "dan", asthma);
  const labels = { app: "guacd" };
  await objects.create({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: guacd,
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "guacd", image: "guacamole/guacd:1.6.0" }] } },
    },
  });
});
afterAll(() => estate.close());

const claim = (deployment: string) =>
  setStatus(estate, bindingOf(own).metadata.name, { statusText: "READY", deploymentName: deployment });
/** Everything that has this name, or one derived from it. */
const called = async (deployment: string) => {
  const { objects: found, rows } = await estate.world();
  return [
    ...Object.entries(found).filter(([name]) => name.includes(deployment)),
    ...rows.filter((row) => row.includes(deployment)),
  ];
};
const retire = async (username: string) => {
  const { body } = await estate.call("olga", "DELETE", `/users/${username}`);
  return estate.end("olga", body);
};

describe("a binding whose status names somebody else's Deployment", () => {
  beforeEach(async () => {
    await retire("dan");
  });

  it.each<[string, string, boolean]>([
    ["of another person, who has not started yet", victim.names.deployment, false],
    ["of another person, who runs", victim.names.deployment, true],
    ["of another workspace", deploymentName({ workspace: "cancer-registry", username: "dan" }), false],
    ["guacd", guacd.name, false],
    ["that nobody has", "nobodys", false],
  ])("%s, gives its person their own, and changes nothing there", async (_words, deployment, victimRuns) => {
    if (victimRuns) expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    const before = await called(deployment);
    await claim(deployment);
    expect(await estate.ask("dan", asthma)).toMatchObject({ state: "done" });
    expect(await called(deployment)).toEqual(before);
    expect(await called(own.names.deployment)).not.toEqual([]);
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    await claim(deployment);
    const shown = await called(deployment);
    expect(await retire("dan")).toMatchObject({ state: "done" });
    expect(await called(deployment)).toEqual(shown);
    expect(await called(own.names.deployment)).toEqual([]);
    expect(await retire("alice")).toMatchObject({ state: "done" });
  });
});

/** Gives dan's Deployment another name, as an earlier release did that believed any status. */
async function renameDeployment(deployment: string): Promise<void> {
  await copyDeployment(deployment);
  await remove(estate, partOf("deployment", own));
  await claim(deployment);
}

async function copyDeployment(deployment: string): Promise<void> {
  const { metadata, spec } = await objects.read<V1Deployment>(partOf("deployment", own));
  const text = JSON.stringify({ metadata, spec }).replaceAll(own.names.deployment, deployment);
  const copy = JSON.parse(text) as Required<Pick<V1Deployment, "metadata" | "spec">>;
  const { labels, annotations } = copy.metadata;
  await objects.patch(
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: deployment, namespace, labels, annotations },
      spec: copy.spec,
    } as V1Deployment,
    undefined,
    undefined,
    "tests",
    true,
    PatchStrategy.ServerSideApply,
  );
}

describe("a desktop that has the name of another person's", () => {
  it("is retired by reconcile, and both persons then get their own", async () => {
    expect(await estate.ask("dan", asthma)).toMatchObject({ state: "done" });
    await renameDeployment(victim.names.deployment);
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "failed", code: "not-ours" });
    const { drifts } = await dryRun(estate);
    expect(drifts.filter(({ kind }) => kind === "name-taken")).toEqual([
      {
        kind: "name-taken",
        workspace: asthma,
        username: "dan",
        reason: "has the name of the desktop of alice in asthma-cohort, which cannot start",
      },
    ]);
    await reconcile(estate);
    expect(await called(victim.names.deployment)).toEqual([]);
    for (const { username, names } of [victim, own]) {
      expect(await estate.ask(username, asthma)).toMatchObject({ state: "done" });
      expect(await called(names.deployment)).not.toEqual([]);
    }
    expect((await dryRun(estate)).drifts.filter(({ kind }) => kind === "name-taken")).toEqual([]);
  });

  it("keeps a name that nobody else has, though it is not the one that follows from its key", async () => {
    await renameDeployment("chosen-by-the-estate");
    await estate.ask("dan", null);
    expect(await estate.ask("dan", asthma)).toMatchObject({ state: "done" });
    expect(await called("chosen-by-the-estate")).not.toEqual([]);
    expect((await dryRun(estate)).drifts.filter(({ kind }) => kind === "name-taken")).toEqual([]);
  });

  it("is one of two that say that they are the same: that is reported, its own name counts, and both go", async () => {
    await retire("dan");
    expect(await estate.ask("dan", asthma)).toMatchObject({ state: "done" });
    const copy = "0-a-copy";
    await copyDeployment(copy);
    const { unanswered } = await dryRun(estate);
    expect(unanswered).toEqual([
      `Deployment ${copy}: says that it is the desktop of dan in asthma-cohort, which ${own.names.deployment} is (delete the one that is wrong)`,
    ]);
    await estate.ask("dan", null);
    const replicasOf = async (name: string) =>
      (await objects.read<V1Deployment>({ ...partOf("deployment", own), metadata: { name, namespace } })).spec
        ?.replicas;
    expect([await replicasOf(copy), await replicasOf(own.names.deployment)]).toEqual([0, 0]);
    await retire("dan");
    expect(await called(own.names.deployment)).toEqual([]);
    await reconcile(estate);
    await retire("dan");
    expect(await called(copy)).toEqual([]);
  });
});
