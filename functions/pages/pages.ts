import { createHash } from "node:crypto";
import type { Settings } from "../../shared/config.ts";
import { type Coding, codings } from "./conditions.ts";
import { compressed, type PageFile, type PageFiles } from "./files.ts";

/** What is served at one path. */
export interface Page {
  type: string;
  cacheControl: string;
  /** In each form that there is: the bytes, and their strong tag. */
  forms: Readonly<Partial<Record<Coding, { body: Buffer; etag: string }>>>;
}

/** The pages, by path. No other path is one. */
const pagePaths: Readonly<Record<string, string>> = {
  "index.html": "/",
  "console.html": "/console",
  "accessibility.html": "/accessibility",
};

/** What stands for the settings in the portal's sources. */
const placeholder = "__PORTAL_SETTINGS__";

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  woff2: "font/woff2",
};

type PortalSettings = Pick<
  Settings,
  | "OIDC_ISSUER"
  | "OIDC_AUDIENCE"
  | "ADMIN_ROLE"
  | "PORTAL_CLIENT_ID"
  | "PORTAL_SUPPORT"
  | "PORTAL_ACCESSIBILITY_CONTACT"
>;

/** True if the portal is on: its client's tokens are accepted. Without them it could only show failures. */
export function isPortalOn({
  OIDC_CLIENTS: clients,
  PORTAL_CLIENT_ID: client,
}: Pick<Settings, "OIDC_CLIENTS" | "PORTAL_CLIENT_ID">): boolean {
  return clients.includes(client);
}

/** Everything that is served, by its exact path. */
export function pagesOf(files: PageFiles, settings: PortalSettings): ReadonlyMap<string, Page> {
  const pages = new Map<string, Page>();
  for (const [name, file] of files) {
    const path = pagePaths[name];
    if (path !== undefined)
      // The page must be asked for each time: it names the assets, and has the settings in it.
      pages.set(path, pageOf("text/html; charset=utf-8", "no-cache", compressed(withSettings(file.content, settings))));
    else if (name.startsWith("assets/")) {
      const type = types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
      // Another content has another name.
      pages.set(`/${name}`, pageOf(type, "public, max-age=31536000, immutable", file));
    }
  }
  return pages;
}

function pageOf(type: string, cacheControl: string, { content, br, gzip }: PageFile): Page {
  const hash = createHash("sha256").update(content).digest("base64url").slice(0, 22);
  const bodies = { br, gzip, identity: content };
  const forms: Partial<Record<Coding, { body: Buffer; etag: string }>> = {};
  for (const coding of codings) {
    const body = bodies[coding];
    // Tags are strong, so each form has its own.
    if (body !== undefined) forms[coding] = { body, etag: `"${hash}${coding === "identity" ? "" : `-${coding}`}"` };
  }
  return { type, cacheControl, forms };
}

/** The settings as JSON in the attribute of an element, where the page reads them without a script of its own. */
function withSettings(page: Buffer, settings: PortalSettings): Buffer {
  const told = {
    issuer: settings.OIDC_ISSUER,
    clientId: settings.PORTAL_CLIENT_ID,
    audience: settings.OIDC_AUDIENCE,
    adminRole: settings.ADMIN_ROLE,
    support: settings.PORTAL_SUPPORT ?? null,
    accessibilityContact: settings.PORTAL_ACCESSIBILITY_CONTACT ?? null,
  };
  const escaped = escapeHtml(JSON.stringify(told));
  return Buffer.from(page.toString("utf8").replaceAll(placeholder, () => escaped));
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? "");
}
