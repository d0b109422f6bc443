import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sampleUsers } from "../local/sample-estate.ts";
import { settingsSchema } from "../shared/config.ts";
import { readKeycloakEvent } from "../shared/identity/keycloak-event.ts";

interface Client {
  clientId: string;
  publicClient: boolean;
  secret?: string;
  frontchannelLogout?: boolean;
  attributes?: Record<string, string>;
  protocolMappers?: { protocolMapper: string; config: Record<string, string> }[];
}
interface Realm {
  realm: string;
  eventsListeners: string[];
  roles: { realm: { name: string }[] };
  clients: Client[];
  requiredActions: {
    alias: string;
    providerId: string;
    enabled: boolean | string;
    defaultAction: boolean;
    config: Record<string, string>;
  }[];
  users: { username: string; serviceAccountClientId?: string; realmRoles?: string[]; groups?: string[] }[];
}
const folder = new URL("../infra/keycloak/", import.meta.url);
const read = (name: string) => readFile(new URL(name, folder), "utf8");
const realm = JSON.parse(await read("sde-realm.json")) as Realm;
const webhook = JSON.parse(await read("webhook.json")) as { authType: string; audience: string; eventTypes: string[] };
const guide = await read("README.md");

const defaults = z.object(settingsSchema.shape).partial().parse({});
const client = (id: string) => realm.clients.find(({ clientId }) => clientId === id);

describe("the development realm", () => {
  it("has the roles that the settings name by default", () => {
    const { SERVICE_ROLE, OFFBOARDING_ROLE, ADMIN_ROLE, MONITORING_ROLE } = defaults;
    const wanted = [SERVICE_ROLE, OFFBOARDING_ROLE, ADMIN_ROLE, MONITORING_ROLE];
    expect(realm.roles.realm.map(({ name }) => name)).toEqual(wanted);
  });

  it("has every client that the guide's settings name, and adds our audience for those that call us", () => {
    const setting = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(guide)?.[1] ?? "";
    const callers = setting("OIDC_CLIENTS").split(",");
    expect(callers).toHaveLength(2);
    for (const id of callers) {
      const mapper = client(id)?.protocolMappers?.find(
        ({ protocolMapper }) => protocolMapper === "oidc-audience-mapper",
      );
      expect([id, mapper?.config["included.custom.audience"]]).toEqual([id, setting("OIDC_AUDIENCE")]);
    }
    expect(client(setting("GUACAMOLE_CLIENT"))).toBeDefined();
    expect(client(setting("KEYCLOAK_ADMIN_CLIENT"))?.protocolMappers).toBeUndefined();
    expect(setting("OIDC_ISSUER")).toMatch(new RegExp(`/realms/${realm.realm}$`));
    expect([webhook.authType, webhook.audience]).toEqual([
      setting("KEYCLOAK_WEBHOOK"),
      setting("KEYCLOAK_WEBHOOK_AUDIENCE"),
    ]);
    expect(webhook.audience).not.toBe(setting("OIDC_AUDIENCE"));
  });

  it("registers our required action with its settings, enabled on demand and never stored with a person", async () => {
    const action = realm.requiredActions.find(({ alias }) => alias === "choose-workspace");
    const { clientId, clientSecret, guacamoleClient, apiUrl } = action?.config ?? {};
    expect(action).toMatchObject({ providerId: "choose-workspace", defaultAction: false });
    // Enabled without the jar, it would fail every login of the realm.
    expect(action?.enabled).toBe("${WORKSPACE_ACTION_ENABLED:false}");
    expect(client(clientId ?? "")?.secret).toBe(clientSecret);
    expect(client(guacamoleClient ?? "")).toBeDefined();
    expect(apiUrl).toMatch(/\/api\}$/);
    const fields = await read("provider/src/main/java/guacamole/workspaces/keycloak/SettingsPage.java");
    for (const name of Object.keys(action?.config ?? {})) expect(fields).toContain(`"${name}"`);
  });

  it("registers Keycloak's own required actions too, because an import that names any registers only those", () => {
    expect(realm.requiredActions.map(({ alias }) => alias)).toEqual(
      expect.arrayContaining(["CONFIGURE_TOTP", "UPDATE_PASSWORD", "UPDATE_PROFILE", "VERIFY_EMAIL", "VERIFY_PROFILE"]),
    );
  });

  it("sends back-channel logouts, with the session", () => {
    const guacamole = client("guacamole");
    expect(guacamole?.frontchannelLogout).toBe(false);
    expect(guacamole?.attributes).toMatchObject({
      "backchannel.logout.url": expect.stringMatching(/\/api\/keycloak\/backchannel-logout$/) as string,
      "backchannel.logout.session.required": "true",
    });
    expect(realm.eventsListeners).toContain("ext-event-webhook");
  });

  it("contains no secret, and has the sample people", () => {
    for (const { clientId, publicClient, secret } of realm.clients)
      if (!publicClient) expect([clientId, secret]).toEqual([clientId, expect.stringMatching(/^\$\{[A-Z_]+\}$/)]);
    const people = realm.users.filter(({ serviceAccountClientId }) => serviceAccountClientId === undefined);
    expect(people.map(({ username, groups, realmRoles }) => [username, groups, realmRoles])).toEqual(
      sampleUsers.map(({ username, claims, roles }) => [username, claims?.["groups"], roles]),
    );
  });
});

describe("the webhook", () => {
  it("sends only events that the product acts on", () => {
    const paths: Record<string, string> = { "admin.USER-ACTION": "users/u/logout", "admin.GROUP-DELETE": "groups/g" };
    for (const type of webhook.eventTypes) {
      const authDetails = { clientId: "guacamole", userId: "u" };
      const event = { id: "e", time: 1, type, authDetails, resourcePath: paths[type] ?? "users/u" };
      const told = readKeycloakEvent(Buffer.from(JSON.stringify(event)), "guacamole");
      expect([type, told?.notice]).toEqual([type, expect.objectContaining({ id: "e" })]);
    }
  });
});
