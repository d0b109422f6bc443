import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/**
 * Guacamole's REST API as far as the product calls it, written after the sources of 1.6.0 (guacamole/src/main/java/org/
 * apache/guacamole/rest): APIAuthenticationResult, APIActiveConnection, APIPatchResponse with APIPatchOutcome.
 */
export interface FakeGuacamole {
  url: string;
  /** The tokens that are logged in. */
  sessions: Set<string>;
  /** Every call as method and address, in order. */
  calls: string[];
  /** Every token that it gave; each adds a row to guacamole_user_history. */
  tokens: string[];
  /** The tunnels that it has, by their UUID. */
  tunnels: Record<string, Tunnel>;
  addTunnel(tunnel: Pick<Tunnel, "connectionIdentifier" | "startDate" | "username">): void;
  /** Its process is killed and starts again: tokens and tunnels live in memory. */
  restart(): void;
  close(): Promise<void>;
}

/** As APIActiveConnection is written out to an administrator; `connectable` is false, since it may not be joined. */
interface Tunnel {
  identifier: string;
  connectionIdentifier: string | null;
  startDate: number | null;
  remoteHost: string | null;
  username: string | null;
  connectable: boolean;
}

export type Answer = (response: ServerResponse) => void;
/** By method and address. */
export type Answers = Readonly<Record<string, Answer | undefined>>;

interface Options {
  /** What is answered instead. */
  instead?: Answers;
  /** The system permissions of the account. */
  system?: readonly string[];
  /** Called when an administrator removes a tunnel. Guacamole closes its row then (measured in November 2026). */
  onRemoved?: (tunnel: Tunnel) => Promise<unknown>;
}

export const account = { username: "watcher", password: "s3cret+&=word", dataSource: "postgresql" };
export const login = "POST /guacamole/api/tokens";
export const permissions = "GET /guacamole/api/session/data/postgresql/self/effectivePermissions";
export const activeConnections = "GET /guacamole/api/session/data/postgresql/activeConnections";
export const removal = "PATCH /guacamole/api/session/data/postgresql/activeConnections";
export const logout = "DELETE /guacamole/api/session";

export async function startFakeGuacamole({
  instead = {},
  system = ["ADMINISTER"],
  onRemoved,
}: Options = {}): Promise<FakeGuacamole> {
  const sessions = new Set<string>();
  const calls: string[] = [];
  const tokens: string[] = [];
  const tunnels: Record<string, Tunnel> = {};

  function logIn(body: string, response: ServerResponse): void {
    const { username, dataSource } = account;
    const form = new URLSearchParams(body);
    if (form.get("username") !== username || form.get("password") !== account.password) {
      json(response, 403, { message: "Invalid login", type: "INVALID_CREDENTIALS" });
      return;
    }
    const authToken = crypto.randomUUID().replaceAll("-", "").toUpperCase();
    sessions.add(authToken);
    tokens.push(authToken);
    json(response, 200, { authToken, username, dataSource, availableDataSources: [dataSource] });
  }

  /** DirectoryResource.patchObjects, ActiveConnectionService.deleteObject: removes what is not there successfully, too. */
  async function remove(body: string): Promise<object> {
    const patches = JSON.parse(body) as { op: string; path: string }[];
    const outcomes = patches.map(({ op, path }) => ({ op, identifier: path.slice(1), path }));
    for (const { op, identifier } of outcomes) {
      const tunnel = tunnels[identifier];
      if (op !== "remove" || !tunnel) continue;
      Reflect.deleteProperty(tunnels, identifier);
      await onRemoved?.(tunnel);
    }
    return { patches: outcomes };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = `${request.method ?? ""} ${request.url ?? ""}`;
    const token = String(request.headers["guacamole-token"]);
    calls.push(call);
    const body = await text(request);
    const own = instead[call];
    if (own) own(response);
    else if (call === login) logIn(body, response);
    else if (!sessions.has(token)) json(response, 403, { message: "Permission Denied.", type: "PERMISSION_DENIED" });
    else if (call === permissions) json(response, 200, { systemPermissions: system, connectionPermissions: {} });
    else if (call === activeConnections) json(response, 200, tunnels);
    else if (call === removal) json(response, 200, await remove(body));
    else if (call === logout) {
      sessions.delete(token);
      response.writeHead(204).end();
    } else json(response, 404, { message: "Not found", type: "NOT_FOUND" });
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/guacamole`,
    sessions,
    calls,
    tokens,
    tunnels,
    addTunnel(tunnel) {
      const identifier = crypto.randomUUID();
      tunnels[identifier] = { identifier, ...tunnel, remoteHost: "192.0.2.7", connectable: false };
    },
    restart() {
      sessions.clear();
      for (const identifier of Object.keys(tunnels)) Reflect.deleteProperty(tunnels, identifier);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
