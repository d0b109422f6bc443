import { type KubernetesObject, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sampleToken } from "../local/token.ts";
import { bind } from "./bound-people.ts";
import { dryRun, driftSettings, reconcile } from "./drift.ts";
import { accepted, namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { realmAdministrator, subjectOf } from "./keycloak-person.ts";

/** Groups and accounts that are lost without any event: with the directory, people are judged by what is true now. */
let estate: TestEstate;
let token: string;
let subject: string;
const registry = "cancer-registry";
const claims = { groups: ["/registry/readers"] };

beforeAll(async () => {
  estate = await startTestEstate(undefined, driftSettings);
  estate.identity.tell({}); // no event arrives
  token = await sampleToken(estate.identity.issuer, "bob");
  subject = await subjectOf(estate, "bob");
  expect(await estate.ask("bob", registry)).toMatchObject({ state: "done" });
});
afterAll(() => estate.close());
beforeEach(() => {
  estate.log.length = 0;
});

const state = async () => (await estate.callAsService<{ state: string }>("GET", "/users/bob/desktop")).body.state;
/** As bob, with the token that he got while he was in the group. */
async function withOldToken(method: string, path: string, body?: object) {
  const response = await fetch(`${estate.host.url}/api/users/bob/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

describe("a person who was taken out of a group, of which no event told,", () => {
  beforeAll(async () => {
    expect((await dryRun(estate)).drifts).toEqual([]);
    const { users } = await realmAdministrator(estate);
    const [group] = await users.listGroups({ id: subject });
    await users.delFromGroup({ id: subject, groupId: group?.id ?? "" });
  });

  it("is told no workspace, and gets no desktop, by a token that still names the group", async () => {
    expect(await withOldToken("GET", "workspaces")).toMatchObject({ status: 200, body: { workspaces: [] } });
    expect(await withOldToken("PUT", "desktop", { workspace: registry })).toMatchObject({
      status: 404,
      body: { code: "unknown-user" },
    });
  });

  it("loses the desktop at the next reconciliation", async () => {
    expect((await dryRun(estate)).drifts).toEqual([
      {
        kind: "entitlement-ended",
        workspace: registry,
        username: "bob",
        reason: "no binding names bob or matches their claims, as the identity provider knows them now",
      },
    ]);
    await reconcile(estate);
    expect(await state()).toBe("absent");
    expect((await dryRun(estate)).drifts).toEqual([]);
  });

  it("gets no desktop when a service sends claims that are not true any more", async () => {
    const wish = { workspace: registry, claims, subject };
    const { body } = await estate.callAsService("PUT", "/users/bob/desktop", wish);
    await estate.host.whenIdle();
    const { body: operation } = await estate.callAsService("GET", `/operations/${body.id}`);
    expect(operation).toMatchObject({ state: "failed", code: "unknown-user" });
    expect(await state()).toBe("absent");
  });
});

it("a disabled person's binding brings nothing up when somebody scales it", async () => {
  const id = await subjectOf(estate, "dan");
  await bind(estate, "dan", registry);
  const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
  // So that the product knows their id.
  const { body } = await estate.callAsService("PUT", "/users/dan/desktop", { workspace: registry, subject: id });
  await estate.host.whenIdle();
  expect(body).toMatchObject({ username: "dan" });
  accepted(await estate.callAsService("DELETE", "/users/dan/desktop"));
  await estate.host.whenIdle();
  await (await realmAdministrator(estate)).users.update({ id }, { enabled: false });

  const binding = {
    apiVersion: "xlscsde.nhs.uk/v1",
    kind: "AnalyticsWorkspaceBinding",
    metadata: { name: `${registry}-dan`, namespace },
    spec: { replicas: 1 },
  } as KubernetesObject;
  await objects.patch(binding, undefined, undefined, "keycloak", undefined, PatchStrategy.MergePatch);
  await estate.host.trigger("followScaling");
  await estate.host.whenIdle();
  const { body: shown } = await estate.callAsService<{ state: string; lastFailure?: { reason: string } }>(
    "GET",
    "/users/dan/desktop",
  );
  expect(shown).toMatchObject({
    state: expect.stringMatching(/failed|suspended/) as string,
    lastFailure: { reason: "dan was disabled at the identity provider" },
  });
});
