import { createHmac, randomUUID } from "node:crypto";
import KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import { KubernetesObjectApi, type V1ConfigMap } from "@kubernetes/client-node";
import { sampleToken } from "../local/token.ts";
import { personId } from "../shared/desktop/names.ts";
import { keycloakAdmin, namespace, type TestEstate, webhookSecret } from "./estate.ts";
import type { Presence } from "../shared/person/record.ts";

/** Returns Keycloak's own client, authenticated as an administrator of the realm. */
export async function realmAdministrator({ identity }: TestEstate): Promise<KeycloakAdminClient> {
  const { origin } = new URL(identity.issuer);
  const keycloak = new KeycloakAdminClient({ baseUrl: origin, realmName: "sde" });
  await keycloak.auth({
    grantType: "client_credentials",
    clientId: keycloakAdmin.id,
    clientSecret: keycloakAdmin.secret,
  });
  return keycloak;
}

/** Returns the person's id at the identity provider. */
export async function subjectOf(estate: TestEstate, username: string): Promise<string> {
  return (await claimsOf(estate, username)).sub;
}

/** Asks for a workspace as the login flow does, in the person's session at the identity provider. */
export async function logIn(estate: TestEstate, username: string, workspace: string): Promise<void> {
  const { sub, sid } = await claimsOf(estate, username);
  const wish = { workspace, subject: sub, session: sid };
  const { status } = await estate.callAsService("PUT", `/users/${username}/desktop?wait=10`, wish);
  if (status !== 200) throw new Error(`log in as ${username}: ${status}`);
}

/** What a token of the person says. */
async function claimsOf({ identity }: TestEstate, username: string): Promise<{ sub: string; sid: string }> {
  const [, payload = ""] = (await sampleToken(identity.issuer, username)).split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString()) as { sub: string; sid: string };
}

/** Returns what the product has recorded of the person's presence. */
export async function presenceOf({ kubeconfig }: TestEstate, username: string): Promise<Presence | null> {
  const api = KubernetesObjectApi.makeApiClient(kubeconfig);
  const found = await api.read<V1ConfigMap>({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `desktop-request-${personId(username)}`, namespace },
  });
  return JSON.parse(found.data?.["presence"] ?? "null") as Presence | null;
}

/** Writes Guacamole's record of a session that begins now in the person's desktop. */
export async function openSession({ guacamole }: TestEstate, workspace: string, username: string): Promise<void> {
  const { rowCount } = await guacamole.query(
    `INSERT INTO guacamole_connection_history (username, connection_id, connection_name, start_date)
     SELECT $3, c.connection_id, c.connection_name, $4
     FROM guacamole_connection c JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
     WHERE g.connection_group_name = $1 AND c.connection_name = $2`,
    [workspace, username, `${workspace}@${username}`, new Date()],
  );
  if (rowCount !== 1) throw new Error(`open a session of ${username}: there is no connection in ${workspace}`);
}

/** Ends the person's sessions in the desktop now. */
export async function closeSessions({ guacamole }: TestEstate, workspace: string, username: string): Promise<void> {
  await guacamole.query(
    `UPDATE guacamole_connection_history h SET end_date = $3
     FROM guacamole_connection c JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
     WHERE h.connection_id = c.connection_id AND g.connection_group_name = $1 AND c.connection_name = $2
       AND h.end_date IS NULL`,
    [workspace, username, new Date()],
  );
}

/**
 * Sends Keycloak's event of a login to Guacamole, with the fields that keycloak-events 0.33 on Keycloak 25.0.4 sends
 * (recorded in November 2026): it names neither its realm nor the event, only this sending of it (`uid`). Returns the
 * product's answer.
 */
export async function tellLogin(
  { host }: Pick<TestEstate, "host">,
  username: string,
  subject: string,
  { id = randomUUID(), time = Date.now() }: { id?: string; time?: number } = {},
): Promise<string> {
  const session = "d9f3725a-f2b5-4882-b3e5-5f922bca8935";
  const body = JSON.stringify({
    time,
    realmId: "c2b3f78d-9aa8-42b6-8b19-5622b7a7209a",
    uid: id,
    authDetails: {
      realmId: "sde",
      clientId: "guacamole",
      userId: subject,
      ipAddress: "127.0.0.1",
      username,
      sessionId: session,
    },
    type: "access.LOGIN",
    details: {
      auth_method: "openid-connect",
      auth_type: "code",
      token_id: "358b99a1-6042-49eb-b7ee-54db2cc9f36e",
      scope: "openid email profile",
      response_type: "id_token",
      redirect_uri: "http://localhost:8080/guacamole/",
      consent: "no_consent_required",
      code_id: session,
      username,
      response_mode: "fragment",
    },
  });
  const signature = createHmac("sha256", webhookSecret).update(body).digest("hex");
  const headers = { "content-type": "application/json", "x-keycloak-signature": signature };
  const answer = await fetch(`${host.url}/api/keycloak/events`, { method: "POST", headers, body });
  return ((await answer.json()) as { status: string }).status;
}
