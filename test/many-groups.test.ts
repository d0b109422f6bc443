import { CoreV1Api, type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { personId } from "../shared/desktop/names.ts";
import { openWorkspace } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

/** People with more groups than an address, a small body or a small object holds. */
let estate: TestEstate;
const workspace = "many-groups";
const wanted = "/projects/many-groups/members";
const groups = [...Array.from({ length: 1999 }, (_, number) => `/projects/another-project-${number}/members`), wanted];
const kind = { apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" };
let objects: KubernetesObjectApi;

beforeAll(async () => {
  estate = await startTestEstate();
  objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  await openWorkspace(estate, workspace);
  await bindGroup("by-the-group", wanted);
});
afterAll(() => estate.close());

async function bindGroup(name: string, value: string): Promise<void> {
  const spec = { workspace, expires: "2099-12-31", claims: [{ name: "groups", operator: "EQUALS", value }] };
  await objects.create({ ...kind, metadata: { name, namespace }, spec } as KubernetesObject);
}

const state = async () => (await estate.callAsService("GET", "/users/gwen/desktop")).body.state;

describe("a person with 2,000 groups", () => {
  const claims = { groups };

  it("is told their workspaces", async () => {
    const { status, body } = await estate.callAsService("POST", "/users/gwen/workspaces", { claims });
    expect([status, body]).toMatchObject([200, { workspaces: [{ workspace, entitled: true }] }]);
  });

  it("gets a desktop, and their record stays small", async () => {
    const { status } = await estate.callAsService("PUT", "/users/gwen/desktop", { workspace, claims });
    expect(status).toBe(202);
    await estate.host.whenIdle();
    expect(await state()).toBe("ready");
    const name = `desktop-request-${personId("gwen")}`;
    const { data = {} } = await estate.kubeconfig.makeApiClient(CoreV1Api).readNamespacedConfigMap({ name, namespace });
    expect(JSON.parse(data["request"] ?? "")).toMatchObject({ claims: { groups: [wanted] }, claimsReduced: true });
    expect(JSON.stringify(data).length).toBeLessThan(4096);
  });

  it("keeps it when the binding is replaced by one for another of their groups, which is not in their record", async () => {
    await objects.delete({ ...kind, metadata: { name: "by-the-group", namespace } });
    await bindGroup("by-another-group", groups[0] ?? "");
    await estate.host.trigger("reconcileTimer");
    await estate.host.whenIdle();
    expect(await state()).toBe("ready");
  });

  it("loses it when no binding is left that may be theirs", async () => {
    await objects.delete({ ...kind, metadata: { name: "by-another-group", namespace } });
    await estate.host.trigger("reconcileTimer");
    await estate.host.whenIdle();
    expect(await state()).toBe("absent");
  });
});

it("more than 256 KiB are refused in words", async () => {
  const claims = { groups: Array.from({ length: 8000 }, (_, number) => `/projects/another-project-${number}/members`) };
  for (const [method, path, body] of [
    ["POST", "/users/gwen/workspaces", { claims }],
    ["PUT", "/users/gwen/desktop", { workspace, claims }],
  ] as const)
    expect(await estate.callAsService(method, path, body)).toMatchObject({
      status: 413,
      body: { code: "body-too-large" },
    });
});
