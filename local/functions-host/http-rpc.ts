import type { HostRequest, HostResponse } from "./http-message.ts";
import type { RpcCookie, RpcHttp, RpcTypedData } from "./rpc.ts";

/**
 * Converts a request for the worker. A repeated key of the query becomes one comma-separated value
 * (Azure/azure-functions-host, GrpcMessageConversionExtensions.ToRpcHttp).
 */
export function toRpcHttp(request: HostRequest, params: Readonly<Record<string, string>>): RpcHttp {
  const { method, url, headers, query, body } = request;
  const joined = [...new Set(query.keys())].map((key) => [key, query.getAll(key).join(",")] as const);
  return {
    method,
    url,
    nullableHeaders: toNullable(Object.entries(headers)),
    nullableParams: toNullable(Object.entries(params)),
    nullableQuery: toNullable(joined),
    ...(body.length > 0 && { body: { bytes: body } }),
  };
}

/** Without a prototype: a query may have a key such as __proto__. */
function toNullable(entries: readonly (readonly [string, string])[]): Record<string, { value: string }> {
  const mapping = Object.create(null) as Record<string, { value: string }>;
  for (const [key, value] of entries) mapping[key] = { value };
  return mapping;
}

/** Converts a function's response; 204 if it returned nothing. Throws if a status or header cannot be sent. */
export function fromRpcHttp(value: RpcTypedData | null | undefined): HostResponse {
  if (!value?.http) return { status: 204 };
  const { statusCode, headers, cookies, body } = value.http;
  const status = Number(statusCode ?? 200);
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new Error(`send status ${status}: not 200 to 599`);
  return {
    status,
    headers: [
      ...Object.entries(headers ?? {}),
      ...(cookies ?? []).map((cookie) => ["set-cookie", serialiseCookie(cookie)] as const),
    ],
    ...(body?.bytes && { body: body.bytes }),
  };
}

const sameSite = { none: "", lax: "; samesite=lax", strict: "; samesite=strict", explicitNone: "; samesite=none" };

/** Percent-encodes the value and not the name, as in ASP.NET's response cookies (ResponseCookies.cs). */
function serialiseCookie(cookie: RpcCookie): string {
  // SetCookieHeaderValue refuses a name that is not a token.
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(cookie.name))
    throw new Error(`send cookie ${cookie.name}: its name is not a token`);
  return [
    `${cookie.name}=${escapeDataString(cookie.value)}`,
    cookie.expires && `; expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`,
    cookie.maxAge && `; max-age=${cookie.maxAge.value}`,
    cookie.domain && `; domain=${cookie.domain.value}`,
    // ASP.NET's cookies are for the whole site by default.
    `; path=${cookie.path?.value ?? "/"}`,
    cookie.secure?.value === true && "; secure",
    sameSite[cookie.sameSite ?? "none"],
    cookie.httpOnly?.value === true && "; httponly",
  ]
    .filter((part) => typeof part === "string")
    .join("");
}

/** .NET's Uri.EscapeDataString: escapes everything except RFC 3986's unreserved characters. */
function escapeDataString(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
