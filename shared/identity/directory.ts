import KeycloakAdminClient, { NetworkError } from "@keycloak/keycloak-admin-client";
import { decodeJwt, type JWK } from "jose";
import { z } from "zod";
import { ProductError } from "../errors.ts";
import type { Finding, Known } from "../lifecycle/doctor/check.ts";
import { findingOf } from "../lifecycle/doctor/finding-of.ts";
import type { RealmClient } from "../lifecycle/doctor/facts.ts";
import type { Standing } from "../person/claims.ts";
import { RefusedAssertion, tokenByAssertion } from "./client-assertion.ts";
import { realmClientOf } from "./realm-clients.ts";

/** Who people are at the identity provider now. */
export interface Directory {
  /** Null if the identity provider says that the person does not exist. Throws `identity-unavailable` if that cannot be found out. */
  look(subject: string): Promise<Standing | null>;
  /** What the identity provider does not let us see, in words; empty if it cannot be asked. */
  gaps(): Promise<string[]>;
  /** Why people cannot be looked up, and what to do; null if they can. Looks up nobody who exists. */
  fault(): Promise<Finding | null>;
  /** How clients of the realm are set up, by their names; null for one that does not exist. Never throws. */
  clients(names: readonly string[]): Promise<ReadonlyMap<string, Known<RealmClient | null>>>;
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
  /** How the client proves itself. */
  proof: { secret: string } | { key: JWK };
  /** As the realm calls itself in its tokens. */
  issuer: string;
  /** Only sessions of this client count. */
  guacamoleClient: string;
  /** Clients whose roles count beside the realm's. To see them, `client` also needs the role `view-clients`. */
  roleClients: readonly string[];
}

/** Keycloak's admin API. It only ever reads. */
export function directoryIn(rules: DirectoryRules): Directory {
  const { url, realm, client, proof, issuer, guacamoleClient, roleClients } = rules;
  const keycloak = new KeycloakAdminClient({ baseUrl: url, realmName: realm, timeout: answerMilliseconds });
  /** When the token was asked for, and when it is renewed. */
  let asked = 0;
  let renewAt = 0;
  let authenticating: Promise<void> | undefined;

  async function requestToken(): Promise<void> {
    const began = Date.now();
    if ("secret" in proof) {
      await keycloak.auth({ grantType: "client_credentials", clientId: client, clientSecret: proof.secret });
    } else {
      // The client library has no assertions.
      const tokenUrl = `${url.replace(/\/+$/, "")}/realms/${encodeURIComponent(realm)}/protocol/openid-connect/token`;
      keycloak.setAccessToken(
        await tokenByAssertion(tokenUrl, issuer, { id: client, key: proof.key }, answerMilliseconds),
      );
    }
    const { iat = 0, exp = 0 } = decodeJwt(keycloak.accessToken ?? "");
    const life = (exp - iat) * 1_000;
    asked = began;
    renewAt = began + life - Math.min(renewalMilliseconds, life / 2);
  }

  /** One request for everybody who needs a token at the same time. */
  async function authenticate(): Promise<void> {
    // Before it was asked for: the clock was put back, and says nothing of the token's age.
    if (asked <= Date.now() && Date.now() < renewAt) return;
    authenticating ??= requestToken().finally(() => (authenticating = undefined));
    await authenticating;
  }

  /** After a failure: the token may be what was wrong; a newer one is not. */
  function forget(token: string | undefined): void {
    if (token === keycloak.accessToken) renewAt = 0;
  }

  /** Undefined if the client is not shown: its roles would seem to be held by nobody. */
  async function uniqueIdOf(roleClient: string): Promise<string | undefined> {
    // Where the client may see none, Keycloak 25 answers with an empty list and 26 with 403.
    const found = await unlessForbidden(keycloak.clients.find({ clientId: roleClient }));
    return found?.[0]?.id;
  }

  /** Roles of the clients that count, also those through a group or a composite role; undefined if any is hidden. */
  async function clientRolesOf(id: string): Promise<string[] | undefined> {
    const roles = await Promise.all(
      roleClients.map(async (roleClient) => {
        const clientUniqueId = await uniqueIdOf(roleClient);
        if (clientUniqueId === undefined) return undefined;
        return unlessForbidden(keycloak.users.listCompositeClientRoleMappings({ id, clientUniqueId }));
      }),
    );
    const shown = roles.filter((each) => each !== undefined);
    return shown.length < roles.length ? undefined : texts(shown.flat().map(({ name }) => name));
  }

  /**
   * Throws unless Keycloak itself says that it does not know this person. The client library takes every 404 for that, also
   * one of a gateway that has no Keycloak behind it, or of a realm that is gone.
   */
  async function expectUnknown(id: string): Promise<void> {
    try {
      await keycloak.users.listSessions({ id });
    } catch (error) {
      const { data } = unknownUser.safeParse(error instanceof NetworkError ? error.responseData : undefined);
      if (data) return;
      throw error;
    }
    throw new Error("Keycloak knew the person's sessions, but not the person");
  }

  return {
    async gaps() {
      try {
        await authenticate();
        const ids = await Promise.all(roleClients.map((roleClient) => uniqueIdOf(roleClient)));
        return roleClients.filter((_name, at) => ids[at] === undefined).map((name) => gapWords(client, name));
      } catch {
        return []; // the next look tells
      }
    },
    async fault() {
      let token: string | undefined;
      try {
        await authenticate();
        token = keycloak.accessToken;
        if ((await keycloak.users.findOne({ id: nobody })) == null) await expectUnknown(nobody);
        // A look asks for them too.
        await Promise.all(roleClients.map((roleClient) => uniqueIdOf(roleClient)));
        return null;
      } catch (error) {
        forget(token);
        return lookupFault(error, client);
      }
    },
    async clients(names) {
      let isLetIn = false;
      try {
        await authenticate();
        isLetIn = true;
        // Keycloak 25 shows no clients to those who may see none: then its own is missing too.
        const own = await uniqueIdOf(client);
        const scopes = own === undefined ? undefined : await unlessForbidden(keycloak.clientScopes.find());
        if (!scopes) return new Map(names.map((name) => [name, { unknown: hiddenClients(client) }]));
        const found = await Promise.all(
          names.map(async (name) => [name, (await keycloak.clients.find({ clientId: name }))[0]] as const),
        );
        return new Map(found.map(([name, each]) => [name, { known: each ? realmClientOf(each, scopes) : null }]));
      } catch (error) {
        const unknown = isLetIn ? unansweredClients(error) : clientsNotAsked;
        return new Map(names.map((name) => [name, { unknown }]));
      }
    },
    async look(subject) {
      let token: string | undefined;
      try {
        await authenticate();
        token = keycloak.accessToken;
        const id = { id: subject };
        const user = await keycloak.users.findOne(id);
        if (user == null) {
          await expectUnknown(subject);
          return null;
        }
        const [groups, realmRoles, clientRoles, sessions] = await Promise.all([
          keycloak.users.listGroups({ ...id, max: everyGroup }),
          keycloak.users.listCompositeRealmRoleMappings(id),
          clientRolesOf(subject),
          keycloak.users.listSessions(id),
        ]);
        const own = sessions.filter(({ clients }) => Object.values(clients ?? {}).includes(guacamoleClient));
        return {
          enabled: user.enabled !== false,
          groups: texts(groups.flatMap(({ path, name }) => [path, name])),
          roles: clientRoles && [...texts(realmRoles.map(({ name }) => name)), ...clientRoles],
          sessions: texts(own.map(({ id: session }) => session)),
          elsewhere: sessions.length > own.length,
        };
      } catch (error) {
        forget(token);
        throw new ProductError("identity-unavailable", "look a person up: Keycloak's admin API does not answer", {
          cause: error,
        });
      }
    },
  };
}

/** What Keycloak answers with 404 for a person (UsersResource.java, 25.0.4 to 26.7.3). */
const unknownUser = z.object({ error: z.literal("User not found") });

/** No person has it: Keycloak's ids are random (RFC 9562 §5.9, the nil UUID). */
const nobody = "00000000-0000-0000-0000-000000000000";

function lookupFault(error: unknown, client: string): Finding {
  if (error instanceof RefusedAssertion) return findingOf(error);
  const status = error instanceof NetworkError ? error.response.status : undefined;
  const data = error instanceof NetworkError ? error.responseData : undefined;
  const { error: said = "" } = z.object({ error: z.string() }).safeParse(data).data ?? {};
  if (status === 403)
    return {
      what: `Keycloak does not let the client ${client} look people up`,
      advice: `give its service account the role view-users of realm-management (infra/keycloak/README.md, section 7)`,
    };
  if (status !== undefined)
    return {
      what: `Keycloak does not let the client ${client} in: ${status} ${said}`.trim(),
      advice: "check KEYCLOAK_ADMIN_URL, KEYCLOAK_REALM, KEYCLOAK_ADMIN_CLIENT and KEYCLOAK_ADMIN_SECRET",
    };
  return {
    what: "Keycloak's admin API does not answer",
    advice: "check KEYCLOAK_ADMIN_URL, and the way from here to it",
  };
}

/** The check of the lookup client says why. */
const clientsNotAsked: Finding = {
  what: "Keycloak does not show its clients, because it cannot be asked",
  advice: "see lookup-client",
};

/** The lookup client may be well: it is not asked for clients. */
const unansweredClients = (error: unknown): Finding => ({
  what: `Keycloak does not show its clients: ${error instanceof NetworkError ? `it answers ${error.response.status}` : "it does not answer"}`,
  advice:
    "look again; if it stays so, look at them in Keycloak's console (infra/keycloak/README.md, sections 2, 3 and 6)",
});

const hiddenClients = (client: string): Finding => ({
  what: `how clients are set up is hidden from ${client}`,
  advice: `look in Keycloak's console (infra/keycloak/README.md, sections 2, 3 and 6), or run the doctor with a client that has view-clients (docs/doctor.md)`,
});

function gapWords(client: string, roleClient: string): string {
  return `whether people still have roles of the client ${roleClient} is not known: Keycloak does not show it to ${client} (give ${client} the role view-clients, or correct KEYCLOAK_ROLES_CLIENTS)`;
}

async function unlessForbidden<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NetworkError && error.response.status === 403) return undefined;
    throw error;
  }
}

function texts(values: readonly (string | undefined)[]): string[] {
  return values.filter((value) => value !== undefined);
}
