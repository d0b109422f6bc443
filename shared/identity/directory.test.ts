import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { type CryptoKey, exportJWK, generateKeyPair, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Directory, directoryIn, type DirectoryRules } from "./directory.ts";

/** Answers below /admin/realms/sde/, with the fields that Keycloak 26.7.3 has in its representations, shortened. */
const user = { id: "u", username: "alice", enabled: true };
const session = (id: string, ...clients: string[]) => ({
  id,
  username: "alice",
  userId: "u",
  ipAddress: "127.0.0.1",
  start: 1_795_692_842_000,
  lastAccess: 1_795_692_842_000,
  clients: Object.fromEntries(clients.map((name) => [`uuid-of-${name}`, name])),
});

let server: Server;
let calls: string[];
let answers: Record<string, unknown>;
let tokenSeconds: number;
let directory: Directory;
let rules: DirectoryRules;

const forbidden = { error: "HTTP 403 Forbidden" };
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");

beforeEach(async () => {
  calls = [];
  tokenSeconds = 60;
  answers = {
    "users/u": user,
    "users/u/groups": [{ id: "g", name: "asthma", path: "/asthma" }],
    "users/u/role-mappings/realm/composite": [{ id: "r", name: "reader" }],
    "users/u/sessions": [session("one", "guacamole"), session("two", "guacamole-workspaces-cli"), session("three")],
  };
  let tokens = 0;
  server = createServer((request, response) => {
    const path = new URL(request.url ?? "", "http://here").pathname
      .replace("/admin/realms/sde/", "")
      .replace(/\/$/, "");
    calls.push(path);
    const isToken = path.endsWith("/token");
    const iat = Math.floor(Date.now() / 1_000);
    const token = `${encode({})}.${encode({ iat, exp: iat + tokenSeconds, n: (tokens += 1) })}.s`;
    const body = isToken ? { access_token: token, expires_in: tokenSeconds } : answers[path];
    response.writeHead(body === undefined ? 404 : body === forbidden ? 403 : 200, {
      "content-type": "application/json",
    });
    response.end(JSON.stringify(body ?? { error: "User not found" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = "https://keycloak.example/realms/sde";
  const proof = { secret: "s" };
  rules = { url, realm: "sde", client: "lookup", proof, issuer, guacamoleClient: "guacamole", roleClients: [] };
  directory = directoryIn(rules);
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
});

const tokenRequests = () => calls.filter((path) => path.endsWith("/token")).length;

describe("clients that are not shown", () => {
  const told = async () => (await directory.clients(["guacamole"])).get("guacamole");

  it("are explained by the lookup client's own fault, if it is not let in", async () => {
    server.close();
    server.closeAllConnections();
    expect(await told()).toMatchObject({ unknown: { advice: "see lookup-client" } });
    expect(await directory.fault()).not.toBeNull();
  });

  it.each<[string, object, RegExp]>([
    ["are not known to what answers", {}, /^Keycloak does not show its clients: it answers 404$/],
    ["may not be seen", { clients: forbidden }, /^how clients are set up is hidden from lookup$/],
  ])("are explained without it, if it is well and they %s", async (_words, more, words) => {
    answers = { ...answers, ...more };
    expect(await directory.fault()).toBeNull();
    const found = await told();
    expect(found).toMatchObject({ unknown: { what: expect.stringMatching(words) as string } });
    expect(JSON.stringify(found)).not.toContain("see lookup-client");
  });
});

describe("a look", () => {
  it("tells groups, roles, and only the sessions in which Guacamole is used", async () => {
    expect(await directory.look("u")).toEqual({
      enabled: true,
      groups: ["/asthma", "asthma"],
      roles: ["reader"],
      sessions: ["one"],
      elsewhere: true,
    });
    expect(calls.slice(1).sort()).toEqual(Object.keys(answers).sort());
  });

  it("knows that a person does not exist", async () => {
    expect(await directory.look("nobody")).toBeNull();
  });

  it.each([401, 403, 500])("does not take the answer %s for nobody", async (status) => {
    server.removeAllListeners("request");
    server.on("request", (_request, response) => response.writeHead(status).end("{}"));
    await expect(directory.look("u")).rejects.toMatchObject({ code: "identity-unavailable" });
  });
});

describe("a 404 that is not Keycloak's word on a person", () => {
  const html = "<html><head><title>404 Not Found</title></head></html>";
  it.each([
    ["a gateway without Keycloak behind it (ingress-nginx, default backend)", "text/plain", "default backend - 404"],
    ["a gateway's page", "text/html", html],
    ["a gateway that speaks JSON (Kong, no Route matched)", "application/json", '{"message":"no Route matched"}'],
    ["a realm that is gone", "application/json", '{"error":"Realm not found."}'],
    ["a path that is wrong", "application/json", '{"error":"Unable to find matching target resource method"}'],
    ["nothing", "application/json", ""],
  ])("does not mean that they do not exist: %s", async (_what, type, body) => {
    await directory.look("u"); // it has a token
    server.removeAllListeners("request");
    server.on("request", (_request, response) => response.writeHead(404, { "content-type": type }).end(body));
    await expect(directory.look("u")).rejects.toMatchObject({ code: "identity-unavailable" });
  });

  it("does not either if only the first answer was one", async () => {
    delete answers["users/u"];
    await expect(directory.look("u")).rejects.toMatchObject({ code: "identity-unavailable" });
  });
});

describe("roles of clients that count", () => {
  beforeEach(() => {
    directory = directoryIn({ ...rules, roleClients: ["app"] });
    answers["clients"] = [{ id: "a", clientId: "app" }];
    answers["users/u/role-mappings/clients/a/composite"] = [{ id: "c", name: "editor" }];
  });

  it("are told beside the realm's", async () => {
    expect(await directory.look("u")).toMatchObject({ roles: ["reader", "editor"] });
    expect(await directory.gaps()).toEqual([]);
  });

  // With view-users alone, Keycloak 25.0.4 shows no clients, and 26.5.6 and 26.7.3 answer with 403.
  // With view-users alone, Keycloak 25.0.4 shows no clients, and 26.5.6 and 26.7.3 answer with 403.
  it.each([
    ["nothing", []],
    ["403", forbidden],
  ])("are unknown where Keycloak shows %s instead of the client", async (_what, answer) => {
    answers["clients"] = answer;
    expect(await directory.look("u")).toMatchObject({ enabled: true, groups: ["/asthma", "asthma"], roles: undefined });
    expect(await directory.gaps()).toEqual([expect.stringContaining("does not show it to lookup")]);
  });

  it("are unknown where Keycloak shows the client and not its roles", async () => {
    answers["users/u/role-mappings/clients/a/composite"] = forbidden;
    expect(await directory.look("u")).toMatchObject({ roles: undefined });
  });

  it("are no gap while Keycloak does not answer", async () => {
    server.removeAllListeners("request");
    server.on("request", (_request, response) => response.writeHead(500).end("{}"));
    expect(await directory.gaps()).toEqual([]);
  });
});

describe("why people cannot be looked up", () => {
  it("is nothing where Keycloak says that there is no such person", async () => {
    expect(await directory.fault()).toBeNull();
  });

  it("is a gateway that lets the realm through, and not the admin API", async () => {
    await directory.look("u"); // it has a token
    server.removeAllListeners("request");
    server.on("request", (_request, response) => response.writeHead(404).end("default backend - 404"));
    expect(await directory.fault()).toMatchObject({ what: expect.stringContaining("404") as string });
  });

  it("is a client that counts, if Keycloak fails to show it", async () => {
    directory = directoryIn({ ...rules, roleClients: ["app"] });
    const [forwarded] = server.listeners("request") as RequestListener[];
    server.removeAllListeners("request");
    server.on("request", (request, response) => {
      if (/\/admin\/realms\/sde\/clients\b/.test(request.url ?? "")) response.writeHead(500).end("{}");
      else forwarded?.(request, response);
    });
    await expect(directory.look("u")).rejects.toMatchObject({ code: "identity-unavailable" });
    expect(await directory.fault()).toMatchObject({ what: expect.stringContaining("500") as string });
  });

  it("is no token that was revoked: the next question has another", async () => {
    await directory.look("u");
    const listeners = server.listeners("request") as RequestListener[];
    server.removeAllListeners("request");
    server.on("request", (_request, response) => response.writeHead(401).end("{}"));
    expect(await directory.fault()).toMatchObject({ what: expect.stringContaining("401") as string });
    server.removeAllListeners("request");
    for (const each of listeners) server.on("request", each);
    expect(await directory.fault()).toBeNull();
    expect(tokenRequests()).toBe(2);
  });
});

describe("the token for looking", () => {
  it("is requested once by everybody who looks at the same time", async () => {
    await Promise.all(Array.from({ length: 6 }, () => directory.look("u")));
    expect(tokenRequests()).toBe(1);
  });

  it.each([
    [300, 270],
    [60, 30],
    [10, 5],
  ])("of %i seconds is renewed after %i", async (life, renewed) => {
    tokenSeconds = life;
    await directory.look("u");
    vi.setSystemTime(Date.now() + renewed * 1_000 - 1_500);
    await directory.look("u");
    expect(tokenRequests()).toBe(1);
    vi.setSystemTime(Date.now() + 2_000);
    await Promise.all([directory.look("u"), directory.look("u")]);
    expect(tokenRequests()).toBe(2);
  });

  it("is renewed if the clock was put back, which says nothing of its age", async () => {
    await directory.look("u");
    vi.setSystemTime(Date.now() - 3_600_000);
    await directory.look("u");
    expect(tokenRequests()).toBe(2);
  });

  it("is requested again after a look that failed, once", async () => {
    await directory.look("u");
    delete answers["users/u/sessions"];
    const failed = await Promise.allSettled([directory.look("u"), directory.look("u")]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    answers["users/u/sessions"] = [];
    await Promise.all([directory.look("u"), directory.look("u")]);
    expect(tokenRequests()).toBe(2);
  });
});

describe("a client with a key", () => {
  let forms: URLSearchParams[];
  let answer: { status: number; body: object } | undefined;
  let publicKey: CryptoKey;
  beforeEach(async () => {
    const pair = await generateKeyPair("ES256", { extractable: true });
    publicKey = pair.publicKey;
    const key = { ...(await exportJWK(pair.privateKey)), kid: "k1", alg: "ES256" };
    directory = directoryIn({ ...rules, realm: "s de", proof: { key } });
    [forms, answer] = [[], undefined];
    const [forwarded] = server.listeners("request") as RequestListener[];
    server.removeAllListeners("request");
    server.on("request", (request, response) => {
      if (request.method !== "POST") {
        request.url = request.url?.replace("s%20de", "sde");
        forwarded?.(request, response);
        return;
      }
      void text(request).then((body) => {
        expect(request.headers.authorization).toBeUndefined();
        expect(request.url).toBe("/realms/s%20de/protocol/openid-connect/token");
        forms.push(new URLSearchParams(body));
        if (!answer) return forwarded?.(request, response);
        return response.writeHead(answer.status).end(JSON.stringify(answer.body));
      });
    });
  });

  it("proves itself by an assertion for the realm that it signs, another one for each token, and by no secret", async () => {
    expect(await directory.look("u")).toMatchObject({ enabled: true, roles: ["reader"] });
    vi.setSystemTime(Date.now() + 60_000);
    await directory.look("u");
    const assertions = forms
      .map((each) => Object.fromEntries(each))
      .map(({ client_assertion: assertion = "", ...form }) => {
        expect(form).toEqual({
          grant_type: "client_credentials",
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        });
        return assertion;
      });
    const ids = [];
    for (const assertion of assertions) {
      const { payload, protectedHeader } = await jwtVerify(assertion, publicKey, { currentDate: new Date(0) });
      expect(protectedHeader).toEqual({ alg: "ES256", kid: "k1" });
      expect(payload).toMatchObject({ iss: "lookup", sub: "lookup", aud: rules.issuer });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
      ids.push(payload.jti);
    }
    expect([ids.length, new Set(ids).size]).toEqual([2, 2]);
  });

  it("asks for one token for everybody who looks at the same time", async () => {
    await Promise.all(Array.from({ length: 20 }, () => directory.look("u")));
    expect(forms).toHaveLength(1);
  });

  it("says in the log what Keycloak has against its key", async () => {
    const words = "Unable to load public key";
    answer = { status: 400, body: { error: "invalid_client", error_description: words } }; // Keycloak 26.7.3
    await expect(directory.look("u")).rejects.toMatchObject({
      code: "identity-unavailable",
      cause: {
        message: expect.stringMatching(
          /token of lookup: 400 invalid_client: Unable to load public key .*public half of KEYCLOAK_ADMIN_KEY/,
        ) as unknown,
      },
    });
  });

  it("tells the doctor what Keycloak has against its key", async () => {
    answer = { status: 400, body: { error: "invalid_client", error_description: "Unable to load public key" } };
    expect(await directory.fault()).toEqual({
      what: "ask for a token of lookup: 400 invalid_client: Unable to load public key",
      advice: expect.stringContaining("KEYCLOAK_ADMIN_KEY") as string,
    });
  });
});
