import { AppsV1Api } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

let estate: TestEstate;
let apps: AppsV1Api;
beforeAll(async () => {
  // At any time: the product goes by the machine's clock.
  estate = await startTestEstate(undefined, { PLACEHOLDERS: "Mon-Sun 00:00-24:00 Europe/London: 3" });
  apps = estate.kubeconfig.makeApiClient(AppsV1Api);
});
afterAll(() => estate.close());

/** How many places are kept free, in which version of the object; undefined if nothing keeps any. */
async function places(): Promise<{ replicas: number | undefined; version: string | undefined } | undefined> {
  const { items } = await apps.listNamespacedDeployment({ namespace });
  const found = items.find(({ metadata }) => metadata?.name === "desktop-placeholders");
  return found && { replicas: found.spec?.replicas, version: found.metadata?.resourceVersion };
}

async function run(timer: string): Promise<void> {
  await estate.host.trigger(timer);
  await estate.host.whenIdle();
}

it("keeps places free by the schedule, which are no desktops, and stay when drift is repaired", async () => {
  expect(await places()).toBeUndefined();
  await run("keepPlacesFree");
  expect(await places()).toMatchObject({ replicas: 3 });

  const { body } = await estate.call("olga", "GET", "/desktops");
  expect(JSON.stringify(body)).not.toContain("placeholder");
  await run("reconcileTimer");
  await run("upkeepTimer");
  expect(await places()).toMatchObject({ replicas: 3 });
});

it("writes nothing while the number stays the same", async () => {
  await expect
    .poll(async () => {
      const before = await places();
      await run("keepPlacesFree");
      return (await places())?.version === before?.version;
    })
    .toBe(true);
  const calls = estate.log.filter(({ message }) => message.includes("places kept free"));
  expect(calls).toHaveLength(1);
});

it("upkeep says that it changed nothing where nothing is to be pulled", async () => {
  await run("upkeepTimer");
  const { body } = await estate.call<{ runs: { upkeep: { summary: unknown } } }>("olga", "GET", "/maintenance");
  expect(body.runs.upkeep.summary).toMatchObject({ failed: [], prepared: [] });
});
