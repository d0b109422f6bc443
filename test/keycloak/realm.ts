import { createHash, randomBytes, randomUUID } from "node:crypto";
import type KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { Browser } from "@stand-in/identity/browser";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { addWebhook, administratorOf, developmentRealm, type Webhook } from "../../local/keycloak/realm.ts";

/** The development realm under a name of its own, so that tests do not disturb one another. */
export interface TestRealm {
  readonly keycloak: RealKeycloak;
  readonly name: string;
  readonly issuer: string;
  /** The clients with a secret. */
  readonly service: { id: string; secret: string };
  readonly lookup: { id: string; secret: string };
  /** The portal's client, and where the realm takes the portal to be. */
  readonly portal: { id: string; origin: string };
  /** The server's administrator. */
  administrator(): Promise<KeycloakAdminClient>;
  /** Adds a client that may look people up and change them. */
  addAdministrator(): Promise<{ id: string; secret: string }>;
  /** Adds a client without a secret, and returns its private key. */
  addKeyed(): Promise<{ id: string; key: JWK }>;
  /** Lets the lookup client log in by that key, and no longer by its secret. */
  keyLookup(): Promise<JWK>;
  /** Adds a key that signs from now on. The earlier ones stay. */
  rotateKeys(): Promise<void>;
  /** Sets where Keycloak tells the end of Guacamole's and the portal's sessions, and, if given, where it sends events. */
  tell(listeners: { backchannelLogout: string; webhook?: Webhook }): Promise<void>;
  /** Logs in to Guacamole in a browser of its own. */
  signIn(username: string, password?: string): Promise<SignedIn>;
  /** Signs in to the portal in a browser of its own. */
  portalTokens(username: string): Promise<TokenAnswer>;
  /** Asks for a token with the fields of a form. */
  token(form: Readonly<Record<string, string>>): Promise<TokenAnswer>;
  remove(): Promise<void>;
}

export interface SignedIn {
  browser: Browser;
  idToken: string;
  /** Logs out, as Guacamole's own button does. */
  signOut: () => Promise<void>;
}

export type TokenAnswer = Readonly<Partial<Record<"access_token" | "id_token" | "refresh_token" | "error", string>>>;

/** Where Guacamole is, for Keycloak; nothing listens there. */
export const guacamole = { client: "guacamole", redirectUri: "http://localhost:8080/guacamole/" };

export function realmName(): string {
  return `sde-${randomUUID().slice(0, 8)}`;
}

/**
 * @param workspacesApi the product's address: logins to Guacamole then choose a workspace, which needs our provider
 * @param portalOrigin where the portal is
 */
export async function createRealm(
  keycloak: RealKeycloak,
  name = realmName(),
  workspacesApi?: string,
  portalOrigin = "http://localhost:7071",
): Promise<TestRealm> {
  const secrets = { WORKSPACE_ACTION_SECRET: secret(), LOOKUP_SECRET: secret() };
  const chooses =
    workspacesApi === undefined ? {} : { WORKSPACE_ACTION_ENABLED: "true" as const, WORKSPACES_API_URL: workspacesApi };
  const master = await administratorOf(keycloak, "master");
  await master.realms.create(await developmentRealm(name, { ...secrets, ...chooses, PORTAL_ORIGIN: portalOrigin }));
  const issuer = `${keycloak.url}/realms/${name}`;
  const administrator = () => administratorOf(keycloak, name);
  const token = async (form: Readonly<Record<string, string>>) => {
    const body = new URLSearchParams(form);
    const response = await fetch(`${issuer}/protocol/openid-connect/token`, { method: "POST", body });
    return (await response.json()) as TokenAnswer;
  };
  return {
    ...{ keycloak, name, issuer, administrator, token },
    portal: { id: "desktops-portal", origin: portalOrigin },
    service: { id: "workspace-action", secret: secrets.WORKSPACE_ACTION_SECRET },
    lookup: { id: "guacamole-workspaces-lookup", secret: secrets.LOOKUP_SECRET },
    async addAdministrator() {
      const { clients, users } = await administrator();
      const client = { clientId: "realm-admin", secret: secret() };
      const { id } = await clients.create({ ...client, serviceAccountsEnabled: true, standardFlowEnabled: false });
      const account = await clients.getServiceAccountUser({ id });
      const [management] = await clients.find({ clientId: "realm-management" });
      const clientUniqueId = management?.id ?? "";
      const roles = (await clients.listRoles({ id: clientUniqueId })).flatMap(({ id: role, name: roleName }) =>
        role !== undefined && (roleName === "view-users" || roleName === "manage-users")
          ? [{ id: role, name: roleName }]
          : [],
      );
      await users.addClientRoleMappings({ id: account.id ?? "", clientUniqueId, roles });
      return { id: client.clientId, secret: client.secret };
    },
    async addKeyed() {
      const { clients } = await administrator();
      const { key, login } = await keyedLogin();
      await clients.create({ ...login, clientId: "keyed", serviceAccountsEnabled: true, standardFlowEnabled: false });
      return { id: "keyed", key };
    },
    async keyLookup() {
      const { clients } = await administrator();
      const { key, login } = await keyedLogin();
      const [client] = await clients.find({ clientId: "guacamole-workspaces-lookup" });
      const attributes = { ...client?.attributes, ...login.attributes };
      await clients.update({ id: client?.id ?? "" }, { ...client, ...login, attributes });
      return key;
    },
    async rotateKeys() {
      const { components, realms } = await administrator();
      const { id } = (await realms.findOne({ realm: name })) ?? {};
      await components.create({
        name: `rsa-${randomUUID()}`,
        ...(id !== undefined && { parentId: id }),
        providerId: "rsa-generated",
        providerType: "org.keycloak.keys.KeyProvider",
        config: { priority: [String(Date.now())], algorithm: ["RS256"], keySize: ["2048"] },
      });
    },
    async tell({ backchannelLogout, webhook }) {
      const { clients } = await administrator();
      for (const clientId of [guacamole.client, "desktops-portal"]) {
        const [client] = await clients.find({ clientId });
        const attributes = { ...client?.attributes, "backchannel.logout.url": backchannelLogout };
        await clients.update({ id: client?.id ?? "" }, { ...client, attributes });
      }
      if (webhook) await addWebhook(keycloak, name, webhook);
    },
    async signIn(username, password = username) {
      const browser = new Browser(issuer);
      const idToken = (await browser.logIn(username, password, guacamole)).get("id_token") ?? "";
      return { browser, idToken, signOut: () => browser.logOut(idToken, guacamole.redirectUri) };
    },
    async portalTokens(username) {
      const code_verifier = randomBytes(32).toString("base64url");
      const code_challenge = createHash("sha256").update(code_verifier).digest("base64url");
      const request = { client_id: "desktops-portal", redirect_uri: `${portalOrigin}/`, response_type: "code" };
      const pkce = { scope: "openid", code_challenge, code_challenge_method: "S256" };
      const browser = new Browser(issuer);
      const query = new URLSearchParams({ ...request, ...pkce }).toString();
      const form = await browser.open(`${issuer}/protocol/openid-connect/auth?${query}`);
      const { address } = await browser.submitLogin(form, username, username);
      const code = new URL(address).searchParams.get("code") ?? "";
      return token({ ...request, grant_type: "authorization_code", code, code_verifier });
    },
    async remove() {
      await (await administratorOf(keycloak, "master")).realms.del({ realm: name });
    },
  };
}

/** A new key, and the fields of a client that logs in by it: as infra/keycloak/README.md has them. */
async function keyedLogin() {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const named = { kid: randomUUID(), alg: "ES256", use: "sig" };
  const keys = { keys: [{ ...(await exportJWK(publicKey)), ...named }] };
  return {
    key: { ...(await exportJWK(privateKey)), ...named },
    login: {
      clientAuthenticatorType: "client-jwt",
      attributes: { "use.jwks.string": "true", "jwks.string": JSON.stringify(keys) },
    },
  };
}

function secret(): string {
  return randomBytes(16).toString("hex");
}
