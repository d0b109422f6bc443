import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import { stableId } from "@stand-in/identity";
import { portalAddresses, portalClientId } from "../browser-clients.ts";
import { addressesAt, audience, eventsAudience, type IdentitySource, samplePeople } from "../identity-source.ts";
import { keptSecret } from "../kept-secret.ts";
import { sampleActivation, sampleUsers } from "../sample-estate.ts";
import { sampleToken } from "../token.ts";
import { type Distribution, keycloakHomes, readDistribution } from "./distribution.ts";
import { startGuacamolePage } from "./guacamole-page.ts";
import { providerJar } from "./provider-jar.ts";
import { startKeycloak } from "./real-keycloak.ts";
import { administratorOf, developmentRealm, setWebhook, type Webhook } from "./realm.ts";

const realm = "sde";

/** Returns the newest distribution that KEYCLOAK_HOME names. Throws with what to do if there is none. */
async function newestDistribution(environment: NodeJS.ProcessEnv): Promise<Distribution> {
  const homes = keycloakHomes(environment);
  if (homes.length === 0)
    throw new Error(
      "start --keycloak: KEYCLOAK_HOME is not set (run: export KEYCLOAK_HOME=$(npm run -s fetch:keycloak -- 26.7.3))",
    );
  const all = await Promise.all(homes.map((home) => readDistribution(home, environment)));
  const newestFirst = all.sort((one, other) => other.version.localeCompare(one.version, "en", { numeric: true }));
  return newestFirst[0] as Distribution;
}

/**
 * Starts a real Keycloak with the sample people and our provider, and a page in place of Guacamole. Its data stays in
 * the folder of the state.
 */
export async function startKeycloakForPeople(
  state: string,
  ports: { identity: number; guacamolePage: number },
  environment: NodeJS.ProcessEnv,
  say: (words: string) => void,
  stop: AbortSignal,
): Promise<IdentitySource> {
  const inState = (name: string) => join(state, name);
  const distribution = await newestDistribution(environment);
  const jar = await providerJar(say);
  const administratorFile = inState("realm-admin-secret");
  const passwordFile = inState("keycloak-admin-password");
  const lookupSecret = await keptSecret(inState("lookup-secret"));
  const secrets = {
    WORKSPACE_ACTION_ENABLED: "true" as const,
    WORKSPACE_ACTION_SECRET: await keptSecret(inState("service-client-secret")),
    LOOKUP_SECRET: lookupSecret,
  };
  say(`starting Keycloak ${distribution.version} (a minute or two the first time)`);
  const keycloak = await startKeycloak(distribution, {
    realms: { [realm]: await playedRealm(secrets, await keptSecret(administratorFile)) },
    jars: [jar],
    stop,
    ...(ports.identity !== 0 && { port: ports.identity }),
    kept: { folder: inState(`keycloak-${distribution.version}`), password: await keptSecret(passwordFile) },
  });
  const issuer = `${keycloak.url}/realms/${realm}`;
  const people = sampleUsers.map(({ username, password, about = "" }) => ({ username, password, about }));
  const page = await startGuacamolePage(issuer, people, ports.guacamolePage).catch(async (error: unknown) => {
    await keycloak.close();
    throw error;
  });

  const signedBy = await signatureOf(distribution, inState("webhook-secret"));
  const { events = "none" } = distribution;
  return {
    issuer,
    description: `${issuer} (Keycloak ${distribution.version}, keycloak-events ${events})`,
    ports: { identity: Number(new URL(keycloak.url).port), guacamolePage: page.port },
    settings: {
      OIDC_ISSUER: issuer,
      OIDC_AUDIENCE: audience,
      OIDC_CLIENTS: `workspace-action,guacamole-workspaces-cli,${portalClientId}`,
      GUACAMOLE_CLIENT: "guacamole",
      KEYCLOAK_ADMIN_CLIENT: "guacamole-workspaces-lookup",
      KEYCLOAK_ADMIN_SECRET: lookupSecret,
      ...(signedBy && "secret" in signedBy
        ? { KEYCLOAK_WEBHOOK: "hmac", KEYCLOAK_WEBHOOK_SECRET: signedBy.secret }
        : signedBy && { KEYCLOAK_WEBHOOK: "bearer", KEYCLOAK_WEBHOOK_AUDIENCE: signedBy.audience }),
    },
    running: { issuer, administrator: { id: "realm-admin", secretFile: administratorFile } },
    token: () => sampleToken(issuer, sampleActivation.username),
    async tell(product) {
      const addresses = addressesAt(product);
      const { clients, authenticationManagement } = await administratorOf(keycloak, realm);
      const [guacamole] = await clients.find({ clientId: "guacamole" });
      await clients.update(
        { id: guacamole?.id ?? "" },
        {
          ...guacamole,
          redirectUris: [`${page.url}*`, `${environment["GUACAMOLE_URL"] ?? "http://localhost:8080/guacamole"}/*`],
          attributes: { ...guacamole?.attributes, "backchannel.logout.url": addresses.backchannelLogout },
        },
      );
      await setPortal(clients, product);
      const action = { alias: "choose-workspace" };
      const { config } = await authenticationManagement.getRequiredActionConfig(action);
      await authenticationManagement.updateRequiredActionConfig(action, {
        config: { ...config, apiUrl: `${product}/api` },
      });
      if (signedBy)
        await setWebhook(keycloak, realm, { url: addresses.events, signedBy, eventTypes: await eventTypes() });
    },
    advice: () => [
      `Log in as a person, in a browser: ${page.url}`,
      ...people.map((each) => `  ${each.username} (password: ${each.password}) ${each.about}`),
      "That page stands in for Guacamole: it sends the person to Keycloak, and shows the claim in the token that comes back.",
      ...(signedBy ? [] : ["Without keycloak-events in providers/ of KEYCLOAK_HOME, events do not reach the product."]),
      `Keycloak's console: ${keycloak.url}/admin/master/console/#/${realm} (admin; the password is in ${passwordFile})`,
    ],
    people: samplePeople,
    async close() {
      await page.close();
      await keycloak.close();
    },
  };
}

/** Tells the portal's client where the portal is: known only when the product listens. */
async function setPortal(clients: KeycloakAdminClient["clients"], product: string): Promise<void> {
  const { origins, pages } = portalAddresses(product);
  const [portal] = await clients.find({ clientId: portalClientId });
  const attributes: Record<string, string> = {
    ...portal?.attributes,
    "post.logout.redirect.uris": pages.join("##"),
    "backchannel.logout.url": addressesAt(product).backchannelLogout,
  };
  await clients.update({ id: portal?.id ?? "" }, { ...portal, redirectUris: pages, webOrigins: origins, attributes });
}

/**
 * The development realm with a client that plays its administrator (npm run keycloak). The sample people have the ids
 * that they have in the stand-in, so that both can use the same state.
 */
async function playedRealm(
  secrets: Parameters<typeof developmentRealm>[1],
  administratorSecret: string,
): Promise<object> {
  const developed = (await developmentRealm(realm, secrets)) as {
    realm: string;
    clients: object[];
    users: { username: string }[];
  };
  const sample = new Set(sampleUsers.map(({ username }) => username));
  const people = developed.users.map((user) =>
    sample.has(user.username) ? { ...user, id: stableId(user.username) } : user,
  );
  const administrator = {
    clientId: "realm-admin",
    description: "Plays the realm's administrator",
    publicClient: false,
    secret: administratorSecret,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    directAccessGrantsEnabled: false,
  };
  const account = {
    username: "service-account-realm-admin",
    enabled: true,
    serviceAccountClientId: "realm-admin",
    clientRoles: { "realm-management": ["view-users", "manage-users"] },
  };
  return { ...developed, clients: [...developed.clients, administrator], users: [...people, account] };
}

/** How this keycloak-events signs: with the realm's key from 0.62 on. */
async function signatureOf({ events }: Distribution, secretFile: string): Promise<Webhook["signedBy"] | undefined> {
  if (events === undefined) return undefined;
  const byKey = events.localeCompare("0.62", "en", { numeric: true }) >= 0;
  return byKey ? { audience: eventsAudience } : { secret: await keptSecret(secretFile) };
}

async function eventTypes(): Promise<readonly string[]> {
  const file = new URL("../../infra/keycloak/webhook.json", import.meta.url);
  return (JSON.parse(await readFile(file, "utf8")) as { eventTypes: string[] }).eventTypes;
}
