import type { HttpResponseInit } from "@azure/functions";
import { type ErrorCode, errorCodes, type ReasonValues, type UnderWay } from "../../shared/errors.ts";
import { explainCode } from "../../shared/person/explain-codes.ts";

/** An RFC 9457 answer: `code` is stable, `detail` is for operators, `explanation` for the desktop's person. */
export function problem(
  code: ErrorCode,
  detail: string,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
  values?: ReasonValues,
  underWay?: UnderWay,
): HttpResponseInit {
  const [status, title] = errorCodes[code];
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-request-id": requestId,
      ...(status === 503 ? { "retry-after": "5" } : {}),
      ...headers,
    },
    body: JSON.stringify({
      ...{ type: `urn:guacamole-workspaces:${code}`, title, status, code, detail },
      ...{ explanation: explainCode(code, values), requestId, underWay },
    }),
  };
}

/** Returns the challenge of a 401. It has an error only if a token was sent (RFC 6750 §3.1). */
export function challenge(authorization: string | null): Record<string, string> {
  const error = /^bearer(\s|$)/i.test(authorization ?? "") ? ', error="invalid_token"' : "";
  return { "www-authenticate": `Bearer realm="guacamole-workspaces"${error}` };
}
