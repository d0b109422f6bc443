import { type ErrorCode, errorCodes } from "../../shared/errors.ts";
import { explainCode } from "../../shared/person/explain-codes.ts";
import { problemAnswer } from "./answers.ts";
import type { DescribedAnswer } from "./endpoint.ts";
import type { SchemaOf } from "./openapi-schemas.ts";
import { refusalsOf } from "./refusals.ts";
import type { DescribedRoute } from "./route.ts";

/** The headers of answers, as components of the document. */
export const answerHeaders = {
  "x-request-id": header(
    "The caller's, or a new one; it is also in the log",
    { pattern: "^[\\w.-]{1,64}$" },
    "trace-1",
  ),
  location: header(
    "The address to poll",
    { pattern: "^/api/(operations|maintenance/end-sessions)/" },
    "/api/operations/5e0e2ac3b79d5d0c",
  ),
  "retry-after": header("Seconds to wait before asking again", { pattern: "^[0-9]+$" }, "5"),
  allow: header("The methods that the path supports", {}, "GET, HEAD"),
  "www-authenticate": header(
    "How to authenticate; with `error` if a token was sent (RFC 6750)",
    { pattern: "^Bearer " },
    'Bearer realm="guacamole-workspaces"',
  ),
};
type HeaderName = keyof typeof answerHeaders;

function header(description: string, schema: object, example: string) {
  return { description, required: true, schema: { type: "string", ...schema }, example };
}

/** The headers of a refusal in addition to `x-request-id`. */
const refusalHeaders: Readonly<Record<number, readonly HeaderName[]>> = {
  401: ["www-authenticate"],
  405: ["allow"],
  429: ["retry-after"],
  503: ["retry-after"],
};

interface Response {
  description: string;
  headers: object;
  content?: Record<string, unknown>;
  links?: object;
}

/** Returns the id of an operation in the document: `GET desktops/{id}` is `get-desktops-id`. */
export function operationIdOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, "-")
    .replace(/-$/, "");
}

/** Returns the responses of a route by status: answers and problems. */
export function responsesOf(route: DescribedRoute, schemaOf: SchemaOf): Record<string, Response> {
  const responses = new Map<string, Response>();
  for (const [status, answer] of Object.entries(route.endpoint.answers))
    responses.set(status, answerOf(answer, schemaOf));
  for (const [status, codes] of refusalsOf(route)) {
    const own = responses.get(String(status));
    const refusal = refusalOf(status, codes, schemaOf);
    responses.set(String(status), {
      ...refusal,
      // A header that only one of the two has is not promised.
      ...(own && { description: `${own.description}; or refused`, headers: own.headers }),
      content: { ...own?.content, ...refusal.content },
    });
  }
  return Object.fromEntries(responses);
}

function answerOf({ words, body, example, headers = [], links }: DescribedAnswer, schemaOf: SchemaOf): Response {
  return {
    description: words,
    headers: references(headers),
    ...(body && {
      content: {
        "application/json": { schema: schemaOf(body, "output"), ...(example !== undefined && { example }) },
      },
    }),
    ...(links && {
      links: Object.fromEntries(
        Object.entries(links).map(([name, { to, parameters }]) => [
          name,
          { operationId: operationIdOf(to), parameters },
        ]),
      ),
    }),
  };
}

function refusalOf(status: number, codes: readonly ErrorCode[], schemaOf: SchemaOf): Response {
  const schema = {
    ...schemaOf(problemAnswer, "output"),
    properties: { status: { const: status }, code: { enum: codes } },
  };
  const examples = Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }]));
  return {
    description: codes.map((code) => `\`${code}\`: ${errorCodes[code][1]}`).join(". "),
    headers: references(refusalHeaders[status] ?? []),
    content: { "application/problem+json": { schema, examples } },
  };
}

function exampleOf(code: ErrorCode) {
  const [status, title] = errorCodes[code];
  return {
    type: `urn:guacamole-workspaces:${code}`,
    title,
    status,
    code,
    detail: title.toLowerCase(),
    explanation: explainCode(code),
    requestId: "0f9d2c64-6d0b-4a56-9c0f-6f1f3a0c8a11",
  };
}

function references(names: readonly HeaderName[]) {
  return Object.fromEntries(
    (["x-request-id", ...names] as const).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}
