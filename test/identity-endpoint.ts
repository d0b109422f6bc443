import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The local endpoint from which an app on App Service or Functions gets tokens of its user-assigned identity. */
export interface IdentityEndpoint {
  /**
   * The environment of an app with another identity than before, of which nothing is known. MSAL keeps tokens by client id,
   * and the endpoint's address, for the whole process: so one endpoint serves all tests of a file.
   */
  newIdentity(): Record<string, string>;
  /** The resource of each request that was made. */
  asked: string[];
  /** How long tokens are valid from now on; an hour at first. */
  lifeSeconds: number;
  /** What it answers instead of a token, until it is set to undefined again. */
  fault: { status: number; body: object } | undefined;
  /** When a token ends, in milliseconds; undefined if it was not given for that resource. */
  endOf(token: string, resource: string): number | undefined;
  close(): Promise<void>;
}

/** github.com/Azure-Samples/azure-search-openai-demo/issues/2148, github.com/Azure/azure-functions-host/issues/8037 */
export const notAssigned = {
  status: 400,
  body: {
    statusCode: 400,
    message: "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId",
  },
};

/**
 * As learn.microsoft.com/azure/app-service/overview-managed-identity, "REST endpoint reference", has it (api-version
 * 2019-08-01): resource, client_id and X-IDENTITY-HEADER go in; access_token, expires_on (seconds, as a text), resource,
 * token_type and client_id come out. What it answers to a wrong header is not documented: here, nothing.
 */
export async function startIdentityEndpoint(): Promise<IdentityEndpoint> {
  const header = randomUUID();
  let clientId = "";
  const given = new Map<string, { resource: string; endsAt: number }>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://here");
    const isDocumented =
      request.method === "GET" &&
      pathname === "/msi/token" &&
      request.headers["x-identity-header"] === header &&
      searchParams.get("api-version") === "2019-08-01" &&
      searchParams.get("client_id") === clientId;
    if (!isDocumented) return request.socket.destroy();
    const resource = searchParams.get("resource") ?? "";
    endpoint.asked.push(resource);
    const { fault } = endpoint;
    const token = `token-${given.size + 1}`;
    const endsAt = Math.floor(Date.now() / 1_000) + endpoint.lifeSeconds;
    if (!fault) given.set(token, { resource, endsAt: endsAt * 1_000 });
    const body = {
      access_token: token,
      expires_on: String(endsAt),
      resource,
      token_type: "Bearer",
      client_id: clientId,
    };
    response.writeHead(fault?.status ?? 200, { "content-type": "application/json" });
    return response.end(JSON.stringify(fault?.body ?? body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint: IdentityEndpoint = {
    newIdentity() {
      clientId = randomUUID();
      given.clear();
      Object.assign(endpoint, { asked: [], lifeSeconds: 3_600, fault: undefined });
      return {
        IDENTITY_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`,
        IDENTITY_HEADER: header,
        AZURE_CLIENT_ID: clientId,
        AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
      };
    },
    asked: [],
    lifeSeconds: 3_600,
    fault: undefined,
    endOf(token, resource) {
      const known = given.get(token);
      return known?.resource === resource ? known.endsAt : undefined;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return endpoint;
}
