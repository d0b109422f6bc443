import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { activeConnectionsOf } from "./active-connections.ts";

const account = { username: "watcher", password: "s3cret+&=word", dataSource: "postgresql" };
const login = "POST /guacamole/api/tokens";
const permissions = "GET /guacamole/api/session/data/postgresql/self/effectivePermissions";
const activeConnections = "GET /guacamole/api/session/data/postgresql/activeConnections";
const logout = "DELETE /guacamole/api/session";

/** Of answers that are no use: it stands in no error either. */
const badToken = "0123456789ABCDEF";

type Answer = (response: ServerResponse) => void;

interface FakeGuacamole {
  url: string;
  /** The tokens that are logged in. */
  sessions: Set<string>;
  /** Every call as method and address, in order. */
  calls: string[];
  tokens: string[];
  close(): Promise<void>;
}

const running: FakeGuacamole[] = [];
afterEach(() => Promise.all(running.splice(0).map((each) => each.close())));

/** One instance that holds tunnels to these connections; `instead` replaces its answers. */
async function startGuacamole(
  connections: readonly (string | null)[],
  instead: Readonly<Record<string, Answer>> = {},
  system: readonly string[] = ["ADMINISTER"],
): Promise<FakeGuacamole> {
  const sessions = new Set<string>();
  const calls: string[] = [];
  const tokens: string[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const call = `${request.method ?? ""} ${request.url ?? ""}`;
    calls.push(call);
    const form = new URLSearchParams(await text(request));
    if (instead[call]) instead[call](response);
    else if (call === login) {
      if (form.get("username") !== account.username || form.get("password") !== account.password)
        json(response, 403, { message: "Invalid login", type: "INVALID_CREDENTIALS" });
      else {
        const authToken = crypto.randomUUID().replaceAll("-", "").toUpperCase();
        sessions.add(authToken);
        tokens.push(authToken);
        json(response, 200, { authToken, username: account.username, availableDataSources: ["postgresql"] });
      }
    } else if (!sessions.has(String(request.headers["guacamole-token"])))
      json(response, 403, { message: "Permission Denied.", type: "PERMISSION_DENIED" });
    else if (call === permissions) json(response, 200, { systemPermissions: system, connectionPermissions: {} });
    else if (call === activeConnections) json(response, 200, tunnelsTo(connections));
    else if (call === logout) {
      sessions.delete(String(request.headers["guacamole-token"]));
      response.writeHead(204).end();
    } else json(response, 404, { message: "Not found", type: "NOT_FOUND" });
  };
  const server = createServer((request, response) => void answer(request, response));
  const url = `http://127.0.0.1:${await listen(server)}/guacamole`;
  const guacamole = { url, sessions, calls, tokens, close: () => stop(server) };
  running.push(guacamole);
  return guacamole;
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

/** As APIActiveConnection.java is written out: of a tunnel that may not be joined, `connectable` is false. */
function tunnelsTo(connections: readonly (string | null)[]): object {
  const tunnel = (connectionIdentifier: string | null) => {
    const identifier = crypto.randomUUID();
    return { identifier, connectionIdentifier, startDate: 1781524800000, username: "a@alice", connectable: false };
  };
  return Object.fromEntries(connections.map(tunnel).map((each) => [each.identifier, each]));
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

const html: Answer = (response) => {
  response.writeHead(200, { "Content-Type": "text/html" }).end("<html>Sign in</html>");
};
const of = (...all: FakeGuacamole[]) => activeConnectionsOf({ ...account, urls: all.map(({ url }) => url) });

/** What the question fails with: it names the address, and nowhere holds what nobody may read. */
async function failureOf(question: Promise<unknown>, { url, tokens }: Pick<FakeGuacamole, "url" | "tokens">) {
  const error = await question.then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  expect(error).toMatchObject({ code: "guacamole-unavailable" });
  expect(error?.message).toContain(`ask ${url} which connections are active: `);
  for (const secret of [account.password, encodeURIComponent(account.password), badToken, ...tokens])
    expect(inspect(error, { depth: null })).not.toContain(secret);
  return error?.message;
}

describe("the active connections", () => {
  it("are those of all instances together", async () => {
    const one = await startGuacamole(["7", "12"]);
    const other = await startGuacamole(["12", "31", "31"]);
    expect(await of(one, other).now()).toEqual(new Set([7, 12, 31]));
  });

  it("are none where no instance has a tunnel", async () => {
    expect(await of(await startGuacamole([]), await startGuacamole([])).now()).toEqual(new Set());
  });

  it("leave out a tunnel that belongs to no connection", async () => {
    expect(await of(await startGuacamole([null, "5"])).now()).toEqual(new Set([5]));
  });

  it("are asked for with a login of its own each time, which is ended; its token is in no address", async () => {
    const guacamole = await startGuacamole(["7"]);
    const active = activeConnectionsOf({ ...account, urls: [`${guacamole.url}/`] });
    await active.now();
    await active.now();
    const each = [login, permissions, activeConnections, logout];
    expect(guacamole.calls).toEqual([...each, ...each]);
    expect(new Set(guacamole.tokens).size).toBe(2);
    expect(guacamole.sessions).toEqual(new Set());
  });

  it("are told although the logout fails", async () => {
    const guacamole = await startGuacamole(["7"], { [logout]: (response) => response.destroy() });
    expect(await of(guacamole).now()).toEqual(new Set([7]));
  });
});

describe("the active connections are unknown", () => {
  it("where no address is set", async () => {
    await expect(of().now()).rejects.toMatchObject({ code: "guacamole-unavailable" });
  });

  it("where one instance is down; the others are logged out all the same", async () => {
    const up = await startGuacamole(["7"]);
    const down = await startGuacamole(["8"]);
    await down.close();
    expect(await failureOf(of(up, down).now(), down)).toMatch(/it cannot be reached: .*ECONNREFUSED/);
    expect(await failureOf(of(down, up).now(), down)).toMatch(/it cannot be reached/);
    expect(up.calls.filter((call) => call === logout)).toHaveLength(2);
    expect(up.sessions).toEqual(new Set());
  });

  it("where the password is wrong", async () => {
    const guacamole = await startGuacamole(["7"]);
    const active = activeConnectionsOf({ ...account, password: "not-the-one", urls: [guacamole.url] });
    const message = await failureOf(active.now(), guacamole);
    expect(message).toMatch(/it rejects the login \(check username and password\)$/);
    expect(message).not.toContain("not-the-one");
  });

  it("where the account is no administrator: it would not be shown everybody's", async () => {
    const guacamole = await startGuacamole([], {}, ["CREATE_USER", "AUDIT"]);
    expect(await failureOf(of(guacamole).now(), guacamole)).toMatch(/system permission ADMINISTER/);
    expect(guacamole.sessions).toEqual(new Set());
  });

  it("where the data source is missing", async () => {
    const guacamole = await startGuacamole(["7"]);
    const active = activeConnectionsOf({ ...account, dataSource: "my/sql", urls: [guacamole.url] });
    expect(await failureOf(active.now(), guacamole)).toMatch(/it has no data source my\/sql for this account/);
    expect(guacamole.calls[1]).toBe("GET /guacamole/api/session/data/my%2Fsql/self/effectivePermissions");
    expect(guacamole.sessions).toEqual(new Set());
  });

  it.each([
    ["a page instead of a login", login, html, /its answer is not one of Guacamole's/],
    ["a page instead of the connections", activeConnections, html, /its answer is not one of Guacamole's/],
    ["a page instead of the permissions", permissions, html, /its answer is not one of Guacamole's/],
    ["no token", login, with200({ username: "watcher" }), /its answer is not one/],
    ["a token that no header can hold", login, with200({ authToken: `${badToken}\n` }), /its answer is not one/],
    ["half of a login", login, (response) => response.end(`{"authToken":"${badToken}`), /its answer is not one/],
    ["a list", activeConnections, with200([]), /its answer is not one/],
    ["an error with status 200", activeConnections, with200({ message: "Oops" }), /its answer is not one/],
    ["an id that is no number", activeConnections, with200({ a: { connectionIdentifier: "x7" } }), /is not one/],
    ["an error of its own", activeConnections, (response) => response.writeHead(500).end("x"), /it answered 500/],
    ["nothing any more", activeConnections, (response) => response.destroy(), /it cannot be reached/],
    ["that it does not know the token", permissions, (response) => response.writeHead(403).end(), /one instance/],
    ["a redirect", login, redirect, /it answered 302/],
    ["a redirect later", activeConnections, redirect, /it answered 302/],
    ["more than 10 MB", activeConnections, with200("x".repeat(10_000_000)), /its answer is larger than 10 MB/],
  ] as [string, string, Answer, RegExp][])(
    "where an instance answers %s, and no session is left",
    async (_, call, answer, words) => {
      const whole = await startGuacamole(["8"]);
      const guacamole = await startGuacamole(["7"], { [call]: answer });
      expect(await failureOf(of(whole, guacamole).now(), guacamole)).toMatch(words);
      expect(guacamole.sessions).toEqual(new Set());
      expect(guacamole.calls.at(-1)).toBe(call === login ? login : logout);
    },
  );

  it.each([
    ["does not answer", () => undefined],
    ["does not end its answer", (response) => response.writeHead(200).write("{")],
  ] as [string, Answer][])("where an instance %s in time", async (_, answer) => {
    const guacamole = await startGuacamole(["7"], { [activeConnections]: answer });
    const active = activeConnectionsOf({ ...account, urls: [guacamole.url], timeoutMilliseconds: 200 });
    expect(await failureOf(active.now(), guacamole)).toMatch(/it did not answer within 200 ms/);
    expect(guacamole.sessions).toEqual(new Set());
  });

  it("where an address is none", async () => {
    const active = activeConnectionsOf({ ...account, urls: ["guacamole"] });
    expect(await failureOf(active.now(), { url: "guacamole", tokens: [] })).toMatch(
      /it cannot be reached: Invalid URL/,
    );
  });
});

function with200(body: unknown): Answer {
  return (response) => {
    json(response, 200, body);
  };
}

function redirect(response: ServerResponse): void {
  response.writeHead(302, { Location: "/guacamole/api/elsewhere" }).end();
}
