import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PolicyTexts } from "../shared/desktop/policy.ts";
import { bind, openWorkspace, writePolicy } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { everything } from "./everything.ts";

/** Somebody may write policies, or workspaces, and wants what else is in the namespace of the desktops, or behind it. */
let estate: TestEstate;
let core: CoreV1Api;
let count = 0;

beforeAll(async () => {
  estate = await startTestEstate(undefined, {
    DESKTOP_ENVIRONMENT_FROM: "secret/of-the-settings",
    PROTECTED_DESTINATIONS: "functions/app=guacamole-workspaces",
  });
  core = estate.kubeconfig.makeApiClient(CoreV1Api);
  for (const [name, labels] of [
    ["database-owner", {}],
    ["of-the-settings", {}],
    ["licence", { "xlscsde.nhs.uk/offered-to": "desktops" }],
    ["nearly", { "xlscsde.nhs.uk/offered-to": "guacamole" }],
  ] as const)
    await core.createNamespacedSecret({ namespace, body: { metadata: { name, labels }, stringData: { KEY: "v" } } });
  await core.createNamespacedConfigMap({
    namespace,
    body: { metadata: { name: "somebodys" }, data: { allowCopy: "true" } },
  });
});
afterAll(() => estate.close());

/** A workspace of this test, with alice in it; its policy is the ConfigMap with this name, or these texts. */
async function workspaceWith(policy: string | PolicyTexts): Promise<string> {
  const name = `attack-${++count}`;
  if (typeof policy !== "string") await writePolicy(estate, name, policy);
  await openWorkspace(estate, name, typeof policy === "string" ? policy : name);
  await bind(estate, "alice", name);
  return name;
}

const askForAlice = (workspace: string) => estate.callAsService("PUT", "/users/alice/desktop", { workspace });

describe("a policy that", () => {
  it.each<[string, string | PolicyTexts, string]>([
    ["is no policy, but a ConfigMap of somebody", "somebodys", "is not marked as a policy (kubectl label configmap"],
    [
      "gives the desktop a Secret of somebody",
      { environmentFrom: "secret/database-owner" },
      "Secret database-owner is not",
    ],
    ["gives it a Secret for others", { environmentFrom: "secret/nearly" }, "Secret nearly is not offered"],
    [
      "gives it a ConfigMap of somebody",
      { environmentFrom: "configmap/somebodys" },
      "ConfigMap somebodys is not offered",
    ],
    [
      "pulls images with a Secret of somebody",
      { pullSecrets: "database-owner" },
      "Secret database-owner is not offered",
    ],
    ["gives it a Secret that somebody makes later", { environmentFrom: "secret/later" }, "Secret later does not exist"],
    ["reaches guacd", { destinations: "guacamole/app=guacd:4822" }, "guacd"],
    ["reaches the API server", { destinations: "127.0.0.1/32:443" }, "no desktop may reach it"],
    ["reaches this app", { destinations: "functions/app=guacamole-workspaces:443" }, "reach functions/app="],
    ["reaches everything", { destinations: "0.0.0.0/0:443" }, "wider than /16"],
    ["selects every pod", { destinations: "guacamole/*=*:22" }, "destinations is neither"],
  ])("%s is refused, and makes nothing", async (_what, policy, words) => {
    const workspace = await workspaceWith(policy);
    const before = await everything(estate);
    expect(await askForAlice(workspace)).toMatchObject({
      status: 409,
      body: { code: "invalid-policy", detail: expect.stringContaining(words) as string },
    });
    expect(await everything(estate)).toEqual(before);
  });

  it("gives it a Secret that its owner offered, and one of the settings, is accepted", async () => {
    const offered = await workspaceWith({ environmentFrom: "secret/licence,secret/of-the-settings" });
    expect(await estate.ask("alice", offered)).toMatchObject({ state: "done" });
  });

  it("was refused works as soon as its owner marks what it uses", async () => {
    const workspace = await workspaceWith({ environmentFrom: "secret/database-owner" });
    expect(await askForAlice(workspace)).toMatchObject({ status: 409 });
    await core.patchNamespacedSecret(
      {
        namespace,
        name: "database-owner",
        body: { metadata: { labels: { "xlscsde.nhs.uk/offered-to": "desktops" } } },
      },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
  });
});
