import { app as azure } from "@azure/functions";
import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import { expect, it } from "vitest";
import { exchange } from "./fixture/raw-http.ts";
import { gate, testApp } from "./fixture/test-app.ts";

const app = testApp();
let slow = gate();

const routed = (name: string) => (request: HttpRequest) => ({ jsonBody: { name, params: request.params } });
app.register(() => {
  azure.http("Thing", { route: "things/{id}", methods: ["GET", "DELETE"], handler: routed("Thing") });
  azure.http("exact", { route: "Things/12", methods: ["GET"], handler: routed("exact") });
  azure.http("unreachable", { route: "things/new", methods: ["GET"], handler: routed("unreachable") });
  azure.http("rest", { route: "files/{*path}", handler: routed("rest") });
  azure.http("byName", { handler: routed("byName") });
  azure.http("head", {
    route: "head",
    methods: ["GET", "HEAD"],
    handler: () => ({ body: "body", headers: { "x-a": "b" } }),
  });
  azure.http("throws", {
    handler: () => {
      throw new Error("on purpose");
    },
  });
  azure.http("nothing", { handler: () => undefined as unknown as HttpResponseInit });
  azure.http("text", { handler: () => "text" as unknown as HttpResponseInit });
  azure.http("bad header", {
    route: "bad-header",
    handler: () => ({ status: 200, headers: [["x", "\u00e4"]] }),
  });
  azure.http("bad cookie", {
    route: "bad-cookie",
    handler: () => ({ cookies: [{ name: "a b", value: "c" }] }),
  });
  azure.http("bad length", {
    route: "bad-length",
    handler: () => ({ headers: { "content-length": "1" }, body: "two" }),
  });
  azure.http("slow", {
    handler: async () => {
      await slow.pass();
      return { body: "done" };
    },
  });
  azure.http("echo", {
    methods: ["POST"],
    handler: async (request) => ({
      status: 201,
      headers: {
        "content-type": "application/octet-stream",
        "x-query": encodeURIComponent(request.query.get("q") ?? ""),
      },
      cookies: [
        { name: "a*", value: "1 2!", path: "/x", httpOnly: true, secure: true, sameSite: "Lax", maxAge: 5 },
        { name: "b", value: "2", expires: new Date("2030-01-01T00:00:00Z") },
      ],
      body: new Uint8Array(await request.arrayBuffer()),
    }),
  });
  azure.http("describe", {
    methods: ["POST"],
    handler: async (request) => ({
      jsonBody: {
        method: request.method,
        url: request.url,
        header: request.headers.get("X-Thing"),
        query: Object.fromEntries(request.query),
        text: await request.text(),
      },
    }),
  });
});

it.each([
  ["things/new", { name: "Thing", params: { id: "new" } }],
  ["things/12", { name: "exact", params: {} }],
  ["things/a%20b", { name: "Thing", params: { id: "a b" } }],
  ["things/a%2Fb", { name: "Thing", params: { id: "a%2Fb" } }],
  ["things/%E0%A4", { name: "Thing", params: { id: "%E0%A4" } }],
  ["things/2/", { name: "Thing", params: { id: "2" } }],
  ["files", { name: "rest", params: {} }],
  ["files/a/b%20c.txt", { name: "rest", params: { path: "a/b c.txt" } }],
  ["files/a//b/", { name: "rest", params: { path: "a//b/" } }],
  ["byname", { name: "byName", params: {} }],
])("GET /api/%s is answered by the first function by name whose route matches", async (path, answer) => {
  const { host } = await app.start();
  const response = await fetch(`${host.url}/api/${path}`);
  expect(await response.json()).toEqual(answer);
});

it.each([
  ["GET", "nowhere"],
  ["GET", "api/nowhere"],
  ["GET", "api/things/a/b"],
  ["GET", "api/things"],
  ["GET", "api/things//a"],
  ["GET", "api//things/a"],
  ["POST", "api/things/a"],
  ["HEAD", "api/things/a"],
  ["OPTIONS", "api/things/a"],
  ["GET", "apix/things/a"],
])("%s /%s is 404 without a body, even for a known route with another method", async (method, path) => {
  const { host } = await app.start();
  const response = await fetch(`${host.url}/${path}`, { method });
  expect([response.status, await response.text()]).toEqual([404, ""]);
});

it("one route serves several functions by method", async () => {
  const { host } = await app.start();
  const response = await fetch(`${host.url}/api/things/12`, { method: "DELETE" });
  expect(await response.json()).toEqual({ name: "Thing", params: { id: "12" } });
});

it("bytes, headers and cookies survive the round trip", async () => {
  const { host } = await app.start();
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const response = await fetch(`${host.url}/api/echo?q=%C3%A4+b`, { method: "POST", body: bytes });
  expect(response.status).toBe(201);
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  expect(response.headers.get("x-query")).toBe("%C3%A4%20b");
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  expect(response.headers.getSetCookie()).toEqual([
    "a*=1%202%21; max-age=5; path=/x; secure; samesite=lax; httponly",
    "b=2; expires=Tue, 01 Jan 2030 00:00:00 GMT; path=/",
  ]);
});

it("a function sees method, absolute URL, headers, body, and a repeated query key as one value", async () => {
  const { host } = await app.start();
  const url = `${host.url}/api/describe?a=1&A=2&empty=&__proto__=x`;
  const response = await fetch(url, { method: "POST", headers: { "x-thing": "y" }, body: "grüß" });
  const { query, ...rest } = (await response.json()) as { query: object };
  expect(rest).toEqual({ method: "POST", url, header: "y", text: "grüß" });
  expect(Object.entries(query)).toEqual(
    expect.arrayContaining([
      ["a", "1,2"],
      ["empty", ""],
    ]),
  );
});

it("HEAD returns the headers of GET without its body", async () => {
  const { host } = await app.start();
  const response = await fetch(`${host.url}/api/head`, { method: "HEAD" });
  expect([response.status, response.headers.get("x-a"), await response.text()]).toEqual([200, "b", ""]);
});

it.each([
  ["throws", 500],
  ["text", 500],
  ["bad-header", 500],
  ["bad-cookie", 500],
  ["bad-length", 500],
  ["nothing", 204],
])("a handler that %s results in %i without a body", async (path, status) => {
  const { host } = await app.start();
  const response = await fetch(`${host.url}/api/${path}`);
  expect([response.status, await response.text()]).toEqual([status, ""]);
});

it("the reason for a handler's failure is in the log, not in the response", async () => {
  const { host, logged } = await app.start();
  await fetch(`${host.url}/api/throws`);
  expect(logged.filter(({ level }) => level === "error").map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Executed 'Functions.throws' \(Failed, Id=.*\): on purpose$/),
  ]);
});

it.each([
  "GET /api/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "GET //evil/api HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n",
  "GET http:// HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "GET /runtime/webhooks/durabletask/instances/%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "POST /api/describe HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
  "nonsense\r\n\r\n",
])("a malformed request (%j) is answered with an error and does not crash the host", async (text) => {
  const { host } = await app.start();
  expect(await exchange(host.port, text)).toMatch(/^HTTP\/1\.1 4\d\d/);
  expect((await fetch(host.url)).status).toBe(200);
});

it("GET / says that the app is up", async () => {
  const { host } = await app.start();
  expect(await (await fetch(host.url)).text()).toContain("up and running");
});

it("functions are listed with their URLs", async () => {
  const { host, logged } = await app.start();
  expect(host.functions).toContainEqual({
    name: "Thing",
    kind: "http",
    url: `${host.url}/api/things/{id}`,
    methods: ["GET", "DELETE"],
  });
  expect(logged.map(({ message }) => message)).toContain(`\tThing: [GET,DELETE] ${host.url}/api/things/{id}`);
});

it("a host that closes finishes running requests and refuses new ones", async () => {
  const { host } = await app.start();
  slow = gate();
  const running = fetch(`${host.url}/api/slow`);
  await slow.reached;
  const closed = host.close();
  expect((await fetch(`${host.url}/api/byName`)).status).toBe(503);
  slow.open();
  expect((await running).status).toBe(200);
  await closed;
  await expect(fetch(`${host.url}/api/byName`)).rejects.toThrow("fetch failed");
});

it("a taken port is refused with advice", async () => {
  const { host } = await app.start();
  await expect(app.start({ port: host.port })).rejects.toThrow("stop the process that uses it, or choose another port");
});
