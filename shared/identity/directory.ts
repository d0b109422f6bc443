import KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import { decodeJwt } from "jose";
import { ProductError } from "../errors.ts";
import type { Standing } from "../person/claims.ts";

/** Who people are at the identity provider now. */
export interface Directory {
  /** Null if the person no longer exists. Throws `identity-unavailable` if that cannot be found out. */
  look(subject: string): Promise<Standing | null>;
}

const answerMilliseconds = 5_000;
/** A token is renewed this long before it ends, or after half of its life if that is shorter. */
const renewalMilliseconds = 30_000;
/** More than any person has; Keycloak answers with fewer unless told. */
const everyGroup = 10_000;

export interface DirectoryRules {
  url: string;
  realm: string;
  /** The client that looks people up, with the role `view-users` of `realm-management` and no other. */
  client: string;
  secret: string;
  /** Only sessions of this client count. */
  guacamoleClient: string;
}

/** Keycloak's admin API. It only ever reads. */
export function directoryIn({ url, realm, client, secret, guacamoleClient }: DirectoryRules): Directory {
  const keycloak = new KeycloakAdminClient({ baseUrl: url, realmName: realm, timeout: answerMilliseconds });
  let renewAt = 0;
  let authenticating: Promise<void> | undefined;

  async function requestToken(): Promise<void> {
    const asked = Date.now();
    await keycloak.auth({ grantType: "client_credentials", clientId: client, clientSecret: secret });
    const { iat = 0, exp = 0 } = decodeJwt(keycloak.accessToken ?? "");
    const life = (exp - iat) * 1_000;
    renewAt = asked + life - Math.min(renewalMilliseconds, life / 2);
  }

  /** One request for everybody who needs a token at the same time. */
  async function authenticate(): Promise<void> {
    if (Date.now() < renewAt) return;
    authenticating ??= requestToken().finally(() => (authenticating = undefined));
    await authenticating;
  }

  return {
    async look(subject) {
      let token: string | undefined;
      try {
        await authenticate();
        token = keycloak.accessToken;
        const id = { id: subject };
        const user = await keycloak.users.findOne(id);
        if (user == null) return null;
        const [groups, realmRoles, mappings, sessions] = await Promise.all([
          keycloak.users.listGroups({ ...id, max: everyGroup }),
          keycloak.users.listCompositeRealmRoleMappings(id),
          keycloak.users.listRoleMappings(id),
          keycloak.users.listSessions(id),
        ]);
        const clientRoles = Object.values(mappings.clientMappings ?? {}).flatMap(
          (client) => (client as { mappings?: { name?: string }[] }).mappings ?? [],
        );
        const own = sessions.filter(({ clients }) => Object.values(clients ?? {}).includes(guacamoleClient));
        return {
          enabled: user.enabled !== false,
          groups: texts(groups.flatMap(({ path, name }) => [path, name])),
          roles: texts([...realmRoles, ...clientRoles].map(({ name }) => name)),
          sessions: texts(own.map(({ id: session }) => session)),
          elsewhere: sessions.length > own.length,
        };
      } catch (error) {
        // The token may be what was wrong; a newer one is not.
        if (token === keycloak.accessToken) renewAt = 0;
        throw new ProductError("identity-unavailable", "look a person up: Keycloak's admin API does not answer", {
          cause: error,
        });
      }
    },
  };
}

function texts(values: readonly (string | undefined)[]): string[] {
  return values.filter((value) => value !== undefined);
}
