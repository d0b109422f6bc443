import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { HttpRequest } from "@azure/functions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSettings } from "../../shared/config.ts";
import { portalIn } from "./portal.ts";

/** Names and form as `npm run build:portal` writes them (vite 8.3.8). */
const script = "document.title = 'x';\n";
const built: Readonly<Record<string, string>> = {
  "index.html": '<!doctype html><meta name="portal-settings" content="__PORTAL_SETTINGS__"><p>index</p>',
  "console.html": '<!doctype html><meta name="portal-settings" content="__PORTAL_SETTINGS__"><p>console</p>',
  "accessibility.html": '<!doctype html><meta name="portal-settings" content="__PORTAL_SETTINGS__"><p>statement</p>',
  "secret.html": "not a page",
  "assets/index-0z3u-gu5.js": script,
  "assets/index-0z3u-gu5.js.br": "as brotli",
  "assets/index-0z3u-gu5.js.gz": "as gzip",
  "assets/only-compressed.js.br": "of nothing",
  "assets/icon-BhKS4Hzf.svg": "<svg/>",
  "assets/odd.wasm": "?",
};

let folder: string;
let portal: URL;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "portal-"));
  await mkdir(join(folder, "assets"));
  for (const [name, text] of Object.entries(built)) await writeFile(join(folder, name), text);
  portal = new URL(`${pathToFileURL(folder).href}/`);
});
afterAll(() => rm(folder, { recursive: true }));

const settings = (changed: Record<string, string> = {}) =>
  readSettings({
    DATABASE_URL: "postgres://app:secret@db.example/guacamole",
    DESKTOP_IMAGE: "example.org/desktop:1",
    GUACAMOLE_URL: "https://guacamole.example",
    OIDC_ISSUER: "https://keycloak.example:8443/realms/sde",
    OIDC_AUDIENCE: "guacamole-workspaces",
    OIDC_CLIENTS: "workspace-action,desktops-portal",
    ...changed,
  });

/** A call of the pages, as the route makes it. */
function pages(changed?: Record<string, string>, from = portal) {
  const warnings: string[] = [];
  const page = portalIn(from, settings(changed), (words) => warnings.push(words));
  const ask = (path: string, headers: Record<string, string> = {}, method = "GET") => {
    const { pathname, search } = new URL(path, "https://desktops.example");
    const rest = path.slice(1).replace(search, "");
    const answer = page({
      method,
      url: `https://desktops.example${pathname}${search}`,
      params: rest === "" ? {} : { rest },
      headers: new Headers(headers),
    } as unknown as HttpRequest);
    const body = answer.body as Buffer | undefined;
    return { ...answer, headers: answer.headers as Record<string, string>, body, text: body?.toString() ?? "" };
  };
  return { ask, warnings };
}

const html = "text/html; charset=utf-8";
const immutable = "public, max-age=31536000, immutable";

describe("what is served", () => {
  it.each([
    ["/", 200, html, "no-cache"],
    ["/console", 200, html, "no-cache"],
    ["/accessibility", 200, html, "no-cache"],
    ["/console?state=failed&sort=worst", 200, html, "no-cache"],
    ["/assets/index-0z3u-gu5.js", 200, "text/javascript; charset=utf-8", immutable],
    ["/assets/icon-BhKS4Hzf.svg", 200, "image/svg+xml", immutable],
    ["/assets/odd.wasm", 200, "application/octet-stream", immutable],
    ["/index.html", 404, html, "no-store"],
    ["/secret.html", 404, html, "no-store"],
    ["/Console", 404, html, "no-store"],
    ["/consoles", 404, html, "no-store"],
    ["/assets", 404, html, "no-store"],
    ["/assets/", 404, html, "no-store"],
    ["/assets/index-0z3u-gu5.js/", 404, html, "no-store"],
    ["/assets/index-0z3u-gu5.js.br", 404, html, "no-store"],
    ["/assets/only-compressed.js", 404, html, "no-store"],
    ["/assets/gone-12345678.js", 404, html, "no-store"],
    ["/nowhere", 404, html, "no-store"],
    ["/toString", 404, html, "no-store"],
  ])("%s: %i", (path, status, type, cacheControl) => {
    const { ask } = pages();
    const { headers, body, ...answer } = ask(path);
    expect([answer.status, headers["content-type"], headers["cache-control"]]).toEqual([status, type, cacheControl]);
    expect(headers["content-length"]).toBe(String(body?.length));
    expect(headers["vary"]).toBe(status === 200 ? "Accept-Encoding" : undefined);
  });

  it.each([
    "/../functions/index.js",
    "/assets/../../package.json",
    "/assets/%2e%2e/%2e%2e/package.json",
    "/assets/%2e%2e/console",
    "/%2e/console",
    "/api/../console",
    "/assets/..%2f..%2fpackage.json",
    "/assets/..%5c..%5cpackage.json",
    "/assets/%5c..%5cindex.html",
    "/assets//index-0z3u-gu5.js",
    "/%2fconsole",
    "/console%00",
    "/console%20",
    "/file:///etc/passwd",
  ])("nothing at %s", (path) => {
    expect(pages().ask(path).status).toBe(404);
  });

  it("nothing is read after the start", async () => {
    const { ask } = pages();
    await writeFile(join(folder, "assets/late.js"), "late");
    expect(ask("/assets/late.js").status).toBe(404);
    await rm(join(folder, "assets/late.js"));
  });
});

describe("a slash too many", () => {
  it.each([
    ["/console/", "/console"],
    ["/accessibility/", "/accessibility"],
    ["/console/?state=failed", "/console?state=failed"],
  ])("%s leads to %s", (path, location) => {
    const { status, headers, text } = pages().ask(path);
    expect([status, headers["location"], headers["cache-control"], text]).toEqual([308, location, "no-cache", ""]);
  });

  it.each(["//evil.example/", "/console//", "/console/%2f%2fevil.example/"])("%s leads nowhere", (path) => {
    const { status, headers } = pages().ask(path);
    expect([status, headers["location"]]).toEqual([404, undefined]);
  });
});

describe("every answer", () => {
  const cases = ["/", "/console", "/accessibility", "/assets/index-0z3u-gu5.js", "/nowhere", "/console/"].flatMap(
    (path) => ["GET", "HEAD", "POST"].map((method) => [method, path] as const),
  );
  it.each(cases)("%s %s has the headers that protect it", (method, path) => {
    expect(pages().ask(path, {}, method).headers).toMatchObject({
      "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
        "connect-src 'self' https://keycloak.example:8443; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": expect.stringContaining("camera=(), ") as unknown,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
  });

  it("of a revalidation has them, too", () => {
    const { ask } = pages();
    const first = ask("/");
    const again = ask("/", { "if-none-match": first.headers["etag"] ?? "" });
    expect(again.status).toBe(304);
    expect(again.headers["content-security-policy"]).toBe(first.headers["content-security-policy"]);
  });
});

describe("a method", () => {
  it("other than GET and HEAD is refused where there is a page, and finds nothing elsewhere", () => {
    const { ask } = pages();
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]) {
      const { status, headers } = ask("/console", {}, method);
      expect([method, status, headers["allow"]]).toEqual([method, 405, "GET, HEAD"]);
      expect(ask("/nowhere", {}, method).status).toBe(404);
    }
  });

  it("HEAD has the headers of GET", () => {
    const { ask } = pages();
    for (const path of ["/", "/assets/index-0z3u-gu5.js", "/nowhere"])
      expect(ask(path, { "accept-encoding": "gzip" }, "HEAD").headers).toEqual(
        ask(path, { "accept-encoding": "gzip" }).headers,
      );
  });
});

describe("compressed", () => {
  const address = "/assets/index-0z3u-gu5.js";

  it.each([
    ["br", "as brotli"],
    ["gzip", "as gzip"],
  ])("an asset is sent as the build wrote it, as %s", (coding, content) => {
    const { headers, text } = pages().ask(address, { "accept-encoding": coding });
    expect([headers["content-encoding"], headers["content-length"], text]).toEqual([
      coding,
      String(content.length),
      content,
    ]);
  });

  it("it is sent as it is if the client accepts nothing else, or if the build compressed nothing", () => {
    const { ask } = pages();
    for (const { headers, text } of [ask(address), ask(address, { "accept-encoding": "zstd" })])
      expect([headers["content-encoding"], text]).toEqual([undefined, script]);
    const { headers, text } = ask("/assets/icon-BhKS4Hzf.svg", { "accept-encoding": "br" });
    expect([headers["content-encoding"], text]).toEqual([undefined, "<svg/>"]);
  });

  it("a page is the same in every form", () => {
    const { ask } = pages();
    const plain = ask("/").text;
    const br = ask("/", { "accept-encoding": "br" });
    const gzip = ask("/", { "accept-encoding": "gzip" });
    expect(brotliDecompressSync(br.body as Buffer).toString()).toBe(plain);
    expect(gunzipSync(gzip.body as Buffer).toString()).toBe(plain);
  });
});

describe("a tag", () => {
  it("is another one for each form, and is known in its own only", () => {
    const { ask } = pages();
    for (const path of ["/", "/assets/index-0z3u-gu5.js"]) {
      const codings = ["br", "gzip", "identity"];
      const tags = codings.map((coding) => ask(path, { "accept-encoding": coding }).headers["etag"] ?? "");
      expect(new Set(tags).size).toBe(3);
      for (const coding of codings)
        for (const tag of tags) {
          const { status, text } = ask(path, { "accept-encoding": coding, "if-none-match": tag });
          const isOwn = tag === tags[codings.indexOf(coding)];
          expect([coding, tag, status, isOwn && text]).toEqual([coding, tag, isOwn ? 304 : 200, isOwn && ""]);
        }
    }
  });

  it("of a page changes with the settings that are in it, and stays the same over a restart", () => {
    const tagWith = (changed?: Record<string, string>) => pages(changed).ask("/").headers["etag"];
    expect(tagWith()).toBe(tagWith());
    const changes = [
      { PORTAL_SUPPORT: "help@example.org" },
      { PORTAL_ACCESSIBILITY_CONTACT: "help@example.org" },
      { OIDC_ISSUER: "https://other.example/realms/sde" },
      { PORTAL_CLIENT_ID: "portal", OIDC_CLIENTS: "portal" },
    ];
    expect(new Set([undefined, ...changes].map(tagWith)).size).toBe(1 + changes.length);
    // The same script, whatever the settings.
    const asset = "/assets/index-0z3u-gu5.js";
    expect(pages(changes[0]).ask(asset).headers["etag"]).toBe(pages().ask(asset).headers["etag"]);
  });
});

describe("the settings in a page", () => {
  const told = (text: string) => {
    const content = /content="([^"]*)"/.exec(text)?.[1] ?? "";
    const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
    return JSON.parse(content.replace(/&(#?\w+);/g, (_, name: string) => entities[name] ?? "?")) as unknown;
  };

  it("are those that the portal needs, and no others", () => {
    for (const path of ["/", "/console", "/accessibility"])
      expect(told(pages().ask(path).text)).toEqual({
        issuer: "https://keycloak.example:8443/realms/sde",
        clientId: "desktops-portal",
        audience: "guacamole-workspaces",
        adminRole: "desktop-admin",
        support: null,
        accessibilityContact: null,
      });
  });

  it("cannot leave the attribute, whatever is in them", () => {
    const support = `"><script>alert(1)</script> $& $' & \\u0022 'IT' <help@example.org>`;
    const { text } = pages({ PORTAL_SUPPORT: support, PORTAL_ACCESSIBILITY_CONTACT: "a@b" }).ask("/");
    expect(text).not.toContain("<script");
    expect(told(text)).toMatchObject({ support, accessibilityContact: "a@b" });
  });
});

describe("without pages", () => {
  it("every path says that the portal is off, if the tokens of its client are not accepted", () => {
    const { ask, warnings } = pages({ OIDC_CLIENTS: "workspace-action" });
    for (const path of ["/", "/console", "/assets/index-0z3u-gu5.js"]) {
      const { status, text, headers } = ask(path);
      expect([status, headers["x-frame-options"]]).toEqual([404, "DENY"]);
      expect(text).toContain("OIDC_CLIENTS does not name its client, PORTAL_CLIENT_ID");
    }
    expect(warnings).toEqual([]);
  });

  it("every path says so if the portal was not built, and the log says how to build it", () => {
    const nowhere = new URL("not-there/", portal);
    const { ask, warnings } = pages({}, nowhere);
    expect([ask("/").status, ask("/").text.includes("missing from this installation")]).toEqual([404, true]);
    expect(warnings).toEqual([
      `read the portal: it is not in ${nowhere.pathname} (npm run build:portal builds it; the API works without it)`,
    ]);
  });
});
