import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleToken } from "../local/token.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { everything } from "./everything.ts";
import { exchange, jsonIn, lastStatus } from "./raw-http.ts";

/** Request lines and Host headers that the Functions host accepts although they make no address. */
let estate: TestEstate;
let port: number;
beforeAll(async () => {
  estate = await startTestEstate();
  port = Number(new URL(estate.host.url).port);
});
afterAll(() => estate.close());

const send = (method: string, target: string, host: string, headers = "") =>
  exchange(port, `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${headers}Connection: close\r\n\r\n`);

const malformedHosts = [
  "a%40b",
  "user%3Asecret%40x",
  "%40",
  "%",
  "%00",
  "x:99999",
  "[:::::]",
  "1.2.3.4.5",
  "999.9.9.9",
];

describe("a Host that makes no address", () => {
  it.each(malformedHosts)(
    "%s is answered with a 400 problem wherever it is sent, and changes nothing",
    async (host) => {
      const token = await sampleToken(estate.identity.issuer, "alice");
      const before = await everything(estate);
      const calls = [
        ["GET", "/api/health/live"],
        ["GET", "/api/nowhere"],
        ["DELETE", "/api/users/alice/desktop"],
        ["POST", "/api/keycloak/events"],
        ["TRACE", "/api/maintenance"],
        ["GET", "/"],
        ["GET", "/console"],
      ] as const;
      for (const [method, target] of calls) {
        const answer = await send(method, target, host, `Authorization: Bearer ${token}\r\n`);
        expect([target, lastStatus(answer)]).toEqual([target, 400]);
        expect(answer).toMatch(/^content-type: application\/problem\+json/im);
        expect(jsonIn(answer)).toMatchObject({ code: "malformed-address" });
      }
      expect(await everything(estate)).toEqual(before);
    },
  );
});

describe("a user in a request line", () => {
  it("never reaches the product: the Functions host does not pass it on", async () => {
    const host = `127.0.0.1:${port}`;
    const answer = await send("GET", `http://user:secret@${host}/api/health/live`, host);
    expect(lastStatus(answer)).toBe(200);
    expect(JSON.stringify(estate.log)).not.toContain("user:secret");
  });

  it.each(["user:secret@x", "user@x", "@x"])("is refused by the Functions host in a Host: %s", async (host) => {
    expect(lastStatus(await send("GET", "/api/health/live", host))).toBe(400);
  });
});

describe("a strange Host that is an address", () => {
  it.each(["", "x", "x:0", "[fe80::1]", "xn--a", "~", "!$&'()*+,;=", "0x.0x"])("%j is served", async (host) => {
    expect(lastStatus(await send("GET", "/api/health/live", host))).toBe(200);
  });
});
