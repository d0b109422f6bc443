import type { HttpResponseInit } from "@azure/functions";
import { chooseCoding, type Coding, isKnownTag } from "./conditions.ts";
import type { Page } from "./pages.ts";

/** Why there are no pages, for whoever opens one; undefined if there are. */
export type Absence = string | undefined;

interface Asked {
  method: string;
  /** Decoded. */
  path: string;
  /** The query with its `?`, as it was sent. */
  search: string;
  header: (name: string) => string | null;
}

/**
 * Answers a request outside the API from the closed list of pages. Names are exact; one slash too many at the end of a page's
 * name is taken back by a redirect, since people type it, and since the address to which the issuer sends them back has none.
 */
export function answerPage(
  asked: Asked,
  pages: ReadonlyMap<string, Page>,
  always: Readonly<Record<string, string>>,
  absence: Absence,
): HttpResponseInit {
  const page = pages.get(asked.path);
  const withoutSlash = asked.path.slice(0, -1);
  if (!page && asked.path.endsWith("/") && isHtml(pages.get(withoutSlash)))
    return { status: 308, headers: { ...always, "cache-control": "no-cache", location: withoutSlash + asked.search } };
  if (!page)
    return words(404, "This page does not exist", absence ?? "Check the address, or begin at its first page.", always);
  if (asked.method !== "GET" && asked.method !== "HEAD")
    return words(405, "This page can only be read", "It takes GET and HEAD.", { ...always, allow: "GET, HEAD" });
  return send(page, asked, always);
}

function send({ type, cacheControl, forms }: Page, { header }: Asked, always: Readonly<Record<string, string>>) {
  const coding = chooseCoding(header("accept-encoding"), Object.keys(forms) as Coding[]);
  const form = forms[coding];
  if (!form) throw new Error(`serve a page: it has no form ${coding}`);
  const headers = { ...always, "cache-control": cacheControl, etag: form.etag, vary: "Accept-Encoding" };
  if (isKnownTag(header("if-none-match"), form.etag)) return { status: 304, headers };
  return {
    status: 200,
    headers: {
      ...headers,
      "content-type": type,
      ...(coding !== "identity" && { "content-encoding": coding }),
      "content-length": String(form.body.length),
    },
    // For HEAD, too: the host leaves it out.
    body: form.body,
  };
}

/** A page of two sentences, without style or script. */
function words(status: number, title: string, advice: string, headers: Readonly<Record<string, string>>) {
  const body = Buffer.from(
    `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n` +
      `<title>${title}</title>\n<h1>${title}</h1>\n<p>${advice}</p>\n</html>\n`,
  );
  return {
    status,
    headers: {
      ...headers,
      "cache-control": "no-store",
      "content-type": "text/html; charset=utf-8",
      "content-length": String(body.length),
    },
    body,
  };
}

const isHtml = (page: Page | undefined) => page?.type.startsWith("text/html") ?? false;
