import { createHash, timingSafeEqual } from "node:crypto";
import { cliClient } from "./claims.ts";
import type { Client } from "./accounts.ts";
import type { RealmUser, RealmUsers } from "./realm-users.ts";
import type { Imitated } from "./version.ts";

/** Who authenticated at the token endpoint, or an OAuth error (RFC 6749 §5.2) with Keycloak's status. */
export type TokenDecision =
  | { readonly client: Client }
  | { readonly person: RealmUser }
  | { readonly status: 400 | 401; readonly error: string; readonly description: string };

/**
 * Decides a token request from its form and its Authorization header.
 *
 * @param publicClients the clients that people log in to in a browser
 * @param asserted what came of the client's assertion, if there is one
 */
export function decideToken(
  form: URLSearchParams,
  authorization: string | undefined,
  clients: readonly Client[],
  users: RealmUsers,
  { imitates, publicClients }: { imitates: Imitated; publicClients: readonly string[] },
  asserted?: Client | Extract<TokenDecision, { error: string }>,
): TokenDecision {
  const repeated = [...form.keys()].find((name) => form.getAll(name).length > 1);
  if (repeated !== undefined) return refuse(400, "invalid_request", "duplicated parameter");
  const grant = form.get("grant_type");
  if (grant === null) return refuse(400, "invalid_request", "Missing form parameter: grant_type");
  if (asserted && "error" in asserted) return asserted;
  const caller = asserted ?? authenticateClient(form, authorization, clients);
  if ("refused" in caller) {
    if (publicClients.includes(caller.refused) && grant === "client_credentials")
      return refuse(401, "unauthorized_client", "Public client not allowed to retrieve service account");
    if (publicClients.includes(caller.refused))
      return refuse(400, "unauthorized_client", "Client not allowed for direct access grants");
    // Keycloak tells a wrong secret from an unknown client.
    const isKnown = clients.some(({ id }) => id === caller.refused);
    const error = isKnown ? "unauthorized_client" : "invalid_client";
    return refuse(401, error, "Invalid client or Invalid client credentials");
  }
  switch (grant) {
    case "client_credentials":
      if (caller !== publicClient) return { client: caller };
      return refuse(401, "unauthorized_client", "Public client not allowed to retrieve service account");
    case "password":
      if (caller === publicClient) return authenticateUser(form, users, imitates);
      return refuse(400, "unauthorized_client", "Client not allowed for direct access grants");
    default:
      return refuse(400, "unsupported_grant_type", "Unsupported grant_type");
  }
}

const publicClient: Client = { id: cliClient, secret: "", roles: [] };

/** Returns the confidential client whose secret is right, or the public one; else the name that was given. */
function authenticateClient(
  form: URLSearchParams,
  authorization: string | undefined,
  clients: readonly Client[],
): Client | { refused: string } {
  const candidates =
    authorization === undefined
      ? [{ id: form.get("client_id") ?? "", secret: form.get("client_secret") ?? "" }]
      : readBasic(authorization);
  if (authorization === undefined && candidates[0]?.id === cliClient) return publicClient;
  const found = clients.find((client) =>
    candidates.some(({ id, secret }) => id === client.id && same(secret, client.secret)),
  );
  return found ?? { refused: candidates[0]?.id ?? "" };
}

/**
 * RFC 6749 §2.3.1 form-encodes both parts before Basic's own encoding; curl -u and many clients do not. Both are
 * accepted.
 */
function readBasic(authorization: string): { id: string; secret: string }[] {
  const [, encoded] = /^Basic +([\w+/=-]+)$/i.exec(authorization) ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? "", "base64").toString()) ?? [];
  if (id === undefined || secret === undefined) return [];
  const plain = { id, secret };
  try {
    return [plain, { id: decodeForm(id), secret: decodeForm(secret) }];
  } catch {
    return [plain]; // a % that encodes nothing
  }
}

function decodeForm(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function authenticateUser(form: URLSearchParams, users: RealmUsers, imitates: Imitated): TokenDecision {
  const name = form.get("username") ?? undefined;
  if (name === undefined) return refuse(401, "invalid_request", "Missing parameter: username");
  const person = users.byName(name);
  if (person && isPasswordOf(person, form.get("password") ?? ""))
    return person.enabled ? { person } : refuse(400, "invalid_grant", "Account disabled");
  // The same for both, so that names cannot be probed. 26.7 changed the status.
  return refuse(imitates === "25.0.4" ? 401 : 400, "invalid_grant", "Invalid user credentials");
}

export function isPasswordOf({ user }: RealmUser, given: string): boolean {
  return same(given, user.password);
}

/** Compares in constant time. An empty secret matches nothing. */
function same(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return wanted !== "" && timingSafeEqual(digest(given), digest(wanted));
}

function refuse(status: 400 | 401, error: string, description: string): TokenDecision {
  return { status, error, description };
}
