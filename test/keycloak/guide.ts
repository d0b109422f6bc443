import { execFile } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import { type Recorder, startRecorder } from "@stand-in/identity/contract";
import { decodeJwt, type JWK } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser } from "@stand-in/identity/browser";
import type { Distribution } from "../../local/keycloak/distribution.ts";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { administratorOf } from "../../local/keycloak/realm.ts";
import { tokenByAssertion } from "../../shared/identity/client-assertion.ts";
import { providerIsMissing } from "./available.ts";
import { guacamole, realmName } from "./realm.ts";

const checkout = dirname(dirname(import.meta.dirname));
const secrets = {
  WORKSPACE_ACTION_SECRET: randomUUID(),
  LOOKUP_SECRET: randomUUID(),
  KEYCLOAK_WEBHOOK_SECRET: randomUUID(),
};

/** The commands that infra/keycloak/README.md marks as `sh`, run in their order on an empty realm. */
export function describeGuide(keycloak: () => RealKeycloak, { home, events, javaHome }: Distribution): void {
  const missing = providerIsMissing ?? (events === undefined ? "there is no keycloak-events" : undefined);
  if (missing !== undefined) console.warn(`skipped: the commands of infra/keycloak/README.md: ${missing}`);
  describe.skipIf(missing !== undefined)("the commands of infra/keycloak/README.md", () => {
    const realm = realmName();
    let folder: string;
    let product: Recorder;
    let output: string;
    let administrator: KeycloakAdminClient;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "guide-"));
      await symlink(home, join(folder, "keycloak"));
      product = await startRecorder();
      await (await administratorOf(keycloak(), "master")).realms.create({ realm, enabled: true });
      output = await runGuide();
      administrator = await administratorOf(keycloak(), realm);
    });
    afterAll(async () => {
      await (await administratorOf(keycloak(), "master")).realms.del({ realm });
      await product.close();
      await rm(folder, { recursive: true, force: true });
    });

    async function runGuide(): Promise<string> {
      const guide = await readFile(join(checkout, "infra/keycloak/README.md"), "utf8");
      const blocks = [...guide.matchAll(/^( *)```sh\n([\s\S]*?)^\1```$/gm)].map(([, , commands = ""]) => commands);
      const { stdout, stderr } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", blocks.join("\n")], {
        cwd: folder,
        env: {
          PATH: process.env["PATH"],
          JAVA_HOME: javaHome,
          // Where kcadm.sh keeps its login.
          KC_OPTS: `-Duser.home=${folder}`,
          CHECKOUT: checkout,
          SERVER: keycloak().url,
          REALM: realm,
          PRODUCT: product.url,
          KC_CLI_PASSWORD: keycloak().administrator.password,
          ...secrets,
        },
      });
      return stdout + stderr;
    }

    async function claimsOf(client: string, secret: string): Promise<Record<string, unknown>> {
      const response = await fetch(`${keycloak().url}/realms/${realm}/protocol/openid-connect/token`, {
        method: "POST",
        body: new URLSearchParams({ grant_type: "client_credentials", client_id: client, client_secret: secret }),
      });
      return decodeJwt(((await response.json()) as { access_token: string }).access_token);
    }

    it("the login flow's client may act for people, and the lookup client may only view them", async () => {
      const service = await claimsOf("workspace-action", secrets.WORKSPACE_ACTION_SECRET);
      expect(service["aud"]).toContain("guacamole-workspaces");
      expect(service["realm_access"]).toMatchObject({ roles: expect.arrayContaining(["desktop-service"]) as unknown });
      const { client, key } = {
        client: "guacamole-workspaces-lookup",
        key: await readFile(join(folder, "lookup-key.json"), "utf8"),
      };
      const issuer = `${keycloak().url}/realms/${realm}`;
      const byKey = { id: client, key: JSON.parse(key) as JWK };
      const lookup = decodeJwt(
        await tokenByAssertion(`${issuer}/protocol/openid-connect/token`, issuer, byKey, 60_000),
      );
      await expect(claimsOf(client, secrets.LOOKUP_SECRET)).rejects.toThrow(); // its secret is none any more
      const access = lookup["resource_access"] as { "realm-management": { roles: string[] } };
      expect(access["realm-management"].roles.sort()).toEqual(["query-groups", "query-users", "view-users"]);
    });

    it("Guacamole's client has the mapper and the back channel", async () => {
      const [client] = await administrator.clients.find({ clientId: "guacamole" });
      expect(client?.protocolMappers).toMatchObject([{ config: { "user.session.note": "guacamole_username" } }]);
      expect(client).toMatchObject({
        frontchannelLogout: false,
        attributes: {
          "backchannel.logout.url": `${product.url}/api/keycloak/backchannel-logout`,
          "backchannel.logout.session.required": "true",
        },
      });
    });

    it("the portal's client is at the product's address, and its tokens have the console's role only", async () => {
      const { clients } = administrator;
      const [portal] = await clients.find({ clientId: "desktops-portal" });
      // In any order.
      expect(portal?.redirectUris?.toSorted()).toEqual([`${product.url}/`, `${product.url}/console`]);
      expect(portal).toMatchObject({
        webOrigins: [product.url],
        attributes: {
          "post.logout.redirect.uris": `${product.url}/##${product.url}/console`,
          "backchannel.logout.url": `${product.url}/api/keycloak/backchannel-logout`,
        },
      });
      const roles = await clients.listRealmScopeMappings({ id: portal?.id ?? "" });
      expect(roles.map(({ name }) => name)).toEqual(["desktop-admin"]);
    });

    it("a login to Guacamole meets the action, and events arrive, signed", async () => {
      const credentials = [{ type: "password", value: "erin" }];
      const person = { username: "erin", email: "erin@example.org", firstName: "Erin", lastName: "Sample" };
      const { id } = await administrator.users.create({ ...person, enabled: true, credentials });
      const browser = new Browser(`${keycloak().url}/realms/${realm}`);
      // What plays the product here has no workspaces to list.
      await expect(browser.logIn("erin", "erin", guacamole)).rejects.toThrow("Workspaces are not available");
      await administrator.users.del({ id });
      const { path, headers, body } = await product.call(({ body: sent }) => sent.includes("admin.USER-DELETE"));
      expect(path).toBe("/api/keycloak/events");
      const signature = createHmac("sha256", secrets.KEYCLOAK_WEBHOOK_SECRET).update(body).digest("hex");
      expect(headers["x-keycloak-signature"]).toBe(signature);
    });

    it("they print no secret", async () => {
      expect(output).toContain("201");
      const { d } = JSON.parse(await readFile(join(folder, "lookup-key.json"), "utf8")) as { d: string };
      for (const secret of [...Object.values(secrets), d]) expect(output).not.toContain(secret);
    });
  });
}
