import { readFile } from "node:fs/promises";
import KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import type { RealKeycloak } from "./real-keycloak.ts";

/** What the development realm leaves open: its secrets, where the product is, and whether the required action is used. */
export interface RealmSecrets {
  WORKSPACE_ACTION_SECRET: string;
  LOOKUP_SECRET: string;
  /** Needs the provider's jar. */
  WORKSPACE_ACTION_ENABLED?: "true" | "false";
  WORKSPACES_API_URL?: string;
  /** Where the portal is, without a slash at the end. */
  PORTAL_ORIGIN?: string;
}

const file = new URL("../../infra/keycloak/sde-realm.json", import.meta.url);

/** Returns the development realm (infra/keycloak) under a name, with its secrets. */
export async function developmentRealm(name: string, secrets: RealmSecrets): Promise<{ realm: string }> {
  // As Keycloak itself does with a file that it imports: ${NAME} or ${NAME:default}.
  const placeholder = /\$\{(\w+)(?::([^}]*))?\}/g;
  const text = (await readFile(file, "utf8")).replace(placeholder, (_whole, name: string, otherwise?: string) => {
    const value = secrets[name as keyof RealmSecrets] ?? otherwise;
    if (value === undefined) throw new Error(`read ${file.pathname}: \${${name}} is not known (add it here)`);
    return value;
  });
  return { ...(JSON.parse(text) as object), realm: name };
}

/** Returns a client of the admin API as the server's administrator, for one realm. Its token is a new one. */
export async function administratorOf(keycloak: RealKeycloak, realm: string): Promise<KeycloakAdminClient> {
  const client = new KeycloakAdminClient({ baseUrl: keycloak.url, realmName: "master" });
  await client.auth({ grantType: "password", clientId: "admin-cli", ...keycloak.administrator });
  client.setConfig({ realmName: realm });
  return client;
}

/** Where keycloak-events sends a realm's events, and what signs them: a shared secret, or the realm's key (0.62). */
export interface Webhook {
  url: string;
  signedBy: { secret: string } | { audience: string };
  eventTypes: readonly string[];
}

/** Registers a webhook with keycloak-events' own API: a realm file cannot contain one. */
export async function addWebhook(keycloak: RealKeycloak, realm: string, webhook: Webhook): Promise<void> {
  const { accessToken = "" } = await administratorOf(keycloak, realm);
  const { url, signedBy, eventTypes } = webhook;
  const response = await fetch(`${keycloak.url}/realms/${realm}/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    // Before 0.62 there is no field authType, and a secret means HMAC.
    body: JSON.stringify({
      enabled: true,
      url,
      eventTypes,
      ...("secret" in signedBy ? signedBy : { authType: "bearer", ...signedBy }),
    }),
  });
  if (!response.ok)
    throw new Error(`register a webhook: Keycloak answered ${response.status}: ${await response.text()}`);
}

/** Replaces whatever keycloak-events sends from this realm. */
export async function setWebhook(keycloak: RealKeycloak, realm: string, webhook: Webhook): Promise<void> {
  const { accessToken = "" } = await administratorOf(keycloak, realm);
  const address = `${keycloak.url}/realms/${realm}/webhooks`;
  const headers = { authorization: `Bearer ${accessToken}` };
  const registered = (await (await fetch(address, { headers })).json()) as { id: string }[];
  for (const { id } of registered) await fetch(`${address}/${id}`, { method: "DELETE", headers });
  await addWebhook(keycloak, realm, webhook);
}
