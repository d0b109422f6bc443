import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import {
  account,
  activeConnections,
  type Answer,
  type Answers,
  type FakeGuacamole,
  json,
  login,
  logout,
  permissions,
  removal,
  startFakeGuacamole,
} from "../../test/guacamole-rest.ts";
import type { ActiveTunnel } from "../lifecycle/sessions.ts";
import { activeConnectionsOf } from "./active-connections.ts";

const began = Date.parse("2026-06-15T12:00:00.123Z");
const alice = { entity: "a@alice", startedAt: new Date(began).toISOString() };

/** Of answers that are no use: it stands in no error either. */
const badToken = "0123456789ABCDEF";

const running: FakeGuacamole[] = [];
afterEach(() => Promise.all(running.splice(0).map((each) => each.close())));

/** One instance that holds tunnels to these connections; `instead` replaces its answers. */
async function startGuacamole(
  connections: readonly (string | null)[],
  instead: Answers = {},
  system: readonly string[] = ["ADMINISTER"],
): Promise<FakeGuacamole> {
  const guacamole = await startFakeGuacamole({ instead, system });
  for (const connectionIdentifier of connections)
    guacamole.addTunnel({ connectionIdentifier, startDate: began, username: alice.entity });
  running.push(guacamole);
  return guacamole;
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
    expect(await of(one, other).now()).toEqual(
      [7, 12, 12, 31, 31].map((connectionId) => expect.objectContaining({ connectionId, ...alice }) as unknown),
    );
  });

  it("are none where no instance has a tunnel", async () => {
    expect(await of(await startGuacamole([]), await startGuacamole([])).now()).toEqual([]);
  });

  it("say which have no connection, and what Guacamole does not tell", async () => {
    const guacamole = await startGuacamole([null, "5"]);
    for (const tunnel of Object.values(guacamole.tunnels)) Object.assign(tunnel, { startDate: null, username: null });
    const untold = { entity: null, startedAt: null };
    expect(await of(guacamole).now()).toMatchObject([
      { connectionId: null, ...untold },
      { connectionId: 5, ...untold },
    ]);
  });
});

describe("the login of an instance", () => {
  const question = [permissions, activeConnections];

  // Each login adds a row to guacamole_user_history, which nothing closes: 47 in 50 minutes were seen.
  it("is kept for all questions, and is in no address", async () => {
    const guacamole = await startGuacamole(["7"]);
    const active = activeConnectionsOf({ ...account, urls: [`${guacamole.url}/`] });
    await active.now();
    await active.now();
    await active.now();
    expect(guacamole.calls).toEqual([login, ...question, ...question, ...question]);
    for (const call of guacamole.calls) expect(call).not.toContain(guacamole.tokens[0]);
  });

  it("is one, although several questions come at once", async () => {
    const guacamole = await startGuacamole(["7"]);
    const active = of(guacamole);
    await Promise.all([active.now(), active.now(), active.now()]);
    expect(guacamole.calls.filter((call) => call === login)).toHaveLength(1);
  });

  it("is made anew, once, where it is not known any more", async () => {
    const guacamole = await startGuacamole(["7"]);
    const active = of(guacamole);
    await active.now();
    guacamole.restart();
    expect(await Promise.all([active.now(), active.now()])).toEqual([[], []]);
    expect(guacamole.tokens).toHaveLength(2);
  });

  it("is not tried again and again where every login is refused at once", async () => {
    const guacamole = await startGuacamole(["7"], { [permissions]: (response) => response.writeHead(401).end() });
    const active = of(guacamole);
    for (const logins of [1, 2]) {
      expect(await failureOf(active.now(), guacamole)).toMatch(/let each address lead to one instance/);
      expect(guacamole.tokens).toHaveLength(logins);
    }
  });

  it("is tried again at the next question where it failed", async () => {
    let isUp = false;
    const guacamole = await startGuacamole(["7"], {
      get [login]() {
        return isUp ? undefined : (response: ServerResponse) => response.writeHead(502).end();
      },
    });
    const active = of(guacamole);
    await failureOf(active.now(), guacamole);
    await failureOf(active.now(), guacamole);
    isUp = true;
    expect(await active.now()).toMatchObject([{ connectionId: 7 }]);
    expect(guacamole.calls).toEqual([login, login, login, ...question]);
  });

  it("ends when the product does, and may end twice", async () => {
    const guacamole = await startGuacamole(["7"]);
    const active = of(guacamole);
    await active.close();
    expect(guacamole.calls).toEqual([]);
    await active.now();
    await active.close();
    await active.close();
    expect(guacamole.calls.filter((call) => call === logout)).toHaveLength(1);
    expect(guacamole.sessions).toEqual(new Set());
  });

  it("does not keep the product from ending, although the logout fails", async () => {
    const guacamole = await startGuacamole(["7"], { [logout]: (response) => response.destroy() });
    const active = of(guacamole);
    await active.now();
    await active.close();
    expect(guacamole.calls.at(-1)).toBe(logout);
  });
});

describe("ending active connections", () => {
  const to = (id: number) => {
    return <Tunnel extends ActiveTunnel>(all: readonly Tunnel[]) =>
      all.filter(({ connectionId }) => connectionId === id);
  };

  // Measured on 1.6.0 in November 2026: the row is closed, and the tab shows "You have been disconnected".
  it("ends those that are chosen, on every instance, and no others", async () => {
    const one = await startGuacamole(["7", "12"]);
    const other = await startGuacamole(["12", "12"]);
    const active = of(one, other);
    expect(await active.end(to(12))).toBe(3);
    expect(await active.now()).toMatchObject([{ connectionId: 7 }]);
  });

  it("asks for nothing where there is none any more", async () => {
    const guacamole = await startGuacamole(["7"]);
    expect(await of(guacamole).end(to(12))).toBe(0);
    expect(guacamole.calls).not.toContain(removal);
  });

  it("takes an answer without a body, as 1.5 gives it", async () => {
    const guacamole = await startGuacamole(["7"], { [removal]: (response) => response.writeHead(204).end() });
    expect(await of(guacamole).end(to(7))).toBe(1);
  });

  it("does what it can where one instance is down, and says so", async () => {
    const up = await startGuacamole(["7"]);
    const down = await startGuacamole(["7"]);
    await down.close();
    expect(await failureOf(of(down, up).end(to(7)), down)).toMatch(/it cannot be reached/);
    expect(up.tunnels).toEqual({});
  });
});

describe("the active connections are unknown", () => {
  it("where no address is set", async () => {
    await expect(of().now()).rejects.toMatchObject({ code: "guacamole-unavailable" });
  });

  it("where one instance is down", async () => {
    const up = await startGuacamole(["7"]);
    const down = await startGuacamole(["8"]);
    await down.close();
    expect(await failureOf(of(up, down).now(), down)).toMatch(/it cannot be reached: .*ECONNREFUSED/);
    expect(await failureOf(of(down, up).now(), down)).toMatch(/it cannot be reached/);
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
  });

  it("where the data source is missing", async () => {
    const guacamole = await startGuacamole(["7"]);
    const active = activeConnectionsOf({ ...account, dataSource: "my/sql", urls: [guacamole.url] });
    expect(await failureOf(active.now(), guacamole)).toMatch(/it has no data source my\/sql for this account/);
    expect(guacamole.calls[1]).toBe("GET /guacamole/api/session/data/my%2Fsql/self/effectivePermissions");
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
  ] as [string, string, Answer, RegExp][])("where an instance answers %s", async (_, call, answer, words) => {
    const whole = await startGuacamole(["8"]);
    const guacamole = await startGuacamole(["7"], { [call]: answer });
    expect(await failureOf(of(whole, guacamole).now(), guacamole)).toMatch(words);
    expect(guacamole.calls.at(-1)).toBe(call);
  });

  it.each([
    ["does not answer", () => undefined],
    ["does not end its answer", (response) => response.writeHead(200).write("{")],
  ] as [string, Answer][])("where an instance %s in time", async (_, answer) => {
    const guacamole = await startGuacamole(["7"], { [activeConnections]: answer });
    const active = activeConnectionsOf({ ...account, urls: [guacamole.url], timeoutMilliseconds: 200 });
    expect(await failureOf(active.now(), guacamole)).toMatch(/it did not answer within 200 ms/);
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
