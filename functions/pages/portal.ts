import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import type { Settings } from "../../shared/config.ts";
import { answerPage } from "./answer.ts";
import { readPageFiles } from "./files.ts";
import { securityHeaders } from "./headers.ts";
import { isPortalOn, pagesOf } from "./pages.ts";

/**
 * The web pages for researchers and operators. They are read once, here, from the folder into which the portal was built. If
 * it is not there, that is said, and the app goes on without pages.
 */
export function portalIn(
  folder: URL,
  settings: Settings,
  warn: (words: string) => void,
): (request: HttpRequest) => HttpResponseInit {
  const isOn = isPortalOn(settings);
  const files = isOn ? readPageFiles(folder) : undefined;
  if (isOn && files?.has("index.html") !== true)
    warn(`read the portal: it is not in ${folder.pathname} (npm run build:portal builds it; the API works without it)`);
  const absence = isOn
    ? "The pages are missing from this installation; the API works."
    : "The portal is switched off here: OIDC_CLIENTS does not name its client, PORTAL_CLIENT_ID.";
  const pages = files ? pagesOf(files, settings) : new Map<string, never>();
  const always = securityHeaders(settings.OIDC_ISSUER);
  return ({ method, url, params, headers }) => {
    // As the host read it. A URL would take `%2e%2e`, which was `%252e%252e`, for a step back.
    const path = `/${params["rest"] ?? ""}`;
    const asked = { method, path, search: new URL(url).search, header: (name: string) => headers.get(name) };
    return answerPage(asked, pages, always, pages.size === 0 ? absence : undefined);
  };
}
