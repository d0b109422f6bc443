/** The endpoints' paths below the issuer, as in Keycloak. */
export const paths = {
  discovery: "/.well-known/openid-configuration",
  certs: "/protocol/openid-connect/certs",
  token: "/protocol/openid-connect/token",
  authorization: "/protocol/openid-connect/auth",
  authenticate: "/login-actions/authenticate",
  logout: "/protocol/openid-connect/logout",
  confirmLogout: "/protocol/openid-connect/logout/logout-confirm",
} as const;

const posted: readonly string[] = [paths.token, paths.authenticate, paths.confirmLogout];

/** The method that an endpoint takes. */
export function methodOf(path: string): "GET" | "POST" {
  return posted.includes(path) ? "POST" : "GET";
}

/** The discovery document (OpenID Connect Discovery 1.0 §3): only what this issuer supports. */
export function discoveryDocument(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: issuer + paths.authorization,
    token_endpoint: issuer + paths.token,
    end_session_endpoint: issuer + paths.logout,
    jwks_uri: issuer + paths.certs,
    grant_types_supported: ["authorization_code", "client_credentials", "password", "refresh_token"],
    response_types_supported: ["code", "id_token"],
    response_modes_supported: ["query", "fragment"],
    code_challenge_methods_supported: ["S256"],
    prompt_values_supported: ["none", "login"],
    authorization_response_iss_parameter_supported: true,
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["private_key_jwt", "client_secret_basic", "client_secret_post"],
    scopes_supported: ["openid", "profile", "email"],
    claims_supported: ["iss", "sub", "aud", "exp", "iat", "azp", "preferred_username", "realm_access"],
  };
}
