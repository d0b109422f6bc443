import { AppsV1Api } from "@kubernetes/client-node";
import { afterEach, expect, it } from "vitest";
import { letTraceThrough } from "../functions/http/trace.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

const estates: TestEstate[] = [];
afterEach(async () => {
  await Promise.all(estates.splice(0).map((estate) => estate.close()));
});

async function start(settings: Record<string, string>): Promise<TestEstate> {
  const estate = await startTestEstate(undefined, settings);
  estates.push(estate);
  return estate;
}

async function imagesIn({ kubeconfig }: TestEstate): Promise<(string | undefined)[]> {
  const { items } = await kubeconfig.makeApiClient(AppsV1Api).listNamespacedDeployment({ namespace });
  return items.flatMap(({ spec }) => spec?.template.spec?.containers.map(({ image }) => image) ?? []);
}

it("two apps in one process each have their own settings, routes and connections", async () => {
  const webhook = { KEYCLOAK_WEBHOOK: "off", KEYCLOAK_WEBHOOK_SECRET: "" };
  const one = await start({ DESKTOP_IMAGE: "example.org/one:1" });
  const other = await start({ DESKTOP_IMAGE: "example.org/other:1", ...webhook });
  for (const estate of [other, one])
    expect(await estate.ask("bob", "cancer-registry")).toMatchObject({ state: "done" });
  expect(await imagesIn(one)).toEqual(["example.org/one:1"]);
  expect(await imagesIn(other)).toEqual(["example.org/other:1"]);

  const event = ({ host }: TestEstate) => fetch(`${host.url}/api/keycloak/events`, { method: "POST", body: "{}" });
  expect([(await event(one)).status, (await event(other)).status]).toEqual([401, 404]);
  expect(one.app.functions.get("desktop")?.callback).not.toBe(other.app.functions.get("desktop")?.callback);
  expect([...one.app.functions.keys()]).toEqual([...other.app.functions.keys()]);
});

it("allowing TRACE several times changes Request only once", () => {
  letTraceThrough();
  const { Request } = globalThis;
  letTraceThrough();
  expect(globalThis.Request).toBe(Request);
  expect(new Request("http://127.0.0.1", { method: "TRACE" }).method).toBe("TRACE");
});
