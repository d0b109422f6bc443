import { createHash, timingSafeEqual } from "node:crypto";
import { cliClient } from "./claims.ts";
import type { Client } from "./accounts.ts";
import type { RealmUser, RealmUsers } from "./realm-users.ts";

/** Who authenticated at the token endpoint, or an OAuth error (RFC 6749 §5.2) with Keycloak's status. */
export type TokenDecision =
  | { readonly client: Client }
  | { readonly person: RealmUser }
  | { readonly status: 400 | 401; readonly error: string; readonly description: string };

/** Decides a token request from its form and its Authorization header. */
export function decideToken(
  form: URLSearchParams,
  authorization: string | undefined,
  clients: readonly Client[],
  users: RealmUsers,
): TokenDecision {
  const repeated = [...form.keys()].find((name) => form.getAll(name).length > 1);
  if (repeated !== undefined) return refuse(400, "invalid_request", "duplicated parameter");
  const grant = form.get("grant_type");
  if (grant === null) return refuse(400, "invalid_request", "Missing form parameter: grant_type");
  const caller = authenticateClient(form, authorization, clients);
  if (caller === undefined) return refuse(401, "invalid_client", "Invalid client or Invalid client credentials");
  switch (grant) {
    case "client_credentials":
      if (caller !== "public") return { client: caller };
      return refuse(401, "unauthorized_client", "Public client not allowed to retrieve service account");
    case "password":
      if (caller === "public") return authenticateUser(form, users);
      return refuse(400, "unauthorized_client", "Client not allowed for direct access grants");
    default:
      return refuse(400, "unsupported_grant_type", "Unsupported grant_type");
  }
}

/**
 * Returns the confidential client whose secret is right, "public" for the client without one, undefined for anything
 * else.
 */
function authenticateClient(
  form: URLSearchParams,
  authorization: string | undefined,
  clients: readonly Client[],
): Client | "public" | undefined {
  const candidates =
    authorization === undefined
      ? [{ id: form.get("client_id") ?? "", secret: form.get("client_secret") ?? "" }]
      : readBasic(authorization);
  if (authorization === undefined && candidates[0]?.id === cliClient) return "public";
  return clients.find((client) => candidates.some(({ id, secret }) => id === client.id && same(secret, client.secret)));
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

function authenticateUser(form: URLSearchParams, users: RealmUsers): TokenDecision {
  const name = form.get("username") ?? undefined;
  if (name === undefined) return refuse(401, "invalid_request", "Missing parameter: username");
  const person = users.byName(name);
  if (person && same(form.get("password") ?? "", person.user.password))
    return person.enabled ? { person } : refuse(400, "invalid_grant", "Account disabled");
  return refuse(401, "invalid_grant", "Invalid user credentials"); // the same for both, so that names cannot be probed
}

/** Compares in constant time. An empty secret matches nothing. */
function same(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return wanted !== "" && timingSafeEqual(digest(given), digest(wanted));
}

function refuse(status: 400 | 401, error: string, description: string): TokenDecision {
  return { status, error, description };
}
