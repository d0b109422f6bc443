import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { everything } from "./everything.ts";
import { callRaw, exchange, lastStatus } from "./raw-http.ts";

/** The portal as it is built, on the local host. functions/pages/portal.test.ts has the rules one by one. */
let estate: TestEstate;
let script: string;
let styles: string;
beforeAll(async () => {
  estate = await startTestEstate(undefined, {
    OIDC_CLIENTS: "workspace-action,guacamole-workspaces-cli,desktops-portal",
    PORTAL_SUPPORT: "the desktop team (desktops@example.org)",
  });
  const { text } = await get("/");
  script = /<script[^>]* src="([^"]+)"/.exec(text)?.[1] ?? "none";
  styles = /<link[^>]* rel="stylesheet"[^>]* href="([^"]+)"/.exec(text)?.[1] ?? "none";
});
afterAll(() => estate.close());

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  callRaw(estate.host.url + path, method, headers);
const send = (method: string, target: string) =>
  exchange(
    Number(new URL(estate.host.url).port),
    `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  );

describe("the portal", () => {
  it("is at /, with the console and the accessibility statement beside it", async () => {
    for (const path of ["/", "/console", "/accessibility"]) {
      const { status, headers, text } = await get(path);
      expect([path, status, headers["content-type"]]).toEqual([path, 200, "text/html; charset=utf-8"]);
      expect(headers["content-length"]).toBe(String(Buffer.byteLength(text)));
      expect(text).not.toContain("__PORTAL_SETTINGS__");
      expect(text).toContain(`&quot;issuer&quot;:&quot;${estate.identity.issuer}&quot;`);
      expect(text).toContain("the desktop team (desktops@example.org)");
    }
  });

  it("asks of its own origin only, and has no script or style in a page", async () => {
    for (const path of ["/", "/console", "/accessibility"]) {
      const { headers, text } = await get(path);
      expect(headers["content-security-policy"]).toContain(
        `connect-src 'self' ${new URL(estate.identity.issuer).origin};`,
      );
      const addresses = [...text.matchAll(/ (?:src|href)="([^"]*)"/g)].map(([, address = ""]) => address);
      expect(addresses.filter((address) => !/^(\/assets\/|\/$|\/[a-z]+$|#)/.test(address))).toEqual([]);
      expect(text).not.toMatch(/<style|<script(?![^>]* src=)| on[a-z]+=| style=/);
      for (const address of addresses.filter((each) => each.startsWith("/assets/")))
        expect([address, (await get(address)).status]).toEqual([address, 200]);
    }
  });

  it("is the same in every form", async () => {
    const inForm = async (path: string, form: string) =>
      (await fetch(estate.host.url + path, { headers: { "accept-encoding": form } })).text();
    const { text } = await get("/");
    const assets = [...text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, address = ""]) => address);
    expect(assets.length).toBeGreaterThan(2);
    for (const path of ["/", ...assets]) {
      const plain = await inForm(path, "identity");
      for (const form of ["br", "gzip"]) expect((await inForm(path, form)) === plain, `${path} as ${form}`).toBe(true);
    }
  });

  it("is sent compressed, and not again to whoever has it", async () => {
    for (const path of ["/", script, styles]) {
      const { headers } = await get(path, { "accept-encoding": "gzip, br" });
      expect([path, headers["content-encoding"], headers["vary"]]).toEqual([path, "br", "Accept-Encoding"]);
      const etag = String(headers["etag"]);
      const again = await get(path, { "accept-encoding": "gzip, br", "if-none-match": etag });
      expect([again.status, again.text, again.headers["etag"]]).toEqual([304, "", etag]);
    }
    expect((await get("/")).headers["cache-control"]).toBe("no-cache");
    expect((await get(script)).headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  });

  it("answers HEAD like GET, without the body", async () => {
    for (const path of ["/", script]) {
      const [head, whole] = [await get(path, {}, "HEAD"), await get(path)];
      const headers = { ...head.headers };
      delete headers["date"];
      expect([head.status, head.text]).toEqual([200, ""]);
      expect(whole.headers).toMatchObject(headers);
      expect(headers["content-length"]).toBe(String(Buffer.byteLength(whole.text)));
    }
  });

  it("cannot be framed, on any page, found or not", async () => {
    for (const path of ["/", "/console", "/accessibility", "/nowhere", script]) {
      const { headers } = await get(path);
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers["x-frame-options"]).toBe("DENY");
    }
  });

  it.each([
    ["/assets/../functions/index.js", 404],
    ["/../../etc/passwd", 404],
    ["/%2e%2e/%2e%2e/etc/passwd", 404],
    ["/assets/%2e%2e%2f%2e%2e%2fpackage.json", 404],
    ["/assets/%252e%252e/console", 404],
    ["/assets/..\\..\\package.json", 404],
    ["/assets/%5c..%5c..%5cpackage.json", 404],
    ["//etc/passwd", 404],
    ["/assets//index.js", 404],
    ["/console%00", 400],
    ["/assets/%00", 400],
    ["/.git/config", 404],
    ["/local.settings.json", 404],
    ["/host.json", 404],
  ])("has nothing at %s: %i", async (target, status) => {
    const answer = await send("GET", target);
    expect(lastStatus(answer)).toBe(status);
    expect(answer).not.toMatch(/extensionBundle|root:|IsEncrypted/);
  });

  it("changes nothing anywhere, whatever is sent to it", async () => {
    const before = await everything(estate);
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
      expect(lastStatus(await send(method, "/console"))).toBe(405);
    expect(await everything(estate)).toEqual(before);
  });
});

describe("the API beside it", () => {
  it("is never cached, and has no page for an error", async () => {
    for (const [path, status] of [
      ["/api/health/live", 200],
      ["/api/users/alice/desktop", 401],
      ["/api/nowhere", 404],
      ["/api", 404],
      ["/API/console", 404],
      ["/api/%2e", 404],
    ] as const) {
      const answer = await get(path);
      expect([path, answer.status, answer.headers["cache-control"]]).toEqual([path, status, "no-store"]);
      expect(answer.headers["content-type"]).toMatch(/^application\/(problem\+)?json$/);
    }
  });

  it("has no second address without /api", async () => {
    for (const path of ["/health/live", "/openapi.json", "/users/alice/desktop"]) {
      const { status, headers } = await get(path);
      expect([path, status, headers["content-type"]]).toEqual([path, 404, "text/html; charset=utf-8"]);
    }
  });
});
