import type { BrowserClient } from "./accounts.ts";

/** A person is sent here by a client, to log in (OpenID Connect Core §3.1.2.1). */
export interface LoginRequest {
  readonly client: BrowserClient;
  readonly redirectUri: string;
  readonly mode: "query" | "fragment";
  readonly scope: string;
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  /** The S256 challenge; the flow with a code has one. */
  readonly challenge: string | undefined;
  readonly prompts: readonly string[];
}

/** Where the answer goes, as far as it is known. */
export type ReturnAddress = Pick<LoginRequest, "redirectUri" | "mode" | "state">;

export type ReadLoginRequest =
  | { readonly request: LoginRequest }
  /** What the page says: the address to return to cannot be trusted. */
  | { readonly shown: string }
  | { readonly refused: ReturnAddress; readonly error: string; readonly description?: string };

const responseTypes = /^(?:code|none|id_token|token)(?: (?:code|id_token|token))*$/;

/** Checks a request in Keycloak's order, with its words (26.7.3). */
export function readLoginRequest(query: URLSearchParams, clients: readonly BrowserClient[]): ReadLoginRequest {
  const id = query.get("client_id");
  if (id === null) return { shown: "Invalid Request" };
  const client = clients.find((each) => each.id === id);
  if (!client) return { shown: "Client not found." };
  const redirectUri = query.get("redirect_uri") ?? "";
  if (!matches(client.redirectUris, redirectUri)) return { shown: "Invalid parameter: redirect_uri" };

  const type = query.get("response_type");
  const asked = query.get("response_mode");
  const usual = /\btoken\b|id_token/.test(type ?? "") ? "fragment" : "query";
  const mode = asked === "query" || asked === "fragment" ? asked : usual;
  const state = query.get("state") ?? undefined;
  const refused: ReturnAddress = { redirectUri, mode, state };
  const invalid = (description: string) => ({ refused, error: "invalid_request", description });

  if ([...query.keys()].some((name) => query.getAll(name).length > 1)) return invalid("duplicated parameter");
  if (type === null) return invalid("Missing parameter: response_type");
  if (!responseTypes.test(type)) return { refused, error: "unsupported_response_type" };
  if (asked !== null && asked !== mode) return invalid("Invalid parameter: response_mode");
  const wanted = client.flow === "code" ? "code" : "id_token";
  if (type !== wanted) {
    const missing = usual === "fragment" ? "Implicit" : "Standard";
    const description = `Client is not allowed to initiate browser login with given response_type. ${missing} flow is disabled for the client.`;
    return { refused, error: "unauthorized_client", description };
  }
  const scope = query.get("scope") ?? "";
  const known = ["openid", ...client.scopes];
  if (scope.split(" ").some((each) => each !== "" && !known.includes(each)))
    return { refused, error: "invalid_scope", description: `Invalid scopes: ${scope}` };
  const nonce = query.get("nonce") ?? undefined;
  if (client.flow === "implicit" && nonce === undefined) return invalid("Missing parameter: nonce");
  const fault = client.flow === "code" ? challengeFault(query) : undefined;
  if (fault !== undefined) return invalid(fault);
  const challenge = query.get("code_challenge") ?? undefined;
  const prompts = (query.get("prompt") ?? "").split(" ");
  return { request: { client, redirectUri, mode, scope, state, nonce, challenge, prompts } };
}

/** RFC 7636 §4.3, with S256 required. */
function challengeFault(query: URLSearchParams): string | undefined {
  const challenge = query.get("code_challenge");
  const method = query.get("code_challenge_method");
  if (method === null) return "Missing parameter: code_challenge_method";
  if (method !== "S256") return "Invalid parameter: code challenge method is not matching the configured one";
  if (challenge === null) return "Missing parameter: code_challenge";
  return /^[\w.~-]{43,128}$/.test(challenge) ? undefined : "Invalid parameter: code_challenge";
}

/** Whether an address is one of those that a client lists. */
export function matches(listed: readonly string[], address: string): boolean {
  return listed.some((each) => (each.endsWith("*") ? address.startsWith(each.slice(0, -1)) : address === each));
}

/** Returns the client's address with the answer, and who gives it (RFC 9207). */
export function answerAt(
  { redirectUri, mode, state }: ReturnAddress,
  issuer: string,
  before: Readonly<Record<string, string | undefined>>,
  after: Readonly<Record<string, string>> = {},
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...before, state, iss: issuer, ...after }))
    if (value !== undefined) parameters.set(name, value);
  const separator = mode === "fragment" ? "#" : redirectUri.includes("?") ? "&" : "?";
  return redirectUri + separator + parameters.toString();
}
