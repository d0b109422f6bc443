import type { Standing } from "../person/claims.ts";
import KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import { ProductError } from "../errors.ts";

/** Who people are at the identity provider now. */
export interface Directory {
  /** Null if the person no longer exists. Throws `identity-unavailable` if that cannot be found out. */
  look(subject: string): Promise<Standing | null>;
}

const answerMilliseconds = 5_000;
/** Shorter than any token lives: a new one costs one call. */
const tokenMilliseconds = 45_000;
/** More than any person has; Keycloak answers with fewer unless told. */
const everyGroup = 10_000;

/** Keycloak's admin API, as a client with the role `view-users` of `realm-management`. It only ever reads. */
export function directoryIn(options: { url: string; realm: string; client: string; secret: string }): Directory {
  const keycloak = new KeycloakAdminClient({
    baseUrl: options.url,
    realmName: options.realm,
    timeout: answerMilliseconds,
  });
  let authenticatedUntil = 0;

  async function authenticate(): Promise<void> {
    if (Date.now() < authenticatedUntil) return;
    const started = Date.now();
    await keycloak.auth({
      grantType: "client_credentials",
      clientId: options.client,
      clientSecret: options.secret,
    });
    authenticatedUntil = started + tokenMilliseconds;
  }

  return {
    async look(subject) {
      try {
        await authenticate();
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
        return {
          enabled: user.enabled !== false,
          groups: texts(groups.flatMap(({ path, name }) => [path, name])),
          roles: texts([...realmRoles, ...clientRoles].map(({ name }) => name)),
          sessions: texts(sessions.map(({ id: session }) => session)),
        };
      } catch (error) {
        authenticatedUntil = 0; // the token may be what was wrong
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
