import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sampleUsers } from "../local/sample-estate.ts";
import { settingsSchema } from "../shared/config.ts";
import { meanings } from "../shared/identity/keycloak-meanings.ts";
import { resources, userEvents } from "../shared/identity/keycloak-types.ts";

interface Client {
  clientId: string;
  publicClient: boolean;
  secret?: string;
  standardFlowEnabled?: boolean;
  implicitFlowEnabled?: boolean;
  directAccessGrantsEnabled?: boolean;
  serviceAccountsEnabled?: boolean;
  fullScopeAllowed?: boolean;
  redirectUris?: string[];
  webOrigins?: string[];
  defaultClientScopes?: string[];
  optionalClientScopes?: string[];
  frontchannelLogout?: boolean;
  attributes?: Record<string, string>;
  protocolMappers?: { protocolMapper: string; config: Record<string, string> }[];
}
interface Realm {
  realm: string;
  eventsListeners: string[];
  roles: { realm: { name: string }[] };
  clients: Client[];
  revokeRefreshToken: boolean;
  accessTokenLifespan: number;
  scopeMappings: { client: string; roles: string[] }[];
  requiredActions: {
    alias: string;
    providerId: string;
    enabled: boolean | string;
    defaultAction: boolean;
    config: Record<string, string>;
  }[];
  users: {
    username: string;
    serviceAccountClientId?: string;
    realmRoles?: string[];
    clientRoles?: Record<string, string[]>;
    groups?: string[];
  }[];
}
const folder = new URL("../infra/keycloak/", import.meta.url);
const read = (name: string) => readFile(new URL(name, folder), "utf8");
const realm = JSON.parse(await read("sde-realm.json")) as Realm;
const webhook = JSON.parse(await read("webhook.json")) as { authType: string; audience: string; eventTypes: string[] };
const webhookWithSecret = JSON.parse(await read("webhook-hmac.json")) as { eventTypes: string[] };
const guide = await read("README.md");

const defaults = z.object(settingsSchema.shape).partial().parse({});
const client = (id: string) => realm.clients.find(({ clientId }) => clientId === id);

describe("the development realm", () => {
  it("has the roles that the settings name by default", () => {
    const { SERVICE_ROLE, OFFBOARDING_ROLE, ADMIN_ROLE, MONITORING_ROLE, TIMERS_ROLE } = defaults;
    const wanted = [SERVICE_ROLE, OFFBOARDING_ROLE, ADMIN_ROLE, MONITORING_ROLE, TIMERS_ROLE];
    expect(realm.roles.realm.map(({ name }) => name)).toEqual(wanted);
  });

  it("has every client that the guide's settings name, and adds our audience for those that call us", () => {
    const setting = (name: string) => new RegExp(`^ *${name}=(.*)$`, "m").exec(guide)?.[1] ?? "";
    const callers = setting("OIDC_CLIENTS").split(",");
    expect(callers).toHaveLength(3);
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
    // Enabled without the jar, it would let everybody in without the claim.
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

  it("lets the lookup client view people, and nothing else", () => {
    const id = client("guacamole-workspaces-lookup")?.clientId;
    const account = realm.users.find(({ serviceAccountClientId }) => serviceAccountClientId === id);
    expect([account?.realmRoles, account?.clientRoles]).toEqual([undefined, { "realm-management": ["view-users"] }]);
  });

  it("sends back-channel logouts, with the session", () => {
    for (const each of [client("guacamole"), client("desktops-portal")]) {
      expect(each?.frontchannelLogout).toBe(false);
      expect(each?.attributes).toMatchObject({
        "backchannel.logout.url": expect.stringMatching(/\/api\/keycloak\/backchannel-logout$/) as string,
        "backchannel.logout.session.required": "true",
      });
    }
    expect(realm.eventsListeners).toContain("ext-event-webhook");
  });

  describe("has a client for the portal that", () => {
    const portal = client("desktops-portal");
    const origin = "${PORTAL_ORIGIN:http://localhost:7071}";

    it("signs in by a code with PKCE, without a secret, and in no other way", () => {
      expect(portal).toMatchObject({
        ...{ publicClient: true, standardFlowEnabled: true, implicitFlowEnabled: false },
        ...{ directAccessGrantsEnabled: false, serviceAccountsEnabled: false },
        attributes: {
          "pkce.code.challenge.method": "S256",
          "oauth2.device.authorization.grant.enabled": "false",
          "oidc.ciba.grant.enabled": "false",
        },
      });
      expect(portal?.secret).toBeUndefined();
    });

    it("sends people back to the portal's pages only, exactly, and is called by no other page", () => {
      const pages = [`${origin}/`, `${origin}/console`];
      expect([portal?.redirectUris, portal?.webOrigins]).toEqual([pages, [origin]]);
      expect(portal?.attributes?.["post.logout.redirect.uris"]).toBe(pages.join("##"));
      expect(JSON.stringify(portal)).not.toContain("*");
    });

    it("has tokens for the product alone: of roles the console's, and none that outlive the session", () => {
      expect(portal?.fullScopeAllowed).toBe(false);
      expect(realm.scopeMappings).toEqual([{ client: "desktops-portal", roles: [defaults.ADMIN_ROLE] }]);
      expect(portal?.optionalClientScopes).toEqual([]);
      expect(portal?.defaultClientScopes).toEqual(["acr", "basic", "profile", "roles", "web-origins"]);
      expect([realm.revokeRefreshToken, realm.accessTokenLifespan]).toEqual([true, 300]);
    });

    it("shows the groups that bindings may name, like the client for terminals", () => {
      const mappers = (id: string) => client(id)?.protocolMappers;
      expect(mappers("desktops-portal")).toEqual(mappers("guacamole-workspaces-cli"));
    });
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

describe.each([
  ["keycloak-events 0.62 and newer", webhook],
  ["keycloak-events 0.26 to 0.51", webhookWithSecret],
])("the webhook of %s", (_version, { eventTypes, ...fields }) => {
  const subscribed = (type: string) => eventTypes.some((pattern) => matches(pattern, type));

  it("sends every type that means something to the product", () => {
    expect(Object.keys(meanings).filter((type) => !subscribed(type))).toEqual([]);
  });

  it("sends nothing else", () => {
    const operations = ["CREATE", "UPDATE", "DELETE", "ACTION"];
    const every = [
      ...[...userEvents].flatMap((name) => [`access.${name}`, `access.${name}_ERROR`]),
      ...[...resources].flatMap((name) => operations.map((operation) => `admin.${name}-${operation}`)),
      "system.TEST",
    ];
    expect(every.filter((type) => subscribed(type)).sort()).toEqual(Object.keys(meanings).sort());
    for (const pattern of eventTypes)
      expect([pattern, Object.keys(meanings).some((type) => matches(pattern, type))]).toEqual([pattern, true]);
  });

  it("contains no secret, and only fields that its version knows", () => {
    // 0.26 to 0.51 answer `authType` with 400: Unrecognized field. Without a secret nothing is signed, and nothing is accepted.
    expect(Object.keys(fields)).toEqual(
      "authType" in fields ? ["enabled", "url", "authType", "audience"] : ["enabled", "url", "algorithm"],
    );
  });
});

/** As keycloak-events decides (WebhookSenderEventListenerProvider.enabledFor): a Java regular expression for the whole type. */
function matches(pattern: string, type: string): boolean {
  if (pattern === "*") return true;
  const [, family] = /^(access|admin|system)\.\*$/.exec(pattern) ?? [];
  if (family !== undefined && type.startsWith(`${family}.`)) return true;
  return pattern === type || new RegExp(`^(?:${pattern})$`).test(type);
}
