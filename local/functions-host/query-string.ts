import { decodeUtf8 } from "./request-target.ts";

/**
 * Parses a query as ASP.NET does (QueryFeature.ParseNullableQueryInternal): keys that differ in case only are one key,
 * spelled like the first; `+` is a space; anything that is not valid percent-encoded UTF-8 stays unchanged.
 */
export function parseQuery(queryString: string): URLSearchParams {
  const query = new URLSearchParams();
  const spelled = new Map<string, string>();
  for (const pair of queryString.replace(/^\?/, "").split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const key = decode(equals < 0 ? pair : pair.slice(0, equals));
    const first = spelled.get(key.toLowerCase()) ?? key;
    spelled.set(key.toLowerCase(), first);
    query.append(first, equals < 0 ? "" : decode(pair.slice(equals + 1)));
  }
  return query;
}

function decode(text: string): string {
  return decodeUtf8(text.replaceAll("+", " "));
}
