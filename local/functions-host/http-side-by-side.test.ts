import { app as azure } from "@azure/functions";
import { describe, expect, it } from "vitest";
import { readDescribed, registerDescribe } from "./fixture/describe.ts";
import { closing, exchange, openRaw, readAnswer, request } from "./fixture/raw-http.ts";
import { testApp } from "./fixture/test-app.ts";

/**
 * The cases in which the local host differed from host 4.1037 when both were measured side by side (2026-11-26), and
 * related ones. The names of the tests are the calls. Those about bodies are in http-bodies.test.ts.
 */
const app = testApp();
app.register(() => {
  registerDescribe();
  azure.http("empty", { methods: ["GET", "HEAD"], handler: () => ({ status: 200 }) });
  azure.http("reset", { handler: () => ({ status: 205 }) });
  azure.http("locked", { authLevel: "function", handler: () => ({ body: "open" }) });
  azure.http("off", { route: "switch", handler: () => ({ body: "off" }) });
  azure.http("on", { route: "switch", handler: () => ({ body: "on" }) });
  azure.http("traced", { methods: ["GET", "TRACE"], handler: () => ({ status: 405 }) });
  azure.http("zRest", {
    route: "{*rest}",
    methods: ["GET"],
    handler: () => ({ status: 404, jsonBody: { code: "x" } }),
  });
});

it("// in the path: 404, except after the start of a catch-all", async () => {
  const { host } = await app.start();
  const get = async (path: string) => {
    const { status, body } = readAnswer(await exchange(host.port, closing(`GET ${path}`)));
    return [status, body !== ""];
  };
  expect(await get("/api//describe")).toEqual([404, false]);
  expect(await get("//api/describe")).toEqual([404, false]);
  expect(await get("/api/describe//")).toEqual([404, true]);
});

it.each(["/api", "/api/", "/API?x=1"])("GET %s: the catch-all answers", async (path) => {
  const { host } = await app.start();
  const response = await fetch(host.url + path);
  expect([response.status, await response.json()]).toEqual([404, { code: "x" }]);
});

it("%00 in the path: 400 without a body, by the host", async () => {
  const { host } = await app.start();
  const { status, headers, body } = readAnswer(await exchange(host.port, request("GET /api/a%00b")));
  expect([status, body, headers["content-length"]]).toEqual([400, "", "0"]);
});

it("two Authorization headers: the handler sees them joined by a comma, like any repeated header", async () => {
  const { host } = await app.start();
  const headers = [
    "Authorization: Bearer a",
    "X-Thing: 1",
    "authorization: Bearer b",
    "x-thing: 2",
    "Cookie: a=1",
    "Cookie: b=2",
  ];
  const described = readDescribed(readAnswer(await exchange(host.port, closing("GET /api/describe", headers))).body);
  expect(described.headers).toMatchObject({ authorization: "Bearer a,Bearer b", "x-thing": "1,2", cookie: "a=1,b=2" });
});

describe("header of 20 KB", () => {
  const padded = (bytes: number) => closing("GET /api/empty", [`X-Padding: ${"x".repeat(bytes)}`]);
  it.each([
    ["20 KB", padded(20_000), 200],
    ["32 KiB with all the others", padded(32_768 - "Host: x\r\nConnection: close\r\nX-Padding: \r\n".length), 200],
    ["one byte more", padded(32_769 - "Host: x\r\nConnection: close\r\nX-Padding: \r\n".length), 431],
    ["more than 32 KiB", padded(32_768), 431],
    ["more than Node accepts", padded(1_100_000), 431],
    [
      "100 headers",
      closing(
        "GET /api/empty",
        Array.from({ length: 98 }, (_, index) => `X-${index}: x`),
      ),
      200,
    ],
    [
      "101 headers",
      closing(
        "GET /api/empty",
        Array.from({ length: 99 }, (_, index) => `X-${index}: x`),
      ),
      431,
    ],
    ["a line of 8 KB", closing(`GET /api/empty?${"x".repeat(8_000)}`), 200],
    ["a line over 8 KiB", closing(`GET /api/empty?${"x".repeat(8_192)}`), 414],
    ["a line of 70 KB", closing(`GET /api/empty?${"x".repeat(70_000)}`), 414],
  ])("%s", async (_, text, status) => {
    const { host } = await app.start();
    const answer = readAnswer(await exchange(host.port, text));
    expect([answer.status, answer.headers["server"]]).toEqual([status, "Kestrel"]);
  });
});

describe("/admin/*", () => {
  it.each(["host/status", "host/ping", "../%61dmin/functions", "functions", "functions/describe", "nowhere"])(
    "%s: 401 without key",
    async (path) => {
      const { host } = await app.start();
      for (const headers of [{}, { "x-functions-key": "wrong" }]) {
        const response = await fetch(`${host.url}/admin/${path}`, { headers });
        expect([response.status, await response.text()]).toEqual([401, ""]);
      }
    },
  );

  it("is open with the master key, as a header or in the query", async () => {
    const { host } = await app.start();
    const byHeader = await fetch(`${host.url}/admin/host/status`, { headers: { "x-functions-key": host.masterKey } });
    expect(await byHeader.json()).toMatchObject({ state: "Running" });
    expect((await fetch(`${host.url}/admin/functions?code=${host.masterKey}`)).status).toBe(200);
  });

  it("a non-anonymous function is 401 without key", async () => {
    const { host } = await app.start();
    expect((await fetch(`${host.url}/api/locked`)).status).toBe(401);
    expect(await (await fetch(`${host.url}/api/locked?code=${host.masterKey}`)).text()).toBe("open");
  });
});

describe("responses", () => {
  const answerTo = async (text: string) => {
    const { host } = await app.start();
    const { headers, ...rest } = readAnswer(await exchange(host.port, text));
    const { date, ...others } = headers;
    expect(new Date(date ?? "").getTime()).not.toBeNaN();
    return { headers: others, ...rest };
  };

  it("with a body are chunked", async () => {
    const { status, headers, body } = await answerTo(closing("GET /api/describe"));
    expect([status, headers]).toEqual([
      200,
      { "content-type": "application/json", "transfer-encoding": "chunked", connection: "close", server: "Kestrel" },
    ]);
    expect(body).toMatch(/^[\da-f]+\r\n\{.*\}\r\n0\r\n\r\n$/);
  });

  it("without a body have the length 0", async () => {
    expect(await answerTo(closing("GET /api/empty"))).toEqual({
      status: 200,
      headers: { "content-length": "0", connection: "close", server: "Kestrel" },
      body: "",
    });
    expect((await answerTo(closing("GET /api/reset"))).headers).toMatchObject({ "content-length": "0" });
  });

  it("to HEAD have no length, whether GET has a body or not", async () => {
    for (const name of ["describe", "empty"]) {
      const { headers, body } = await answerTo(closing(`HEAD /api/${name}`));
      expect([headers["content-length"], headers["transfer-encoding"], body]).toEqual([undefined, undefined, ""]);
    }
  });

  it("on a connection that stays open have no Connection header", async () => {
    const { host } = await app.start();
    const connection = await openRaw(host.port);
    connection.send(request("GET /api/empty"));
    const { headers } = readAnswer(await connection.until("\r\n\r\n"));
    expect(Object.keys(headers)).toEqual(expect.not.arrayContaining(["connection", "keep-alive"]) as string[]);
    connection.destroy();
  });

  it("to HTTP/1.0 end with the connection", async () => {
    const text = closing("GET /api/describe").replace("HTTP/1.1", "HTTP/1.0");
    const { headers, body } = await answerTo(text);
    expect(headers["transfer-encoding"]).toBeUndefined();
    expect(body).toMatch(/^\{.*\}$/);
  });
});

describe("requests", () => {
  it("an unknown method is 404 without a body, like a path without a function", async () => {
    const { host } = await app.start();
    for (const method of ["TRACE", "PROPFIND", "FETCH"]) {
      const { status, headers, body } = readAnswer(await exchange(host.port, closing(`${method} /api/describe`)));
      expect([status, headers["server"], body]).toEqual([404, "Kestrel", ""]);
    }
  });

  it("TRACE to a function that is registered with it is 500: the library's Request refuses it", async () => {
    const { host } = await app.start();
    expect(readAnswer(await exchange(host.port, closing("TRACE /api/traced"))).status).toBe(500);
  });

  it("to a disabled function are 404 without a body, even if another function has the route", async () => {
    process.env["AzureWebJobs.off.Disabled"] = "true";
    const { host } = await app.start();
    const response = await fetch(`${host.url}/api/switch`);
    expect([response.status, await response.text()]).toEqual([404, ""]);
    expect(host.functions.map(({ name }) => name)).not.toContain("off");
    delete process.env["AzureWebJobs.off.Disabled"];
  });

  it.each([
    ["without Host", "GET /api/empty HTTP/1.1\r\n\r\n", 400],
    ["with two", "GET /api/empty HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400],
    ["with an invalid Host", "GET /api/empty HTTP/1.1\r\nHost: a b/c\r\n\r\n", 400],
    ["without a length on HTTP/1.0", "POST /api/describe HTTP/1.0\r\nHost: x\r\n\r\n", 400],
    ["with a header that is not UTF-8", "GET /api/empty HTTP/1.1\r\nHost: x\r\nX-Thing: \xff\r\n\r\n", 400],
    ["for * with a method other than OPTIONS", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", 405],
    ["to be a proxy", "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", 404],
  ])("%s are refused by the host", async (_, text, status) => {
    const { host } = await app.start();
    const connection = await openRaw(host.port);
    connection.send(Buffer.from(text, "latin1"));
    const answer = readAnswer(await connection.closed);
    expect([answer.status, answer.headers["server"], answer.headers["connection"]]).toEqual([
      status,
      "Kestrel",
      "close",
    ]);
  });

  it("the handler sees UTF-8 headers decoded, and the URL with its path re-encoded", async () => {
    const { host } = await app.start();
    const connection = await openRaw(host.port);
    const headers = ["Connection: close", "X-Thing: gr\u00fc\u00df"];
    connection.send(Buffer.from(request("GET /api/%64escribe?q=%64", headers)));
    const described = readDescribed(readAnswer(await connection.closed).body);
    expect(described.url).toBe("http://x/api/describe?q=%64");
    expect(Buffer.from(described.headers["x-thing"] ?? "", "latin1").toString()).toBe("gr\u00fc\u00df");
  });
});
