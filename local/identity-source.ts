import { join } from "node:path";
import { startIdentityProvider } from "@stand-in/identity";
import { browserClients, portalClientId } from "./browser-clients.ts";
import { keptSecret } from "./kept-secret.ts";
import { realmAdministrator, sampleActivation, sampleUsers, serviceClient } from "./sample-estate.ts";
import { type Running, sampleToken } from "./token.ts";

/** The identity provider of a local start: the stand-in, a real Keycloak, or one that runs elsewhere. */
export interface IdentitySource {
  readonly issuer: string;
  /** What it is, for the list of what has started. */
  readonly description: string;
  /** Where it listens, if it was started here. */
  readonly ports: { identity?: number; guacamolePage?: number };
  /** The product's settings that follow from it. */
  readonly settings: Readonly<Record<string, string>>;
  /** What the other commands need to know about it. */
  readonly running: Omit<Running, "api">;
  /** Returns a token that may ask for the sample person's desktop. */
  token(): Promise<string>;
  /** Lets it notify the product at this address from now on. */
  tell(product: string): Promise<void>;
  /** Who may sign in to the portal and to the console, if the people are the sample people. */
  readonly people?: SamplePeople;
  /** What a person can do with it, once the product serves. */
  advice(product: string): readonly string[];
  close(): Promise<void>;
}

interface SamplePeople {
  readonly researcher: { username: string; password: string };
  readonly administrator: { username: string; password: string };
}

export const samplePeople: SamplePeople = {
  researcher: personNamed(sampleActivation.username),
  administrator: personNamed("olga"),
};

function personNamed(username: string): { username: string; password: string } {
  const person = sampleUsers.find((each) => each.username === username);
  if (!person) throw new Error(`there is no sample person ${username} (see sample-estate.ts)`);
  return person;
}

/** Where Guacamole would be; nothing runs there unless somebody says where theirs is. */
export function guacamoleUrl(environment: NodeJS.ProcessEnv): string {
  return environment["GUACAMOLE_URL"] ?? "http://127.0.0.1:8080/guacamole";
}

/** What the sample realms put into tokens for the product, and into those of webhooks. */
export const audience = "guacamole-workspaces";
export const eventsAudience = "guacamole-workspaces-events";

export function addressesAt(product: string): { events: string; backchannelLogout: string } {
  return {
    events: `${product}/api/keycloak/events`,
    backchannelLogout: `${product}/api/keycloak/backchannel-logout`,
  };
}

/** Starts the stand-in for Keycloak with the sample people. */
export async function startStandIn(
  state: string,
  port: number,
  environment: NodeJS.ProcessEnv,
): Promise<IdentitySource> {
  const administratorFile = join(state, "realm-admin-secret");
  const administrator = realmAdministrator(await keptSecret(administratorFile));
  const identity = await startIdentityProvider({
    store: join(state, "identity.json"),
    port,
    audience,
    clients: [serviceClient(await keptSecret(join(state, "service-client-secret"))), administrator],
    users: sampleUsers,
  });
  const { issuer } = identity;
  return {
    issuer,
    description: `${issuer} (stand-in for Keycloak)`,
    ports: { identity: identity.port },
    settings: {
      OIDC_ISSUER: issuer,
      OIDC_AUDIENCE: audience,
      OIDC_CLIENTS: `workspace-action,guacamole-workspaces-cli,${portalClientId}`,
      KEYCLOAK_WEBHOOK: "bearer",
      KEYCLOAK_WEBHOOK_AUDIENCE: eventsAudience,
      KEYCLOAK_ADMIN_CLIENT: administrator.id,
      KEYCLOAK_ADMIN_SECRET: administrator.secret,
    },
    running: { issuer, administrator: { id: administrator.id, secretFile: administratorFile } },
    token: () => sampleToken(issuer, sampleActivation.username),
    tell(product) {
      const { events, backchannelLogout } = addressesAt(product);
      identity.setBrowserClients(browserClients(product, guacamoleUrl(environment), backchannelLogout));
      identity.tell({ backchannelLogout, webhook: { url: events, audience: eventsAudience } });
      return Promise.resolve();
    },
    advice: () => [],
    people: samplePeople,
    close: () => identity.close(),
  };
}
