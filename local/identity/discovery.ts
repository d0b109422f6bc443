/** The endpoints' paths below the issuer, as in Keycloak. */
export const paths = {
  discovery: "/.well-known/openid-configuration",
  certs: "/protocol/openid-connect/certs",
  token: "/protocol/openid-connect/token",
} as const;

/** The discovery document (OpenID Connect Discovery 1.0 §3): only what this issuer supports. */
export function discoveryDocument(issuer: string): object {
  return {
    issuer,
    token_endpoint: issuer + paths.token,
    jwks_uri: issuer + paths.certs,
    grant_types_supported: ["client_credentials", "password"],
    response_types_supported: ["none"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["private_key_jwt", "client_secret_basic", "client_secret_post"],
    scopes_supported: ["profile", "email"],
    claims_supported: ["iss", "sub", "aud", "exp", "iat", "azp", "preferred_username", "realm_access"],
  };
}
