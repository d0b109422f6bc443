import { afterEach, describe, expect, it, vi } from "vitest";
import { readDescribed, registerDescribe } from "./fixture/describe.ts";
import { closing, openRaw, readAnswer, request } from "./fixture/raw-http.ts";
import { testApp } from "./fixture/test-app.ts";

/** Request bodies, as measured on host 4.1037 (2026-11-26). */
const bodyLimit = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";
const app = testApp();
let calls = 0;
app.register(() => {
  registerDescribe(() => (calls += 1));
});
afterEach(() => {
  Reflect.deleteProperty(process.env, bodyLimit);
  calls = 0;
});

describe("declared body of 100 MiB + 1", () => {
  it("is a 500 without a body, before any of it arrives; the handler does not run, and the connection closes", async () => {
    const { host } = await app.start();
    const connection = await openRaw(host.port);
    connection.send(request("POST /api/describe", ["Content-Length: 104857601"]));
    const { status, headers } = readAnswer(await connection.until("\r\n\r\n"));
    expect(status).toBe(500);
    expect(headers).toMatchObject({ "content-length": "0", connection: "close", server: "Kestrel" });
    expect(calls).toBe(0);
    connection.destroy();
  });

  it.each([
    [1000, 200],
    [1001, 500],
  ])(`with ${bodyLimit} at 1000, %i bytes are %i`, async (bytes, status) => {
    process.env[bodyLimit] = "1000";
    const { host } = await app.start();
    const response = await fetch(`${host.url}/api/describe`, { method: "POST", body: "x".repeat(bytes) });
    expect(response.status).toBe(status);
    expect(calls).toBe(status === 200 ? 1 : 0);
  });

  it("for a path without a function is a 404", async () => {
    process.env[bodyLimit] = "1000";
    const { host } = await app.start();
    const response = await fetch(`${host.url}/nowhere`, { method: "POST", body: "x".repeat(1001) });
    expect(response.status).toBe(404);
  });
});

describe("bodies", () => {
  const chunked = ["Transfer-Encoding: chunked"];

  it("without Content-Length are dropped, and the connection continues with the next request", async () => {
    const { host } = await app.start();
    const connection = await openRaw(host.port);
    connection.send(request("POST /api/describe", chunked, '4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n'));
    const dropped = readDescribed(readAnswer(await connection.until("0\r\n\r\n")).body);
    // The headers still show that there was one.
    expect([dropped.text, dropped.headers["transfer-encoding"], dropped.headers["content-length"]]).toEqual([
      "",
      "chunked",
      undefined,
    ]);
    connection.send(closing("POST /api/describe", ["Content-Length: 3"], "two"));
    const answers = await connection.closed;
    expect(readDescribed(answers.slice(answers.lastIndexOf("HTTP/1.1"))).text).toBe("two");
    expect(calls).toBe(2);
  });

  it("without Content-Length are dropped whatever their size", async () => {
    process.env[bodyLimit] = "1000";
    const { host } = await app.start();
    const body = new Blob(["x".repeat(100_000)]).stream();
    const response = await fetch(`${host.url}/api/describe`, { method: "POST", body, duplex: "half" });
    expect(await response.json()).toMatchObject({ text: "" });
  });

  it("with Expect: 100-continue and Content-Length are requested and arrive", async () => {
    const { host } = await app.start();
    const connection = await openRaw(host.port);
    connection.send(request("POST /api/describe", ["Connection: close", "Expect: 100-continue", "Content-Length: 3"]));
    expect(await connection.until("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    connection.send("two");
    const answers = await connection.closed;
    expect(readDescribed(answers).text).toBe("two");
  });

  it.each([
    ["without Content-Length", "POST /api/describe", chunked, 200],
    ["for a path without a function", "POST /nowhere", ["Content-Length: 3"], 404],
    ["over the limit", "POST /api/describe", ["Content-Length: 104857601"], 500],
  ])("with Expect: 100-continue %s are answered at once and not requested", async (_, line, headers, status) => {
    const { host } = await app.start();
    const connection = await openRaw(host.port);
    connection.send(request(line, ["Expect: 100-continue", ...headers]));
    expect(readAnswer(await connection.until("\r\n\r\n")).status).toBe(status);
    connection.destroy();
  });

  it("over the limit are read to their end before the connection closes, so that the answer is not lost", async () => {
    process.env[bodyLimit] = "1000";
    const { host } = await app.start();
    const connection = await openRaw(host.port);
    connection.send(request("POST /api/describe", ["Content-Length: 2000"], "x".repeat(1000)));
    expect(readAnswer(await connection.until("\r\n\r\n")).status).toBe(500);
    // Another round trip: the end of the connection would have arrived by now.
    expect((await fetch(host.url)).status).toBe(200);
    expect(connection.isOpen()).toBe(true);
    connection.send("x".repeat(1000));
    await connection.closed;
  });

  it("that are not complete within 5 s of the response end the connection", async () => {
    const { host } = await app.start();
    const connection = await openRaw(host.port);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    connection.send(request("POST /api/describe", chunked));
    expect(readAnswer(await connection.until("0\r\n\r\n")).status).toBe(200);
    vi.advanceTimersByTime(4_999);
    expect(connection.isOpen()).toBe(true);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    await connection.closed;
  });

  it("that end early never reach the handler", async () => {
    const { host } = await app.start();
    const connection = await openRaw(host.port);
    connection.send(request("POST /api/describe", ["Expect: 100-continue", "Content-Length: 10"]));
    await connection.until("100 Continue");
    connection.send("two");
    connection.destroy();
    await host.whenIdle();
    expect(calls).toBe(0);
  });
});
