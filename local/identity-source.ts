import { join } from "node:path";
import { startIdentityProvider } from "@stand-in/identity";
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
  /** What a person can do with it, once the product serves. */
  advice(product: string): readonly string[];
  close(): Promise<void>;
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
export async function startStandIn(state: string, port: number): Promise<IdentitySource> {
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
      OIDC_CLIENTS: "workspace-action,guacamole-workspaces-cli,desktops-portal",
      KEYCLOAK_WEBHOOK: "bearer",
      KEYCLOAK_WEBHOOK_AUDIENCE: eventsAudience,
      KEYCLOAK_ADMIN_CLIENT: administrator.id,
      KEYCLOAK_ADMIN_SECRET: administrator.secret,
    },
    running: { issuer, administrator: { id: administrator.id, secretFile: administratorFile } },
    token: () => sampleToken(issuer, sampleActivation.username),
    tell(product) {
      const { events, backchannelLogout } = addressesAt(product);
      identity.tell({ backchannelLogout, webhook: { url: events, audience: eventsAudience } });
      return Promise.resolve();
    },
    advice: () => [],
    close: () => identity.close(),
  };
}
