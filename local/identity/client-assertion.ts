import { compactVerify, decodeJwt, importJWK, type JWK } from "jose";
import type { Client } from "./accounts.ts";
import type { TokenDecision } from "./token-request.ts";

const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/**
 * Decides a client's login by a JWT that it signed, in the order and with the words that Keycloak 26.5.6 and 26.7.3 were
 * asked for on 2026-11-28. Undefined if there is none, and the client named has no key either.
 */
export async function decideAssertion(
  form: URLSearchParams,
  clients: readonly Client[],
  { issuer, used, now }: { issuer: string; used: Set<string>; now: Date },
): Promise<Client | Extract<TokenDecision, { error: string }> | undefined> {
  const assertion = form.get("client_assertion");
  if (assertion === null || form.get("client_assertion_type") !== type) {
    const named = clients.find(({ id }) => id === form.get("client_id"));
    if (assertion !== null) return invalid(401, "Invalid client or Invalid client credentials");
    return named?.key && invalid(400, "Parameter client_assertion_type is missing");
  }
  let claims: ReturnType<typeof decodeJwt>;
  try {
    claims = decodeJwt(assertion);
  } catch {
    return invalid(401, "Invalid client or Invalid client credentials");
  }
  const client = clients.find(({ id }) => id === claims.sub);
  if (!client?.key || claims.iss !== client.id) return invalid(401, "Invalid client or Invalid client credentials");
  const fault =
    (await signatureFault(assertion, client.key)) ?? audienceFault(claims.aud, issuer) ?? ageFault(claims, now);
  if (fault !== undefined) return invalid(400, fault);
  const id = claims.jti ?? "";
  if (used.has(id)) return invalid(400, "Token reuse detected");
  used.add(id);
  return client;
}

async function signatureFault(assertion: string, key: JWK): Promise<string | undefined> {
  const header = JSON.parse(Buffer.from(assertion.split(".")[0] ?? "", "base64url").toString()) as { kid?: string };
  if (header.kid !== undefined && header.kid !== key.kid) return "Unable to load public key";
  try {
    await compactVerify(assertion, await importJWK(key), { algorithms: [key.alg ?? ""] });
    return undefined;
  } catch {
    return "Client authentication with signed JWT failed: Signature on JWT token failed validation";
  }
}

function audienceFault(audience: string | string[] | undefined, issuer: string): string | undefined {
  const all = [audience ?? []].flat();
  if (all.length > 1) return "Multiple audiences not allowed";
  return all[0] === issuer || all[0] === `${issuer}/protocol/openid-connect/token`
    ? undefined
    : "Invalid token audience";
}

function ageFault({ exp, iat = 0, jti }: ReturnType<typeof decodeJwt>, now: Date): string | undefined {
  const seconds = now.getTime() / 1_000;
  if (exp === undefined) return "Token exp claim is required";
  if (exp < seconds) return "Token is not active";
  if (iat > seconds + 60) return "Token was issued in the future";
  return jti === undefined ? "Token jti claim is required" : undefined;
}

function invalid(status: 400 | 401, description: string) {
  return { status, error: "invalid_client", description };
}
